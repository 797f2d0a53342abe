//! The time to get a valid access token and to verify one, each compared with a lower bound in the same run.
//!
//! ```sh
//! cargo bench --bench tokens
//! ```

#![allow(missing_docs, reason = "criterion's macros generate functions")]

mod support;

use std::{
    hint::black_box,
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::{FutureExt, future::join_all};
use gotrue::{Claims, Client, MemoryStore, Password, Session, SignUp};
use gotrue_fake::{FakeServer, ManualClock};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use support::{EMAIL, PASSWORD, REFRESH_TOKEN, baseline::Baseline, server_with_one_user};
use tokio::runtime::Runtime;

/// A fake server with a client and the session of a user who has just signed up.
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

/// Verifies an ES256 token with `JwtVerifier`, whose keys are cached, and with bare jsonwebtoken and the same key and
/// claims.
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
        // With cached keys, the first poll completes.
        bencher.iter(|| verifier.verify(black_box(token)).now_or_never().unwrap().unwrap());
    });
    group.finish();
}

/// Gets a fresh token from the session manager on one to eight threads at once, compared with a clone of the token.
fn access_token(criterion: &mut Criterion) {
    let signed_in = SignedIn::start();
    let token = signed_in.session.access_token().clone();
    let auth = signed_in.runtime.block_on(async {
        let auth = signed_in.client.session_manager(MemoryStore::new()).await.unwrap();
        auth.set(signed_in.session.clone()).await.unwrap();
        auth
    });

    let mut group = criterion.benchmark_group("access_token");
    group.bench_function("clone", |bencher| bencher.iter(|| black_box(&token).clone()));
    for threads in [1, 2, 4, 8] {
        group.bench_function(format!("SessionManager/{threads}"), |bencher| {
            // The time per call on a thread while all threads call at the same time.
            let call = || auth.access_token().now_or_never().unwrap().unwrap();
            bencher.iter_custom(|calls| time_on_threads(threads, calls, call));
        });
    }
    group.finish();
}

/// Refreshes an expired token for 1,000 concurrent callers, compared with one refresh per caller.
fn expired_token(criterion: &mut Criterion) {
    const CALLERS: usize = 1000;

    let runtime = Runtime::new().unwrap();
    let url = server_with_one_user();
    let clock = ManualClock::new();
    let client = Client::builder().base_url(&url).clock(clock.clone()).build().unwrap();
    let auth = runtime.block_on(async {
        let auth = client.session_manager(MemoryStore::new()).await.unwrap();
        auth.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
        auth
    });
    let bare = Baseline::new(&url);

    let mut group = criterion.benchmark_group("expired_token");
    group.sample_size(10);
    group.bench_function("a refresh for each", |bencher| {
        let all = || async { join_all((0..CALLERS).map(|_| bare.refresh(REFRESH_TOKEN))).await };
        bencher.iter(|| runtime.block_on(all()));
    });
    group.bench_function("SessionManager", |bencher| {
        bencher.iter(|| {
            clock.advance(Duration::from_secs(7200));
            runtime.block_on(join_all((0..CALLERS).map(|_| auth.access_token())))
        });
    });
    group.finish();
}

/// Makes this many calls on each thread. Returns the mean time that a thread ran on a core.
fn time_on_threads<T>(threads: u32, calls: u64, call: impl Fn() -> T + Sync) -> Duration {
    let cores = thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..calls {
                    black_box(call());
                }
            });
        }
    });
    // If there are more threads than cores, they share the cores.
    start.elapsed() * cores.min(threads) / threads
}

criterion_group!(benches, verification, access_token, expired_token);
criterion_main!(benches);
