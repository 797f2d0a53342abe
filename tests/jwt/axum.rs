//! An axum service: which requests are accepted, and the responses to the others.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use gotrue::{
    Client, Password, Secret, Session, SignOutScope, SignUp,
    axum::{Rejection, RequireLayer, Verified, VerifyLayer},
    reqwest::{self, RequestBuilder, header},
    types::AssuranceLevel,
    user::EnrollTotp,
    uuid::Uuid,
};
use gotrue_fake::{FakeServer, ManualClock};
use http::{Request, Response};
use serde::Deserialize;
use tower::{ServiceBuilder, ServiceExt};
use wiremock::MockServer;

pub struct Service {
    address: SocketAddr,
}

impl Service {
    pub async fn start(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        reqwest::Client::new().get(format!("http://{}{path}", self.address))
    }

    pub async fn request(&self, path: &str, token: &Secret) -> Answer {
        Answer::of(self.get(path).bearer_auth(token.expose())).await
    }
}

#[derive(Debug, PartialEq)]
pub struct Answer {
    status: u16,
    challenge: Option<String>,
    body: String,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let reply = request.send().await.unwrap();
        let challenge = reply.headers().get(header::WWW_AUTHENTICATE);
        Self {
            status: reply.status().as_u16(),
            challenge: challenge.map(|value| value.to_str().unwrap().to_owned()),
            body: reply.text().await.unwrap(),
        }
    }

    fn new(status: u16, challenge: Option<&str>, body: &str) -> Self {
        Self { status, challenge: challenge.map(str::to_owned), body: body.to_owned() }
    }

    pub fn no_authorization() -> Self {
        Self::new(401, Some("Bearer"), r#"{"code":"no_authorization"}"#)
    }

    pub fn bad_token() -> Self {
        Self::new(401, Some(r#"Bearer error="invalid_token""#), r#"{"code":"bad_jwt"}"#)
    }

    fn insufficient_scope() -> Self {
        Self::new(403, Some(r#"Bearer error="insufficient_scope""#), r#"{"code":"insufficient_scope"}"#)
    }

    fn unavailable() -> Self {
        Self::new(503, None, r#"{"code":"temporarily_unavailable"}"#)
    }

    pub fn passed(body: &str) -> Self {
        Self::new(200, None, body)
    }
}

async fn me(user: Verified) -> String {
    user.email.clone().unwrap()
}

async fn visitor(user: Option<Verified>) -> &'static str {
    if user.is_some() { "user" } else { "visitor" }
}

#[derive(Deserialize)]
struct ProviderClaims {
    sub: Uuid,
    app_metadata: AppMetadata,
}

#[derive(Deserialize)]
struct AppMetadata {
    provider: String,
}

async fn provider(user: Verified<ProviderClaims>) -> String {
    format!("{} {}", user.sub, user.app_metadata.provider)
}

#[derive(Deserialize)]
struct TeamClaims {
    team: String,
}

async fn team(user: Verified<TeamClaims>) -> String {
    user.team.clone()
}

pub fn router(verify: VerifyLayer) -> Router {
    let guarded = |path, layer| Router::new().route(path, get(me)).route_layer(layer);
    Router::new()
        .route("/me", get(me))
        .route("/open", get(visitor))
        .route("/provider", get(provider))
        .route("/team", get(team))
        .merge(guarded("/any", RequireLayer::new()))
        .merge(guarded("/safe", RequireLayer::new().assurance_level(AssuranceLevel::Aal2)))
        .merge(guarded("/role", RequireLayer::new().role("authenticated")))
        .merge(guarded("/service", RequireLayer::new().role("service_role")))
        .merge(guarded("/audience", RequireLayer::new().audience("authenticated")))
        .merge(guarded("/others", RequireLayer::new().audience("others")))
        .layer(verify)
}

async fn service_of(client: &Client) -> Service {
    Service::start(router(VerifyLayer::new(client.jwt_verifier()))).await
}

pub async fn ada(client: &Client) -> Session {
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap()
}

#[tokio::test]
async fn a_request_without_a_token() {
    let server = FakeServer::start().await;
    let service = service_of(&server.client().unwrap()).await;
    for path in ["/me", "/any", "/safe"] {
        assert_eq!(Answer::of(service.get(path)).await, Answer::no_authorization(), "{path}");
        let basic = service.get(path).basic_auth("ada", Some("correct-horse-7"));
        assert_eq!(Answer::of(basic).await, Answer::no_authorization(), "{path}");
    }
    assert_eq!(Answer::of(service.get("/open")).await, Answer::passed("visitor"));
    assert_eq!(server.count("jwks"), 0);
}

#[tokio::test]
async fn a_request_with_a_valid_token() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = ada(&client).await;
    let service = service_of(&client).await;
    for path in ["/me", "/any", "/role", "/audience"] {
        assert_eq!(service.request(path, session.access_token()).await, Answer::passed("ada@example.com"), "{path}");
    }
    assert_eq!(service.request("/open", session.access_token()).await, Answer::passed("user"));
    let other_case = format!("bearer  {}", session.access_token().expose());
    let request = service.get("/open").header(header::AUTHORIZATION, other_case);
    assert_eq!(Answer::of(request).await, Answer::passed("user"));
    assert_eq!(server.count("jwks"), 1);
}

#[tokio::test]
async fn custom_claims() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = ada(&client).await;
    let service = service_of(&client).await;
    let expected = Answer::passed(&format!("{} email", session.user().id));
    assert_eq!(service.request("/provider", session.access_token()).await, expected);
    // The token is valid, but has no team.
    assert_eq!(service.request("/team", session.access_token()).await, Answer::insufficient_scope());
    assert_eq!(Answer::of(service.get("/team")).await, Answer::no_authorization());
}

#[tokio::test]
async fn a_tower_service_without_axum() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = ada(&client).await;
    let service = ServiceBuilder::new()
        .layer(VerifyLayer::new(client.jwt_verifier()))
        .layer(RequireLayer::new().role("authenticated"))
        .service_fn(async |request: Request<()>| {
            let user: Verified = Verified::of(request.extensions())?;
            Ok::<_, Rejection>(Response::new(user.sub.to_string()))
        });
    let request = |token: &str| Request::get("/").header(header::AUTHORIZATION, format!("Bearer {token}")).body(());
    let reply = service.clone().oneshot(request(session.access_token().expose()).unwrap()).await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.body()), (200, &session.user().id.to_string()));
    let reply = service.oneshot(request("nonsense").unwrap()).await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.body().as_str()), (401, r#"{"code":"bad_jwt"}"#));
    assert_eq!(reply.headers()[header::WWW_AUTHENTICATE], r#"Bearer error="invalid_token""#);
}

#[tokio::test]
async fn an_invalid_token_is_rejected_without_the_reason() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let session = ada(&client).await;
    let service = service_of(&client).await;
    let mut forged = session.access_token().expose().to_owned();
    forged.truncate(forged.len() - 8);
    for token in [Secret::from("not-a-token"), Secret::from(forged)] {
        for path in ["/me", "/open", "/any", "/safe"] {
            assert_eq!(service.request(path, &token).await, Answer::bad_token(), "{path}");
        }
    }
    assert_eq!(service.request("/me", session.access_token()).await.status, 200);
    clock.advance(Duration::from_secs(2 * 3600));
    for path in ["/me", "/open", "/any", "/safe"] {
        assert_eq!(service.request(path, session.access_token()).await, Answer::bad_token(), "{path}");
    }
}

