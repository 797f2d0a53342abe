//! The client as WebAssembly in Chromium, against the fake server with its CORS policy.
//!
//! The page is built by `cargo run --package gotrue-browser-bundler`. Without it, or without Chromium, the tests print
//! that they were skipped.

mod files;

use std::path::Path;

use gotrue_fake::{FakeServer, FakeServerBuilder};
use serde_json::{Value, json};
use support::{
    chromium::{Chromium, Profile, Tab},
    signer::{SECRET, SUB, Signer, claims_with},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// A browser with a page, and a server of another origin.
struct Browser {
    profile: Profile,
    _chromium: Chromium,
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
        let chromium = Chromium::start()?;
        let origin = files::serve(directory);
        let server = configure(FakeServer::builder(), &origin).start().await;
        Some(Self { profile: chromium.profile().await, _chromium: chromium, origin, server })
    }

    /// Opens a tab with the page at this path.
    async fn open(&self, path: &str) -> Tab {
        let tab = self.profile.tab().await;
        tab.goto(format!("{}{path}", self.origin)).await;
        tab
    }

    /// Opens a tab whose session is in `localStorage`.
    async fn tab(&self) -> Tab {
        let tab = self.open("").await;
        self.open_page(&tab, "", false).await;
        tab
    }

    /// Opens the session in a tab that is loaded.
    async fn open_page(&self, tab: &Tab, api_key: &str, is_private: bool) {
        let url = self.server.url();
        run(tab, &format!("await ready; window.page = await Page.open({url:?}, {api_key:?}, {is_private})")).await;
    }
}

/// Runs the statements of an asynchronous function, and returns its value.
async fn run(tab: &Tab, statements: &str) -> Value {
    tab.evaluate(&format!("(async () => {{ {statements} }})()")).await
}

/// Calls an expression of the page, and returns its value as text.
async fn page(tab: &Tab, call: &str) -> String {
    let value = run(tab, &format!("return `${{await page.{call}}}`")).await;
    value.as_str().unwrap_or_default().to_owned()
}

/// Calls an expression of the page that throws, and returns the message.
async fn failure(tab: &Tab, call: &str) -> String {
    let statements = format!("try {{ await page.{call} }} catch (error) {{ return error.message }}");
    run(tab, &statements).await.as_str().expect("an error").to_owned()
}

