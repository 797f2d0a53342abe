//! Help, completions and manual pages.

use gotrue_fake::FakeServer;
use unicode_width::UnicodeWidthStr;

use super::terminal::Terminal;

#[test]
fn help() {
    let mut terminal = Terminal::new();
    terminal.run("--help");
    terminal.run("users --help");
    terminal.run("users import --help");
    terminal.run("users export --help");
    terminal.run("login --help");
    terminal.assert_record("help");
}

#[test]
fn completions() {
    let mut terminal = Terminal::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = terminal.run(&format!("completions {shell}"));
        assert!(done.exit == 0 && done.out.contains("whoami"), "{shell}");
    }
}

#[test]
fn manual_pages() {
    let mut terminal = Terminal::new();
    let directory = terminal.file("man");
    assert_eq!(terminal.run(&format!("man {}", directory.display())).exit, 0);
    for page in ["gotrue.1", "gotrue-login.1", "gotrue-users-list.1"] {
        assert!(directory.join(page).is_file(), "{page}");
    }
}

#[test]
fn colour_only_on_terminals() {
    let mut terminal = Terminal::new();
    terminal.run("profile add one --url http://127.0.0.1:1");
    assert!(!terminal.run("profile list").out.contains('\u{1b}'));
    terminal.set("CLICOLOR_FORCE", "1");
    assert!(terminal.run("profile list").out.contains('\u{1b}'));
    terminal.set("NO_COLOR", "1");
    terminal.set("CLICOLOR_FORCE", "");
    assert!(!terminal.run("profile list").out.contains('\u{1b}'));
}

#[tokio::test]
async fn tables_fit_the_terminal_without_breaking_words() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("users create somebody.with.a.long.name@example.com --confirm");
    terminal.run("users create --phone +15550000001");
    let wide = terminal.run("users list").out;
    assert_eq!(wide.lines().count(), 3, "{wide}");
    for width in [60, 80] {
        terminal.set("COLUMNS", &width.to_string());
        for line in ["users list", "audit", "profile list"] {
            let narrow = terminal.run(line).out;
            assert!(narrow.lines().all(|line| line.chars().count() <= width), "{width}: {narrow}");
        }
        let narrow = terminal.run("users list").out;
        for word in ["somebody.with.a.long.name@example.com", "15550000001", "unconfirmed"] {
            assert!(narrow.contains(word), "{width}: {narrow}");
        }
    }
    terminal.set("COLUMNS", "200");
    assert_eq!(terminal.run("users list").out, wide);

    // Some characters are two columns wide.
    let name = "漢字".repeat(8);
    terminal.run(&format!("profile add {name} --url https://auth.example.com"));
    terminal.set("COLUMNS", "60");
    let narrow = terminal.run("profile list").out;
    assert!(narrow.contains(&name) && narrow.lines().all(|line| line.width() <= 60), "{narrow}");
}
