//! A shared cache in front of the application (RFC 9111), which stores every response that it may store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use gotrue::reqwest::{self, redirect::Policy};

/// The stored responses, by path and query.
pub type Cache = Arc<Mutex<HashMap<String, Stored>>>;

#[derive(Clone)]
pub struct Stored {
    /// The header `Cookie` of the request.
    cookie: Option<String>,
    varies_with_cookie: bool,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    pub has_cookies: bool,
}

#[derive(Clone)]
struct Proxy {
    origin: String,
    http: reqwest::Client,
    cache: Cache,
}

pub fn proxy(origin: &str) -> (Cache, Router) {
    let cache = Cache::default();
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let proxy = Proxy { origin: origin.to_owned(), http, cache: cache.clone() };
    (cache, Router::new().fallback(forward).with_state(proxy))
}

async fn forward(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().to_string();
    let cookie = text(&parts.headers, "cookie");
    if parts.method == Method::GET
        && let Some(stored) = proxy.cache.lock().unwrap().get(&path)
        && (stored.cookie == cookie || !stored.varies_with_cookie)
    {
        return stored.clone().into_response();
    }
    // The application sees the host that the browser has sent.
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let request = proxy.http.request(parts.method.clone(), format!("{}{path}", proxy.origin));
    let response = request.headers(parts.headers).body(body).send().await.unwrap();
    let stored = Stored {
        cookie,
        varies_with_cookie: text(response.headers(), "vary").is_some_and(|names| names.contains("Cookie")),
        status: response.status(),
        headers: response.headers().clone(),
        has_cookies: response.headers().contains_key(header::SET_COOKIE),
        body: response.bytes().await.unwrap(),
    };
    let control = text(&stored.headers, "cache-control").unwrap_or_default();
    let is_stored = parts.method == Method::GET && !control.contains("private") && !control.contains("no-store");
    if is_stored && stored.status.is_success() {
        proxy.cache.lock().unwrap().insert(path, stored.clone());
    }
    stored.into_response()
}

impl IntoResponse for Stored {
    fn into_response(mut self) -> Response {
        self.headers.remove(header::TRANSFER_ENCODING);
        (self.status, self.headers, Body::from(self.body)).into_response()
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}
