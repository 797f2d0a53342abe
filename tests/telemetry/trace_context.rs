//! Feature `trace-context`: the server learns which trace a call belongs to.

use gotrue::Client;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use support::{header, last_request, server_that_answers, user};
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Registry, layer::SubscriberExt};
use wiremock::ResponseTemplate;

#[tokio::test]
async fn the_trace_continues_at_the_server() {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let _subscribed =
        tracing::subscriber::set_default(Registry::default().with(tracing_opentelemetry::layer().with_tracer(tracer)));

    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(user())).await;
    let builder = || Client::builder().base_url(server.uri()).api_key("anon-key");
    let span = tracing::info_span!("the application's own");
    let trace = span.context().span().span_context().trace_id().to_string();
    let client = builder().trace_context(true).build().unwrap();
    async { client.user("token").get().await.unwrap() }.instrument(span.clone()).await;

    let request = last_request(&server).await;
    let sent = header(&request, "traceparent").expect("a traceparent");
    assert_eq!(sent.split('-').nth(1), Some(trace.as_str()), "{sent}");

    // Off by default.
    let client = builder().build().unwrap();
    async { client.user("token").get().await.unwrap() }.instrument(span).await;
    assert_eq!(header(&last_request(&server).await, "traceparent"), None);
}
