//! The request that was sent, from which the secrets to redact are read when an error is created.

use std::{borrow::Cow, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Request, Url, header::HeaderValue};
use serde_json::Value;
use url::form_urlencoded;

use crate::{nesting, operation::SECRETS, redact::Redactor};

/// A request as it was sent. Shared, so that keeping it costs nothing.
#[derive(Clone)]
pub(crate) struct SentRequest(Arc<Request>);

impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL and the body contain secrets.
        f.write_str("SentRequest")
    }
}

impl SentRequest {
    pub(crate) fn new(request: Request) -> Self {
        Self(Arc::new(request))
    }

    /// Returns a copy of the request, to send it again.
    pub(crate) fn copy(&self) -> Option<Request> {
        self.0.try_clone()
    }

    pub(crate) fn url(&self) -> &Url {
        self.0.url()
    }

    /// Returns whether the request refreshes a session (RFC 6749, section 6), in the query or in a form.
    pub(crate) fn is_refresh(&self) -> bool {
        let mut pairs = self.0.url().query_pairs().chain(form_urlencoded::parse(self.body()));
        pairs.any(|(name, value)| name == "grant_type" && value == "refresh_token")
    }

    /// Returns a redactor for all secrets of the request: credentials in headers, and the fields of the query and the
    /// body that the document marks as secret.
    pub(crate) fn redactor(&self) -> Redactor {
        let mut secrets = Vec::new();
        for value in self.0.headers().values().filter(|value| value.is_sensitive()) {
            credentials(value, &mut secrets);
        }
        secrets.extend(in_pairs(self.0.url().query_pairs()));
        match serde_json::from_slice(&nesting::bounded(self.body())) {
            Ok(json) => in_json(&json, false, &mut secrets),
            Err(_) => secrets.extend(in_pairs(form_urlencoded::parse(self.body()))),
        }
        Redactor::new(secrets)
    }

    fn body(&self) -> &[u8] {
        self.0.body().and_then(reqwest::Body::as_bytes).unwrap_or_default()
    }
}

/// Collects the value of a header, and the credentials after a scheme such as `Bearer`.
fn credentials(header: &HeaderValue, secrets: &mut Vec<String>) {
    let Ok(value) = header.to_str() else { return };
    let Some((scheme, credentials)) = value.split_once(' ') else { return secrets.push(value.to_owned()) };
    if scheme.eq_ignore_ascii_case("basic")
        && let Ok(decoded) = STANDARD.decode(credentials)
        && let Ok(decoded) = String::from_utf8(decoded)
        && let Some((_, password)) = decoded.split_once(':')
    {
        secrets.push(password.to_owned());
    }
    secrets.push(credentials.to_owned());
}

fn in_pairs<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> impl Iterator<Item = String> {
    pairs.filter(|(name, _)| SECRETS.contains(&&**name)).map(|(_, value)| value.into_owned())
}

/// Collects all text and numbers below a secret name.
fn in_json(value: &Value, is_secret: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret => secrets.push(text.clone()),
        Value::Number(number) if is_secret => secrets.push(number.to_string()),
        Value::Array(elements) => elements.iter().for_each(|element| in_json(element, is_secret, secrets)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| in_json(value, is_secret || SECRETS.contains(&name.as_str()), secrets)),
        _ => {}
    }
}
