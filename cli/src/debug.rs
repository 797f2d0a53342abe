//! `--debug`: one line for each request, on standard error. The client's spans contain no secrets, no queries and no
//! bodies.

use std::{collections::BTreeMap, fmt::Debug, time::Instant};

use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::output::Output;

/// The name of the spans that the client creates for its requests.
const SPAN: &str = "gotrue";

/// Prints all requests of this process from now on.
pub fn print_requests(out: Output) {
    // Fails only if it has been called before.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(Requests(out)));
}

struct Requests(Output);

/// What is known about a request.
struct Request {
    started: Instant,
    fields: Fields,
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Requests {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(|span| span.name() == SPAN) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(Request { started: Instant::now(), fields });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(request) = span.extensions_mut().get_mut::<Request>()
        {
            values.record(&mut request.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(request) = span.extensions().get::<Request>()
        {
            self.0.debug(request.line());
        }
    }
}

impl Request {
    fn line(&self) -> String {
        let field = |name: &str| self.fields.0.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let outcome = field("http.response.status_code").or_else(|| field("error.type")).unwrap_or("cancelled");
        let took = self.started.elapsed().as_millis();
        let details = [
            field("server.address").map(|address| format!("at {address}:{}", field("server.port").unwrap_or_default())),
            field("http.request.resend_count").map(|count| format!("retries {count}")),
            field("gotrue.request_id").map(|id| format!("request {id}")),
        ];
        let details: Vec<_> = details.into_iter().flatten().collect();
        let name = field("otel.name").unwrap_or_default();
        format!("{}: {outcome} in {took} ms ({})", name.trim(), details.join(", "))
    }
}
