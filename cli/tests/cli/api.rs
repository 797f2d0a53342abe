//! `gotrue api`, with each kind of credential, parameter and response.

use gotrue::{
    raw::{Credential, OPERATIONS},
    serde_json::{self, Value},
};

use super::{
    account::{ADDRESS, PASSWORD, server_with_ada},
    terminal::Terminal,
};

#[test]
fn every_operation_is_listed_and_has_help() {
    let mut terminal = Terminal::new();
    let help = terminal.run("api --help").out;
    for operation in OPERATIONS {
        let name = operation.id.replace('_', "-");
        assert!(help.lines().any(|line| line.split_whitespace().next() == Some(&name)), "{name}");
        let own = terminal.run(&format!("api {name} --help"));
        assert!(own.exit == 0 && own.out.contains(operation.path), "{name}: {}", own.err);
        let credential = match operation.credential {
            Credential::User => "Uses the session of gotrue login.",
            Credential::OptionalUser => "Uses the session of gotrue login, if there is one.",
            Credential::Admin => "Uses the service key.",
            Credential::OAuthClient => "Uses the ID of an OAuth client,",
            _ => "Uses no credential except the API key.",
        };
        let words: Vec<_> = own.out.split_whitespace().collect();
        assert!(words.join(" ").contains(credential), "{name}: {}", own.out);
        assert_eq!(terminal.run(&format!("api {} --help", operation.id)).exit, 0, "{}", operation.id);
    }
}

#[test]
fn help_of_an_operation() {
    let mut terminal = Terminal::new();
    terminal.run("api verify-link --help");
    terminal.run("api admin-update-factor -h");
    terminal.assert_record("api_help");
}

#[tokio::test]
async fn without_a_credential() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let settings = terminal.run("api settings --json");
    assert_eq!(json(&settings.out)["disable_signup"], false);
    let redirect = terminal.run("api authorize --provider github --scopes 'a b' --provider-parameters hd=x");
    assert_eq!(json(&redirect.out)["status"], 302, "{}", redirect.err);
    let metadata = terminal.run("api jwks");
    assert!(json(&metadata.out)["keys"].is_array());
}

#[tokio::test]
async fn with_the_service_key() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let created = terminal.answer(
        "api admin-create-user --email grace@example.com --email-confirm --password --body '{\"user_metadata\": {\"a\": 1}}'",
        "planted-password-7\n",
    );
    let user = json(&created.out);
    assert_eq!((&user["email"], &user["user_metadata"]["a"]), (&"grace@example.com".into(), &1.into()));
    let id = user["id"].as_str().unwrap();
    let listed = json(&terminal.run("api admin-list-users --per-page 1 --sort 'created_at asc' --filter grace").out);
    assert_eq!(listed["users"].as_array().unwrap().len(), 1);
    let got = terminal.run(&format!("api admin-get-user --user-id {id} --json"));
    assert_eq!(json(&got.out)["id"], id);
    assert_eq!(terminal.run(&format!("api admin-delete-user --user-id {id}")).exit, 2, "requires confirmation");
    assert_eq!(terminal.run(&format!("api admin-delete-user --user-id {id} --yes")).exit, 0);
    let gone = terminal.run(&format!("api admin-get-user --user-id {id}"));
    assert!(gone.exit == 5 && gone.out.is_empty(), "{}", gone.err);
}

#[tokio::test]
async fn with_the_session() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    assert_eq!(terminal.run("api get-user").exit, 4);
    terminal.answer("login ada@example.com", PASSWORD);
    let data = terminal.file("body.json");
    std::fs::write(&data, r#"{"data": {"favorite_language": "rust"}}"#).unwrap();
    let updated = terminal.run(&format!("api update-user --body @{}", data.display()));
    assert_eq!(json(&updated.out)["user_metadata"]["favorite_language"], "rust", "{}", updated.err);
    assert_eq!(json(&terminal.run("api get_user").out)["email"], ADDRESS);
    let signed_out = terminal.run("api sign-out --scope global");
    assert_eq!((signed_out.exit, signed_out.out.as_str()), (0, ""));
    assert_eq!(terminal.run("api get-user").exit, 4);
}

