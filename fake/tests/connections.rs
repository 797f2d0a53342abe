//! The server's connections: half-closed, kept alive, broken off, and gone when the server is dropped.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use gotrue_fake::{FakeServer, Fault};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";

fn connect(server: &FakeServer) -> TcpStream {
    let stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    // A server that does not respond fails the test instead of blocking it.
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Reads one response, whose length its head tells.
fn read_response(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        response.push(byte[0]);
        if let Some(head) = response.strip_suffix(b"\r\n\r\n") {
            let head = std::str::from_utf8(head).unwrap().to_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            return head + std::str::from_utf8(&body).unwrap();
        }
    }
}

#[tokio::test]
async fn a_client_that_closes_its_sending_half_gets_its_response() {
    let server = FakeServer::start().await;
    server.fail(Fault::slow(Duration::from_millis(50)));
    let mut stream = connect(&server);
    stream.write_all(HEALTH).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.contains("\"name\":\"GoTrue\""), "{response}");
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = FakeServer::start().await;
    let mut stream = connect(&server);
    for _ in 0..3 {
        stream.write_all(HEALTH).unwrap();
        assert!(read_response(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));
    }
    assert_eq!(server.count("health"), 3);
}

#[tokio::test]
async fn a_response_is_broken_off_as_the_fault_says() {
    let server = FakeServer::start().await;
    for (fault, has_head, is_reset) in
        [(Fault::reset(), false, true), (Fault::reset_in_body(), true, true), (Fault::truncated(), true, false)]
    {
        server.fail(fault);
        let mut stream = connect(&server);
        stream.write_all(HEALTH).unwrap();
        let mut response = Vec::new();
        let ended = stream.read_to_end(&mut response);
        assert_eq!(ended.err().map(|error| error.kind()), is_reset.then_some(ErrorKind::ConnectionReset));
        let response = String::from_utf8(response).unwrap();
        assert_eq!(response.starts_with("HTTP/1.1 200 OK\r\n"), has_head, "{response}");
        assert!(!response.ends_with('}'), "{response}");
    }
}

#[tokio::test]
async fn a_dropped_server_closes_its_port_and_connections() {
    let server = FakeServer::start().await;
    let mut idle = connect(&server);
    idle.write_all(HEALTH).unwrap();
    read_response(&mut idle);
    let mut waiting = connect(&server);
    server.fail(Fault::slow(Duration::from_secs(3600)));
    waiting.write_all(HEALTH).unwrap();
    while server.count("health") < 2 {
        tokio::task::yield_now().await;
    }
    let address = server.url().trim_start_matches("http://").to_owned();
    drop(server);
    let mut rest = Vec::new();
    assert!(idle.read_to_end(&mut rest).is_ok() && rest.is_empty());
    // The response that was under way does not come.
    let ended = waiting.read_to_end(&mut rest);
    assert!(ended.is_ok() || ended.unwrap_err().kind() == ErrorKind::ConnectionReset);
    assert!(rest.is_empty());
    // Both connections are closed, and so is the port.
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_server_outlives_the_runtime_that_started_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = runtime.block_on(FakeServer::start());
    drop(runtime);
    let mut stream = connect(&server);
    stream.write_all(HEALTH).unwrap();
    assert!(read_response(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));
}

