//! The requests that the server received, without their secrets.

use std::{cmp::Reverse, collections::BTreeMap};

use serde_json::Value;

use crate::{
    model::{OPERATIONS, Operation, SECRETS},
    path_pattern::is_at,
    wire::Request,
};

const REDACTED: &str = "[redacted]";

/// Headers with credentials.
const CREDENTIALS: [&str; 4] = ["apikey", "authorization", "cookie", "proxy-authorization"];

/// A request that the server received. Secrets are redacted, so that it can be printed.
///
/// ```
/// use gotrue::Password;
/// use gotrue_fake::FakeServer;
///
/// # async fn f() -> Result<(), gotrue::Error> {
/// let server = FakeServer::start().await;
/// let _ = server.client()?.sign_in(Password::email("ada@example.com", "correct-horse-7")).await;
/// let request = &server.requests()[0];
/// assert_eq!((request.operation, request.query.as_slice()), (Some("token"), &["grant_type".to_owned()][..]));
/// let body = request.body.as_ref().unwrap();
/// assert_eq!((&body["email"], &body["password"]), (&"ada@example.com".into(), &"[redacted]".into()));
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The id of the operation. `None` if no operation matches.
    pub operation: Option<&'static str>,
    /// The operations that may have been intended if none matches: those of the same path, or else those whose path
    /// ends alike.
    pub expected: Vec<&'static Operation>,
    /// The HTTP method.
    pub method: String,
    /// The path, with its percent-encoding.
    pub path: String,
    /// The names in the query, in order. Values are omitted, as they may be secrets.
    pub query: Vec<String>,
    /// The headers by lower-case name. Credentials are `[redacted]`.
    pub headers: BTreeMap<String, String>,
    /// The body, if it is JSON or a form. Members that are secret according to the document are `[redacted]`.
    pub body: Option<Value>,
}

impl ReceivedRequest {
    pub(crate) fn new(request: &Request, operation: Option<&'static Operation>) -> Self {
        let headers = request.headers.iter().map(|(name, value)| {
            let is_secret = CREDENTIALS.contains(&name.as_str());
            let value = if is_secret { REDACTED } else { value.to_str().unwrap_or("[not a text]") };
            (name.to_string(), value.to_owned())
        });
        Self {
            operation: operation.map(|operation| operation.id),
            expected: if operation.is_some() { Vec::new() } else { nearest(request.path()) },
            method: request.method.to_string(),
            path: request.path().to_owned(),
            query: request.query_pairs().map(|(name, _)| name.into_owned()).collect(),
            headers: headers.collect(),
            body: body(request),
        }
    }
}

/// Returns the operations of a path, or else those whose path shares the longest end.
fn nearest(path: &str) -> Vec<&'static Operation> {
    let alike = |operation: &Operation| {
        let segments = operation.path.rsplit('/').zip(path.rsplit('/'));
        segments
            .take_while(|(wanted, there)| fits(wanted, there))
            .filter(|(wanted, _)| !wanted.starts_with('{'))
            .count()
    };
    let mut all: Vec<(bool, usize, &Operation)> =
        OPERATIONS.iter().map(|operation| (is_at(operation.path, path), alike(operation), operation)).collect();
    all.sort_by_key(|(is_here, alike, _)| Reverse((*is_here, *alike)));
    let Some((is_here, most, _)) = all.first().copied() else { return Vec::new() };
    let is_near = |(here, alike, _): &(bool, usize, &Operation)| *here == is_here && *alike == most && most > 0;
    all.into_iter().filter(is_near).map(|(_, _, operation)| operation).collect()
}

fn fits(wanted: &str, there: &str) -> bool {
    if wanted.starts_with('{') { !there.is_empty() } else { wanted == there }
}

pub(crate) fn body(request: &Request) -> Option<Value> {
    let content_type = request.header("content-type").unwrap_or_default();
    let mut body = if content_type.starts_with("application/x-www-form-urlencoded") {
        let pairs = request.form_pairs().map(|(name, value)| (name.into_owned(), value.into()));
        Value::Object(pairs.collect())
    } else {
        serde_json::from_slice(&request.body).ok()?
    };
    redact(&mut body);
    Some(body)
}

/// Redacts secrets at any depth.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if SECRETS.contains(&name.as_str()) && !member.is_null() {
                    *member = REDACTED.into();
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(redact),
        _ => {}
    }
}
