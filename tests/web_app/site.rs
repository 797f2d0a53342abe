//! The application on loopback, and its users.

use std::time::Duration;

use axum::Router;
use gotrue::{Client, SignUp, web::SealedCookies};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;
use support::chromium::{Page, Tab};
use tokio::net::TcpListener;

use crate::app::{self, App};

pub const ADA: &str = "ada@example.com";
pub const EVE: &str = "eve@example.com";
pub const PASSWORD: &str = "correct-horse-7";

/// The application and its server, both by a clock that only the test advances.
pub struct Site {
    pub clock: ManualClock,
    pub server: FakeServer,
    pub client: Client,
    /// The origin, with the host `localhost`.
    pub origin: String,
}

impl Site {
    pub async fn start() -> Self {
        let clock = ManualClock::new();
        let builder = FakeServer::builder().confirm_addresses(true).choose_provider_user(true).clock(clock.clone());
        let server = builder.start().await;
        let client = server.client_builder().clock(clock.clone()).retries(0).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = origin_of(&listener);
        let mailbox = Some("http://mailbox.example".to_owned());
        let app = App { client: client.clone(), site: origin.clone(), mailbox };
        let router = app::router(app, SealedCookies::new(&[7; 32]).unwrap()).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { clock, server, client, origin }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Creates a user whose address is confirmed.
    pub async fn create_user(&self, email: &str) {
        self.client.sign_up(SignUp::email(email, PASSWORD).data(json!({ "name": "Ada" }))).await.unwrap();
        let code = gotrue::VerifyOtp::email(email, self.code_to(email));
        self.client.verify_otp(code).await.unwrap();
    }

    /// Signs in on the page for it.
    pub async fn sign_in(&self, tab: &Tab, email: &str) -> Page {
        tab.goto(self.url("/sign-in")).await;
        self.enter_credentials(tab, email, PASSWORD).await
    }

    pub async fn enter_credentials(&self, tab: &Tab, email: &str, password: &str) -> Page {
        tab.fill("email", email).await;
        tab.fill("password", password).await;
        tab.click("main button.primary").await
    }

    /// Returns the code in the last email.
    pub fn code_to(&self, email: &str) -> String {
        self.server.last_message_to(email).unwrap().code.expose().to_owned()
    }

    /// Returns the link in the last email.
    pub fn link_to(&self, email: &str) -> String {
        self.server.last_message_to(email).unwrap().link.unwrap().expose().to_owned()
    }

    /// Lets all access tokens expire.
    pub fn expire_tokens(&self) {
        self.clock.advance(Duration::from_secs(3700));
    }

    /// Returns how many refreshes the server has received.
    pub fn refreshes(&self) -> usize {
        let requests = self.server.requests();
        let bodies = requests.iter().filter(|request| request.operation == Some("token")).map(|request| &request.body);
        bodies.filter(|body| body.as_ref().is_some_and(|body| body.get("refresh_token").is_some())).count()
    }
}

/// Serves on a free port of `localhost`, and returns the origin.
pub async fn serve(router: Router) -> String {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), router)
}

/// Serves on this port of `localhost`, and returns the origin.
pub fn serve_on(listener: TcpListener, router: Router) -> String {
    let origin = origin_of(&listener);
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

fn origin_of(listener: &TcpListener) -> String {
    format!("http://localhost:{}", listener.local_addr().unwrap().port())
}
