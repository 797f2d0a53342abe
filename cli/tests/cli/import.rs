//! `gotrue users import`: every row once, whatever happens on the way.

use std::{fs, process::Stdio, time::Duration};

use gotrue::serde_json::{self, Value, json};
use gotrue_fake::{FakeServer, Fault, ManualClock};

use super::{
    bulk::{PASSWORD, all, assert_each_once, rows},
    terminal::{Done, Running, Terminal},
    user_server::{State, UserServer, user},
};

/// The number of users that go through every kind of interruption.
const MANY: usize = 10_000;

/// The rows among them that the server can never store: one before each interruption, and one after the last.
const POISON: [usize; 4] = [500, 2_222, 4_444, 9_999];

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {} {}", done.out, done.err))
}

/// The rows of a file of refused rows.
fn refused(terminal: &Terminal, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(terminal.file(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until the server has received this many requests to create users.
async fn wait_for_creations(server: &FakeServer, import: &mut Running, count: usize) {
    while server.count("admin_create_user") < count {
        assert!(import.is_running(), "the import ended after {} requests", server.count("admin_create_user"));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn many_users_survive_kill_ctrl_c_a_dead_server_and_a_bad_network() {
    // All users have the same time of creation.
    let server = FakeServer::builder().clock(ManualClock::new()).start().await;
    let mut terminal = Terminal::at(&server);
    let mut lines: Vec<_> = rows(MANY).lines().map(str::to_owned).collect();
    for number in POISON {
        lines[number] = json!({ "email": "poison@example.com", "user_metadata": { "text": "\0" } }).to_string();
    }
    fs::write(terminal.file("users.jsonl"), lines.join("\n")).unwrap();
    let line = format!("users import {} --json --parallel 16 --retry-for 1s", terminal.file("users.jsonl").display());

    let mut killed = terminal.start(&line);
    wait_for_creations(&server, &mut killed, 1500).await;
    killed.kill();

    let mut interrupted = terminal.start(&line);
    wait_for_creations(&server, &mut interrupted, 3000).await;
    interrupted.interrupt();
    let done = interrupted.finish();
    assert_eq!(done.exit, 130, "{}", done.err);
    assert!(done.err.contains("interrupted after"), "{}", done.err);

    server.fail(Fault::empty(503).of("admin_create_user").times(1_000_000));
    assert_eq!(terminal.run(&line).exit, 3);
    server.heal();

    let faults = [
        Fault::reset(),
        Fault::reset_in_body().times(3),
        Fault::page(502),
        Fault::truncated().times(2),
        Fault::error(429, gotrue::ErrorCode::OverRequestRateLimit).retry_after("0"),
        Fault::empty(504),
    ];
    for fault in faults {
        server.fail(fault.of("admin_create_user"));
    }
    let line = line.replace("1s", "2m");
    let done = terminal.run(&line);
    let created = MANY - POISON.len();
    let counts = json!({ "created": created, "refused": POISON.len() });
    assert_eq!((done.exit, json(&done)), (6, counts), "{}", done.err);
    assert!(!terminal.file("users.jsonl.progress").exists());
    let refused = refused(&terminal, "users.jsonl.refused.jsonl");
    let lines: Vec<_> = refused.iter().map(|row| row["refused"]["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, POISON.map(|number| number as u64 + 1));
    assert_each_once(&server, created).await;

    let exported = terminal.file("exported.jsonl");
    assert_eq!(terminal.run(&format!("users export {}", exported.display())).exit, 0);
    let mut numbers: Vec<_> = fs::read_to_string(&exported)
        .unwrap()
        .lines()
        .map(|line| {
            let user: Value = serde_json::from_str(line).unwrap();
            let number = user["user_metadata"]["number"].as_u64().unwrap();
            assert_eq!(user["email"], format!("user-{number}@example.com"));
            number
        })
        .collect();
    numbers.sort_unstable();
    let expected = (0..MANY).filter(|number| !POISON.contains(number)).map(|number| number as u64);
    assert!(numbers.into_iter().eq(expected), "the content is the same on both sides");
}

/// More rows are done than the journal may lack, so the counts only add up if they are restored from it.
#[tokio::test]
async fn a_killed_import_continues_with_exact_counts() {
    const USERS: usize = 700;
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(USERS)).unwrap();
    let line = format!("users import {} --json", terminal.file("users.jsonl").display());
    let mut running = terminal.start(&line);
    wait_for_creations(&server, &mut running, 600).await;
    running.kill();

    let done = terminal.run(&line);
    assert_eq!((done.exit, json(&done)), (0, json!({ "created": USERS, "refused": 0 })), "{}", done.err);
    let after = ["continuing after 500 rows", "continuing after 600 rows"];
    assert!(after.iter().any(|text| done.err.contains(text)), "{}", done.err);
    assert!(!terminal.file("users.jsonl.refused.jsonl").exists());
    assert_each_once(&server, USERS).await;
    let sent = server.count("admin_create_user");
    assert!(sent <= USERS + 8, "{sent}: rows that exist are looked up, and not sent again");
}

#[tokio::test]
async fn a_file_that_changed_after_an_interruption_is_not_continued() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let file = terminal.file("users.jsonl");
    fs::write(&file, rows(20)).unwrap();
    // One request at a time, so that none arrives after the command has exited.
    let line = format!("users import {} --retry-for 0s --parallel 1", file.display());
    server.fail(Fault::empty(503).of("admin_create_user"));
    assert_eq!(terminal.run(&line).exit, 3);
    let sorted: Vec<_> = rows(20).lines().rev().map(|line| format!("{line}\n")).collect();
    fs::write(&file, sorted.concat()).unwrap();
    let before = server.count("admin_create_user");
    let done = terminal.run(&line);
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("has changed"), "{}", done.err);
    assert_eq!(server.count("admin_create_user"), before);

    fs::write(terminal.file("users.jsonl.progress"), "{}").unwrap();
    assert_eq!(terminal.run(&line).exit, 1, "an unreadable journal is not replaced");
    assert_eq!(server.count("admin_create_user"), before);
}

#[tokio::test]
async fn an_id_of_another_user_is_refused() {
    let users = vec![user(7, "other@example.com")];
    let stub = UserServer::start(State { users, ..State::default() }).await;
    let mut terminal = Terminal::at_url(&stub.server.uri(), "service-key");
    let id = "00000000-0000-4000-8000-000000000007";
    fs::write(terminal.file("users.csv"), format!("id,email\n{id},ada@example.com\n")).unwrap();
    let done = terminal.run(&format!("users import {} --json", terminal.file("users.csv").display()));
    assert_eq!((done.exit, json(&done)), (6, json!({ "created": 0, "refused": 1 })), "{}", done.err);
    let rows = refused(&terminal, "users.csv.refused.jsonl");
    assert_eq!(rows[0]["refused"], json!({ "line": 2, "why": "the ID belongs to another user" }));
}

#[tokio::test]
async fn a_row_on_which_the_server_always_fails_is_refused() {
    let stub = UserServer::start(State { poison: Some("poison"), ..State::default() }).await;
    let mut terminal = Terminal::at_url(&stub.server.uri(), "service-key");
    let table = "email,password,user_metadata\nada@example.com,,\n\
                 grace@example.com,planted-horse-7,\"{\"\"a\"\": \"\"poison\"\"}\"\njoan@example.com,,\n";
    fs::write(terminal.file("users.csv"), table).unwrap();
    let done = terminal.run(&format!("users import {} --json", terminal.file("users.csv").display()));
    assert_eq!((done.exit, json(&done)), (6, json!({ "created": 2, "refused": 1 })), "{}", done.err);
    assert!(done.err.contains("trying again"), "{}", done.err);
    let rows = refused(&terminal, "users.csv.refused.jsonl");
    assert_eq!(rows[0]["email"], "grace@example.com");
    assert_eq!(rows[0]["refused"]["line"], 3);
    assert_eq!(rows[0]["refused"]["code"], "unexpected_failure");
    assert!(!done.err.contains("planted"));
}

#[tokio::test]
async fn a_server_that_fails_on_everything_stops_the_import() {
    let stub = UserServer::start(State { is_broken: true, ..State::default() }).await;
    let mut terminal = Terminal::at_url(&stub.server.uri(), "service-key");
    fs::write(terminal.file("users.jsonl"), rows(3)).unwrap();
    let line = format!("users import {} --retry-for 1s --json", terminal.file("users.jsonl").display());
    assert_eq!(terminal.run(&line).exit, 3);
    assert!(!terminal.file("users.jsonl.refused.jsonl").exists());
    stub.with(|state| state.is_broken = false);
    assert_eq!(json(&terminal.run(&line)), json!({ "created": 3, "refused": 0 }));
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(3)).unwrap();
    terminal.set("GOTRUE_SERVICE_KEY", "not-a-key");
    let done = terminal.run(&format!("users import {} --parallel 1", terminal.file("users.jsonl").display()));
    assert_eq!(done.exit, 4, "{}", done.err);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn refused_rows_are_reported_without_passwords_and_can_be_imported_again() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create taken@example.com");
    let table = format!(
        "email,phone,password,user_metadata,role\n\
         ada@example.com,,{PASSWORD},\"{{\"\"plan\"\": \"\"pro\"\"}}\",editor\n\
         taken@example.com,,{PASSWORD},\"{{\"\"a\"\":\n1}}\",\n\
         ,,{PASSWORD},,\n\
         grace@example.com,,{PASSWORD},{PASSWORD},\n\
         ,15550000001,{PASSWORD},,\n"
    );
    fs::write(terminal.file("users.csv"), table).unwrap();
    let first = terminal.run(&format!("users import {} --json", terminal.file("users.csv").display()));
    assert_eq!((first.exit, json(&first)), (6, json!({ "created": 2, "refused": 3 })), "{}", first.err);
    assert!(first.err.contains("users.csv.refused.jsonl"), "{}", first.err);

    let name = "users.csv.refused.jsonl";
    let rows = refused(&terminal, name);
    let lines: Vec<_> =
        rows.iter().map(|row| (row["refused"]["line"].as_u64(), row["refused"]["code"].as_str())).collect();
    assert_eq!(lines, [(Some(3), Some("email_exists")), (Some(5), None), (Some(6), None)]);
    assert_eq!(rows[0]["email"], "taken@example.com");
    assert_eq!(rows[1]["refused"]["why"], "has neither an email address nor a phone number");
    assert_eq!(rows[2]["refused"]["why"], "user_metadata: metadata is not valid JSON");
    let report = fs::read_to_string(terminal.file(name)).unwrap();

    terminal.run("users delete taken@example.com --yes");
    let again = terminal.run(&format!("users import {} --json", terminal.file(name).display()));
    assert_eq!((again.exit, json(&again)), (6, json!({ "created": 1, "refused": 2 })), "{}", again.err);
    for text in [&report, &first.out, &first.err, &again.out, &again.err] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
    assert_eq!(terminal.answer("login taken@example.com", PASSWORD).exit, 1, "the address is not confirmed");
    terminal.run("users update taken@example.com --confirm-email");
    assert_eq!(terminal.answer("login taken@example.com", PASSWORD).exit, 0, "the password came from the first file");

    let users = all(&server).await;
    let ada = users.iter().find(|user| user.email.as_deref() == Some("ada@example.com")).unwrap();
    assert_eq!(ada.role.as_deref(), Some("editor"));
    assert_eq!(serde_json::to_value(&ada.user_metadata).unwrap()["plan"], "pro");
}

#[tokio::test]
async fn refused_rows_of_an_earlier_import_are_set_aside() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(2)).unwrap();
    let (current, former) =
        (terminal.file("users.jsonl.refused.jsonl"), terminal.file("users.jsonl.refused.jsonl.old"));
    fs::write(&current, "corrected by hand\n").unwrap();
    let line = format!("users import {} --json", terminal.file("users.jsonl").display());
    let done = terminal.run(&line);
    assert_eq!(json(&done), json!({ "created": 2, "refused": 0 }));
    assert!(done.err.contains("are now in") && done.err.contains(".old"), "{}", done.err);
    assert!(!current.exists());
    assert_eq!(fs::read_to_string(&former).unwrap(), "corrected by hand\n");
    // The addresses exist now.
    fs::write(&current, "{}\n").unwrap();
    assert_eq!(json(&terminal.run(&line)), json!({ "created": 0, "refused": 2 }));
    assert_eq!(refused(&terminal, "users.jsonl.refused.jsonl").len(), 2);
    assert_eq!(fs::read_to_string(&former).unwrap(), "{}\n");
}

#[tokio::test]
async fn a_refused_row_without_its_password_is_refused_again() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let row = r#"{"email": "ada@example.com", "refused": {"line": 2, "why": "", "password_omitted": true}}"#;
    fs::write(terminal.file("lost.csv.refused.jsonl"), row).unwrap();
    let done = terminal.run(&format!("users import {} --json", terminal.file("lost.csv.refused.jsonl").display()));
    assert_eq!(json(&done), json!({ "created": 0, "refused": 1 }));
    assert_eq!(server.count("admin_create_user"), 0);
}

