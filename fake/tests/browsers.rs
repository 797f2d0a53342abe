//! Requests of browsers from another origin (CORS).

use gotrue::reqwest::{Client, Method, Response, header::HeaderMap};
use gotrue_fake::{FakeServer, Fault};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Sends a request with headers; the name and value of each is one text.
async fn send(server: &FakeServer, method: Method, path: &str, headers: &[&str]) -> Response {
    let mut request = Client::new().request(method, server.url() + path);
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_preflight_is_granted() {
    let server = FakeServer::start().await;
    for path in ["/token", "/unknown"] {
        let asked = [
            "origin: null",
            "access-control-request-method: POST",
            "access-control-request-headers: authorization,content-type,x-client-info",
        ];
        let response = send(&server, Method::OPTIONS, path, &asked).await;
        let headers = response.headers();
        assert_eq!(response.status(), 204);
        assert_eq!(text(headers, ALLOW_ORIGIN), Some("*"));
        assert_eq!(text(headers, "access-control-allow-credentials"), Some("true"));
        assert_eq!(text(headers, "access-control-allow-methods"), Some("POST"));
        let allowed = text(headers, "access-control-allow-headers");
        assert_eq!(allowed, Some("authorization,content-type,x-client-info"));
        let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        assert_eq!(text(headers, "vary"), Some(vary));
        assert_eq!(text(headers, "access-control-max-age"), None);
    }
    // They are not logged.
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_preflight_is_refused_without_a_word() {
    let server = FakeServer::start().await;
    let origin = "origin: https://app.example.com";
    let post = "access-control-request-method: POST";
    for asked in [
        &[post][..],
        &[origin, "access-control-request-method: HEAD"],
        &[origin, post, "access-control-request-headers: apikey"],
        &[origin, post, "access-control-request-headers: Authorization"],
        &[origin, post, "access-control-request-headers: content-type,authorization"],
        &[origin, post, "access-control-request-headers: authorization, content-type"],
    ] {
        let response = send(&server, Method::OPTIONS, "/token", asked).await;
        assert_eq!((response.status().as_u16(), text(response.headers(), ALLOW_ORIGIN)), (204, None), "{asked:?}");
    }
}

#[tokio::test]
async fn a_header_can_be_allowed() {
    let server = FakeServer::builder().cors_allowed_header("apikey").start().await;
    let asked = [
        "origin: https://app.example.com",
        "access-control-request-method: GET",
        "access-control-request-headers: apikey,authorization",
    ];
    let response = send(&server, Method::OPTIONS, "/user", &asked).await;
    assert_eq!(text(response.headers(), "access-control-allow-headers"), Some("apikey,authorization"));
}

#[tokio::test]
async fn each_response_may_be_read() {
    let server = FakeServer::start().await;
    server.fail(Fault::page(502).of("health"));
    let origin = &["origin: https://app.example.com"][..];
    let cases = [
        (Method::GET, "/settings", 200),
        (Method::GET, "/health", 502),
        (Method::GET, "/user", 401),
        (Method::GET, "/unknown", 404),
        (Method::OPTIONS, "/token", 405),
    ];
    for (method, path, status) in cases {
        let response = send(&server, method, path, origin).await;
        assert_eq!(response.status(), status);
        let headers = response.headers();
        assert_eq!(text(headers, ALLOW_ORIGIN), Some("*"));
        assert_eq!(text(headers, "access-control-allow-credentials"), Some("true"));
        let exposed = text(headers, "access-control-expose-headers");
        assert_eq!(exposed, Some("X-Total-Count, Link, X-Supabase-Api-Version"));
        assert_eq!(text(headers, "vary"), Some("Origin"));
    }
    let response = send(&server, Method::HEAD, "/settings", origin).await;
    assert_eq!(text(response.headers(), ALLOW_ORIGIN), None);
    let response = send(&server, Method::GET, "/settings", &[]).await;
    let headers = response.headers();
    assert_eq!((text(headers, ALLOW_ORIGIN), text(headers, "vary")), (None, Some("Origin")));
}
