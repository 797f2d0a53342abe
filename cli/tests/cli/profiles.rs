//! Profiles and their keys.

use std::{fs, process::Command};

use gotrue_fake::FakeServer;

use super::{
    account::{PASSWORD, server_with_ada},
    terminal::Terminal,
};

#[tokio::test]
async fn profile_lifecycle() {
    let mut terminal = Terminal::new();
    terminal.run("profile list");
    terminal.run("profile add local --url http://127.0.0.1:9999");
    let add = "profile add prod --url https://project.supabase.co/auth/v1 --key anon --service-key - --no-keychain";
    terminal.answer(add, "service-key-of-prod");
    terminal.run("profile list");
    terminal.run("profile list --json");
    terminal.run("profile use prod");
    terminal.run("profile use nowhere");
    terminal.run("profile remove prod");
    terminal.run("profile remove prod --yes");
    terminal.run("profile list");
    terminal.run("profile add broken --url nowhere");
    terminal.run("profile add nameless");
    terminal.assert_record("profiles");
}

#[test]
fn an_unknown_profile_is_reported_before_the_question() {
    let mut terminal = Terminal::new();
    let done = terminal.run("profile remove unknown");
    assert!(done.exit == 5 && !done.err.contains("Remove the profile"), "{}", done.err);
}

#[tokio::test]
async fn a_profile_has_its_own_server_keys_and_session() {
    let (first, second) = (server_with_ada().await, FakeServer::start().await);
    let mut terminal = Terminal::new();
    for (name, server) in [("first", &first), ("second", &second)] {
        let add = format!("profile add {name} --no-keychain --url {} --service-key -", server.url());
        assert_eq!(terminal.answer(&add, server.service_key().expose()).exit, 0);
    }
    assert!(terminal.run("users list").out.contains("ada@example.com"));
    assert!(terminal.run("users list -p second").out.is_empty());
    assert_eq!(terminal.answer("login ada@example.com", PASSWORD).exit, 0);
    assert_eq!(terminal.run("whoami").exit, 0);
    assert_eq!(terminal.run("whoami --profile second").exit, 4);
}

/// A key of one server must never be sent to another.
#[tokio::test]
async fn keys_of_the_environment_are_not_sent_to_a_profile() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::new();
    terminal.set("GOTRUE_SERVICE_KEY", "of-another-server");
    terminal.run(&format!("profile add one --url {}", server.url()));
    let done = terminal.run("users list");
    assert_eq!(done.exit, 4);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_environment_overrides_the_current_profile_and_an_option_overrides_both() {
    let (of_profile, of_environment) = (FakeServer::start().await, FakeServer::start().await);
    let mut terminal = Terminal::new();
    terminal.run(&format!("profile add one --url {}", of_profile.url()));
    terminal.set("GOTRUE_URL", &of_environment.url());
    terminal.run("health");
    assert_eq!((of_profile.count("health"), of_environment.count("health")), (0, 1));
    terminal.run("health --profile one");
    assert_eq!((of_profile.count("health"), of_environment.count("health")), (1, 1));
}

