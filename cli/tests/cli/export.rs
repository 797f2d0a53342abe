//! `gotrue users export`: every user once.

use std::{collections::BTreeSet, fs, time::Duration};
#[cfg(unix)]
use std::{os::unix::fs::FileTypeExt, process::Command};

use gotrue::{
    admin::CreateUser,
    serde_json::{self, Value},
};
use gotrue_fake::{FakeServer, Fault};

use super::{
    bulk::{all, rows},
    terminal::Terminal,
    user_server::{State, UserServer, users},
};

fn terminal_at(stub: &UserServer) -> Terminal {
    Terminal::at_url(&stub.server.uri(), "service-key")
}

/// The distinct IDs and the number of rows in a file of JSON lines.
fn ids_and_rows(text: &str) -> (usize, usize) {
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: BTreeSet<_> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    (ids.len(), rows.len())
}

#[tokio::test]
async fn users_with_one_creation_time_are_each_exported_once() {
    let stub = UserServer::start(State { users: users(1800), ..State::default() }).await;
    let mut terminal = terminal_at(&stub);
    let done = terminal.run("users export");
    assert_eq!(done.exit, 0, "{}", done.err);
    assert_eq!(ids_and_rows(&done.out), (1800, 1800));
    assert!(stub.with(|state| state.lists) > 5, "the first reading of the pages missed some");
}

#[tokio::test]
async fn a_server_with_cursors_is_read_by_cursor() {
    let stub = UserServer::start(State { users: users(1200), has_cursors: true, ..State::default() }).await;
    let done = terminal_at(&stub).run("users export");
    assert_eq!(ids_and_rows(&done.out), (1200, 1200), "{}", done.err);
    assert_eq!(stub.with(|state| state.lists), 4, "a probe and three pages");
}

#[tokio::test]
async fn users_that_cannot_be_read_make_the_export_fail() {
    let stub = UserServer::start(State { users: users(20), miscounts: true, ..State::default() }).await;
    let mut terminal = terminal_at(&stub);
    let file = terminal.file("users.jsonl");
    let done = terminal.run(&format!("users export {}", file.display()));
    assert_eq!(done.exit, 6, "{}", done.err);
    assert!(done.err.contains("the server counts 21 items, but only 20 could be listed"), "{}", done.err);
    assert!(!file.exists());
}

#[tokio::test]
async fn an_interrupted_export_continues() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    fs::write(terminal.file("users.jsonl"), rows(1100)).unwrap();
    terminal.run(&format!("users import {}", terminal.file("users.jsonl").display()));
    for name in ["all.csv", "all.jsonl"] {
        let target = terminal.file(name);
        let line = format!("users export {} --resume", target.display());
        // The probe for cursors and two pages arrive, the third page does not.
        server.fail(Fault::slow(Duration::ZERO).of("admin_list_users").times(3));
        server.fail(Fault::page(503).of("admin_list_users").times(4));
        let failed = terminal.run(&line);
        assert_eq!(failed.exit, 3, "{}", failed.err);
        assert!(failed.err.contains("--resume"), "{}", failed.err);
        assert!(!target.exists());
        // A row that was cut off is written again.
        let part = terminal.file(&format!("{name}.part"));
        let mut cut = fs::read(&part).unwrap();
        cut.extend_from_slice(if name == "all.csv" {
            b"00000000-0000-4000-8000-000000000000,x"
        } else {
            b"{\"id\": \"0000"
        });
        fs::write(&part, cut).unwrap();

        let before = server.count("admin_list_users");
        let done = terminal.run(&format!("{line} --json"));
        assert_eq!(done.exit, 0, "{}", done.err);
        assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["users"], 1100);
        assert_eq!(server.count("admin_list_users") - before, 2, "only the second page, as a check, and the third");
        let exported = fs::read_to_string(&target).unwrap();
        let addresses: BTreeSet<_> = exported.split(['"', ',', '\n']).filter(|text| text.contains('@')).collect();
        let lines = 1100 + usize::from(name == "all.csv");
        assert_eq!((exported.lines().count(), addresses.len()), (lines, 1100));
        assert!(!part.exists());
    }
}

#[tokio::test]
async fn a_deletion_during_an_interruption_hides_no_user() {
    let stub = UserServer::start(State { users: users(1100), is_ordered: true, ..State::default() }).await;
    let mut terminal = terminal_at(&stub);
    let target = terminal.file("all.jsonl");
    terminal.run(&format!("users export {}", target.display()));
    let text = fs::read_to_string(&target).unwrap();
    let first_pages: String = text.lines().take(1000).flat_map(|line| [line, "\n"]).collect();
    fs::write(terminal.file("all.jsonl.part"), first_pages).unwrap();
    stub.with(|state| drop(state.users.drain(..10)));
    assert_eq!(terminal.run(&format!("users export {} --resume", target.display())).exit, 0);
    assert_eq!(ids_and_rows(&fs::read_to_string(&target).unwrap()), (1100, 1100), "with those that were deleted since");
}