#[tokio::test]
async fn only_true_confirms_an_address() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let table = "Email;Phone;Email Confirmed;Phone Confirmed\n\
                 yes@example.com;15550000001;TRUE;t\n\
                 no@example.com;15550000002;FALSE;f\n\
                 none@example.com;15550000003;;\n";
    fs::write(terminal.file("users.csv"), table).unwrap();
    let done = terminal.run(&format!("users import {} --json", terminal.file("users.csv").display()));
    assert_eq!((done.exit, json(&done)), (0, json!({ "created": 3, "refused": 0 })), "{}", done.err);
    for user in all(&server).await {
        let is_confirmed = user.email.as_deref() == Some("yes@example.com");
        assert_eq!(user.email_confirmed_at.is_some(), is_confirmed, "{:?}", user.email);
        assert_eq!(user.phone_confirmed_at.is_some(), is_confirmed, "{:?}", user.phone);
    }
}

#[tokio::test]
async fn standard_input_and_a_dry_run() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let input = "{\"email\": \"ada@example.com\"}\n\n{\"emial\": \"x\"}\n{\"user_metadata\": {}}\n";
    let checked = terminal.answer("users import - --dry-run --json", input);
    assert_eq!((checked.exit, json(&checked)), (6, json!({ "valid": 1, "invalid": 2 })), "{}", checked.err);
    assert!(checked.err.contains("line 3 ") && checked.err.contains("line 4 "), "{}", checked.err);
    assert!(server.requests().is_empty());
    let done = terminal.answer("users import - --json", "{\"email\": \"ada@example.com\"}\n");
    assert_eq!((done.exit, json(&done)), (0, json!({ "created": 1, "refused": 0 })), "{}", done.err);
    assert_eq!(terminal.answer("users import -", "").exit, 2);
    let done = terminal.answer("users import - --format jsonl", "{\"email\": \"grace@example.com\"}\n");
    let failed = terminal.answer("users import - --service-key no-key", "{\"email\": \"eve@example.com\"}\n");
    assert!(failed.exit == 4 && failed.err.contains("this input cannot be continued"), "{}", failed.err);
    assert!(!failed.err.contains("the same command"), "{}", failed.err);
    let rate = done.out.lines().find_map(|line| line.strip_prefix("rate")?.trim().strip_suffix(" per second"));
    assert!(rate.is_some_and(|rate| rate.parse::<u32>().unwrap() > 0), "{}", done.out);
}

