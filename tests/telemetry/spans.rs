//! The span of a call.

use std::time::Duration;

use gotrue::{Client, SignUp};
use gotrue_fake::{FakeServer, Fault};
use support::{auto_clock::AutoClock, client_of, log_buffer::LogBuffer, server_that_answers};
use wiremock::ResponseTemplate;

#[tokio::test]
async fn a_span_has_the_attributes_of_opentelemetry() {
    let written = LogBuffer::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _subscribed = tracing::subscriber::set_default(subscriber);
    let server = FakeServer::start().await;
    let client = server.client_builder().clock(AutoClock::default()).build().unwrap();
    let session = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap().session().unwrap();
    server.fail(Fault::page(503));
    client.admin(session.access_token()).users().get(session.user().id).await.unwrap_err();

    let text = written.text();
    let last = text.lines().rfind(|line| line.contains("gotrue{")).unwrap();
    for field in [
        "otel.name=GET /admin/users/{user_id}",
        "otel.kind=\"client\"",
        "gotrue.operation=\"admin_get_user\"",
        "http.request.method=\"GET\"",
        "url.template=\"/admin/users/{user_id}\"",
        "server.address=\"127.0.0.1\"",
        "http.request.resend_count=1",
        "http.response.status_code=403",
        "error.type=\"403\"",
        "otel.status_code=\"ERROR\"",
        "took_ms=",
    ] {
        assert!(last.contains(field), "{field} is not in {last}");
    }
}

/// What a subscriber writes of a call.
async fn text_of(call: impl Future<Output = ()>) -> String {
    let written = LogBuffer::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let _subscribed = tracing::subscriber::set_default(subscriber);
    call.await;
    written.text().lines().rfind(|line| line.contains("gotrue{")).unwrap().to_owned()
}

#[tokio::test]
async fn each_way_to_fail_has_its_type() {
    let server = FakeServer::start().await;
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let faults = [
        (Some(Fault::slow(Duration::from_secs(60))), "timeout"),
        (None, "connect"),
        (Some(Fault::reset()), "connection"),
        (Some(Fault::page(502)), "502"),
        (Some(Fault::page(404)), "404"),
    ];
    for (fault, expected) in faults {
        let url = if fault.is_some() { server.url() } else { format!("http://{unused}") };
        if let Some(fault) = fault {
            server.fail(fault);
        }
        // Long enough for a loaded machine, except where it has to pass.
        let timeout = if expected == "timeout" { Duration::from_millis(50) } else { Duration::from_secs(30) };
        let client = Client::builder().base_url(url).retries(0).timeout(timeout).build().unwrap();
        let text = text_of(async { drop(client.health().await.unwrap_err()) }).await;
        assert!(text.contains(&format!("error.type=\"{expected}\"")), "{expected} is not in {text}");
        assert!(text.contains("otel.status_code=\"ERROR\""), "{text}");
        server.heal();
    }
    let text = text_of(async { drop(server.client().unwrap().health().await.unwrap()) }).await;
    assert!(!text.contains("error.type") && !text.contains("otel.status_code"), "{text}");
}

#[tokio::test]
async fn a_request_id_that_repeats_a_secret_is_not_recorded() {
    for (status, id, expected) in [
        (200, "r-1234567890123456", "r-1234567890123456"),
        (200, "for abcdefghijkl", "for [redacted]"),
        (403, "abcdefghijkl", "[redacted]"),
        (502, "anon-key/abcdefghijkl", "[redacted]/[redacted]"),
    ] {
        let reply = ResponseTemplate::new(status).insert_header("x-request-id", id);
        let server = server_that_answers(reply).await;
        let client = client_of(&server);
        let text = text_of(async { drop(client.refresh("abcdefghijkl").await.unwrap_err()) }).await;
        assert!(text.contains(&format!("gotrue.request_id=\"{expected}\"")), "{expected} is not in {text}");
        assert!(!text.contains("abcdefghijkl"), "{text}");
    }
}
