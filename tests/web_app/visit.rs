//! What a user does, on the fake server and on a real one (`docs/live.md`).

use std::env;

use axum::{extract::RawQuery, response::Redirect, routing::get};
use gotrue::{Client, Secret, chrono::Utc, url::Url, web::SealedCookies};
use gotrue_fake::FakeServer;
use support::{
    chromium::{Chromium, Page, Tab},
    mail::{Mailbox, Message},
};
use tokio::net::TcpListener;

use crate::{
    app::{self, App},
    site::{PASSWORD, serve_on},
};

enum Server {
    Fake(FakeServer),
    Live(Mailbox),
}

/// The application, and a server that uses the time of this machine.
pub struct Place {
    server: Server,
    origin: String,
    /// A new address.
    email: String,
}

impl Place {
    /// On the fake server.
    pub async fn fake() -> Result<Self, String> {
        let server = FakeServer::builder().confirm_addresses(true).start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = serve_app(listener, server.client().unwrap());
        Ok(Self { server: Server::Fake(server), origin, email: "ada@example.com".to_owned() })
    }

    /// On a real server, at the address that it knows the application by. Returns what is missing as an error.
    pub async fn live() -> Result<Self, String> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        let (url, mail) = (variable("GOTRUE_LIVE_CONFIRM_URL")?, variable("GOTRUE_LIVE_MAIL")?);
        variable("GOTRUE_LIVE_IDP_URL")?;
        let api_key = env::var("GOTRUE_API_KEY").unwrap_or_else(|_| "anon-key".to_owned());
        let listener = TcpListener::bind("127.0.0.1:3000").await.map_err(|error| format!("port 3000: {error}"))?;
        let origin = serve_app(listener, Client::new(url, api_key).unwrap());
        let email = format!("ada-{}@example.com", Utc::now().timestamp_micros());
        Ok(Self { server: Server::Live(Mailbox::new(mail)), origin, email })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Waits for the message with this number, counted from one.
    async fn message(&self, number: usize) -> Message {
        match &self.server {
            Server::Live(mailbox) => mailbox.message(&self.email, number).await,
            Server::Fake(server) => {
                let message = server.messages_to(&self.email).swap_remove(number - 1);
                Message { link: message.link.map(|link| Url::parse(link.expose()).unwrap()), code: None }
            }
        }
    }

    async fn sign_in(&self, tab: &Tab) -> Page {
        tab.fill("email", &self.email).await;
        tab.fill("password", PASSWORD).await;
        tab.click("main button.primary").await
    }
}

/// Serves the application. A provider comes back to its `/callback`, as to that of a gateway.
fn serve_app(listener: TcpListener, client: Client) -> String {
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let server = client.base_url().as_str().trim_end_matches('/').to_owned();
    let app = App { client, site: origin.clone(), mailbox: None };
    let router = app::router(app, SealedCookies::new(&[7; 32]).unwrap()).unwrap();
    let callback = async move |RawQuery(query): RawQuery| {
        Redirect::to(&format!("{server}/callback?{}", query.unwrap_or_default()))
    };
    serve_on(listener, router.route("/callback", get(callback)))
}

/// The current code of an authenticator app.
fn totp(secret: &Secret) -> Secret {
    let secret = totp_rs::Secret::try_from_base32(secret.expose()).unwrap();
    let now = Utc::now().timestamp().try_into().unwrap();
    totp_rs::Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string().into()
}

pub async fn sign_up_to_provider(place: &Place, chromium: &Chromium) {
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    tab.goto(place.url("/sign-up")).await;
    tab.fill("name", "Ada").await;
    let page = place.sign_in(&tab).await;
    assert!(page.text.contains("Check your email"), "{page:?}");
    // A mail program opens the link in a new tab.
    let tab = profile.tab().await;
    let page = tab.goto(place.message(1).await.link()).await;
    assert_eq!((page.path(), page.status), ("/account", 200));
    assert!(page.text.contains("Hello, Ada"), "{page:?}");
    tab.fill("name", "Ada L.").await;
    assert!(tab.click("Save").await.text.contains("Hello, Ada L."));

    // A second factor.
    assert_eq!(tab.click("Open").await.path(), "/authenticator");
    tab.click("Set it up").await;
    let key: Secret = tab.evaluate("document.querySelector('code').innerText").await.as_str().unwrap().into();
    tab.fill("code", "000000").await;
    assert!(tab.click("Verify").await.text.contains("The code is wrong."));
    tab.fill("code", totp(&key).expose()).await;
    let page = tab.click("Verify").await;
    assert!(page.text.contains("Your authenticator app is set up."), "{page:?}");
    assert!(tab.click("Open").await.text.contains("the vault is open"));

    // Two tabs.
    let other = profile.tab().await;
    assert_eq!(other.goto(place.url("/account")).await.path(), "/account");
    assert!(tab.click("Sign out").await.text.contains("You are signed out."));
    assert_eq!(other.reload().await.path(), "/sign-in?next=%2Faccount");
    assert_eq!(place.sign_in(&other).await.path(), "/second-factor?next=%2Faccount");
    other.fill("code", totp(&key).expose()).await;
    assert_eq!(other.click("Continue").await.path(), "/account");
    assert_eq!(tab.reload().await.path(), "/account", "signed in, so the sign-in page leads on");
    other.click("Sign out").await;

    // A link by email.
    other.fill("email", &place.email).await;
    other.click("Email me a link instead").await;
    let page = other.follow(place.message(2).await.link()).await;
    assert_eq!((page.path(), page.status), ("/account", 200), "{page:?}");

    // Another person signs in with a provider.
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    let page = tab.goto(place.url("/auth/provider/keycloak?next=/account")).await;
    assert_eq!((page.path(), page.status), ("/account", 200), "{page:?}");
    assert!(page.text.contains("keycloak") && !page.text.contains(&place.email), "{page:?}");
    assert_eq!(profile.cookie_names().await, ["__Host-session"], "the cookie of the flow is removed");
    tab.click("Sign out").await;
    assert_eq!(profile.cookie_names().await, [""; 0]);
}