#[cfg(unix)]
#[tokio::test]
async fn keys_and_sessions_are_readable_by_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let server = server_with_ada().await;
    let mut terminal = Terminal::new();
    terminal.run(&format!("profile add one --no-keychain --url {} --key k --service-key s", server.url()));
    terminal.answer("login ada@example.com", PASSWORD);
    for file in ["keys.toml", "sessions/profile-one.json"] {
        let mode = fs::metadata(terminal.file(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn a_profile_with_a_new_server_loses_its_session() {
    let (first, second) = (server_with_ada().await, FakeServer::start().await);
    let mut terminal = Terminal::new();
    terminal.run(&format!("profile add one --url {}", first.url()));
    terminal.answer("login ada@example.com", PASSWORD);
    terminal.run(&format!("profile add one --url {}", first.url()));
    assert_eq!(terminal.run("whoami").exit, 0, "the server is the same");
    terminal.run(&format!("profile add one --url {}", second.url()));
    assert_eq!(terminal.run("whoami").exit, 4);
    assert!(second.requests().is_empty());
}

/// Adding a profile once more deletes no key unasked.
#[test]
fn a_profile_keeps_its_keys_until_it_has_another_server() {
    let mut terminal = Terminal::new();
    let keys = |terminal: &Terminal| fs::read_to_string(terminal.file("keys.toml")).unwrap();
    let add = "profile add one --no-keychain --url http://127.0.0.1:1";
    terminal.run(&format!("{add} --service-key planted-service-key"));
    let done = terminal.run(&format!("{add}/ --key planted-api-key"));
    assert!(done.exit == 0 && done.err.contains("current profile: one"), "{}", done.err);
    assert!(keys(&terminal).contains("planted-service-key") && keys(&terminal).contains("planted-api-key"));
    terminal.run(&format!("{add} --service-key new-service-key"));
    assert!(keys(&terminal).contains("new-service-key") && keys(&terminal).contains("planted-api-key"));

    let elsewhere = "profile add one --no-keychain --url http://127.0.0.1:2";
    let done = terminal.run(elsewhere);
    assert!(done.exit == 2 && done.err.contains("Replace the profile one of http://127.0.0.1:1/"), "{}", done.err);
    assert!(keys(&terminal).contains("new-service-key"));
    assert_eq!(terminal.run(&format!("{elsewhere} --yes")).exit, 0);
    assert!(!keys(&terminal).contains("key"), "{}", keys(&terminal));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_keychain_the_keys_are_stored_in_a_file() {
    let mut terminal = Terminal::new();
    terminal.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let done = terminal.run("profile add one --url http://127.0.0.1:1 --service-key s");
    assert_eq!(done.exit, 0, "{}", done.err);
    assert!(done.err.contains("warning: no keychain found"), "{}", done.err);
    assert!(terminal.run("profile list").out.contains("file"));
}

#[tokio::test]
async fn a_broken_file_is_reported_without_its_contents() {
    let mut terminal = Terminal::new();
    terminal.run("profile add one --no-keychain --url http://127.0.0.1:1 --service-key planted-key");
    fs::write(terminal.file("keys.toml"), "[one]\nservice_key = planted-key").unwrap();
    let done = terminal.run("users list");
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("keys.toml, line 2") && !done.err.contains("planted-key"), "{}", done.err);
}

#[tokio::test]
async fn keys_of_the_environment_are_not_sent_to_another_url() {
    let (own, other) = (FakeServer::start().await, FakeServer::start().await);
    let mut terminal = Terminal::at(&own);
    let done = terminal.run(&format!("users list --url {}", other.url()));
    assert_eq!(done.exit, 4);
    assert!(done.err.contains("GOTRUE_SERVICE_KEY is not used"), "{}", done.err);
    terminal.run(&format!("health --url {}", other.url()));
    assert!(other.requests().iter().all(|request| !request.headers.contains_key("apikey")));
    assert_eq!(terminal.run(&format!("users list --url {}/", own.url())).exit, 0, "it is the same server");
}

#[tokio::test]
async fn a_key_that_is_not_used_is_reported() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::new();
    let add = format!("profile add one --no-keychain --url {} --service-key -", server.url());
    terminal.answer(&add, server.service_key().expose());
    terminal.set("GOTRUE_SERVICE_KEY", "of-another-server");
    let done = terminal.run("users list");
    assert_eq!(done.exit, 0, "{}", done.err);
    assert!(done.err.contains("GOTRUE_SERVICE_KEY is not used: profile one has its own service key"), "{}", done.err);
}

#[tokio::test]
async fn profile_show_names_the_source_of_each_value() {
    let mut terminal = Terminal::new();
    terminal.run("profile show");
    terminal.answer("profile add one --no-keychain --url https://one.example.com --service-key -", "planted-key");
    terminal.run("profile add two --url https://two.example.com");
    terminal.run("profile show");
    terminal.run("profile show --profile two --json");
    terminal.run("profile show --url https://three.example.com --key planted-key");
    terminal.set("GOTRUE_PROFILE", "two");
    terminal.run("profile show");
    terminal.set("GOTRUE_PROFILE", "");
    terminal.set("SUPABASE_URL", "https://four.example.com");
    terminal.set("SUPABASE_SECRET_KEY", "planted-key");
    terminal.run("profile show");
    terminal.run("profile show --profile one");
    terminal.assert_record("profile_show");
}

#[tokio::test]
async fn a_renamed_profile_keeps_its_keys_and_its_session() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::new();
    let add = format!("profile add one --no-keychain --url {} --service-key -", server.url());
    terminal.answer(&add, server.service_key().expose());
    terminal.answer("login ada@example.com", PASSWORD);
    assert_eq!(terminal.run("profile rename one main").exit, 0);
    assert_eq!(terminal.run("whoami").exit, 0);
    assert_eq!(terminal.run("users list").exit, 0);
    assert_eq!(terminal.run("whoami --profile one").exit, 5);
    terminal.run("profile add two --url http://127.0.0.1:1");
    assert_eq!(terminal.run("profile rename main two").exit, 2);
    assert_eq!(terminal.run("users list").exit, 0);
}

#[test]
fn profiles_added_at_the_same_time_are_all_kept() {
    let mut terminal = Terminal::new();
    let running: Vec<_> = (0..12)
        .map(|number| {
            terminal.start(&format!(
                "profile add p{number} --no-keychain --url http://127.0.0.1:{} --service-key s",
                9000 + number
            ))
        })
        .collect();
    for command in running {
        assert_eq!(command.exit(), 0);
    }
    assert_eq!(terminal.run("profile list --json").out.lines().count(), 12);
    let keys = fs::read_to_string(terminal.file("keys.toml")).unwrap();
    assert_eq!(keys.matches("service_key").count(), 12);
}

/// A variable that is not UTF-8 counts as set: without it, another server would get the keys.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_variable_that_is_not_text_chooses_no_other_server() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let server = FakeServer::start().await;
    let mut terminal = Terminal::new();
    terminal.run(&format!("profile add one --url {}", server.url()));
    terminal.set("GOTRUE_SERVICE_KEY", "planted");
    for (variable, value, exit) in
        [("GOTRUE_PROFILE", &b"one\xff"[..], 5), ("GOTRUE_URL", b"http://\xff", 2), ("SUPABASE_URL", b"http://\xff", 2)]
    {
        let output = terminal.command("users list").env(variable, OsStr::from_bytes(value)).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{variable}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(server.requests().is_empty());
}

#[test]
fn names_that_no_file_can_have_are_refused() {
    let mut terminal = Terminal::new();
    for name in ["", "a\nb", "a\u{1b}[2Jb", &"n".repeat(65), &"漢".repeat(22)] {
        let done = terminal.run(&format!("profile add '{name}' --url http://127.0.0.1:9999"));
        assert!(done.exit == 2 && done.err.contains("expected a name"), "{name:?}: {}", done.err);
        let done = terminal.run(&format!("profile rename one '{name}'"));
        assert_eq!(done.exit, 2, "{name:?}: {}", done.err);
    }
    for name in ["../x", "a b", "日本", &"漢".repeat(21)] {
        assert_eq!(terminal.run(&format!("profile add '{name}' --url http://127.0.0.1:9999")).exit, 0, "{name}");
        assert_eq!(terminal.run(&format!("whoami -p '{name}'")).exit, 4, "{name}");
    }
}

/// Opening a pipe would block until another process writes to it.
#[cfg(unix)]
#[test]
fn a_file_that_is_a_pipe_is_refused() {
    for name in ["config.toml", "keys.toml"] {
        let mut terminal = Terminal::new();
        terminal.answer("profile add one --url http://127.0.0.1:1 --service-key - --no-keychain", "key");
        fs::remove_file(terminal.file(name)).unwrap();
        assert!(Command::new("mkfifo").arg(terminal.file(name)).status().unwrap().success());
        let done = terminal.run("users list");
        assert!(done.exit == 1 && done.err.contains(&format!("{name}: not a regular file")), "{}", done.err);
    }
}

/// As in a container. A file that is a mount point cannot be replaced by another.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_mounted_is_written_in_place() {
    let mut terminal = Terminal::new();
    let (mounted, file) = (terminal.file("mounted"), terminal.file("config.toml"));
    terminal.run("profile add one --url http://127.0.0.1:1");
    fs::rename(&file, &mounted).unwrap();
    fs::write(&file, "").unwrap();
    let in_namespace = |command: &Command| {
        let mut unshare = Command::new("unshare");
        unshare.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$0\" \"$1\" && shift && \"$@\"",
        ]);
        unshare.args([&mounted, &file]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => unshare.env(name, value),
                None => unshare.env_remove(name),
            };
        }
        unshare.output()
    };
    if !in_namespace(&Command::new("true")).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped a_file_that_is_mounted_is_written_in_place: mounting is not allowed here");
        return;
    }
    let output = in_namespace(&terminal.command("profile add two --url http://127.0.0.1:2")).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let config = fs::read_to_string(mounted).unwrap();
    assert!(config.contains("[profiles.one]") && config.contains("[profiles.two]"), "{config}");
}
