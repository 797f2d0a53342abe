//! The trace span of a call, with the attribute names of OpenTelemetry's conventions for HTTP clients. It never
//! contains a token, a query or a body.

use std::time::Duration;

use reqwest::{Request, Response};
use tracing::{Span, field::Empty};

use super::attempts::Outcome;
use crate::{
    error::{SentRequest, request_id},
    operation::Operation,
    platform::http::{Received, is_connect},
    redact::Redactor,
};

/// Creates the span of a call, without its outcome.
pub(super) fn of_call(operation: Option<&Operation>, request: &Request) -> Span {
    let url = request.url();
    let method = request.method().as_str();
    let (id, template) = operation.map_or(("", ""), |operation| (operation.id, operation.path));
    tracing::info_span!(
        "gotrue",
        otel.name = format_args!("{method} {template}"),
        otel.kind = "client",
        otel.status_code = Empty,
        gotrue.operation = id,
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

/// Records the outcome in the current span, and how long the call took.
pub(super) fn record(outcome: &Outcome, took: impl Fn() -> Duration) {
    let span = Span::current();
    if outcome.retries > 0 {
        span.record("http.request.resend_count", outcome.retries);
    }
    match &outcome.result {
        Ok(Received { response, .. }) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if !span.is_disabled() {
                record_request_id(&span, response, outcome.sent.as_ref());
            }
            if status.is_client_error() || status.is_server_error() {
                failed(&span, status.as_str());
            }
        }
        Err(error) if error.is_timeout() => failed(&span, "timeout"),
        Err(error) if is_connect(error) => failed(&span, "connect"),
        Err(_) => failed(&span, "connection"),
    }
    let message = if outcome.result.is_ok() { "response received" } else { "no response" };
    tracing::debug!(took_ms = took().as_millis(), "{message}");
}

/// Records the id that the server or its gateway gave the request, which might repeat a secret of the request.
fn record_request_id(span: &Span, response: &Response, sent: Option<&SentRequest>) {
    if let Some(id) = request_id(response.headers()).and_then(|id| id.to_str().ok()) {
        let redactor = sent.map_or_else(Redactor::default, SentRequest::redactor);
        span.record("gotrue.request_id", redactor.blank(id));
    }
}

fn failed(span: &Span, why: &str) {
    span.record("error.type", why);
    span.record("otel.status_code", "ERROR");
}

/// Adds the trace context to the request (W3C Trace Context), with the application's own propagator.
#[cfg(feature = "trace-context")]
pub(super) fn inject(span: &Span, request: &mut Request) {
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    let context = span.context();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut opentelemetry_http::HeaderInjector(request.headers_mut()));
    });
}
