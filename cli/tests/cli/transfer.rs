//! Users in bulk: all of them, each once, whatever happens on the way.

use std::{collections::BTreeSet, fmt::Write as _, fs, time::Duration};

use gotrue::{
    User,
    futures_util::TryStreamExt,
    serde_json::{self, Value, json},
};
use gotrue_fake::{FakeServer, Fault};

use super::terminal::Terminal;

const PASSWORD: &str = "planted-horse-7";

/// A file of so many users, each with a password.
fn rows(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        let row = json!({
            "email": format!("user-{number}@example.com"), "password": PASSWORD, "email_confirmed": true,
            "user_metadata": { "number": number },
        });
        writeln!(text, "{row}").unwrap();
        text
    })
}

async fn all(server: &FakeServer) -> Vec<User> {
    let admin = server.client().unwrap().admin(server.service_key());
    admin.users().list().per_page(1000).stream().try_collect().await.unwrap()
}

/// Everybody is there, and nobody twice.
async fn assert_each_once(server: &FakeServer, count: usize) {
    let users = all(server).await;
    let addresses: BTreeSet<_> = users.iter().filter_map(|user| user.email.clone()).collect();
    assert_eq!((users.len(), addresses.len()), (count, count));
}

#[tokio::test]
async fn ten_thousand_users_come_through_a_bad_network_each_once() {
    const USERS: usize = 10_000;
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(USERS)).unwrap();
    let faults = [
        Fault::reset(),
        Fault::reset_in_body().times(3),
        Fault::page(502),
        Fault::truncated().times(2),
        Fault::error(429, gotrue::ErrorCode::OVER_REQUEST_RATE_LIMIT).retry_after("0"),
        Fault::empty(504),
    ];
    for fault in faults {
        server.fail(fault.of("admin_create_user"));
    }
    let file = terminal.file("users.jsonl");
    let done = terminal.run(&format!("users import {} --json", file.display()));
    assert_eq!(done.exit, 0, "{}", done.err);
    let came: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(came, json!({ "created": USERS, "refused": 0 }));
    assert_each_once(&server, USERS).await;
    assert!(!terminal.file("users.jsonl.progress").exists() && !terminal.file("users.jsonl.refused.jsonl").exists());
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_and_makes_nobody_twice() {
    const USERS: usize = 600;
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(USERS)).unwrap();
    let line = format!("users import {}", terminal.file("users.jsonl").display());
    // The answer that somebody waits for while the rest goes on, is cut off by the end.
    server.fail(Fault::slow(Duration::from_secs(60)).of("admin_create_user"));
    let running = terminal.start(&line);
    while server.count("admin_create_user") < 8 {
        tokio::task::yield_now().await;
    }
    running.kill();
    assert!(terminal.file("users.jsonl.progress").exists());

    let done = terminal.run(&line);
    assert_eq!(done.exit, 0, "{}", done.err);
    assert!(done.out.contains("600"), "{}", done.out);
    assert_each_once(&server, USERS).await;
}

#[tokio::test]
async fn what_the_server_refuses_is_reported_without_passwords() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create taken@example.com");
    let table = format!(
        "email,phone,password,user_metadata,role\n\
         ada@example.com,,{PASSWORD},\"{{\"\"plan\"\": \"\"pro\"\"}}\",editor\n\
         taken@example.com,,{PASSWORD},,\n\
         ,,{PASSWORD},,\n\
         grace@example.com,,{PASSWORD},{PASSWORD},\n\
         ,15550000001,{PASSWORD},,\n"
    );
    fs::write(terminal.file("users.csv"), table).unwrap();
    let done = terminal.run(&format!("users import {} --json", terminal.file("users.csv").display()));
    assert_eq!(done.exit, 0, "{}", done.err);
    assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap(), json!({ "created": 2, "refused": 3 }));

    let report = fs::read_to_string(terminal.file("users.csv.refused.jsonl")).unwrap();
    let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (line["row"].as_u64().unwrap(), line["code"].as_str())).collect();
    assert_eq!(told, [(2, Some("email_exists")), (3, None), (4, None)]);
    assert_eq!(lines[0]["user"]["email"], "taken@example.com");
    assert_eq!(lines[1]["why"], "has neither an e-mail address nor a phone number");
    for text in [&report, &done.out, &done.err] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
    let users = all(&server).await;
    let ada = users.iter().find(|user| user.email.as_deref() == Some("ada@example.com")).unwrap();
    assert_eq!(ada.role.as_deref(), Some("editor"));
    assert_eq!(serde_json::to_value(&ada.user_metadata).unwrap()["plan"], "pro");
}

#[tokio::test]
async fn what_is_exported_can_be_imported_elsewhere() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com --confirm --role editor --app-metadata '{\"plan\": \"pro, or so\"}'");
    terminal.run("users create --phone +15550000001 --user-metadata '{\"name\": \"Grace\"}'");
    terminal.run("users ban ada@example.com --for 24h");
    for file in ["users.jsonl", "users.csv"] {
        let file = terminal.file(file);
        let done = terminal.run(&format!("users export {}", file.display()));
        assert_eq!(done.exit, 0, "{}", done.err);
        let other = FakeServer::start().await;
        let done = Terminal::at(&other).run(&format!("users import {} --json", file.display()));
        assert_eq!(done.out.trim(), r#"{"created":2,"refused":0}"#, "{}", done.err);

        let (mut before, mut after) = (all(&server).await, all(&other).await);
        before.sort_by_key(|user| user.id);
        after.sort_by_key(|user| user.id);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((before.id, &before.email, &before.phone), (after.id, &after.email, &after.phone));
            assert_eq!((&before.role, &before.user_metadata), (&after.role, &after.user_metadata));
            assert_eq!(before.app_metadata, after.app_metadata);
            assert_eq!(before.email_confirmed_at.is_some(), after.email_confirmed_at.is_some());
            assert_eq!(before.banned_until.is_some(), after.banned_until.is_some());
        }
    }
    let to_standard_output = terminal.run("users export");
    assert_eq!(to_standard_output.out.lines().count(), 2);
}

#[tokio::test]
async fn an_export_that_was_interrupted_goes_on() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(1200)).unwrap();
    terminal.run(&format!("users import {}", terminal.file("users.jsonl").display()));
    let line = format!("users export {} --resume", terminal.file("all.csv").display());

    // The second page comes, the third does not, however often it is asked for.
    server.fail(Fault::slow(Duration::ZERO).of("admin_list_users").times(2));
    server.fail(Fault::page(503).of("admin_list_users").times(4));
    let failed = terminal.run(&line);
    assert_eq!(failed.exit, 3, "{}", failed.err);
    assert!(failed.err.contains("--resume"), "{}", failed.err);
    assert!(!terminal.file("all.csv").exists());

    let before = server.count("admin_list_users");
    assert_eq!(terminal.run(&line).exit, 0);
    assert_eq!(server.count("admin_list_users") - before, 1, "only the third page is asked for");
    let exported = fs::read_to_string(terminal.file("all.csv")).unwrap();
    let addresses: BTreeSet<_> = exported.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!((exported.lines().count(), addresses.len()), (1201, 1200));
    assert!(!terminal.file("all.csv.part").exists());
}

#[test]
fn a_file_that_cannot_be_right_sends_nothing() {
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_SERVICE_KEY", "key");
    fs::write(terminal.file("users.txt"), "").unwrap();
    let line = format!("users import {}", terminal.file("users.txt").display());
    assert_eq!(terminal.run(&line).exit, 2);
    assert_eq!(terminal.run("users import nowhere.jsonl").exit, 1);
}
