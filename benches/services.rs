//! The cost of authenticating a request in an axum service, compared with bare jsonwebtoken in the handler.
//!
//! ```sh
//! cargo bench --bench services --features axum
//! ```

#![allow(missing_docs, reason = "criterion's macros generate functions")]

use axum::{Router, body::Body, http::Request, response::Response, routing::get};
use criterion::{Criterion, criterion_group, criterion_main};
use futures::FutureExt;
use gotrue::{
    Claims, SignUp,
    axum::{RequireLayer, Verified, VerifyLayer},
    reqwest::header::{AUTHORIZATION, HeaderMap},
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

criterion_group!(benches, layer);
criterion_main!(benches);
