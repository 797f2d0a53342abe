//! A browser with a cookie jar, and without a network: it calls the router of an application.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{self, HeaderMap, Method, Request, header},
};
use cookie::Cookie;
use tower::ServiceExt;

/// The password of all users.
pub const PASSWORD: &str = "correct-horse-7";

/// A response that was read.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn set_cookies(&self) -> Vec<Cookie<'_>> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        lines.map(|line| Cookie::parse(line.to_str().unwrap()).unwrap()).collect()
    }
}

/// A browser.
#[derive(Clone)]
pub struct Browser {
    pub router: Router,
    /// Values as they are in the headers, by name.
    pub jar: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self { router, jar: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    /// Submits a form of the application.
    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, form).await
    }

    /// Signs in on `/sign-in`, with the password alone.
    pub async fn sign_in(&mut self) {
        let answer = self.post("/sign-in", &format!("password={PASSWORD}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    }

    /// Sends a request with the cookies of the jar, and keeps those of the response.
    pub async fn send(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let pairs: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if pairs.is_empty() { request } else { request.header(header::COOKIE, pairs.join("; ")) };
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        };
        for cookie in answer.set_cookies() {
            if cookie.max_age() == Some(cookie::time::Duration::ZERO) {
                self.jar.remove(cookie.name());
            } else {
                self.jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }

    /// Sends a request of any method with further headers.
    pub async fn with_headers(&mut self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)), "").await
    }
}
