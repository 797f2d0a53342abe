//! The loopback listener. `reqwest` plays the browser, the fake server plays the server.

use std::{io::ErrorKind, time::Duration};

use gotrue::{
    AuthorizationCode, Callback, Error, ErrorCode, Loopback, Provider,
    auth::{CallbackOutcome, FlowKind},
    reqwest::{self, Method, StatusCode},
    url::Url,
};
use gotrue_fake::{FakeServer, ManualClock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

const CODE: &str = "8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10";

/// Starts a listener that uses a manual clock, and waits for the callback.
async fn waiting() -> (Url, ManualClock, JoinHandle<gotrue::Result<Callback>>) {
    let clock = ManualClock::new();
    let loopback = Loopback::builder().clock(clock.clone()).bind().await.unwrap();
    let url = loopback.redirect_to();
    (url, clock, tokio::spawn(loopback.wait(Duration::from_secs(300))))
}

async fn get(url: impl AsRef<str>) -> reqwest::Response {
    reqwest::get(url.as_ref()).await.unwrap()
}

async fn post(url: &Url, fragment: &str) -> reqwest::Response {
    reqwest::Client::new().post(url.clone()).form(&[("fragment", fragment)]).send().await.unwrap()
}

async fn connect(url: &Url) -> TcpStream {
    TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap()
}

/// Sends bytes, and reads the response until the connection is closed.
async fn send(url: &Url, bytes: &[u8]) -> String {
    let mut stream = connect(url).await;
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // The listener may close the connection before it has read everything.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Follows redirects up to this URL; `reqwest` itself would lose the fragment.
async fn browse(mut url: Url, to: &Url) -> Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    while url.port() != to.port() {
        let reply = http.get(url.clone()).send().await.unwrap();
        url = url.join(reply.headers()["location"].to_str().unwrap()).unwrap();
    }
    url
}

fn with_code(url: &Url) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("code", CODE);
    url
}

/// Asserts that the listener still accepts a callback.
async fn assert_still_waits(url: &Url, waiting: JoinHandle<gotrue::Result<Callback>>) {
    assert_eq!(get(with_code(url)).await.status(), StatusCode::OK);
    let callback = waiting.await.unwrap().unwrap();
    assert_eq!(callback, Callback::Code { code: CODE.into(), flow_id: None });
}

#[tokio::test]
async fn signs_in_with_pkce() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let loopback = Loopback::bind().await.unwrap();
    let (url, verifier) = client.authorize(Provider::Github).redirect_to(loopback.redirect_to()).pkce().unwrap();
    let waiting = tokio::spawn(loopback.wait(Duration::from_secs(300)));

    let page = get(&url).await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    assert!(html.contains("<h1>That worked</h1>") && html.contains("close this window"), "{html}");

    let Callback::Code { code, flow_id: None } = waiting.await.unwrap().unwrap() else { panic!() };
    let session = client.sign_in(AuthorizationCode::new(code, verifier)).await.unwrap();
    assert_eq!(session.user().email.as_deref(), Some("github-user@example.com"));
    // The listener is closed.
    assert!(reqwest::get(url).await.is_err());
}

#[tokio::test]
async fn signs_in_with_a_flow_with_an_id() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let mut flows = client.pkce_flows();
    let flow = flows.start(FlowKind::SignIn).unwrap();
    let loopback = Loopback::bind().await.unwrap();
    let back = flow.redirect_to(loopback.redirect_to()).unwrap();
    let url = client.authorize(Provider::Github).redirect_to(back).pkce_with(flow.verifier()).unwrap();
    let waiting = tokio::spawn(loopback.wait(Duration::from_secs(300)));
    get(&url).await;
    let callback = waiting.await.unwrap().unwrap();
    let outcome = client.sign_in_from_callback(&mut flows, &callback).await.unwrap();
    assert!(matches!(outcome, CallbackOutcome::SignedIn { kind: FlowKind::SignIn, .. }));
}

#[tokio::test]
async fn signs_in_with_the_implicit_flow() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let loopback = Loopback::bind().await.unwrap();
    let back = loopback.redirect_to();
    let url = client.authorize(Provider::Github).redirect_to(back.clone()).url().unwrap();
    let waiting = tokio::spawn(loopback.wait(Duration::from_secs(300)));

    let arrived = browse(url, &back).await;
    let fragment = arrived.fragment().unwrap().to_owned();
    assert!(fragment.contains("access_token="));
    let page = get(&arrived).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'sha256-") && policy.contains("form-action 'self'"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("<script>") && html.contains("name=\"fragment\""), "{html}");
    // The request that the script sends.
    let html = post(&back, &fragment).await.text().await.unwrap();
    assert!(html.contains("That worked") && !html.contains("access_token"), "{html}");

    let Callback::Session(tokens) = waiting.await.unwrap().unwrap() else { panic!() };
    let session = client.session_from_callback(tokens).await.unwrap();
    assert_eq!(session.user().email.as_deref(), Some("github-user@example.com"));
}

#[tokio::test]
async fn an_error_ends_the_wait_and_is_shown_as_text() {
    let words = "<script>alert(\"1\")</script> & 'more'";
    for in_fragment in [false, true] {
        let (mut url, _, waiting) = waiting().await;
        let pairs = [("error", "access_denied"), ("error_code", "otp_expired"), ("error_description", words)];
        let page = if in_fragment {
            let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            post(&url, &format!("{}&sb=", fragment.replace('%', "%25"))).await
        } else {
            url.query_pairs_mut().extend_pairs(pairs);
            get(&url).await
        };
        assert_eq!(page.status(), StatusCode::OK);
        let html = page.text().await.unwrap();
        let escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;";
        assert!(html.contains("<h1>That did not work</h1>") && html.contains(escaped), "{html}");
        assert!(!html.contains("<script>"), "{html}");
        let Callback::Error(error) = waiting.await.unwrap().unwrap() else { panic!() };
        assert_eq!((error.code, error.description.as_deref()), (Some(ErrorCode::OtpExpired), Some(words)));
    }
}

