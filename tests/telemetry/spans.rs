//! The span of a call.

use gotrue::SignUp;
use gotrue_fake::{FakeServer, Fault};
use support::{auto_clock::AutoClock, log_buffer::LogBuffer};

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
