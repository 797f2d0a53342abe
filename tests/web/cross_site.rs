//! Requests from pages of other origins.

use axum::http::Method;
use gotrue::web::SessionLayer;

use crate::browser::{Browser, EMAIL, World, app};

const HOST: (&str, &str) = ("host", "app.example.com:8443");

/// The method, the headers, and whether the request is accepted.
type Case<'a> = (Method, &'a [(&'a str, &'a str)], bool);

#[tokio::test]
async fn which_requests_are_rejected() {
    let world = World::new().await;
    let layer = SessionLayer::new(&world.client, world.ssr()).trusted_origin("https://admin.example.com");
    let mut signed_in = Browser::new(app().layer(layer));
    signed_in.sign_in().await;
    let post = Method::POST;
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        // Browsers since 2020 (2023 for Safari).
        (post.clone(), &[("sec-fetch-site", "same-origin")], true),
        (post.clone(), &[("sec-fetch-site", "none")], true),
        (post.clone(), &[("sec-fetch-site", "same-site")], false),
        (post.clone(), &[("sec-fetch-site", "cross-site")], false),
        (post.clone(), &[("sec-fetch-site", "")], false),
        (post.clone(), &[("sec-fetch-site", "cross-site"), ("origin", "https://app.example.com:8443")], false),
        // A proxy may have changed the host.
        (post.clone(), &[("sec-fetch-site", "same-origin"), ("origin", "https://public.example.com")], true),
        // Trusted origins.
        (post.clone(), &[("sec-fetch-site", "same-site"), ("origin", "https://admin.example.com")], true),
        (post.clone(), &[("origin", "https://admin.example.com")], true),
        (post.clone(), &[("origin", "http://admin.example.com")], false),
        (post.clone(), &[("origin", "https://admin.example.com.evil.example")], false),
        // Older browsers.
        (post.clone(), &[HOST, ("origin", "https://app.example.com:8443")], true),
        (post.clone(), &[HOST, ("origin", "https://app.example.com")], false),
        (post.clone(), &[HOST, ("origin", "https://evil.example")], false),
        (post.clone(), &[HOST, ("origin", "null")], false),
        (post.clone(), &[HOST, ("origin", "")], false),
        (post.clone(), &[("host", "app.example.com"), ("origin", "https://app.example.com:443")], true),
        (post.clone(), &[("host", "app.example.com"), ("origin", "http://app.example.com")], true),
        (post.clone(), &[("origin", "https://app.example.com")], false),
        (post.clone(), &[("host", "[::1]:3000"), ("origin", "http://[::1]:3000")], true),
        (post.clone(), &[("host", "[::1]:3000"), ("origin", "http://[::1]:3001")], false),
        (post.clone(), &[("host", "[::1]:3000"), ("origin", "http://[0:0:0:0:0:0:0:1]:3000")], true),
        // Not a browser; one without a host has HTTP/1.0.
        (post.clone(), &[HOST], true),
        (post.clone(), &[], true),
        // Other methods.
        (Method::PUT, &[("sec-fetch-site", "cross-site")], false),
        (Method::DELETE, &[("sec-fetch-site", "cross-site")], false),
        (Method::PATCH, &[("sec-fetch-site", "cross-site")], false),
        (Method::GET, &[("sec-fetch-site", "cross-site")], true),
        (Method::HEAD, &[("sec-fetch-site", "cross-site")], true),
        (Method::OPTIONS, &[("sec-fetch-site", "cross-site")], true),
        (Method::GET, &[("sec-fetch-site", "cross-site"), ("upgrade", "websocket")], false),
        (Method::GET, &[("sec-fetch-site", "same-origin"), ("upgrade", "websocket")], true),
    ];
    for (method, headers, is_accepted) in cases {
        let answer = signed_in.with_headers(method.clone(), "/public", headers).await;
        let is_rejected = answer.body == r#"{"code":"cross_site_request"}"#;
        assert_eq!((answer.status == 403, is_rejected), (!is_accepted, !is_accepted), "{method} {headers:?}");
        assert!(answer.set_cookies().is_empty());
    }
}

/// HTTP/2 has the host in the URI.
#[tokio::test]
async fn the_host_of_http_2() {
    let world = World::new().await;
    let mut browser = world.browser();
    for (origin, expected) in [
        ("https://app.example.com", 405),
        ("https://app.example.com:443", 405),
        ("https://app.example.com:8443", 403),
        ("https://evil.example", 403),
    ] {
        let uri = "https://app.example.com/public";
        let answer = browser.with_headers(Method::POST, uri, &[("origin", origin)]).await;
        assert_eq!(answer.status, expected, "{origin}");
    }
}

#[tokio::test]
async fn another_site_signs_nobody_in_or_out() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    let cross_site = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(browser.with_headers(Method::POST, "/sign-out", &cross_site).await.status, 403);
    assert_eq!(browser.get("/").await.body, EMAIL);
    let mut visitor = world.browser();
    assert_eq!(visitor.with_headers(Method::POST, "/sign-in", &cross_site).await.status, 403);
    assert!(visitor.jar.is_empty());
}
