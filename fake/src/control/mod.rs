//! The control side of a server: messages, codes, clock, faults and snapshots, over HTTP on a port of its own.

mod mail_api;
mod page;

use std::sync::Mutex;

use chrono::{DateTime, Duration, Utc};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::{
    fault::Fault,
    go_duration,
    mailbox::Message,
    model::ErrorCode,
    state::{State, shared::Shared, snapshot::Snapshot},
    wire::{Request, Response, json_response, parse_json, read_json},
};

/// The control side of one server.
pub(crate) struct Control {
    state: Shared,
    /// What a reset returns to.
    initial: Mutex<Option<Snapshot>>,
}

/// A response, or why a request is refused.
type Answer = Result<Response, (u16, String)>;

impl Control {
    pub(crate) fn new(state: Shared) -> Self {
        Self { state, initial: Mutex::new(None) }
    }

    /// Makes the present state the one that a reset returns to.
    pub(crate) fn keep_as_initial(&self) {
        let snapshot = self.state.lock().snapshot();
        *self.initial.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(snapshot);
    }

    /// Responds to a request of a page or a test on this machine.
    pub(crate) fn answer(&self, request: &Request) -> Response {
        if !is_from_here(request) {
            return refused((403, "this request comes from another site".to_owned()));
        }
        self.respond(request).unwrap_or_else(refused)
    }

    fn respond(&self, request: &Request) -> Answer {
        let state = &mut *self.state.lock();
        let path = request.path().trim_end_matches('/');
        if let Some(answer) = mail_api::answer(state, request) {
            return answer;
        }
        match (request.method.as_str(), path) {
            ("GET", "") => Ok(page::page(state)),
            ("GET", "/messages") => Ok(messages(state, request)),
            ("GET", "/codes") => codes(state, request),
            ("GET", "/clock") => Ok(clock(state)),
            ("POST", "/clock") => set_clock(state, request),
            ("POST", "/faults") => add_fault(state, request),
            ("DELETE", "/faults") => {
                state.faults.clear();
                Ok(Response::new(204))
            }
            ("GET", "/requests") => Ok(requests(state)),
            ("POST", "/reset") => self.reset(state, request),
            ("GET", "/snapshot") => Ok(json_response(200, &state.snapshot())),
            ("PUT", "/snapshot") => {
                let snapshot: Snapshot = parse_json(&request.body).map_err(bad)?;
                state.restore(snapshot).map_err(|why| (400, why))?;
                Ok(Response::new(204))
            }
            _ => Err((404, "there is no such page".to_owned())),
        }
    }

    /// Returns to the initial state.
    fn reset(&self, state: &mut State, request: &Request) -> Answer {
        let initial = self.initial.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        if let Some(initial) = initial {
            state.restore(initial).map_err(|why| (500, why))?;
        }
        state.faults.clear();
        state.forget_calls();
        // A browser submits the form of the page.
        let is_form = request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form"));
        Ok(if is_form { Response::new(303).header("location", "/") } else { Response::new(204) })
    }
}

/// Returns whether a request comes from this machine's own pages and programs: a site elsewhere must not control the
/// server through the browser of its developer, neither by a cross-origin request nor by a name that it has rebound to
/// loopback.
fn is_from_here(request: &Request) -> bool {
    let Some(host) = request.header("host") else { return false };
    let is_plain = Url::parse(&format!("http://{host}")).ok().is_some_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        other => other.is_some(),
    });
    let is_own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    is_plain && (request.method == Method::GET || request.header("origin").is_none_or(is_own))
}

