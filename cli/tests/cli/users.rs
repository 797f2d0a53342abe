//! Users, invitations and links.

use std::collections::BTreeSet;

use gotrue::{
    ErrorCode,
    serde_json::{self, json},
};
use gotrue_fake::{FakeServer, Fault};

use super::{
    terminal::{SEED, Terminal},
    user_server::{State, UserServer, user},
};

#[tokio::test]
async fn user_lifecycle() {
    let server = FakeServer::builder().seed(SEED).start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users list");
    terminal.answer("users create ada@example.com --password --confirm --role editor", "correct-horse-7");
    terminal.run("users create --phone +15550000001 --app-metadata '{\"plan\": \"pro\"}'");
    terminal.run("users list");
    terminal.run("users list --limit 1");
    terminal.run("users get ada@example.com");
    terminal.run("users update ada@example.com --email ada@new.example.com --user-metadata '{\"name\": \"Ada\"}'");
    terminal.run("users ban ada@new.example.com --for 24h");
    terminal.run("users list --filter ada");
    terminal.run("users unban ada@new.example.com");
    terminal.run("users delete ada@new.example.com");
    terminal.run("users delete ada@new.example.com --yes");
    terminal.run("users list --oldest-first");
    terminal.run("users update 00000000-0000-0000-0000-000000000001");
    terminal.assert_record("users");
}

#[tokio::test]
async fn a_misspelt_address_deletes_no_user() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com");
    assert_eq!(terminal.run("users delete ada@example.com grace@example.com --yes").exit, 5);
    assert_eq!(server.count("admin_delete_user"), 0);
}

#[tokio::test]
async fn users_as_json_lines() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    for i in 0..5 {
        terminal.run(&format!("users create user{i}@example.com"));
    }
    let lines = terminal.run("users list --json --all").out;
    let users: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(users.len(), 5);
    assert_eq!(terminal.run("users list --json --limit 2").out.lines().count(), 2);
}

#[tokio::test]
async fn a_width_of_nothing_is_not_a_width() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com");
    let table = terminal.run("users list").out;
    for width in ["0", "-1", "", "wide"] {
        terminal.set("COLUMNS", width);
        assert_eq!(terminal.run("users list").out, table, "{width}");
    }
    terminal.set("COLUMNS", "40");
    assert_ne!(terminal.run("users list").out, table);
}

#[tokio::test]
async fn invitations_and_links() {
    let server = FakeServer::builder().seed(SEED).start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("invite ada@example.com --data '{\"team\": \"red\"}'");
    assert!(server.last_message_to("ada@example.com").is_some());
    terminal.answer("link signup grace@example.com", "correct-horse-7");
    terminal.run("link magic-link ada@example.com --redirect-to http://localhost:3000/welcome");
    terminal.run("link recovery ada@example.com");
    terminal.run("link invite joan@example.com");
    terminal.run("link recovery ada@example.com --json");
    terminal.run("link recovery nobody@example.com");
    terminal.assert_record("links");
}

/// An SSO user can have the address of another user.
#[tokio::test]
async fn an_address_of_several_users_is_refused_with_their_ids() {
    let mut sso = user(2, "ada@example.com");
    sso["identities"] = json!([{ "id": "ada", "user_id": sso["id"], "provider": "sso:acme", "identity_data": {} }]);
    let users = vec![user(1, "ada@example.com"), sso, user(3, "ada@example.com.test")];
    let stub = UserServer::start(State { users, ..State::default() }).await;
    let mut terminal = Terminal::at_url(&stub.server.uri(), "service-key");
    for line in [
        "users get Ada@Example.com",
        "users ban ada@example.com --for 1h",
        "users delete ada@example.com --yes",
        "users update ada@example.com --confirm-email",
        "users unban ada@example.com",
    ] {
        let done = terminal.run(line);
        assert_eq!(done.exit, 2, "{line}: {}", done.err);
        assert!(done.err.contains("2 users have the address"), "{}", done.err);
        let ids = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002 (sso:acme)"];
        assert!(ids.iter().all(|id| done.err.contains(id)), "{}", done.err);
    }
    let requests = stub.server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| request.method.as_str() == "GET"));
    assert_eq!(terminal.run("users get 00000000-0000-4000-8000-000000000002").exit, 0);
}

#[tokio::test]
async fn users_are_found_by_phone_number_and_in_any_case() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com");
    terminal.run("users create --phone +15550000001");
    for line in [
        "users get +15550000001",
        "users get 15550000001",
        "users get ADA@example.com",
        "users get '+1 555 000 0001'",
        "users get '+1 (555) 000-0001'",
    ] {
        assert_eq!(terminal.run(line).exit, 0, "{line}");
    }
    assert_eq!(terminal.run("users get +15550000002").exit, 5);
    assert!(terminal.run("users list --filter ADA@").out.contains("ada@example.com"));
}

#[tokio::test]
async fn users_are_counted() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    assert_eq!(terminal.run("users count").out.trim(), "0");
    for name in ["ada", "grace", "joan"] {
        terminal.run(&format!("users create {name}@example.com"));
    }
    assert_eq!(terminal.run("users count").out.trim(), "3");
    assert_eq!(terminal.run("users count --filter GRACE --json").out.trim(), r#"{"users":1}"#);
}

#[tokio::test]
async fn a_ban_lasts_for_a_time_or_forever() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com --confirm");
    let banned = terminal.run("users ban ada@example.com --forever --json").out;
    let until: gotrue::User = serde_json::from_str(&banned).unwrap();
    let years = (until.banned_until.unwrap() - gotrue::chrono::Utc::now()).num_days() / 365;
    assert!((99..=100).contains(&years), "{years}");
    assert_eq!(terminal.run("users ban ada@example.com").exit, 2);
    assert_eq!(terminal.run("users ban ada@example.com --forever --for 1h").exit, 2);
}

