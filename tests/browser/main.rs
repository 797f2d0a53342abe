//! The client as WebAssembly in Chromium, against the fake server with its CORS policy.
//!
//! The page is built by `cargo run --package gotrue-browser-bundler`. Without it, or without Chromium, the tests print
//! that they were skipped.

mod chromium;
mod files;

use std::path::Path;

use chromium::{Chromium, Tab};
use gotrue_fake::{FakeServer, FakeServerBuilder};
use serde_json::json;

/// A browser with a page, and a server of another origin.
struct Browser {
    chromium: Chromium,
    origin: String,
    server: FakeServer,
}

impl Browser {
    /// Returns `None` if something is missing. `configure` is called with the origin of the page.
    async fn start(configure: impl FnOnce(FakeServerBuilder, &str) -> FakeServerBuilder) -> Option<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser/page");
        if !directory.join("page_bg.wasm").exists() {
            println!("skipped: the page is not in {}", directory.display());
            return None;
        }
        if !Chromium::is_installed() {
            println!("skipped: there is no chromium on the path");
            return None;
        }
        let origin = files::serve(directory);
        let server = configure(FakeServer::builder(), &origin).start().await;
        Some(Self { chromium: Chromium::start(), origin, server })
    }

    /// Opens a tab whose session is in `localStorage`.
    fn tab(&mut self) -> Tab {
        let tab = self.chromium.open(&self.origin);
        self.open_page(&tab, "", false);
        tab
    }

    /// Opens the session in a tab that is loaded.
    fn open_page(&mut self, tab: &Tab, api_key: &str, is_private: bool) {
        let url = self.server.url();
        let open = format!("await ready; window.page = await Page.open({url:?}, {api_key:?}, {is_private})");
        self.chromium.run(tab, &open);
    }

    /// Calls an expression of the page, and returns its value as text.
    fn page(&mut self, tab: &Tab, call: &str) -> String {
        let value = self.chromium.run(tab, &format!("return `${{await page.{call}}}`"));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Calls an expression of the page that throws, and returns the message.
    fn failure(&mut self, tab: &Tab, call: &str) -> String {
        let script = format!("try {{ await page.{call} }} catch (error) {{ return error.message }}");
        self.chromium.run(tab, &script).as_str().expect("an error").to_owned()
    }
}