#[tokio::test]
async fn a_valid_token_that_does_not_meet_the_requirements() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = ada(&client).await;
    let service = service_of(&client).await;
    for path in ["/safe", "/service", "/others"] {
        assert_eq!(service.request(path, session.access_token()).await, Answer::insufficient_scope(), "{path}");
    }
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
    let code = server.totp_code(&factor.secret).unwrap();
    let stronger = mfa.challenge_and_verify(factor.id, code).await.unwrap();
    assert_eq!(service.request("/safe", stronger.access_token()).await, Answer::passed("ada@example.com"));
    assert_eq!(service.request("/service", stronger.access_token()).await, Answer::insufficient_scope());
}

#[tokio::test]
async fn a_cookie_is_used_only_if_it_is_named() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let token = ada(&client).await.access_token().expose().to_owned();
    let unaware = service_of(&client).await;
    let service = Service::start(router(VerifyLayer::new(client.jwt_verifier()).cookie("session"))).await;
    let with = |cookie: String| service.get("/me").header(header::COOKIE, cookie);

    assert_eq!(Answer::of(with(format!("theme=dark; session={token}; x=y"))).await.status, 200);
    assert_eq!(Answer::of(with(format!("session=\"{token}\""))).await.status, 200);
    assert_eq!(Answer::of(with(format!("other-session={token}"))).await, Answer::no_authorization());
    assert_eq!(Answer::of(with("session=".to_owned())).await, Answer::no_authorization());
    assert_eq!(Answer::of(with("session=forged".to_owned())).await, Answer::bad_token());
    // The header takes precedence.
    let both = with(format!("session={token}")).bearer_auth("forged");
    assert_eq!(Answer::of(both).await, Answer::bad_token());
    let ignored = unaware.get("/me").header(header::COOKIE, format!("session={token}"));
    assert_eq!(Answer::of(ignored).await, Answer::no_authorization());
}

