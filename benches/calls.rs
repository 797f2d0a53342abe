//! The time of a call, compared with the same request by bare reqwest and serde against the same server in the same
//! run, with 1 and with 64 calls in flight.
//!
//! ```sh
//! cargo bench --bench calls
//! ```

#![allow(missing_docs, reason = "criterion's macros generate functions")]

mod support;

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::{StreamExt, stream};
use gotrue::{Client, Password, auth::RefreshToken};
use support::{ACCESS_TOKEN, API_KEY, EMAIL, PAGE, PASSWORD, REFRESH_TOKEN, baseline::Baseline, server_with_one_user};
use tokio::runtime::{Builder, Runtime};

const IN_FLIGHT: usize = 64;

fn calls(criterion: &mut Criterion) {
    // On one thread: waking another thread is not part of what is measured, and its time varies.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let url = server_with_one_user();
    let (client, bare) = (Client::new(&url, API_KEY).unwrap(), Baseline::new(&url));
    let user = client.user(ACCESS_TOKEN);

    let get_user = || async { user.get().await.map(drop).unwrap() };
    let bare_get_user = || async { drop(bare.get_user().await) };
    compare(criterion, &runtime, "get_user", &bare_get_user, &get_user);

    let sign_in = || async { client.sign_in(Password::email(EMAIL, PASSWORD)).await.map(drop).unwrap() };
    let bare_sign_in = || async { drop(bare.sign_in().await) };
    compare(criterion, &runtime, "sign_in", &bare_sign_in, &sign_in);

    let refresh = || async { client.sign_in(RefreshToken::new(REFRESH_TOKEN)).await.map(drop).unwrap() };
    let bare_refresh = || async { drop(bare.refresh(REFRESH_TOKEN).await) };
    compare(criterion, &runtime, "refresh", &bare_refresh, &refresh);

    let users = client.admin(ACCESS_TOKEN).users();
    let list_users = || async { users.list().page(1).per_page(PAGE.into()).get().await.map(drop).unwrap() };
    let bare_list_users = || async { drop(bare.list_users().await) };
    compare(criterion, &runtime, "list_users", &bare_list_users, &list_users);
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
            bencher.iter_custom(|calls| runtime.block_on(time_calls(calls, in_flight, bare)));
        });
        group.bench_function("gotrue", |bencher| {
            bencher.iter_custom(|calls| runtime.block_on(time_calls(calls, in_flight, ours)));
        });
        group.finish();
    }
}

/// Makes this many calls, with up to `in_flight` at once, and returns the elapsed time.
async fn time_calls<F: Future<Output = ()>>(calls: u64, in_flight: usize, call: &impl Fn() -> F) -> Duration {
    let start = Instant::now();
    stream::iter(0..calls).for_each_concurrent(in_flight, |_| call()).await;
    start.elapsed()
}

criterion_group!(benches, calls);
criterion_main!(benches);