const CREDENTIALS: &str = "'ada@example.com', 'correct-horse-7'";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_reload() {
    let Some(mut browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.tab();
    browser.page(&tab, &format!("sign_up({CREDENTIALS})"));
    let token = browser.page(&tab, "access_token()");

    browser.chromium.reload(&tab);
    browser.open_page(&tab, "", false);
    assert_eq!(browser.page(&tab, "email()"), "ada@example.com");
    assert_eq!(browser.page(&tab, "access_token()"), token);

    browser.page(&tab, "sign_out()");
    assert_eq!(browser.server.count("sign_out"), 1);
    browser.chromium.reload(&tab);
    browser.open_page(&tab, "", false);
    assert_eq!(browser.page(&tab, "email()"), "undefined");
    let error = browser.failure(&tab, "sign_in('ada@example.com', 'wrong-horse-7')");
    assert!(error.contains("invalid_credentials"), "{error}");
    browser.page(&tab, &format!("sign_in({CREDENTIALS})"));
    assert_eq!(browser.page(&tab, "email()"), "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_session_belongs_to_its_tab() {
    let Some(mut browser) = Browser::start(|server, _| server).await else { return };
    let (first, second) = (browser.tab(), browser.tab());
    browser.open_page(&first, "", true);
    browser.page(&first, &format!("sign_up({CREDENTIALS})"));
    browser.open_page(&second, "", true);
    assert_eq!(browser.page(&second, "email()"), "undefined");
    browser.chromium.reload(&first);
    browser.open_page(&first, "", true);
    assert_eq!(browser.page(&first, "email()"), "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_share_one_session() {
    let Some(mut browser) = Browser::start(|server, _| server).await else { return };
    let (first, second) = (browser.tab(), browser.tab());
    browser.page(&first, &format!("sign_up({CREDENTIALS})"));
    browser.page(&second, "wait_for('SignedIn')");
    assert_eq!(browser.page(&second, "email()"), "ada@example.com");

    // Both tabs start a refresh while the lock is held, so that neither has finished when the other starts.
    let hold = "await new Promise((held) => \
        navigator.locks.request('gotrue:session:refresh', () => new Promise((release) => { window.release = release; held() })))";
    browser.chromium.run(&first, hold);
    let refreshes = [&first, &second].map(|tab| browser.chromium.start_script(tab, "return await page.refresh()"));
    let both_wait = "for (;;) { if ((await navigator.locks.query()).pending.length === 2) return }";
    browser.chromium.run(&first, both_wait);
    browser.chromium.run(&first, "window.release()");
    let [one, other] = refreshes.map(|refresh| browser.chromium.finish(&refresh));
    assert_eq!(one, other);
    assert_eq!(browser.server.count("token"), 1);

    browser.page(&first, "sign_out()");
    browser.page(&second, "wait_for('SignedOut')");
    assert_eq!(browser.page(&second, "email()"), "undefined");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in() {
    let configure = |server: FakeServerBuilder, origin: &str| server.passkeys(true).relying_party("localhost", origin);
    let Some(mut browser) = Browser::start(configure).await else { return };
    let tab = browser.tab();
    browser.page(&tab, &format!("sign_up({CREDENTIALS})"));

    browser.chromium.call(Some(&tab), "WebAuthn.enable", &json!({}));
    let options = json!({
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
        "automaticPresenceSimulation": true,
    });
    let added = browser.chromium.call(Some(&tab), "WebAuthn.addVirtualAuthenticator", &json!({ "options": options }));
    browser.page(&tab, "register_passkey()");
    browser.page(&tab, "sign_out()");
    browser.page(&tab, "sign_in_with_passkey()");
    assert_eq!(browser.page(&tab, "email()"), "ada@example.com");

    // The user refuses.
    let refusing = json!({ "authenticatorId": added["authenticatorId"], "isUserVerified": false });
    browser.chromium.call(Some(&tab), "WebAuthn.setUserVerified", &refusing);
    let error = browser.failure(&tab, "sign_in_with_passkey()");
    assert!(error.starts_with("NotAllowedError: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_returns_to_the_page() {
    let configure =
        |server: FakeServerBuilder, origin: &str| server.site_url(origin).redirect_urls([format!("{origin}/**")]);
    let Some(mut browser) = Browser::start(configure).await else { return };
    let tab = browser.chromium.open(&format!("{}/app?tab=2", browser.origin));
    browser.open_page(&tab, "", false);
    assert_eq!(browser.page(&tab, "complete_flow()"), "nothing");

    browser.chromium.run(&tab, "page.start_flow()");
    browser.chromium.wait_until_loaded(&tab);
    browser.open_page(&tab, "", false);
    let returned = browser.chromium.run(&tab, "return location.search");
    assert!(returned.as_str().unwrap().contains("code="), "{returned}");
    assert_eq!(browser.page(&tab, "complete_flow()"), "SignIn");

    let (path, kept) = ("return location.pathname + location.search + location.hash", "return localStorage.length");
    assert_eq!(browser.chromium.run(&tab, path), "/app?tab=2");
    assert_eq!(browser.chromium.run(&tab, kept), 1, "the session, and no flow");
    assert_eq!(browser.page(&tab, "complete_flow()"), "nothing");

    // The URL that an attacker made.
    browser.chromium.run(&tab, "history.replaceState(null, '', '/app?code=8d8c4e55&flow_id=other')");
    let error = browser.failure(&tab, "complete_flow()");
    assert!(error.starts_with("no verifier for this code"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_verified() {
    let Some(mut browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.tab();
    browser.page(&tab, &format!("sign_up({CREDENTIALS})"));
    assert_eq!(browser.page(&tab, "verify()"), "ada@example.com");
    let error = browser.page(&tab, "verify_forged()");
    assert!(error.contains("signature"), "{error}");
}

/// A server without a gateway allows no header `apikey` unless it is configured.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_for_a_gateway() {
    let Some(mut browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.chromium.open(&browser.origin.clone());
    browser.open_page(&tab, "anon-key", false);
    let error = browser.failure(&tab, &format!("sign_up({CREDENTIALS})"));
    assert!(error.contains("connection"), "{error}");
    assert_eq!(browser.server.count("sign_up"), 0);

    let Some(mut browser) = Browser::start(|server, _| server.cors_allowed_header("apikey")).await else { return };
    let tab = browser.chromium.open(&browser.origin.clone());
    browser.open_page(&tab, "anon-key", false);
    browser.page(&tab, &format!("sign_up({CREDENTIALS})"));
    assert_eq!(browser.server.count("sign_up"), 1);
}