#[tokio::test]
async fn secrets_in_a_response_are_printed_only_with_show_secrets() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let line = "api token --grant-type password --email ada@example.com --password";
    let hidden = json(&terminal.answer(line, PASSWORD).out);
    assert_eq!((&hidden["access_token"], &hidden["refresh_token"]), (&"[redacted]".into(), &"[redacted]".into()));
    let shown = json(&terminal.answer(&format!("{line} --show-secrets"), PASSWORD).out);
    assert!(shown["access_token"].as_str().unwrap().starts_with("eyJ"));
    let body = format!("{{\"email\": \"{ADDRESS}\", \"password\": \"{PASSWORD}\"}}");
    assert_eq!(terminal.answer("api token --grant-type password --body -", &body).exit, 0);
}

#[tokio::test]
async fn oauth_client_from_flag_and_variable() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    terminal.set("GOTRUE_OAUTH_CLIENT_SECRET", "planted-client-secret");
    let client = "--oauth-client 495a8cfc-297a-4b71-93bf-9799cc4a93ce";
    let line = format!("api oauth-token {client} --grant-type refresh_token --refresh-token");
    let refused = terminal.answer(&line, "planted-refresh-token");
    assert!(refused.exit != 0 && !refused.err.contains("planted"), "{}", refused.err);
    assert!(server.requests().last().unwrap().headers.contains_key("authorization"));
}

#[tokio::test]
async fn invalid_arguments_send_no_request() {
    let server = server_with_ada().await;
    let before = server.requests().len();
    let mut terminal = Terminal::at(&server);
    for line in [
        "api admin-get-user",
        "api admin-get-user --user-id 7",
        "api admin-list-users --page 0",
        "api sign-out --scope everywhere",
        "api no-such-operation",
        "api invite",
        "api invite --body 7",
        "api invite --body '{\"emial\": \"a@example.com\"}'",
        "api token --grant-type password --body '{\"email\": \"a@example.com\", \"password\": 48151623}'",
        "api admin-create-user --body '{\"password\": 48151623}'",
    ] {
        let done = terminal.run(line);
        assert!(matches!(done.exit, 2 | 4), "{line}: {} {}", done.exit, done.err);
        assert!(!done.err.contains("48151623"), "{}", done.err);
    }
    assert_eq!(server.requests().len(), before);
}

#[tokio::test]
async fn any_path_with_any_method() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    assert!(json(&terminal.run("api GET /settings --json").out)["external"].is_object());
    let listed = json(&terminal.run("api GET '/admin/users?per_page=1&filter=ada'").out);
    assert_eq!(listed["users"][0]["email"], ADDRESS, "with the service key");
    let created = terminal.run("api POST /admin/users --body '{\"email\": \"grace@example.com\"}'");
    let id = json(&created.out)["id"].as_str().unwrap().to_owned();
    assert_eq!(terminal.run(&format!("api DELETE /admin/users/{id}")).exit, 2, "requires confirmation");
    assert_eq!(terminal.run(&format!("api DELETE /admin/users/{id} --yes")).exit, 0);
    assert_eq!(terminal.run("api GET /admin/users --as none").exit, 4);

    terminal.answer("login ada@example.com", PASSWORD);
    assert_eq!(json(&terminal.run("api GET /user").out)["email"], ADDRESS, "with the session");
    let body = format!("{{\"email\": \"{ADDRESS}\", \"password\": \"{PASSWORD}\"}}");
    let token = terminal.answer("api POST '/token?grant_type=password' --as none --body -", &body);
    assert_eq!(json(&token.out)["access_token"], "[redacted]");
    let before = server.requests().len();
    assert_eq!(terminal.run("api GET settings").exit, 2, "a path starts with a slash");
    for (method, takes_body) in [("GET", false), ("DELETE", false), ("POST", true), ("PUT", true), ("PATCH", true)] {
        assert_eq!(terminal.run(&format!("api {method} --help")).out.contains("--body"), takes_body, "{method}");
    }
    assert_eq!(terminal.run("api POST /otp --body planted").exit, 2);
    assert_eq!(server.requests().len(), before);
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
