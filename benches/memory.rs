//! The allocations of a call, compared with the same request by bare reqwest and serde, and the peak memory of a list
//! of 10,000 users, compared with one page of it. Prints counts, not times; each line contains a name, our value and
//! the baseline.
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
use support::{
    ACCESS_TOKEN, API_KEY, EMAIL, PASSWORD, baseline::Baseline, print_line, server, server_with_one_user, user,
};
use tokio::runtime::{Builder, Runtime};

const CALLS: u64 = 200;
const USERS: u32 = 10_000;
const PER_PAGE: u32 = 500;

fn main() {
    // On the current thread, so that all allocations of the client are counted and none of the server.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    allocations(&runtime);
    pages(&runtime);
}

fn allocations(runtime: &Runtime) {
    let url = server_with_one_user();
    let (client, bare) = (Client::new(&url, API_KEY).unwrap(), Baseline::new(&url));
    let user = client.user(ACCESS_TOKEN);
    let ours = per_call(runtime, || async { user.get().await.map(drop).unwrap() });
    print_line("allocations/get_user", ours, per_call(runtime, || async { drop(bare.get_user().await) }));
    let sign_in = || async { client.sign_in(Password::email(EMAIL, PASSWORD)).await.map(drop).unwrap() };
    let ours = per_call(runtime, sign_in);
    print_line("allocations/sign_in", ours, per_call(runtime, || async { drop(bare.sign_in().await) }));
}

/// Returns the mean number of allocations of a call on an established connection.
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

/// Prints the peak memory, in bytes, of streaming all pages and of getting one page.
fn pages(runtime: &Runtime) {
    let pages: Arc<Vec<Bytes>> = Arc::new((0..USERS / PER_PAGE).map(page).collect());
    let url = server(move |_, query| {
        let number = query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
        page_response(&pages, number)
    });
    let admin = Client::new(&url, API_KEY).unwrap().admin("service-key");
    let list = || admin.users().list().per_page(PER_PAGE.into());
    let one: AllocationInfo = measure(|| {
        runtime.block_on(async { assert_eq!(list().get().await.unwrap().items.len(), PER_PAGE as usize) });
    });
    let all = measure(|| {
        let count = runtime.block_on(list().stream().map(Result::unwrap).count());
        assert_eq!(count, USERS as usize);
    });
    print_line("peak bytes/10,000 users", all.bytes_max, one.bytes_max);
}

fn page(number: u32) -> Bytes {
    let users: Vec<_> = (0..PER_PAGE).map(|index| user(number * PER_PAGE + index)).collect();
    json!({ "users": users, "aud": "authenticated" }).to_string().into()
}

fn page_response(pages: &[Bytes], number: usize) -> Response<Full<Bytes>> {
    let mut response = support::json_response(pages[number - 1].clone());
    response.headers_mut().insert("x-total-count", USERS.into());
    let link = |page: usize, rel: &str| format!("</admin/users?page={page}&per_page={PER_PAGE}>; rel=\"{rel}\"");
    let next = (number < pages.len()).then(|| link(number + 1, "next"));
    let links: Vec<String> = next.into_iter().chain([link(pages.len(), "last")]).collect();
    response.headers_mut().insert("link", links.join(", ").parse().unwrap());
    response
}
