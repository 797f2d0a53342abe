//! What it costs to come by a good access token, and to verify one. Each beside the least that it could cost, in the
//! same run.
//!
//! ```sh
//! cargo bench --bench tokens
//! ```

#![allow(missing_docs, reason = "criterion's macros make functions")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use futures::FutureExt;
use gotrue::{Claims, Client, Session, SignUp, testing::FakeServer};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use tokio::runtime::Runtime;

/// A server, with a client and a user who has just signed in.
struct SignedIn {
    /// Keeps the server's tasks alive.
    runtime: Runtime,
    _server: FakeServer,
    client: Client,
    session: Session,
}

impl SignedIn {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let (server, client, session) = runtime.block_on(async {
            let server = FakeServer::start().await;
            let client = server.client().unwrap();
            let outcome = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
            let session = outcome.session().unwrap();
            (server, client, session)
        });
        Self { runtime, _server: server, client, session }
    }
}

/// An ES256 token by `JwtVerifier`, which has its keys, and by bare jsonwebtoken with the same key and claims.
fn verification(criterion: &mut Criterion) {
    let signed_in = SignedIn::start();
    let token = signed_in.session.access_token();
    let verifier = signed_in.client.jwt_verifier();
    let keys = signed_in.runtime.block_on(async {
        verifier.verify(token).await.unwrap();
        signed_in.client.jwks().await.unwrap()
    });
    let jwk: Jwk = serde_json::from_value(serde_json::to_value(&keys.keys[0]).unwrap()).unwrap();
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.validate_aud = false;

    let mut group = criterion.benchmark_group("verification");
    group.bench_function("jsonwebtoken", |bencher| {
        let verify = || jsonwebtoken::decode::<Claims>(black_box(token).expose(), &key, &validation);
        bencher.iter(|| verify().unwrap().claims);
    });
    group.bench_function("JwtVerifier", |bencher| {
        // With its keys it never waits.
        bencher.iter(|| verifier.verify(black_box(token)).now_or_never().unwrap().unwrap());
    });
    group.finish();
}

criterion_group!(benches, verification);
criterion_main!(benches);