const CREDENTIALS: &str = "'ada@example.com', 'correct-horse-7'";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_reload() {
    let Some(browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.tab().await;
    page(&tab, &format!("sign_up({CREDENTIALS})")).await;
    let token = page(&tab, "access_token()").await;

    tab.reload().await;
    browser.open_page(&tab, "", false).await;
    assert_eq!(page(&tab, "email()").await, "ada@example.com");
    assert_eq!(page(&tab, "access_token()").await, token);

    page(&tab, "sign_out()").await;
    assert_eq!(browser.server.count("sign_out"), 1);
    tab.reload().await;
    browser.open_page(&tab, "", false).await;
    assert_eq!(page(&tab, "email()").await, "undefined");
    let error = failure(&tab, "sign_in('ada@example.com', 'wrong-horse-7')").await;
    assert!(error.contains("invalid_credentials"), "{error}");
    page(&tab, &format!("sign_in({CREDENTIALS})")).await;
    assert_eq!(page(&tab, "email()").await, "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_session_belongs_to_its_tab() {
    let Some(browser) = Browser::start(|server, _| server).await else { return };
    let (first, second) = (browser.tab().await, browser.tab().await);
    browser.open_page(&first, "", true).await;
    page(&first, &format!("sign_up({CREDENTIALS})")).await;
    browser.open_page(&second, "", true).await;
    assert_eq!(page(&second, "email()").await, "undefined");
    first.reload().await;
    browser.open_page(&first, "", true).await;
    assert_eq!(page(&first, "email()").await, "ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_share_one_session() {
    let Some(browser) = Browser::start(|server, _| server).await else { return };
    let (first, second) = (browser.tab().await, browser.tab().await);
    page(&first, &format!("sign_up({CREDENTIALS})")).await;
    page(&second, "wait_for('SignedIn')").await;
    assert_eq!(page(&second, "email()").await, "ada@example.com");

    // Both tabs start a refresh while the lock is held, so that neither has finished when the other starts.
    let hold = "await new Promise((held) => \
        navigator.locks.request('gotrue:session:refresh', () => new Promise((release) => { window.release = release; held() })))";
    run(&first, hold).await;
    let both_wait = "for (;;) { if ((await navigator.locks.query()).pending.length === 2) return }";
    let (one, other, ()) = tokio::join!(page(&first, "refresh()"), page(&second, "refresh()"), async {
        run(&first, both_wait).await;
        run(&first, "window.release()").await;
    });
    assert_eq!(one, other);
    assert_eq!(browser.server.count("token"), 1);

    page(&first, "sign_out()").await;
    page(&second, "wait_for('SignedOut')").await;
    assert_eq!(page(&second, "email()").await, "undefined");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in() {
    let configure = |server: FakeServerBuilder, origin: &str| server.passkeys(true).relying_party("localhost", origin);
    let Some(browser) = Browser::start(configure).await else { return };
    let tab = browser.tab().await;
    page(&tab, &format!("sign_up({CREDENTIALS})")).await;

    tab.call("WebAuthn.enable", json!({})).await;
    let options = json!({
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": true,
        "hasUserVerification": true,
        "isUserVerified": true,
        "automaticPresenceSimulation": true,
    });
    let added = tab.call("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
    page(&tab, "register_passkey()").await;
    page(&tab, "sign_out()").await;
    page(&tab, "sign_in_with_passkey()").await;
    assert_eq!(page(&tab, "email()").await, "ada@example.com");

    // The user refuses.
    let refusing = json!({ "authenticatorId": added["authenticatorId"], "isUserVerified": false });
    tab.call("WebAuthn.setUserVerified", refusing).await;
    let error = failure(&tab, "sign_in_with_passkey()").await;
    assert!(error.starts_with("NotAllowedError: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_returns_to_the_page() {
    let configure =
        |server: FakeServerBuilder, origin: &str| server.site_url(origin).redirect_urls([format!("{origin}/**")]);
    let Some(browser) = Browser::start(configure).await else { return };
    let tab = browser.open("/app?tab=2").await;
    browser.open_page(&tab, "", false).await;
    assert_eq!(page(&tab, "complete_flow()").await, "nothing");

    tab.evaluate_to_navigate("void page.start_flow()").await;
    browser.open_page(&tab, "", false).await;
    let returned = run(&tab, "return location.search").await;
    assert!(returned.as_str().unwrap().contains("code="), "{returned}");
    assert_eq!(page(&tab, "complete_flow()").await, "SignIn");

    let (path, kept) = ("return location.pathname + location.search + location.hash", "return localStorage.length");
    assert_eq!(run(&tab, path).await, "/app?tab=2");
    assert_eq!(run(&tab, kept).await, 1, "the session, and no flow");
    assert_eq!(page(&tab, "complete_flow()").await, "nothing");

    // The URL that an attacker made.
    run(&tab, "history.replaceState(null, '', '/app?code=8d8c4e55&flow_id=other')").await;
    let error = failure(&tab, "complete_flow()").await;
    assert!(error.starts_with("no verifier for this code"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_verified() {
    let Some(browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.tab().await;
    page(&tab, &format!("sign_up({CREDENTIALS})")).await;
    assert_eq!(page(&tab, "verify()").await, "ada@example.com");
    let error = page(&tab, "verify_forged()").await;
    assert!(error.contains("signature"), "{error}");
}

/// Browsers have cryptography of their own in the client.
#[tokio::test(flavor = "multi_thread")]
async fn every_algorithm_is_verified() {
    let Some(browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.open("").await;
    let mut signers = vec![Signer::ec("1"), Signer::p521("2"), Signer::rsa("3"), Signer::rsa512("4"), Signer::ed("5")];
    let keys: Vec<_> = signers.iter().map(Signer::published).collect();
    let server = MockServer::start().await;
    for (method, body) in [("GET", json!({ "keys": keys })), ("OPTIONS", json!({}))] {
        let reply = ResponseTemplate::new(200)
            .set_body_json(body)
            .insert_header("access-control-allow-origin", "*")
            .insert_header("access-control-allow-headers", "x-client-info, x-supabase-api-version");
        Mock::given(matchers::method(method)).respond_with(reply).mount(&server).await;
    }
    signers.push(Signer::shared(SECRET.as_bytes()));
    for signer in signers {
        let verify = |token: &str| {
            let statements = format!(
                "await ready; try {{ return await Page.verify_token({:?}, {SECRET:?}, {token:?}) }} \
                 catch (error) {{ return error.message }}",
                server.uri()
            );
            let tab = &tab;
            async move { run(tab, &statements).await }
        };
        let tokens = ["ada@example.com", "eve@example.com"]
            .map(|email| signer.sign(&claims_with(&json!({ "exp": 4_102_444_800_u64, "email": email }))));
        let [ada, eve] = tokens.each_ref().map(|token| token.expose().rsplit_once('.').unwrap());
        let name = signer.header()["alg"].clone();
        assert_eq!(verify(tokens[0].expose()).await, SUB, "{name}");
        let forged = verify(&format!("{}.{}", eve.0, ada.1)).await;
        assert!(forged.as_str().unwrap().contains("signature"), "{name}: {forged}");
    }
}

/// A server without a gateway allows no header `apikey` unless it is configured.
#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_for_a_gateway() {
    let Some(browser) = Browser::start(|server, _| server).await else { return };
    let tab = browser.open("").await;
    browser.open_page(&tab, "anon-key", false).await;
    let error = failure(&tab, &format!("sign_up({CREDENTIALS})")).await;
    assert!(error.contains("connection"), "{error}");
    assert_eq!(browser.server.count("sign_up"), 0);

    let Some(browser) = Browser::start(|server, _| server.cors_allowed_header("apikey")).await else { return };
    let tab = browser.open("").await;
    browser.open_page(&tab, "anon-key", false).await;
    page(&tab, &format!("sign_up({CREDENTIALS})")).await;
    assert_eq!(browser.server.count("sign_up"), 1);
}
