//! Signing in by way of the browser, which here is an HTTP client that follows redirects.

use gotrue_fake::FakeServer;

use super::{
    account::{ADDRESS, server_with_ada},
    terminal::Terminal,
};

/// Goes where the URL leads, to the page that the command shows in the end.
async fn browse(url: &str) {
    let page = reqwest::get(url).await.unwrap();
    assert!(page.status().is_success(), "{}", page.status());
}

#[tokio::test]
async fn a_provider_signs_in() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let mut login = terminal.begin("login --provider github --scope repo --no-browser");
    browse(&login.line_with("http://")).await;
    login.line_with("signed in as");
    assert_eq!(login.end(), 0);
    assert!(terminal.run("whoami").out.contains("github"));
}

#[tokio::test]
async fn the_url_is_shown_when_no_browser_can_be_started() {
    let server = FakeServer::start().await;
    let terminal = Terminal::at(&server);
    let mut login = terminal.begin("login --provider github --browser-command ./no-such-browser");
    browse(&login.line_with("http://")).await;
    assert_eq!(login.end(), 0);
}

#[tokio::test]
async fn a_link_in_a_mail_signs_in() {
    let server = server_with_ada().await;
    let mut terminal = Terminal::at(&server);
    let mut login = terminal.begin("login --magic-link ada@example.com");
    login.line_with("a link is on its way");
    browse(server.last_message_to(ADDRESS).unwrap().link.unwrap().expose()).await;
    assert_eq!(login.end(), 0);
    assert_eq!(terminal.run("whoami").exit, 0);
}

#[tokio::test]
async fn a_browser_that_does_not_come_back_is_not_waited_for_for_ever() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let done = terminal.run("login --provider github --no-browser --timeout 1ms");
    assert_eq!(done.exit, 1);
    assert!(done.err.contains("hint: begin again"), "{}", done.err);
    assert_eq!(terminal.run("whoami").exit, 4);
}
