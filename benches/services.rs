//! The cost of authenticating a request in an axum service, compared with bare jsonwebtoken in the handler, and that of
//! a session in cookies, compared with a handler without one.
//!
//! ```sh
//! cargo bench --bench services --features axum,web
//! ```

#![allow(missing_docs, reason = "criterion's macros generate functions")]

use axum::{Router, body::Body, http::Request, response::Response, routing::get};
use criterion::{Criterion, criterion_group, criterion_main};
use futures::FutureExt;
use gotrue::{
    Claims, Client, Session, SignUp,
    axum::{RequireLayer, Verified, VerifyLayer},
    reqwest::header::{AUTHORIZATION, HeaderMap},
    web::{CookieSession, CurrentUser, RequestCookies, SealedCookies, SessionCookies, SessionLayer, SsrCookies},
};
use gotrue_fake::FakeServer;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use tokio::runtime::Runtime;
use tower::ServiceExt;

fn layer(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (_server, token, verifier, keys) = runtime.block_on(async {
        let server = FakeServer::start().await;
        let client = server.client().unwrap();
        let session = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let token = session.session().unwrap().access_token().clone();
        let verifier = client.jwt_verifier();
        verifier.verify(&token).await.unwrap();
        let keys = client.jwks().await.unwrap();
        (server, token, verifier, keys)
    });

    let ours = Router::new()
        .route("/", get(async |user: Verified| user.sub.to_string()))
        .route_layer(RequireLayer::new().role("authenticated"))
        .layer(VerifyLayer::new(verifier));

    let jwk: Jwk = serde_json::from_value(serde_json::to_value(&keys.keys[0]).unwrap()).unwrap();
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_aud = false;
    let bare = Router::new().route(
        "/",
        get(async move |headers: HeaderMap| {
            let token = headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ").unwrap();
            let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).unwrap().claims;
            assert_eq!(claims.role.as_deref(), Some("authenticated"));
            claims.sub.to_string()
        }),
    );

    let header = format!("Bearer {}", token.expose());
    let mut group = criterion.benchmark_group("axum");
    for (name, router) in [("jsonwebtoken", bare), ("VerifyLayer", ours)] {
        group.bench_function(name, |bencher| {
            let request = || Request::get("/").header("authorization", &header).body(Body::empty()).unwrap();
            // The service never waits, so the first poll completes.
            let send = || -> Response { router.clone().oneshot(request()).now_or_never().unwrap().unwrap() };
            assert_eq!(send().status().as_u16(), 200);
            bencher.iter(send);
        });
    }
    group.finish();
}

/// A fresh session in the cookies of a request.
fn session(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (_server, client, session) = runtime.block_on(async {
        let server = FakeServer::start().await;
        let client = server.client().unwrap();
        let session = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let session = session.session().unwrap();
        client.jwt_verifier().verify(session.access_token()).await.unwrap();
        (server, client, session)
    });
    let mut group = criterion.benchmark_group("session");
    let bare = Router::new().route("/", get(async || "11111111-2222-4333-8444-555555555555".to_owned()));
    let (ssr, ssr_cookies) = with_session(&client, &session, SsrCookies::new(&client));
    let (sealed, sealed_cookies) = with_session(&client, &session, SealedCookies::new(&[7; 32]).unwrap());
    let none = String::from("theme=dark");
    for (name, router, cookies) in
        [("bare handler", bare, none), ("SsrCookies", ssr, ssr_cookies), ("SealedCookies", sealed, sealed_cookies)]
    {
        group.bench_function(name, |bencher| {
            let request = || Request::get("/").header("cookie", &cookies).body(Body::empty()).unwrap();
            let send = || -> Response { router.clone().oneshot(request()).now_or_never().unwrap().unwrap() };
            assert_eq!(send().status().as_u16(), 200);
            bencher.iter(send);
        });
    }
    group.finish();
}

/// Returns a service whose handler takes the user, and the header with the cookies of the session.
fn with_session(client: &Client, session: &Session, form: impl SessionCookies) -> (Router, String) {
    let content = CookieSession::new(session);
    let cookies = form.write(&RequestCookies::default(), None, Some(&content)).now_or_never().unwrap().unwrap();
    let header = cookies.iter().map(|cookie| cookie.stripped().to_string()).collect::<Vec<_>>().join("; ");
    let router = Router::new().route("/", get(async |user: CurrentUser| user.sub.to_string()));
    (router.layer(SessionLayer::new(client, form)), header)
}

criterion_group!(benches, layer, session);
criterion_main!(benches);
