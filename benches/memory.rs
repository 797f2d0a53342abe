//! What a call allocates beside the same request by bare reqwest and serde, and what a list of 10,000 users takes beside
//! one page of it. Counts, not times; each line has a name, ours, and the baseline.
//!
//! ```sh
//! cargo bench --bench memory
//! ```

mod support;

use std::sync::Arc;

use allocation_counter::{AllocationInfo, measure};
use futures::StreamExt;
use gotrue::{Client, Password};
use http_body_util::Full;
use hyper::{Response, body::Bytes};
use serde_json::json;
use support::{ACCESS_TOKEN, API_KEY, Bare, EMAIL, PASSWORD, server, server_of_ada, user};
use tokio::runtime::{Builder, Runtime};

const CALLS: u64 = 200;
const USERS: u32 = 10_000;
const PAGE: u32 = 500;

fn main() {
    // On this thread alone, so that each allocation is counted and none of the server's.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    allocations(&runtime);
    pages(&runtime);
}

fn allocations(runtime: &Runtime) {
    let url = server_of_ada();
    let (client, bare) = (Client::new(&url, API_KEY).unwrap(), Bare::new(&url));
    let user = client.user(ACCESS_TOKEN);
    let ours = per_call(runtime, || async { user.get().await.map(drop).unwrap() });
    line("allocations/get_user", ours, per_call(runtime, || async { drop(bare.get_user().await) }));
    let sign_in = || async { client.sign_in(Password::email(EMAIL, PASSWORD)).await.map(drop).unwrap() };
    let ours = per_call(runtime, sign_in);
    line("allocations/sign_in", ours, per_call(runtime, || async { drop(bare.sign_in().await) }));
}

/// How often a call allocates, on average, once its connection stands.
fn per_call<F: Future<Output = ()>>(runtime: &Runtime, call: impl Fn() -> F) -> u64 {
    runtime.block_on(call());
    let counted = measure(|| {
        runtime.block_on(async {
            for _ in 0..CALLS {
                call().await;
            }
        });
    });
    counted.count_total / CALLS
}

/// The most that is held at once, in bytes, while all pages go by, and for one page.
fn pages(runtime: &Runtime) {
    let pages: Arc<Vec<Bytes>> = Arc::new((0..USERS / PAGE).map(page).collect());
    let url = server(move |_, query| {
        let number = query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
        page_reply(&pages, number)
    });
    let admin = Client::new(&url, API_KEY).unwrap().admin("service-key");
    let list = || admin.users().list().per_page(PAGE.into());
    let one: AllocationInfo = measure(|| {
        runtime.block_on(async { assert_eq!(list().get().await.unwrap().items.len(), PAGE as usize) });
    });
    let all = measure(|| {
        let count = runtime.block_on(list().stream().map(Result::unwrap).count());
        assert_eq!(count, USERS as usize);
    });
    line("peak bytes/10,000 users", all.bytes_max, one.bytes_max);
}

fn page(number: u32) -> Bytes {
    let users: Vec<_> = (0..PAGE).map(|place| user(number * PAGE + place)).collect();
    json!({ "users": users, "aud": "authenticated" }).to_string().into()
}

fn page_reply(pages: &[Bytes], number: usize) -> Response<Full<Bytes>> {
    let mut reply = support::json_reply(pages[number - 1].clone());
    reply.headers_mut().insert("x-total-count", USERS.into());
    let link = |page: usize, rel: &str| format!("</admin/users?page={page}&per_page={PAGE}>; rel=\"{rel}\"");
    let next = (number < pages.len()).then(|| link(number + 1, "next"));
    let links: Vec<String> = next.into_iter().chain([link(pages.len(), "last")]).collect();
    reply.headers_mut().insert("link", links.join(", ").parse().unwrap());
    reply
}

fn line(name: &str, ours: u64, baseline: u64) {
    println!("{name}\t{ours}\t{baseline}");
}