fn refused((status, message): (u16, String)) -> Response {
    json_response(status, &json!({ "error": message }))
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn bad(error: impl std::fmt::Display + Send) -> (u16, String) {
    (400, error.to_string())
}

fn body<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, (u16, String)> {
    read_json(&request.body, &[]).map_err(bad)
}

/// `GET /messages?to=ADDRESS`: emails and text messages, newest first.
fn messages(state: &State, request: &Request) -> Response {
    let to = request.query("to");
    let fits = |message: &&Message| to.as_ref().is_none_or(|to| message.to == *to);
    let list: Vec<Value> = state.mailbox.iter().rev().filter(fits).map(in_short).collect();
    json_response(200, &json!({ "messages": list }))
}

fn in_short(message: &Message) -> Value {
    json!({
        "id": message.id, "to": message.to, "type": message.otp_type, "code": message.code,
        "token_hash": message.token_hash, "link": message.link, "sent_at": message.sent_at,
    })
}

/// `GET /codes`: what the authenticator apps of all users show now. `GET /codes?secret=SECRET`: that of one app.
fn codes(state: &mut State, request: &Request) -> Answer {
    if let Some(secret) = request.query("secret") {
        let code = state.totp_code(&secret.into()).ok_or((400, "the secret is malformed".to_owned()))?;
        return Ok(json_response(200, &json!({ "code": code })));
    }
    let list: Vec<Value> = state
        .authenticator_codes()
        .into_iter()
        .map(|app| json!({ "email": app.email, "factor_id": app.factor_id, "name": app.name, "code": app.code }))
        .collect();
    Ok(json_response(200, &json!({ "codes": list })))
}

/// `GET /clock`.
fn clock(state: &State) -> Response {
    json_response(200, &json!({ "now": state.now(), "ahead_seconds": state.clock_offset.num_seconds() }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClockChange {
    /// A duration such as `1h30m`.
    advance: Option<String>,
    now: Option<DateTime<Utc>>,
}

/// `POST /clock`: advances or sets the time of the server. An empty body returns to the time of the machine.
fn set_clock(state: &mut State, request: &Request) -> Answer {
    let change: ClockChange = if request.body.is_empty() { ClockChange::default() } else { body(request)? };
    let offset = match (change.advance, change.now) {
        (Some(text), None) => {
            let by = go_duration::parse(&text).ok_or((400, "expected a duration such as 1h30m".to_owned()))?;
            state.clock_offset.checked_add(&by)
        }
        (None, Some(now)) => Some(now - (state.now() - state.clock_offset)),
        (None, None) => Some(Duration::zero()),
        (Some(_), Some(_)) => return Err((400, "expected either advance or now".to_owned())),
    };
    let years = Duration::days(36_500);
    let offset = offset.filter(|offset| offset.abs() < years);
    state.clock_offset = offset.ok_or((400, "expected a time within a hundred years".to_owned()))?;
    Ok(clock(state))
}

#[derive(Deserialize)]
struct FaultRequest {
    /// What happens: `error`, `response`, `slow`, `reset`, `reset_in_body` or `truncated`.
    kind: String,
    operation: Option<String>,
    times: Option<usize>,
    #[serde(default)]
    status: u16,
    code: Option<ErrorCode>,
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    body: String,
    delay_ms: Option<u64>,
    retry_after: Option<String>,
}

/// `POST /faults`: makes a later call fail.
fn add_fault(state: &mut State, request: &Request) -> Answer {
    let wanted: FaultRequest = body(request)?;
    let needs_status = matches!(wanted.kind.as_str(), "error" | "response");
    if needs_status && !(100..600).contains(&wanted.status) {
        return Err((400, "expected a status".to_owned()));
    }
    let mut fault = match wanted.kind.as_str() {
        "error" => Fault::error(wanted.status, wanted.code.unwrap_or(ErrorCode::UnexpectedFailure)),
        "response" => Fault::response(wanted.status, wanted.content_type, wanted.body),
        "slow" => Fault::slow(std::time::Duration::from_millis(wanted.delay_ms.unwrap_or(1000))),
        "reset" => Fault::reset(),
        "reset_in_body" => Fault::reset_in_body(),
        "truncated" => Fault::truncated(),
        other => return Err((400, format!("unknown kind of fault: {other}"))),
    };
    fault = fault.times(wanted.times.unwrap_or(1));
    if let Some(operation) = wanted.operation {
        if crate::model::Operation::by_id(&operation).is_none() {
            return Err((400, format!("unknown operation: {operation}")));
        }
        fault = fault.of(operation);
    }
    if let Some(value) = wanted.retry_after {
        fault = fault.retry_after(value);
    }
    state.faults.add(fault);
    Ok(Response::new(204))
}

/// `GET /requests`: the last requests, newest first, without their secrets.
fn requests(state: &State) -> Response {
    let list: Vec<Value> = state
        .requests
        .iter()
        .rev()
        .map(|request| {
            json!({
                "operation": request.operation, "method": request.method, "path": request.path,
                "query": request.query, "headers": request.headers, "body": request.body,
            })
        })
        .collect();
    json_response(200, &json!({ "requests": list }))
}