#[tokio::test]
async fn refused_rows_of_standard_input_replace_no_file() {
    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    let directory = terminal.file("work");
    fs::create_dir(&directory).unwrap();
    let import = |input: &str| {
        let mut command = terminal.command("users import - --json");
        command.current_dir(&directory);
        let output = assert_cmd::Command::from_std(command).write_stdin(input).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let names = ["stdin.refused.jsonl", "stdin-2.refused.jsonl", "stdin-3.refused.jsonl"];
    for name in names {
        let (exit, err) = import(&format!("{{\"role\": \"{name}\"}}\n{{}}\n"));
        assert!(exit == Some(6) && err.contains(&format!("are in {name}")), "{err}");
    }
    assert_eq!(import("{\"email\": \"ada@example.com\"}\n").0, Some(0));
    for name in names {
        let rows = fs::read_to_string(directory.join(name)).unwrap();
        assert!(rows.lines().count() == 2 && rows.contains(&format!("\"role\":\"{name}\"")), "{rows}");
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_an_import_at_once_while_the_server_is_down() {
    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(3)).unwrap();
    server.fail(Fault::empty(503).of("admin_create_user").retry_after("600").times(100));
    let line = format!("users import {} --retry-for 1h", terminal.file("users.jsonl").display());
    let mut running = terminal.start(&line);
    running.line_with("trying again");
    running.interrupt();
    assert_eq!(running.finish().exit, 130);
}

#[tokio::test]
async fn two_imports_of_a_file_at_once_are_refused() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(1)).unwrap();
    server.fail(Fault::slow(Duration::from_secs(600)).of("admin_create_user"));
    let line = format!("users import {}", terminal.file("users.jsonl").display());
    let mut running = terminal.start(&line);
    wait_for_creations(&server, &mut running, 1).await;
    let second = terminal.run(&line);
    assert!(second.exit == 1 && second.err.contains("is running"), "{}", second.err);
    running.kill();
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_what_an_import_writes() {
    use std::os::unix::fs::PermissionsExt;

    let stub = UserServer::start(State { users: vec![user(1, "user-0@example.com")], ..State::default() }).await;
    let mut terminal = Terminal::at_url(&stub.server.uri(), "service-key");
    fs::write(terminal.file("users.jsonl"), rows(1)).unwrap();
    assert_eq!(terminal.run(&format!("users import {}", terminal.file("users.jsonl").display())).exit, 6);
    let mode = fs::metadata(terminal.file("users.jsonl.refused.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_invalid_file_sends_nothing() {
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_SERVICE_KEY", "key");
    fs::write(terminal.file("users.txt"), "").unwrap();
    let import = |terminal: &Terminal, name: &str| format!("users import {}", terminal.file(name).display());
    assert_eq!(terminal.run(&import(&terminal, "users.txt")).exit, 2);
    assert_eq!(terminal.run("users import nowhere.jsonl").exit, 1);
    fs::write(terminal.file("users.csv"), "ada@example.com,planted\n").unwrap();
    let done = terminal.run(&import(&terminal, "users.csv"));
    assert!(done.exit == 2 && done.err.contains("not a header"), "{}", done.err);
    assert!(!done.err.contains("planted") && !terminal.file("users.csv.progress").exists());
}

/// The original of a file of refused rows was sorted, so other users are on its lines.
#[tokio::test]
async fn a_refused_row_gets_no_password_of_another_user() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create taken@example.com");
    let row = |name: &str| format!("{{\"email\": \"{name}@example.com\", \"password\": \"password-of-{name}\"}}\n");
    fs::write(terminal.file("users.jsonl"), row("taken") + &row("ada")).unwrap();
    let line = format!("users import {} --json", terminal.file("users.jsonl").display());
    assert_eq!(json(&terminal.run(&line)), json!({ "created": 1, "refused": 1 }));

    fs::write(terminal.file("users.jsonl"), row("ada") + &row("taken")).unwrap();
    let name = "users.jsonl.refused.jsonl";
    let report = fs::read_to_string(terminal.file(name)).unwrap();
    fs::write(terminal.file(name), report.replacen("taken@", "free@", 1)).unwrap();
    let line = format!("users import {} --json", terminal.file(name).display());
    let done = terminal.run(&line);
    assert_eq!((done.exit, json(&done)), (6, json!({ "created": 0, "refused": 1 })), "{}", done.err);
    let rows = refused(&terminal, &format!("{name}.refused.jsonl"));
    assert!(rows[0]["refused"]["why"].as_str().unwrap().contains("is now another user's"), "{rows:?}");

    // A corrected address is no other user.
    fs::write(terminal.file("users.jsonl"), row("taken") + &row("ada")).unwrap();
    assert_eq!(json(&terminal.run(&line)), json!({ "created": 1, "refused": 0 }));
    terminal.run("users update free@example.com --confirm-email");
    assert_eq!(terminal.answer("login free@example.com", "password-of-taken").exit, 0);
}

/// As in `gotrue users import users.jsonl | head -0`.
#[tokio::test]
async fn refused_rows_are_a_failure_even_if_the_output_is_not_read() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), "{}\n".to_owned() + &rows(2)).unwrap();
    for options in ["--dry-run", "--json", ""] {
        let line = format!("users import {} {options}", terminal.file("users.jsonl").display());
        let mut child = terminal.command(&line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{options}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(terminal.run("users count").out.trim(), "2");
}

/// As in `gotrue users import <(zcat users.gz)`.
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_read_like_standard_input() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let done = terminal.answer("users import /dev/stdin --format jsonl --json", &rows(3));
    assert_eq!((done.exit, json(&done)), (0, json!({ "created": 3, "refused": 0 })), "{}", done.err);
    let done = terminal.answer("users import /dev/stdin", &rows(3));
    assert!(done.exit == 2 && done.err.contains("--format"), "{}", done.err);
}
