//! Replies, and refusals in the form of the version that was asked for.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use wiremock::{Request, ResponseTemplate};

use crate::types::{Error, ErrorCode, ErrorCodeOrStatus, WeakPassword, WeakPasswordReason};

/// What a handler comes to.
pub(super) type Reply = Result<ResponseTemplate, Refusal>;

/// An error reply.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    reason: Reason,
    pub(super) message: String,
}

#[derive(Debug)]
enum Reason {
    Code(ErrorCode),
    WeakPassword(WeakPassword),
    Unforeseen,
    /// In the words of OAuth, which are the same in all versions.
    OAuth(&'static str),
}

impl Refusal {
    pub(super) fn new(status: u16, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, reason: Reason::Code(code), message: message.into() }
    }

    pub(super) fn validation_failed(message: impl Into<String>) -> Self {
        Self::new(400, ErrorCode::VALIDATION_FAILED, message)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(404, ErrorCode::VALIDATION_FAILED, message)
    }

    /// What the server did not think of.
    pub(super) fn unforeseen() -> Self {
        let message = "Unexpected failure, please check server logs for more information".to_owned();
        Self { status: 500, reason: Reason::Unforeseen, message }
    }

    pub(super) fn oauth(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: 400, reason: Reason::OAuth(error), message: description.into() }
    }

    pub(super) fn weak_password() -> Self {
        let weak = WeakPassword { message: None, reasons: Some(vec![WeakPasswordReason::LENGTH]) };
        let message = "Password should be at least 6 characters.".to_owned();
        Self { status: 422, reason: Reason::WeakPassword(weak), message }
    }

    /// The code, which an error of OAuth has none of.
    pub(super) fn code(&self) -> Option<ErrorCode> {
        match &self.reason {
            Reason::Code(code) => Some(code.clone()),
            Reason::WeakPassword(_) => Some(ErrorCode::WEAK_PASSWORD),
            Reason::Unforeseen => Some(ErrorCode::UNEXPECTED_FAILURE),
            Reason::OAuth(_) => None,
        }
    }

    /// The reply: since version 2024-01-01 `code` is the code, before it was the status.
    pub(super) fn into_reply(self, request: &Request) -> ResponseTemplate {
        let (versioned, code) = (wants_2024_01_01(request), self.code());
        let has_header = match self.reason {
            Reason::Code(_) => true,
            Reason::WeakPassword(_) => !versioned,
            Reason::Unforeseen | Reason::OAuth(_) => false,
        };
        let mut error = Error::default();
        if let Reason::OAuth(name) = self.reason {
            error.error = Some(name.to_owned());
            error.error_description = Some(self.message);
        } else if versioned {
            error.code = code.as_ref().map(|code| ErrorCodeOrStatus::Code(code.to_string()));
            error.message = Some(self.message);
        } else {
            error.code = Some(ErrorCodeOrStatus::Status(self.status.into()));
            error.error_code.clone_from(&code);
            error.msg = Some(self.message);
        }
        if let Reason::WeakPassword(weak) = self.reason {
            error.weak_password = Some(weak);
        }
        let mut reply = json(self.status, &error);
        if let Some(code) = code.filter(|_| has_header) {
            reply = reply.insert_header("x-sb-error-code", code.as_str());
        }
        if versioned { reply.insert_header("x-supabase-api-version", "2024-01-01") } else { reply }
    }
}

fn wants_2024_01_01(request: &Request) -> bool {
    let version = request.headers.get("x-supabase-api-version").and_then(|value| value.to_str().ok());
    version.is_some_and(|version| version >= "2024-01-01")
}

pub(super) fn json(status: u16, body: &impl Serialize) -> ResponseTemplate {
    let mut body = serde_json::json!(body);
    tell_all(&mut body);
    ResponseTemplate::new(status).set_body_json(body)
}

/// The server leaves out what is empty, but for this of a factor.
fn tell_all(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(tell_all),
        Value::Object(members) => {
            if members.contains_key("factor_type") && members.contains_key("status") {
                members.entry("last_challenged_at").or_insert(Value::Null);
            }
            members.values_mut().for_each(tell_all);
        }
        _ => {}
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends a handler, which may fail elsewhere")]
pub(super) fn ok(body: &impl Serialize) -> Reply {
    Ok(json(200, body))
}

#[expect(clippy::unnecessary_wraps, reason = "it ends a handler, which may fail elsewhere")]
pub(super) fn redirect(status: u16, location: &str) -> Reply {
    // A header is ASCII, and the rest stays as the application has it.
    let mut encoded = String::new();
    for character in location.chars() {
        match character {
            ' '..='~' => encoded.push(character),
            other => encoded.extend(url::form_urlencoded::byte_serialize(other.encode_utf8(&mut [0; 4]).as_bytes())),
        }
    }
    let location = encoded;
    let body = format!("<a href=\"{}\">Found</a>.\n\n", location.replace('&', "&amp;"));
    Ok(ResponseTemplate::new(status)
        .insert_header("location", location.as_str())
        .set_body_raw(body, "text/html; charset=utf-8"))
}

/// The reply with the time of the server's own clock.
pub(super) fn dated(reply: ResponseTemplate, now: DateTime<Utc>) -> ResponseTemplate {
    reply.insert_header("date", now.format("%a, %d %b %Y %H:%M:%S GMT").to_string().as_str())
}
