//! Signing in through a browser, played by an HTTP client that follows redirects.

use std::fs;

use gotrue::url::Url;
use gotrue_fake::FakeServer;

use super::{
    account::{ADDRESS, server_with_ada},
    operators::idp_metadata,
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
async fn a_provider_that_the_settings_do_not_list_is_not_refused() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    for name in ["custom:acme", "x", "vercel_marketplace"] {
        let done = terminal.run(&format!("login --provider {name} --no-browser --timeout 1ms"));
        assert_eq!(done.exit, 1, "the browser does not return: {}", done.err);
        assert!(!done.err.contains("is not enabled"), "{}", done.err);
    }
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

/// The fake server has no SAML responses. A provider's sign-in with the same redirect and challenge takes their place.
#[tokio::test]
async fn login_with_the_identity_provider_of_a_domain() {
    let server = FakeServer::start().await;
    let mut terminal = Terminal::at(&server);
    let unknown = terminal.run("login --sso acme.example --no-browser");
    assert_eq!(unknown.exit, 5, "{}", unknown.err);
    let metadata = terminal.file("metadata.xml");
    fs::write(&metadata, idp_metadata()).unwrap();
    terminal.run(&format!("sso create --metadata-file {} --domain acme.example", metadata.display()));

    for (domain, port) in [("acme.example", 0), ("ada@acme.example", 0)] {
        let mut login = terminal.start(&format!("login --sso {domain} --no-browser --port {port}"));
        let url = login.line_with("SAMLRequest=");
        let request = server.requests().into_iter().rfind(|request| request.operation == Some("sso")).unwrap();
        let body = request.body.unwrap();
        assert_eq!(body["domain"], "acme.example", "an address names its domain");
        assert!(!url.starts_with(&server.url()), "{url}");
        let mut authorize = Url::parse(&format!("{}/authorize", server.url())).unwrap();
        authorize.query_pairs_mut().append_pair("provider", "github").extend_pairs(
            ["redirect_to", "code_challenge", "code_challenge_method"].map(|name| (name, body[name].as_str().unwrap())),
        );
        browse(authorize.as_str()).await;
        let done = login.finish();
        assert_eq!(done.exit, 0, "{}", done.err);
        assert!(done.err.contains("signed in as"), "{}", done.err);
    }
    assert_eq!(terminal.run("whoami").exit, 0);
    assert_eq!(terminal.run("login --sso acme.example --provider github").exit, 2);
}