#[tokio::test]
async fn a_message_ends_the_wait() {
    let (url, _, waiting) = waiting().await;
    let html = post(&url, "message=One+more+link&sb=").await.text().await.unwrap();
    assert!(html.contains("One more link"), "{html}");
    assert_eq!(waiting.await.unwrap().unwrap(), Callback::Message("One more link".to_owned()));
}

#[tokio::test]
async fn every_page_has_a_strict_policy() {
    let (url, _, waiting) = waiting().await;
    let elsewhere = url.join("/favicon.ico").unwrap();
    for page in [get(&url).await, get(&elsewhere).await, post(&url, "").await, get(with_code(&url)).await] {
        let header = |name: &str| page.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let is = |name: &str, value: &str| assert_eq!(header(name).as_deref(), Some(value), "{name}");
        is("cache-control", "no-store");
        is("referrer-policy", "no-referrer");
        is("x-content-type-options", "nosniff");
        is("content-type", "text/html; charset=utf-8");
        let policy = header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; base-uri 'none'; frame-ancestors 'none';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        let html = page.text().await.unwrap();
        assert!(!html.contains("src=") && !html.contains("href=") && !html.contains("http"), "{html}");
    }
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn stray_requests_are_rejected_and_do_not_end_the_wait() {
    let (url, _, waiting) = waiting().await;
    let path = url.path().to_owned();
    let shorter = path[..path.len() - 1].to_owned();
    let (other, longer) = (format!("/{}", "A".repeat(path.len() - 1)), format!("{path}A"));
    for path in ["/", "/favicon.ico", &shorter, &longer, &other, &format!("{path}/"), &format!("/x{path}")] {
        let mut stray = with_code(&url);
        stray.set_path(path);
        assert_eq!(get(&stray).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let http = reqwest::Client::new();
    for method in [Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let status = http.request(method.clone(), with_code(&url)).send().await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{method}");
    }
    // The right path without parameters: there may be a fragment.
    assert_eq!(get(&url).await.status(), StatusCode::OK);
    for fragment in ["", "section", "access_token=of-another&state=s", &"x".repeat(100_000)] {
        assert_eq!(post(&url, fragment).await.status(), StatusCode::BAD_REQUEST);
    }
    let bare = http.post(url.clone()).body("\u{0}\u{1}fragment").send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    assert_still_waits(&url, waiting).await;
}

#[tokio::test]
async fn requests_that_are_not_http_do_not_end_the_wait() {
    let (url, _, waiting) = waiting().await;
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"\0\0\0\0\r\n\r\n", b"HELO there\r\n\r\n"] {
        let answer = send(&url, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let huge = format!("GET {} HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", url.path(), "x".repeat(200_000));
    let answer = send(&url, huge.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many = "x: y\r\n".repeat(500);
    let answer = send(&url, format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    // Closed before the request, or before the response.
    drop(connect(&url).await);
    connect(&url).await.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_still_waits(&url, waiting).await;
}

#[tokio::test]
async fn slow_connections_are_closed() {
    let (url, clock, waiting) = waiting().await;
    let mut slow = connect(&url).await;
    slow.write_all(b"GET / HTTP/1.1\r\nhost").await.unwrap();
    // The timeout of the call, and that of the connection.
    while clock.sleepers() < 2 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(10));
    let mut rest = Vec::new();
    match slow.read_to_end(&mut rest).await {
        Ok(_) => assert!(rest.is_empty()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert_still_waits(&url, waiting).await;
}

#[tokio::test]
async fn idle_connections_do_not_block_the_browser() {
    let (url, _, waiting) = waiting().await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(connect(&url).await);
    }
    assert_still_waits(&url, waiting).await;
}

#[tokio::test]
async fn the_wait_times_out() {
    let (url, clock, waiting) = waiting().await;
    assert_eq!(get(&url).await.status(), StatusCode::OK);
    clock.advance(Duration::from_secs(299));
    assert_eq!(get(&url).await.status(), StatusCode::OK);
    clock.advance(Duration::from_secs(1));
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NoCallback), "{error:?}");
    assert_eq!(error.to_string(), "the browser did not return in time");
    assert!(reqwest::get(url).await.is_err());
}

#[tokio::test]
async fn a_port_can_be_chosen_and_may_be_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Loopback::builder().port(port).bind().await.unwrap_err();
    assert!(matches!(&error, Error::Listen(cause) if cause.kind() == ErrorKind::AddrInUse), "{error:?}");
    assert_eq!(error.to_string(), "cannot listen on loopback");
    drop(taken);
    let loopback = Loopback::builder().port(port).bind().await.unwrap();
    let url = loopback.redirect_to();
    assert_eq!((url.host_str(), url.port()), (Some("127.0.0.1"), Some(port)));
}

#[tokio::test]
async fn the_path_is_random_and_not_printed() {
    let (one, two) = (Loopback::bind().await.unwrap(), Loopback::bind().await.unwrap());
    assert_ne!(one.redirect_to().path(), two.redirect_to().path());
    // 256 bits in base64url.
    let path = one.redirect_to().path()[1..].to_owned();
    assert_eq!(path.len(), 43);
    assert!(!format!("{one:?}").contains(&path));
}
