//! A browser with a cookie jar, and the application that it visits.

use std::collections::BTreeMap;

use axum::{
    Form, Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use gotrue::{
    Client, Password, ProfileUpdate, Secret, SignOutScope, SignUp,
    axum::RequireLayer,
    cookie::Cookie,
    types::AssuranceLevel,
    user::EnrollTotp,
    uuid::Uuid,
    web::{BrowserSession, CurrentUser, SealedCookies, SessionLayer, SsrCookies},
};
use gotrue_fake::{FakeServer, FakeServerBuilder, ManualClock};
use serde::Deserialize;
use serde_json::json;
use tower::ServiceExt;

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct-horse-7";
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

/// A response that was read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn set_cookies(&self) -> Vec<Cookie<'_>> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        lines.map(|line| Cookie::parse(line.to_str().unwrap()).unwrap()).collect()
    }
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pub router: Router,
    /// Values as they are in the headers, by name.
    pub jar: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self { router, jar: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    /// Submits a form of the application.
    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, form).await
    }

    pub async fn sign_in(&mut self) {
        let answer = self.post("/sign-in", &format!("password={PASSWORD}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    }

    /// Sends a request with the cookies of the jar, and keeps those of the response.
    pub async fn send(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let pairs: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) };
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        for cookie in answer.set_cookies() {
            if cookie.max_age() == Some(gotrue::cookie::time::Duration::ZERO) {
                self.jar.remove(cookie.name());
            } else {
                self.jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }

    /// Sends a request of any method with further headers.
    pub async fn with_headers(&mut self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)), "").await
    }
}