#[tokio::test]
async fn a_failing_auth_server_is_not_a_refusal() {
    let server = FakeServer::start().await;
    let session = ada(&server.client().unwrap()).await;
    let broken = MockServer::start().await;
    for status in [503, 404, 401] {
        broken.reset().await;
        let reply = wiremock::ResponseTemplate::new(status);
        wiremock::Mock::given(wiremock::matchers::any()).respond_with(reply).mount(&broken).await;
        let service = service_of(&Client::builder().base_url(broken.uri()).retries(0).build().unwrap()).await;
        for path in ["/me", "/open", "/any"] {
            assert_eq!(service.request(path, session.access_token()).await, Answer::unavailable(), "{status} {path}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_asked_refuses_a_session_that_is_over() {
    let server = FakeServer::builder().hs256(true).start().await;
    let client = server.client().unwrap();
    let session = ada(&client).await;
    let service = service_of(&client).await;
    assert_eq!(service.request("/me", session.access_token()).await.status, 200);
    client.user(session.access_token()).sign_out(SignOutScope::Local).await.unwrap();
    assert_eq!(service.request("/me", session.access_token()).await, Answer::bad_token());
}

#[tokio::test]
async fn a_missing_layer_is_a_server_error() {
    let bare = Router::new()
        .route("/me", get(me))
        .route("/open", get(visitor))
        .route("/provider", get(provider))
        .route("/team", get(team))
        .merge(Router::new().route("/any", get(me)).route_layer(RequireLayer::new()));
    let service = Service::start(bare).await;
    for path in ["/me", "/open", "/any"] {
        let answer = service.request(path, &"token".into()).await;
        assert_eq!(answer, Answer::new(500, None, r#"{"code":"unexpected_failure"}"#), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn new_keys_under_load_are_fetched_once() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let old = ada(&client).await;
    let service = service_of(&client).await;
    assert_eq!(service.request("/me", old.access_token()).await.status, 200);
    assert_eq!(server.count("jwks"), 1);

    server.rotate_keys();
    let new = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    clock.advance(Duration::from_secs(30));
    let requests = (0..100).map(|n| {
        let session = if n % 2 == 0 { &old } else { &new };
        service.request("/me", session.access_token())
    });
    for answer in futures::future::join_all(requests).await {
        assert_eq!(answer, Answer::passed("ada@example.com"));
    }
    assert_eq!(server.count("jwks"), 2);
}

#[tokio::test]
async fn debug_shows_no_token() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let session = ada(&client).await;
    let layer = VerifyLayer::new(client.jwt_verifier()).cookie("session");
    let shown = format!("{layer:?} {:?}", RequireLayer::new());
    let claims = client.jwt_verifier().verify(session.access_token()).await.unwrap();
    assert!(!shown.contains(server.api_key().expose()), "{shown}");
    assert!(!format!("{claims:?}").contains(session.access_token().expose()));
}
