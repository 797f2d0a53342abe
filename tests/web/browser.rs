//! The application that a browser visits.

use axum::{
    Form, Router,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gotrue::{
    Client, Password, ProfileUpdate, Secret, SignOutScope, SignUp,
    axum::RequireLayer,
    types::AssuranceLevel,
    user::EnrollTotp,
    uuid::Uuid,
    web::{BrowserSession, CurrentUser, SealedCookies, SessionLayer, SsrCookies},
};
use gotrue_fake::{FakeServer, FakeServerBuilder, ManualClock};
use serde::Deserialize;
use serde_json::json;

pub use support::browser::{Answer, Browser, PASSWORD};

pub const EMAIL: &str = "ada@example.com";
pub const KEY: [u8; 32] = [7; 32];
/// The name of the cookie of `World::ssr`.
pub const SSR: &str = "sb-test-auth-token";

/// A fake server with the user Ada, and a client of it, both by the same clock.
pub struct World {
    pub clock: ManualClock,
    pub server: FakeServer,
    pub client: Client,
}

impl World {
    pub async fn new() -> Self {
        Self::with(FakeServer::builder()).await
    }

    pub async fn with(builder: FakeServerBuilder) -> Self {
        let clock = ManualClock::new();
        let server = builder.clock(clock.clone()).start().await;
        let client = server.client_builder().clock(clock.clone()).retries(0).build().unwrap();
        client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
        Self { clock, server, client }
    }

    pub fn ssr(&self) -> SsrCookies {
        SsrCookies::new(&self.client).name(SSR)
    }

    pub fn sealed() -> SealedCookies {
        SealedCookies::new(&KEY).unwrap()
    }

    /// A browser that visits the application with its session in the cookies of `@supabase/ssr`.
    pub fn browser(&self) -> Browser {
        Browser::new(app().layer(SessionLayer::new(&self.client, self.ssr())))
    }

    /// The same, with sealed cookies.
    pub fn sealed_browser(&self) -> Browser {
        Browser::new(app().layer(SessionLayer::new(&self.client, Self::sealed())))
    }
}

#[derive(Deserialize)]
struct SignIn {
    password: String,
    /// The status of the response after the sign-in.
    status: Option<u16>,
}

async fn sign_in(session: BrowserSession, Form(form): Form<SignIn>) -> Response {
    match (session.sign_in(Password::email(EMAIL, form.password)).await, form.status) {
        (Ok(_), None) => Redirect::to("/").into_response(),
        // Something else goes wrong after the sign-in.
        (Ok(_), Some(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        (Err(error), _) => (StatusCode::FORBIDDEN, error.to_string()).into_response(),
    }
}

async fn sign_out(session: BrowserSession) -> Response {
    match session.sign_out(SignOutScope::Local).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn home(user: Option<CurrentUser>) -> String {
    user.map_or("visitor".to_owned(), |user| user.email.clone().unwrap())
}

async fn enroll(session: BrowserSession) -> String {
    let factor = session.user().mfa().enroll_totp(EnrollTotp::new()).await.unwrap();
    json!({ "id": factor.id, "secret": factor.secret }).to_string()
}

#[derive(Deserialize)]
struct Code {
    id: Uuid,
    code: Secret,
}

async fn verify(session: BrowserSession, Form(form): Form<Code>) -> StatusCode {
    match session.user().mfa().challenge_and_verify(form.id, form.code).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::FORBIDDEN,
    }
}

async fn rename(session: BrowserSession, name: String) -> StatusCode {
    session.user().update(ProfileUpdate::new().data(json!({ "name": name }))).await.unwrap();
    StatusCode::NO_CONTENT
}

async fn user_of_session(session: BrowserSession) -> String {
    session.session().map_or("none".to_owned(), |session| serde_json::to_string(session.user()).unwrap())
}

/// The application, without a layer for sessions.
pub fn app() -> Router {
    let safe = Router::new()
        .route("/safe", get(async |user: CurrentUser| user.sub.to_string()))
        .route_layer(RequireLayer::new().assurance_level(AssuranceLevel::Aal2));
    Router::new()
        .route("/", get(home))
        .route("/me", get(async |user: CurrentUser| user.email.clone().unwrap()))
        .route("/user", get(user_of_session))
        .route("/server", get(async |session: BrowserSession| session.user().get().await.is_ok().to_string()))
        .route("/public", get(async || ([(header::CACHE_CONTROL, "public, max-age=600")], "news")))
        .route("/sign-in", get(async || "sign in").post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/enroll", post(enroll))
        .route("/verify", post(verify))
        .route("/rename", post(rename))
        .merge(safe)
}