#[tokio::test]
async fn users_that_meet_conditions_are_banned_or_deleted_together() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    for name in ["ada@spam.example", "grace@spam.example", "joan@example.com"] {
        terminal.run(&format!("users create {name}"));
    }
    terminal.run("users create joan@spam.example --confirm");
    let line = "users delete --where unconfirmed --where email=*@SPAM.example";
    let dry = terminal.run(&format!("{line} --dry-run"));
    assert_eq!((dry.exit, dry.out.lines().count()), (0, 2), "{}{}", dry.out, dry.err);
    assert_eq!(terminal.answer(line, "3").exit, 1, "the count does not match");
    assert_eq!(terminal.run(line).exit, 2, "requires a count");
    assert_eq!(server.count("admin_delete_user"), 0);
    assert_eq!(terminal.answer(line, "2").exit, 0);
    assert_eq!(terminal.run("users count").out.trim(), "2");

    let banned = terminal.run("users ban --where created-before=2100-01-01 --forever --yes");
    assert_eq!(banned.exit, 0, "{}", banned.err);
    assert_eq!(terminal.run("users list").out.matches("banned").count(), 2);
    assert!(terminal.run("users delete --where created-before=2000-01-01").err.contains("no users match"));
    assert_eq!(terminal.run("users delete --where everyone").exit, 2);
    assert_eq!(terminal.run("users delete").exit, 2);
}

#[tokio::test]
async fn users_that_meet_conditions_are_updated_together() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    for name in ["ada@old.example", "grace@old.example", "joan@example.com"] {
        terminal.run(&format!("users create {name}"));
    }
    let line = "users update --where email=*@old.example --app-metadata '{\"plan\": \"legacy\"}'";
    let dry = terminal.run(&format!("{line} --dry-run"));
    assert_eq!((dry.exit, dry.out.lines().count()), (0, 2), "{}{}", dry.out, dry.err);
    assert_eq!(terminal.run(line).exit, 2, "requires a count");
    assert_eq!(terminal.answer(line, "1").exit, 1, "the count does not match");
    assert_eq!(server.count("admin_update_user"), 0);
    let done = terminal.answer(line, "2");
    assert_eq!(done.exit, 0, "{}", done.err);
    assert_eq!(done.err.matches("updated ").count(), 2, "{}", done.err);
    let users = terminal.run("users list --json").out;
    assert_eq!(users.lines().filter(|user| user.contains("legacy")).count(), 2, "{users}");

    for option in ["--email new@example.com", "--phone +15550000001", "--password"] {
        for users in ["--where unconfirmed", "ada@old.example joan@example.com"] {
            assert_eq!(terminal.answer(&format!("users update {users} {option}"), "x").exit, 2, "{users} {option}");
        }
    }
    assert_eq!(server.count("admin_update_user"), 2);
    assert_eq!(terminal.run("users update ada@old.example joan@example.com --role editor").exit, 0);
    assert_eq!(terminal.run("users update --where unconfirmed").exit, 2, "without a change");
}

/// One user whom the server can never change must not keep all others from being changed.
#[tokio::test]
async fn a_user_who_cannot_be_changed_does_not_stop_the_others() {
    for (operation, line, done) in [
        ("admin_delete_user", "users delete --where unconfirmed --yes", "deleted"),
        ("admin_update_user", "users ban --where unconfirmed --forever --yes", "banned"),
        ("admin_update_user", "users update --where unconfirmed --role editor --yes", "updated"),
        ("admin_delete_user", "users delete ada@example.com grace@example.com joan@example.com --yes", "deleted"),
    ] {
        let server = FakeServer::start().await;
        let mut terminal = Terminal::at(&server);
        for name in ["ada", "grace", "joan"] {
            terminal.run(&format!("users create {name}@example.com"));
        }
        server.fail(Fault::error(500, ErrorCode::UnexpectedFailure).of(operation));
        let result = terminal.run(line);
        assert_eq!(result.exit, 6, "{line}: {}", result.err);
        assert!(result.err.contains(&format!("warning: not {done}: ")), "{}", result.err);
        assert!(result.err.contains(&format!("error: 1 user of 3 not {done}")), "{}", result.err);
        assert_eq!(result.err.lines().filter(|line| line.starts_with(done)).count(), 2, "{}", result.err);
    }
}

#[tokio::test]
async fn a_server_that_is_down_stops_a_change_of_many_users() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    for name in ["ada", "grace"] {
        terminal.run(&format!("users create {name}@example.com"));
    }
    server.fail(Fault::empty(503).of("admin_update_user").times(100));
    let result = terminal.run("users ban --where unconfirmed --forever --yes");
    assert_eq!(result.exit, 3, "{}", result.err);
    let paths: BTreeSet<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths.iter().filter(|path| path.starts_with("/admin/users/")).count(), 1, "one user was tried");
}

/// The server writes addresses in lower case, but rows that were made by SQL may have another.
#[tokio::test]
async fn a_user_whose_address_is_stored_in_another_case_is_found() {
    let users = vec![user(1, "Ada@Example.com"), user(2, "grace@example.com")];
    let stub = UserServer::start(State { users, ..State::default() }).await;
    let mut terminal = Terminal::at_url(&stub.server.uri(), "service-key");
    for (address, exit) in [("Ada@Example.com", 0), ("GRACE@example.com", 0), ("Joan@example.com", 5)] {
        let done = terminal.run(&format!("users get {address}"));
        assert_eq!(done.exit, exit, "{address}: {}", done.err);
    }
}
