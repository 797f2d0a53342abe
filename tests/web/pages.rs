//! Redirects to the page for signing in and back.

use axum::http::Method;
use gotrue::web::{LocalPath, SessionLayer};

use crate::browser::{Browser, World, app};

#[test]
fn paths_that_leave_the_application_are_refused() {
    for (text, expected) in [
        ("/", Some("/")),
        ("/orders?page=2&x=//y#top", Some("/orders?page=2&x=//y#top")),
        ("/a//b", Some("/a//b")),
        ("/a/../b", Some("/b")),
        ("/über uns", Some("/%C3%BCber%20uns")),
        ("/?next=https://evil.example/", Some("/?next=https://evil.example/")),
        ("/@evil.example", Some("/@evil.example")),
        ("/:80", Some("/:80")),
        ("/%2F/evil.example", Some("/%2F/evil.example")),
        ("/\r\nSet-Cookie: a=b", Some("/Set-Cookie:%20a=b")),
        ("", None),
        ("orders", None),
        ("?a", None),
        ("#a", None),
        (" /", None),
        ("https://evil.example/", None),
        ("https:evil.example", None),
        ("https:///evil.example", None),
        ("//evil.example", None),
        ("///evil.example", None),
        ("/\\evil.example", None),
        ("\\\\evil.example", None),
        ("/\t/evil.example", None),
        ("/\n/evil.example", None),
        ("/.//evil.example", None),
        ("/..//evil.example", None),
        ("/a/..//evil.example", None),
        ("/./\\evil.example", None),
        ("/%2e//evil.example", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
    ] {
        let path = text.parse::<LocalPath>().ok();
        assert_eq!(path.as_ref().map(LocalPath::as_str), expected, "{text:?}");
        // What a browser makes of it stays on the host.
        if let Some(path) = path {
            let base = gotrue::url::Url::parse("https://app.example.com/x").unwrap();
            let url = base.join(path.as_str()).unwrap();
            assert_eq!(url.origin(), base.origin(), "{text:?}");
        }
    }
    assert_eq!(LocalPath::default().to_string(), "/");
}

#[tokio::test]
async fn browsers_are_redirected_and_scripts_are_not() {
    let world = World::new().await;
    let layer = SessionLayer::new(&world.client, world.ssr())
        .sign_in_page("/sign-in".parse().unwrap())
        .second_factor_page("/second-factor?from=app".parse().unwrap());
    let mut browser = Browser::new(app().layer(layer));
    let navigate = ("sec-fetch-mode", "navigate");
    let html = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let to = |location: &'static str| (303, Some(location));
    for (method, path, headers, expected) in [
        (Method::GET, "/me", vec![navigate], to("/sign-in?next=%2Fme")),
        (Method::GET, "/me?a=b&c=d", vec![navigate], to("/sign-in?next=%2Fme%3Fa%3Db%26c%3Dd")),
        (Method::GET, "/me", vec![html], to("/sign-in?next=%2Fme")),
        (Method::HEAD, "/me", vec![html], to("/sign-in?next=%2Fme")),
        (Method::GET, "/me", vec![], (401, None)),
        (Method::GET, "/me", vec![("accept", "application/json")], (401, None)),
        (Method::GET, "/me", vec![("sec-fetch-mode", "cors"), html], (401, None)),
        (Method::GET, "/", vec![navigate], (200, None)),
        (Method::POST, "/me", vec![navigate, ("sec-fetch-site", "cross-site")], (403, None)),
    ] {
        let answer = browser.with_headers(method, path, &headers).await;
        assert_eq!((answer.status, answer.header("location")), expected, "{path} {headers:?}");
    }

    browser.sign_in().await;
    let answer = browser.with_headers(Method::GET, "/safe", &[navigate]).await;
    let location = "/second-factor?from=app&next=%2Fsafe";
    assert_eq!((answer.status, answer.header("location")), (303, Some(location)));
    assert_eq!(browser.get("/safe").await.status, 403);
}
