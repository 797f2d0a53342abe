//! A server that lists users like the real one, or without some of its headers.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::{Request, Respond, ResponseTemplate};

/// The user with this number.
pub fn user(number: u64) -> Value {
    json!({
        "id": Uuid::from_u128(number.into()),
        "email": format!("user-{number}@example.com"),
        "identities": null,
        "created_at": "2026-11-24T00:25:33.894722Z",
    })
}

/// That many users, numbered from 1. Filters are ignored.
#[derive(Clone)]
pub struct Listing {
    users: u64,
    link: bool,
    total: bool,
    cursors: bool,
    fails_at: Option<u64>,
    /// The maximum page size.
    cap: u64,
    asked: Arc<AtomicUsize>,
}

impl Listing {
    pub fn of(users: u64) -> Self {
        Self { users, link: true, total: true, cursors: false, fails_at: None, cap: u64::MAX, asked: Arc::default() }
    }

    pub fn without_link(mut self) -> Self {
        self.link = false;
        self
    }

    pub fn without_total(mut self) -> Self {
        self.total = false;
        self
    }

    pub fn with_cursors(mut self) -> Self {
        self.cursors = true;
        self
    }

    pub fn failing_at_page(mut self, page: u64) -> Self {
        self.fails_at = Some(page);
        self
    }

    pub fn capped_at(mut self, cap: u64) -> Self {
        self.cap = cap;
        self
    }

    /// The number of requests.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn users(&self, from: u64, count: u64) -> Vec<Value> {
        (from + 1..=self.users.min(from + count)).map(user).collect()
    }

    fn by_cursor(&self, request: &Request) -> ResponseTemplate {
        let from = number(request, "cursor").unwrap_or(0);
        let users = self.users(from, number(request, "limit").unwrap_or(50));
        let next = from + users.len() as u64;
        let has_more = next < self.users;
        let mut body = json!({ "users": users, "aud": "authenticated", "pagination": { "has_more": has_more } });
        if has_more {
            body["pagination"]["next_cursor"] = json!(next.to_string());
        }
        ResponseTemplate::new(200).set_body_json(body)
    }

    fn by_number(&self, request: &Request) -> ResponseTemplate {
        let page = number(request, "page").unwrap_or(1);
        if self.fails_at == Some(page) {
            return ResponseTemplate::new(500).set_body_json(json!({ "code": "unexpected_failure", "message": "no" }));
        }
        let per_page = number(request, "per_page").unwrap_or(50).min(self.cap);
        let users = self.users((page - 1) * per_page, per_page);
        let mut reply = ResponseTemplate::new(200).set_body_json(json!({ "users": users, "aud": "authenticated" }));
        if self.link {
            reply = reply.insert_header("link", self.link(request, page, per_page).as_str());
        }
        if self.total {
            reply = reply.insert_header("x-total-count", self.users.to_string().as_str());
        }
        reply
    }

    /// Like pagination.go of the server.
    fn link(&self, request: &Request, page: u64, per_page: u64) -> String {
        let last = self.users.div_ceil(per_page);
        let to = |page: u64| {
            let mut url = request.url.clone();
            let kept: Vec<_> = request.url.query_pairs().into_owned().filter(|(name, _)| name != "page").collect();
            url.query_pairs_mut().clear().extend_pairs(kept).append_pair("page", &page.to_string());
            format!("{}?{}", url.path(), url.query().unwrap())
        };
        let next = if last > page { format!("<{}>; rel=\"next\", ", to(page + 1)) } else { String::new() };
        format!("{next}<{}>; rel=\"last\"", to(last))
    }
}

impl Respond for Listing {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let is_numbered = number(request, "page").is_some() || number(request, "per_page").is_some();
        if self.cursors && !is_numbered { self.by_cursor(request) } else { self.by_number(request) }
    }
}

fn number(request: &Request, name: &str) -> Option<u64> {
    request.url.query_pairs().find(|(there, _)| there == name)?.1.parse().ok()
}
