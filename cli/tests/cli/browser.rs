//! Signing in through a browser, played by an HTTP client that follows redirects.

use gotrue_fake::FakeServer;

use super::{
    account::{ADDRESS, server_with_ada},
    terminal::Terminal,
};

/// Opens the URL and follows its redirects to the command's final page.
async fn browse(url: &str) {
    let page = reqwest::get(url).await.unwrap();
    assert!(page.status().is_success(), "{}", page.status());
}

#[tokio::test]
async fn login_with_a_provider() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let mut login = terminal.start("login --provider github --scope repo --no-browser");
    browse(&login.line_with("http://")).await;
    login.line_with("signed in as");
    assert_eq!(login.exit(), 0);
    assert!(terminal.run("whoami").out.contains("github"));
}

#[tokio::test]
async fn login_prints_the_url_if_no_browser_starts() {
    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    let mut login = terminal.start("login --provider github --browser-command ./no-such-browser");
    login.line_with("open this URL in a browser on this machine:");
    browse(&login.line_with("http://")).await;
    assert_eq!(login.exit(), 0);
}

#[tokio::test]
async fn login_with_a_link_from_a_mail() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let mut login = terminal.start("login --magic-link ada@example.com");
    login.line_with("sent a link to");
    browse(server.last_message_to(ADDRESS).unwrap().link.unwrap().expose()).await;
    assert_eq!(login.exit(), 0);
    assert_eq!(terminal.run("whoami").exit, 0);
}

#[tokio::test]
async fn login_times_out_if_the_browser_does_not_return() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let done = terminal.run("login --provider github --no-browser --timeout 1ms");
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("hint: start again"), "{}", done.err);
    assert_eq!(terminal.run("whoami").exit, 4);
}

#[tokio::test]
async fn an_opener_that_does_nothing_hides_no_url() {
    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    let mut login = terminal.start("login --provider github --browser-command true");
    login.line_with("if none opened, open this URL on this machine:");
    browse(&login.line_with("http://")).await;
    assert_eq!(login.exit(), 0);
}

#[tokio::test]
async fn a_provider_that_is_not_enabled_is_refused_at_once() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    for name in ["githbu", "email"] {
        let done = terminal.run(&format!("login --provider {name} --no-browser"));
        assert_eq!(done.exit, 2, "{}", done.err);
        assert!(done.err.contains("is not enabled") && done.err.contains("github"), "{}", done.err);
    }
}
