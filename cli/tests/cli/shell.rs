//! Help, completions and manual pages.

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
