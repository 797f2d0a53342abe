//! The trace span of a call, in the names of OpenTelemetry's conventions for HTTP clients. Never a token, a query or a
//! body.

use std::time::Duration;

use reqwest::{Request, Response, Result};
use tracing::{Span, field::Empty};

use crate::{error::request_id, operation::Operation};

/// A span that awaits what becomes of the call.
pub(super) fn of_call(operation_id: &str, operation: Option<&Operation>, request: &Request) -> Span {
    let url = request.url();
    let method = request.method().as_str();
    let template = operation.map_or("", |operation| operation.path);
    tracing::info_span!(
        "gotrue",
        otel.name = format_args!("{method} {template}"),
        otel.kind = "client",
        otel.status_code = Empty,
        gotrue.operation = operation_id,
        gotrue.request_id = Empty,
        http.request.method = method,
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        url.template = template,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        error.r#type = Empty,
    )
}

/// Notes in the current span what became of the call, and how long it took.
pub(super) fn record(result: &Result<Response>, retries: usize, took: Duration) {
    let span = Span::current();
    if retries > 0 {
        span.record("http.request.resend_count", retries);
    }
    match result {
        Ok(reply) => {
            let status = reply.status();
            span.record("http.response.status_code", status.as_u16());
            if let Some(id) = request_id(reply.headers()).and_then(|id| id.to_str().ok()) {
                span.record("gotrue.request_id", id);
            }
            if status.is_client_error() || status.is_server_error() {
                failed(&span, status.as_str());
            }
        }
        Err(error) if error.is_timeout() => failed(&span, "timeout"),
        Err(error) if error.is_connect() => failed(&span, "connect"),
        Err(_) => failed(&span, "connection"),
    }
    tracing::debug!(took_ms = took.as_millis(), "{}", if result.is_ok() { "answered" } else { "no answer" });
}

fn failed(span: &Span, why: &str) {
    span.record("error.type", why);
    span.record("otel.status_code", "ERROR");
}

/// Tells the server which trace the call belongs to (W3C Trace Context), by the application's own propagator.
#[cfg(feature = "trace-context")]
pub(super) fn injected(span: &Span, mut request: Request) -> Request {
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    let context = span.context();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut opentelemetry_http::HeaderInjector(request.headers_mut()));
    });
    request
}