#[tokio::test]
async fn two_exports_do_not_write_the_same_file() {
    let stub = UserServer::start(State { users: users(3), ..State::default() }).await;
    let mut terminal = terminal_at(&stub);
    let part = terminal.file("users.jsonl.part");
    fs::write(&part, "of the other").unwrap();
    let other = fs::File::open(&part).unwrap();
    other.try_lock().unwrap();
    let export = format!("users export {}", terminal.file("users.jsonl").display());
    for line in [&export, &format!("{export} --resume")] {
        let done = terminal.run(line);
        assert!(done.exit == 1 && done.err.contains("another export to this file is running"), "{}", done.err);
        assert_eq!(fs::read_to_string(&part).unwrap(), "of the other");
    }
    drop(other);
    assert_eq!(terminal.run(&export).exit, 0);
}

#[tokio::test]
async fn an_export_is_not_continued_with_another_filter() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create ada@example.com");
    terminal.run(r#"users create eve@example.org --user-metadata '{"full_name":"Ada_E"}'"#);
    terminal.run("users create bob@example.com");
    for name in ["users.jsonl", "users.csv"] {
        let target = terminal.file(name);
        let export = format!("users export {}", target.display());
        terminal.run(&format!("{export} --filter ada"));
        let text = fs::read_to_string(&target).unwrap();
        let part = terminal.file(&format!("{name}.part"));
        for (filter, exit, count) in [("bob", 2, 0), ("example.com", 2, 0), ("Ada", 0, 2), ("a_a", 0, 2), ("A", 0, 3)] {
            fs::write(&part, &text).unwrap();
            let done = terminal.run(&format!("{export} --resume --json --filter {filter}"));
            assert_eq!(done.exit, exit, "{filter}: {}", done.err);
            if exit == 0 {
                assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["users"], count, "{filter}");
            } else {
                assert!(done.err.contains("users that --filter does not select"), "{}", done.err);
                assert_eq!(fs::read_to_string(&part).unwrap(), text);
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_export_is_not_continued() {
    let stub = UserServer::start(State::default()).await;
    let mut terminal = terminal_at(&stub);
    let part = terminal.file("all.jsonl.part");
    fs::write(&part, "something else\n").unwrap();
    let done = terminal.run(&format!("users export {} --resume", terminal.file("all.jsonl").display()));
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("not an unfinished export"), "{}", done.err);
    assert_eq!(fs::read_to_string(&part).unwrap(), "something else\n");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_an_export() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let stub = UserServer::start(State { users: users(1), ..State::default() }).await;
    let mut terminal = terminal_at(&stub);
    let (target, part, elsewhere) =
        (terminal.file("all.csv"), terminal.file("all.csv.part"), terminal.file("elsewhere"));
    fs::write(&elsewhere, "untouched").unwrap();
    symlink(&elsewhere, &part).unwrap();
    assert_eq!(terminal.run(&format!("users export {}", target.display())).exit, 0);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "untouched");

    let target = terminal.file("again.csv");
    fs::write(terminal.file("again.csv.part"), "").unwrap();
    fs::set_permissions(terminal.file("again.csv.part"), PermissionsExt::from_mode(0o666)).unwrap();
    assert_eq!(terminal.run(&format!("users export {} --resume", target.display())).exit, 0);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&target).unwrap().starts_with("id,email,"));
}

