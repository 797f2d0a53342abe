//! What a call costs beside the same request by bare reqwest and serde, against the same server in the same run: one in
//! flight, and 64.
//!
//! ```sh
//! cargo bench --bench calls
//! ```

#![allow(missing_docs, reason = "criterion's macros make functions")]

mod support;

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::{StreamExt, stream};
use gotrue::{Client, Password};
use support::{ACCESS_TOKEN, API_KEY, Bare, EMAIL, PASSWORD, server_of_ada};
use tokio::runtime::{Builder, Runtime};

const IN_FLIGHT: usize = 64;

fn calls(criterion: &mut Criterion) {
    // On one thread: what wakes another is no part of either, and wavers.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let url = server_of_ada();
    let (client, bare) = (Client::new(&url, API_KEY).unwrap(), Bare::new(&url));
    let user = client.user(ACCESS_TOKEN);

    let get_user = || async { user.get().await.map(drop).unwrap() };
    let bare_get_user = || async { drop(bare.get_user().await) };
    compare(criterion, &runtime, "get_user", &bare_get_user, &get_user);

    let sign_in = || async { client.sign_in(Password::email(EMAIL, PASSWORD)).await.map(drop).unwrap() };
    let bare_sign_in = || async { drop(bare.sign_in().await) };
    compare(criterion, &runtime, "sign_in", &bare_sign_in, &sign_in);
}

fn compare<B: Future<Output = ()>, G: Future<Output = ()>>(
    criterion: &mut Criterion,
    runtime: &Runtime,
    name: &str,
    bare: &impl Fn() -> B,
    ours: &impl Fn() -> G,
) {
    for in_flight in [1, IN_FLIGHT] {
        let mut group = criterion.benchmark_group(format!("{name}/{in_flight}"));
        group.bench_function("reqwest", |bencher| {
            bencher.iter_custom(|calls| runtime.block_on(many(calls, in_flight, bare)));
        });
        group.bench_function("gotrue", |bencher| {
            bencher.iter_custom(|calls| runtime.block_on(many(calls, in_flight, ours)));
        });
        group.finish();
    }
}

/// The time for so many calls, with so many under way at once.
async fn many<F: Future<Output = ()>>(calls: u64, in_flight: usize, call: &impl Fn() -> F) -> Duration {
    let began = Instant::now();
    stream::iter(0..calls).for_each_concurrent(in_flight, |_| call()).await;
    began.elapsed()
}

criterion_group!(benches, calls);
criterion_main!(benches);
