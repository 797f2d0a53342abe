//! Planted secrets must not appear in any output.

use gotrue::{Secret, serde_json};

use super::{
    account::{PASSWORD, server_with_ada},
    terminal::Terminal,
};

const PLANTED: [&str; 4] = ["planted-password-7", "planted-service-key", "planted-api-key", "planted-code"];

#[tokio::test]
async fn no_output_contains_a_secret() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let mut printed = String::new();
    let mut run = |line: &str, input: &str| {
        for json in ["", " --json", " --debug"] {
            let done = terminal.answer(&format!("{line}{json}"), input);
            printed += &done.out;
            printed += &done.err;
        }
    };
    run("login ada@example.com", "planted-password-7");
    run("login --otp ada@example.com", "planted-code");
    run("users create grace@example.com --password --confirm", "planted-password-7");
    run("users update grace@example.com --password", "planted-password-7");
    run("users list --service-key planted-service-key", "");
    run("users list --service-key -", "planted-service-key");
    run("health --key planted-api-key", "");
    run("health --key 'planted-api-key\u{7f}'", "");
    run("profile add one --no-keychain --url http://127.0.0.1:1 --key planted-api-key --service-key -", PLANTED[1]);
    run("profile list", "");
    run("profile use one", "");
    run("users list -p one", "");
    run("profile remove one --yes", "");
    run("jwt verify planted-code", "");
    run("jwt inspect planted-code", "");
    run("link signup planted@example.com", "short");
    run("api token --grant-type password --email ada@example.com --password", "planted-password-7");
    run("api verify-link --type magiclink --token", "planted-code");
    run("api admin-create-user --body -", "{\"email\": 7, \"password\": \"planted-password-7\"}");
    run("api admin-create-user --body -", "{\"password\": [\"planted-password-7\"]}");
    run("api admin-create-user --body -", "{\"password\": \"planted-password-7\"");
    run("api admin-list-users --service-key planted-service-key", "");
    run("users create grace@example.com --password planted-password-7", "");
    run("users create grace@example.com --password=planted-password-7", "");
    run("login ada@example.com planted-password-7", "");
    run("api token --grant-type password --password planted-password-7", "");
    run("users list --servicekey=planted-service-key", "");
    run("users list --service-key planted-service-key --service-key planted-service-key", "");
    run("jwt verify planted-code planted-code", "");
    run("fake --set planted-password-7", "");
    for secret in PLANTED {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}

/// A secret that is typed after the flag that prompts for it is not taken as the name of a user.
#[tokio::test]
async fn a_secret_after_its_flag_is_neither_sent_nor_printed() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let known = server.requests().len();
    for line in [
        "users update --password p@planted-password-7",
        "users update --yes --password p@planted-password-7 --role admin",
        "users create --phone +15550000001 --password planted-password-7",
        "providers update --client-secret planted-password-7",
        "login --recovery-code planted-password-7",
        "--json users update --password planted-password-7",
    ] {
        let done = terminal.answer(line, PASSWORD);
        let said = "which prompts for its value";
        assert!(done.exit == 2 && done.err.contains(said), "{line}: {}", done.err);
        assert!(!done.err.contains("planted") && done.out.is_empty(), "{line}: {}", done.err);
    }
    assert_eq!(server.requests().len(), known);
    for line in ["users update ada@example.com --password", "users update --password --role admin ada@example.com"] {
        let done = terminal.answer(line, "another-horse-7");
        assert_eq!(done.exit, 0, "{line}: {}", done.err);
    }
}

#[tokio::test]
async fn only_token_prints_the_access_token() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    let token = terminal.run("token").out;
    let shown = terminal.run("mfa enroll --json").out;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let secret = Secret::from(shown["secret"].as_str().unwrap());
    let code = server.totp_code(&secret).unwrap();
    let mut printed = String::new();
    let lines =
        ["whoami", "whoami --json", "mfa list --json", "mfa verify", "user update --data '{}'", "jwt inspect --json"];
    for line in lines {
        let done = terminal.answer(line, code.expose());
        printed += &done.out;
        printed += &done.err;
    }
    for secret in [token.trim(), secret.expose(), PASSWORD] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