#[tokio::test]
async fn an_export_can_be_imported_elsewhere() {
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

/// The client reads 97 levels of metadata, and what is deeper as text.
#[tokio::test]
async fn deep_metadata_is_exported_unchanged_or_not_at_all() {
    let server = FakeServer::start().await;
    let create = async |email: &str, member: &str, levels: usize| {
        let deep = format!("{{\"a\":{}\"[\"{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let request = reqwest::Client::new().post(format!("{}/admin/users", server.url()));
        let request = request.bearer_auth(server.service_key().expose()).header("content-type", "application/json");
        let response = request.body(format!("{{\"email\":\"{email}\",\"{member}\":{deep}}}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{levels}");
    };
    create("ada@example.com", "user_metadata", 97).await;
    for (email, member, levels) in [
        ("b@example.com", "user_metadata", 98),
        ("c@example.com", "app_metadata", 130),
        ("d@example.com", "user_metadata", 240),
    ] {
        create(email, member, levels).await;
    }
    let users = all(&server).await;
    let mut terminal = Terminal::at(&server);
    for name in ["users.jsonl", "users.csv"] {
        let file = terminal.file(name);
        let done = terminal.run(&format!("users export {} --json", file.display()));
        assert_eq!(done.exit, 6, "{}", done.err);
        assert_eq!(serde_json::from_str::<Value>(&done.out).unwrap()["users"], 1);
        for (email, member) in
            [("b@example.com", "user_metadata"), ("c@example.com", "app_metadata"), ("d@example.com", "user_metadata")]
        {
            let user = users.iter().find(|user| user.email.as_deref() == Some(email)).unwrap();
            assert!(done.err.contains(&format!("user {} is not exported: {member} is more", user.id)), "{}", done.err);
        }
        let other = FakeServer::start().await;
        let imported = Terminal::at(&other).run(&format!("users import {} --json", file.display()));
        assert_eq!(imported.out.trim(), r#"{"created":1,"refused":0}"#, "{}", imported.err);
        let ada = users.iter().find(|user| user.email.as_deref() == Some("ada@example.com")).unwrap();
        assert_eq!(all(&other).await[0].user_metadata, ada.user_metadata);
    }
    let to_standard_output = terminal.run("users export");
    assert_eq!((to_standard_output.exit, to_standard_output.out.lines().count()), (6, 1), "{}", to_standard_output.err);
}

/// A pipe, such as that of a shell's `>(command)`, and a link are not replaced by a file.
#[cfg(unix)]
#[tokio::test]
async fn only_files_are_replaced() {
    let stub = UserServer::start(State { users: users(30), ..State::default() }).await;
    let mut terminal = terminal_at(&stub);
    let pipe = terminal.file("pipe.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let export = format!("users export {}", pipe.display());
    let done = terminal.run(&format!("{export} --resume"));
    assert!(done.exit == 2 && done.err.contains("expected a file for --resume"), "{}", done.err);
    let mut writer = terminal.command(&export).spawn().unwrap();
    let path = pipe.clone();
    let text = tokio::task::spawn_blocking(move || fs::read_to_string(path).unwrap()).await.unwrap();
    assert!(writer.wait().unwrap().success());
    assert_eq!(ids_and_rows(&text), (30, 30));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());

    let requests = stub.with(|state| state.lists);
    let (file, link) = (terminal.file("users.jsonl"), terminal.file("link.jsonl"));
    fs::write(&file, "of another time").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let directory = terminal.file("");
    for (target, why) in [(link, "not a symbolic link"), (directory, "not a directory")] {
        let done = terminal.run(&format!("users export --format jsonl {}", target.display()));
        assert!(done.exit == 2 && done.err.contains(why), "{}", done.err);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "of another time");
    assert_eq!(stub.with(|state| state.lists), requests, "refused before any request");
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_an_export_at_once() {
    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    server.fail(Fault::slow(Duration::from_secs(600)).of("admin_list_users"));
    let running = terminal.start(&format!("users export {}", terminal.file("all.csv").display()));
    while server.count("admin_list_users") < 1 {
        tokio::task::yield_now().await;
    }
    running.interrupt();
    let done = running.finish();
    assert_eq!(done.exit, 130);
    assert!(done.err.contains("--resume"), "{}", done.err);
}

/// Names of files need not be UTF-8.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn paths_that_are_not_text() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    let name = terminal.file("").join(OsStr::from_bytes(b"a\xff.jsonl"));
    for option in ["", "--json"] {
        let output = terminal.command(&format!("users export {option}")).arg(&name).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(name.exists());
    }
    let directory = terminal.file("").join(OsStr::from_bytes(b"config\xff"));
    let output = terminal.command("profile show --json").env("GOTRUE_CONFIG_DIR", directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An export must not mix the users of two servers.
#[tokio::test]
async fn an_unfinished_export_of_another_server_is_not_continued() {
    let (first, second) = (FakeServer::start().await, FakeServer::start().await);
    let mut terminal = Terminal::at(&first);
    let file = terminal.file("users.jsonl");
    for name in ["ada", "grace"] {
        terminal.run(&format!("users create {name}@example.com"));
    }
    let key = second.service_key();
    second.client().unwrap().admin(key.clone()).users().create(CreateUser::email("joan@example.com")).await.unwrap();
    let export = format!("users export {}", file.display());
    assert_eq!(terminal.run(&export).exit, 0);
    fs::rename(&file, terminal.file("users.jsonl.part")).unwrap();
    let done = terminal.run(&format!("{export} --resume --url {} --service-key {}", second.url(), key.expose()));
    assert_eq!(done.exit, 1, "{}", done.err);
    assert!(done.err.contains("none of the users in the unfinished export"), "{}", done.err);
    assert!(!file.exists());
    assert_eq!(terminal.run(&format!("{export} --resume")).exit, 0);
    assert_eq!(ids_and_rows(&fs::read_to_string(file).unwrap()), (2, 2));
}