/// Returns the status and the body of the response to bytes.
fn exchange(server: &FakeServer, request: &str) -> (String, String) {
    let mut stream = connect(server);
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{response:?}"));
    (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
}

/// Go's HTTP server refuses these before any operation does.
#[tokio::test]
async fn odd_requests_are_refused_as_by_the_real_server() {
    let server = FakeServer::start().await;
    let get = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\n{headers}\r\n");
    let one_host = "host: localhost\r\n";
    let many = "x-many: a\r\n".repeat(500);
    let chunked = "transfer-encoding: chunked\r\n";
    let unread = "Could not read body into byte slice";
    for (request, status, text) in [
        (get("/health", ""), "400", "400 Bad Request: missing required Host header"),
        (get("http://localhost/health", ""), "400", "400 Bad Request: missing required Host header"),
        (get("http://localhost/health", one_host), "200", "GoTrue"),
        (get("http://localhost:port/health", one_host), "400", "400 Bad Request"),
        (get("http://ada:secret@localhost:80/health", one_host), "200", "GoTrue"),
        (
            get("/health", &format!("{one_host}x-large: {}\r\n", "a".repeat(1_053_000))),
            "431",
            "431 Request Header Fields Too Large",
        ),
        (
            format!("POST /signup HTTP/1.1\r\n{one_host}{chunked}{chunked}\r\n0\r\n\r\n"),
            "501",
            "Unsupported transfer encoding",
        ),
        ("GET /health HTTP/1.0\r\n\r\n".to_owned(), "200", "GoTrue"),
        (get("/health", "host: a\r\nhost: b\r\n"), "400", "400 Bad Request"),
        (get("/he%zzalth", one_host), "400", "400 Bad Request"),
        (get("/health?x=%zz", one_host), "200", "GoTrue"),
        (get("/health", &format!("{one_host}expect: tea\r\n")), "417", ""),
        (get("/health", &format!("{one_host}{many}")), "200", "GoTrue"),
        (get("/nope", one_host), "404", "404 page not found"),
        (get("nope", one_host), "400", "400 Bad Request"),
        (get("*", one_host), "404", "404 page not found"),
        (get("/health", "host: a/b\r\n"), "400", "400 Bad Request: malformed Host header"),
        (get("/health", &format!("{one_host}x-large: {}\r\n", "a".repeat(900_000))), "200", "GoTrue"),
        (
            format!("POST /signup HTTP/1.1\r\n{one_host}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            "501",
            "Unsupported transfer encoding",
        ),
        ("OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(), "200", ""),
        (format!("POST /signup HTTP/1.1\r\n{one_host}content-length: 500\r\n\r\n{{}}"), "500", unread),
        (format!("POST /signup HTTP/1.1\r\n{one_host}transfer-encoding: chunked\r\n\r\nzz\r\n"), "500", unread),
        (
            format!("POST /signup HTTP/1.1\r\n{one_host}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
            "200",
            "access_token",
        ),
    ] {
        let (got, body) = exchange(&server, &request);
        assert_eq!(got, status, "{request}\n{body}");
        assert!(body.contains(text) && text.is_empty() == body.is_empty(), "{request}\n{body}");
    }
}

/// The real server notices only where it reads the body.
#[tokio::test]
async fn a_body_is_cut_off_only_for_what_reads_it() {
    let server = FakeServer::start().await;
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let json = "content-type: application/json\r\n";
    for (method, path, headers, status, text) in [
        ("GET", "/health", "", "200", "GoTrue"),
        ("POST", "/nope", "", "404", "404 page not found"),
        ("POST", "/logout", "", "401", "no_authorization"),
        ("POST", "/verify", "", "500", "Could not read body into byte slice"),
        ("POST", "/magiclink", "", "422", "Password recovery requires an email"),
        ("POST", "/token?grant_type=password", form, "400", "unexpected end of JSON input"),
        ("POST", "/callback", form, "303", "OAuth state parameter missing"),
        ("POST", "/oauth/token", form, "400", "client_id is required"),
        ("POST", "/oauth/token", json, "400", "failed to read request body"),
        ("POST", "/oauth/clients/register", json, "400", "redirect_uris is required"),
    ] {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: a\r\n{headers}content-length: 500\r\n\r\n{{}}");
        let (got, body) = exchange(&server, &request);
        assert_eq!(got, status, "{path} {body}");
        assert!(body.contains(text), "{path} {body}");
    }
}

#[tokio::test]
async fn a_client_may_wait_before_it_sends_the_body() {
    let server = FakeServer::start().await;
    let mut stream = connect(&server);
    stream.write_all(b"POST /signup HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n").unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(interim, *b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").unwrap();
    assert!(read_response(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));
}
