//! Planted secrets, looked for in everything that is printed.

use gotrue::{Secret, serde_json};

use super::{
    account::{PASSWORD, server_with_ada},
    terminal::Terminal,
};

const PLANTED: [&str; 4] = ["planted-password-7", "planted-service-key", "planted-api-key", "planted-code"];

#[tokio::test]
async fn no_output_holds_a_secret_that_was_not_asked_for() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let mut printed = String::new();
    let mut try_it = |line: &str, input: &str| {
        for json in ["", " --json"] {
            let done = terminal.answer(&format!("{line}{json}"), input);
            printed += &done.out;
            printed += &done.err;
        }
    };
    try_it("login ada@example.com", "planted-password-7");
    try_it("login --otp ada@example.com", "planted-code");
    try_it("users create grace@example.com --password --confirm", "planted-password-7");
    try_it("users update grace@example.com --password", "planted-password-7");
    try_it("users list --service-key planted-service-key", "");
    try_it("users list --service-key -", "planted-service-key");
    try_it("health --key planted-api-key", "");
    try_it("health --key 'planted-api-key\u{7f}'", "");
    try_it("profile add one --no-keychain --url http://127.0.0.1:1 --key planted-api-key --service-key -", PLANTED[1]);
    try_it("profile list", "");
    try_it("profile use one", "");
    try_it("users list -p one", "");
    try_it("profile remove one --yes", "");
    try_it("jwt verify planted-code", "");
    try_it("jwt inspect planted-code", "");
    try_it("link signup planted@example.com", "short");
    try_it("api token --grant-type password --email ada@example.com --password", "planted-password-7");
    try_it("api verify-link --type magiclink --token", "planted-code");
    try_it("api admin-create-user --body -", "{\"email\": 7, \"password\": \"planted-password-7\"}");
    try_it("api admin-create-user --body -", "{\"password\": [\"planted-password-7\"]}");
    try_it("api admin-create-user --body -", "{\"password\": \"planted-password-7\"");
    try_it("api admin-list-users --service-key planted-service-key", "");
    for secret in PLANTED {
        assert!(!printed.contains(secret), "{secret} is in {printed}");
    }
}

#[tokio::test]
async fn what_a_session_holds_is_printed_by_token_alone() {
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
