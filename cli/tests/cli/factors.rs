//! Second factors and passkeys.

use gotrue::{Secret, serde_json};
use gotrue_fake::FakeServer;

use super::{
    account::{PASSWORD, server_with_ada},
    terminal::Terminal,
};

/// Signs in, enrolls a factor, and returns its ID and secret.
fn enrolled(terminal: &mut Terminal) -> (String, Secret) {
    terminal.answer("login ada@example.com", PASSWORD);
    let shown = terminal.run("mfa enroll --name phone --json").out;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    (shown["id"].as_str().unwrap().to_owned(), shown["secret"].as_str().unwrap().into())
}

fn code(server: &FakeServer, secret: &Secret) -> String {
    server.totp_code(secret).unwrap().expose().to_owned()
}

#[tokio::test]
async fn login_prompts_for_a_verified_factor() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let (_, secret) = enrolled(&mut terminal);
    let verified = terminal.answer("mfa verify", &code(&server, &secret));
    assert_eq!(verified.exit, 0, "{}", verified.err);
    assert!(verified.err.contains("verified; the session is now aal2"), "{}", verified.err);
    assert_eq!(terminal.run("logout").exit, 0);

    let answers = format!("{PASSWORD}\n{}\n", code(&server, &secret));
    let login = terminal.answer("login ada@example.com", &answers);
    assert_eq!(login.exit, 0, "{}", login.err);
    assert!(!login.err.contains("sent a code"), "an authenticator sends nothing: {}", login.err);
    assert!(terminal.run("jwt verify").out.contains("aal2"));
}

#[tokio::test]
async fn login_fails_without_the_second_factor() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let (_, secret) = enrolled(&mut terminal);
    terminal.answer("mfa verify", &code(&server, &secret));
    terminal.run("logout");
    let sign_outs = server.count("sign_out");

    let login = terminal.answer("login ada@example.com", &format!("{PASSWORD}\n000000\n"));
    assert_ne!(login.exit, 0);
    assert_eq!(terminal.run("whoami").exit, 4);
    // The aal1 session has been ended on the server.
    assert_eq!(server.count("sign_out"), sign_outs + 1);
}

#[tokio::test]
async fn factors_are_listed_and_removed() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("mfa list");
    let (id, _) = enrolled(&mut terminal);
    assert!(terminal.run("mfa list").out.contains("unverified"));
    assert_eq!(terminal.run(&format!("mfa remove {id}")).exit, 2, "requires confirmation");
    assert_eq!(terminal.run(&format!("mfa remove {id} --yes")).exit, 0);
    assert!(terminal.run("mfa list").out.is_empty());
}

#[tokio::test]
async fn enroll_draws_a_qr_code() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    let shown = terminal.run("mfa enroll").out;
    assert!(shown.contains('█') && shown.contains("or enter "), "{shown}");
}

#[tokio::test]
async fn passkeys_are_listed() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    assert!(terminal.run("passkeys list").err.contains("none"));
    let gone = terminal.run("passkeys remove 4c7ff6f3-c42b-4426-a6b0-bd65e88e3896 --yes");
    assert_eq!(gone.exit, 5, "{}", gone.err);
}

#[tokio::test]
async fn an_operator_resets_the_factors_of_a_user() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let (id, secret) = enrolled(&mut terminal);
    terminal.answer("mfa verify", &code(&server, &secret));
    let listed = terminal.run("users factors list ada@example.com");
    assert!(listed.out.contains(&id) && listed.out.contains("verified"), "{}", listed.out);
    assert_eq!(terminal.run("users factors reset ada@example.com").exit, 2, "requires confirmation");
    assert_eq!(terminal.run("users factors reset ada@example.com --yes").exit, 0);
    assert!(terminal.run("users factors list ada@example.com").out.is_empty());
    assert_eq!(terminal.run("users factors reset ada@example.com").exit, 0, "there is nothing to confirm");
    assert_eq!(terminal.answer("login ada@example.com", PASSWORD).exit, 0, "without a second factor");
}

#[tokio::test]
async fn recovery_codes_stand_in_for_the_second_factor() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let (_, secret) = enrolled(&mut terminal);
    terminal.answer("mfa verify", &code(&server, &secret));
    let shown = terminal.run("mfa recovery-codes generate --name paper");
    let codes: Vec<&str> = shown.out.lines().collect();
    assert_eq!(codes.len(), 10, "{} {}", shown.out, shown.err);
    // The factor of the authenticator is still the only one that can be challenged.
    assert_eq!(terminal.answer("mfa verify", &code(&server, &secret)).exit, 0);
    assert_eq!(terminal.run("logout").exit, 0);

    let login = terminal.answer("login ada@example.com --recovery-code", &format!("{PASSWORD}\n{}\n", codes[0]));
    assert_eq!(login.exit, 0, "{}", login.err);
    assert!(terminal.run("jwt verify").out.contains("aal2"));
    assert_eq!(terminal.run("mfa recovery-codes status").out, "9 of 10 codes are left\n");
    assert_ne!(terminal.answer("mfa recovery-codes verify", codes[0]).exit, 0, "a code is valid once");
    assert_eq!(terminal.answer("mfa recovery-codes verify", codes[1]).exit, 0);

    assert_eq!(terminal.run("mfa recovery-codes regenerate").exit, 2, "requires confirmation");
    let set = terminal.run("mfa recovery-codes regenerate --yes --json").out;
    let set: serde_json::Value = serde_json::from_str(&set).unwrap();
    assert_eq!((set["name"].as_str(), set["codes"].as_array().map(Vec::len)), (Some("paper"), Some(10)));
    assert_eq!(terminal.run("mfa recovery-codes delete").exit, 2, "requires confirmation");
    assert_eq!(terminal.run("mfa recovery-codes delete --yes").exit, 0);
    assert_eq!(terminal.run("mfa recovery-codes status").exit, 5);
}

#[tokio::test]
async fn login_says_which_phone_received_the_code() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.answer("login ada@example.com", PASSWORD);
    let enrolled = terminal.run("mfa enroll --phone +15550000001 --name mobile --json").out;
    let enrolled: serde_json::Value = serde_json::from_str(&enrolled).unwrap();
    let id = enrolled["id"].as_str().unwrap();
    let code_sent_to = |number: &str| server.last_message_to(number).unwrap().code.expose().to_owned();
    let mut verify = terminal.start(&format!("mfa verify {id}"));
    verify.line_with("sent a code to");
    verify.type_line(&code_sent_to("15550000001"));
    let verified = verify.finish();
    assert_eq!(verified.exit, 0, "{}", verified.err);
    terminal.run("logout");

    let mut login = terminal.start("login ada@example.com");
    login.type_line(PASSWORD);
    let line = login.line_with("sent a code to");
    assert!(line.contains("15550000001"), "{line}");
    login.type_line(&code_sent_to("15550000001"));
    let login = login.finish();
    assert_eq!(login.exit, 0, "{}", login.err);
    assert!(!login.err.contains("authenticator"), "{}", login.err);
    assert!(terminal.run("jwt verify").out.contains("aal2"));
}
