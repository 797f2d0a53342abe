//! Replies, and refusals in the form of the version that was asked for.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wiremock::{Request, ResponseTemplate};

use crate::raw::{
    ErrorCode, WeakPasswordReason,
    types::{Error, ErrorCodeOrStatus, WeakPassword},
};

/// What a handler comes to.
pub(super) type Reply = Result<ResponseTemplate, Refusal>;

/// An error reply.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: ErrorCode,
    message: String,
    weak_password: Option<WeakPassword>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), weak_password: None }
    }

    pub(super) fn validation_failed(message: impl Into<String>) -> Self {
        Self::new(400, ErrorCode::VALIDATION_FAILED, message)
    }

    pub(super) fn weak_password() -> Self {
        let weak = WeakPassword { message: None, reasons: Some(vec![WeakPasswordReason::LENGTH]) };
        let refusal = Self::new(422, ErrorCode::WEAK_PASSWORD, "Password should be at least 6 characters.");
        Self { weak_password: Some(weak), ..refusal }
    }

    /// The reply: since version 2024-01-01 `code` is the code, before it was the status.
    pub(super) fn into_reply(self, request: &Request) -> ResponseTemplate {
        let versioned = wants_2024_01_01(request);
        let mut error = Error { weak_password: self.weak_password, ..Error::default() };
        if versioned {
            error.code = Some(ErrorCodeOrStatus::Code(self.code.to_string()));
            error.message = Some(self.message);
        } else {
            error.code = Some(ErrorCodeOrStatus::Status(self.status.into()));
            error.error_code = Some(self.code.clone());
            error.msg = Some(self.message);
        }
        let mut reply = json(self.status, &error);
        if error.weak_password.is_none() || !versioned {
            reply = reply.insert_header("x-sb-error-code", self.code.as_str());
        }
        if versioned { reply.insert_header("x-supabase-api-version", "2024-01-01") } else { reply }
    }
}

fn wants_2024_01_01(request: &Request) -> bool {
    let version = request.headers.get("x-supabase-api-version").and_then(|value| value.to_str().ok());
    version.is_some_and(|version| version >= "2024-01-01")
}

pub(super) fn json(status: u16, body: &impl Serialize) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

#[expect(clippy::unnecessary_wraps, reason = "it ends a handler, which may fail elsewhere")]
pub(super) fn ok(body: &impl Serialize) -> Reply {
    Ok(json(200, body))
}

#[expect(clippy::unnecessary_wraps, reason = "it ends a handler, which may fail elsewhere")]
pub(super) fn redirect(status: u16, location: &str) -> Reply {
    // A header is ASCII.
    let location = url::Url::parse(location).map_or_else(|_| location.to_owned(), String::from);
    let body = format!("<a href=\"{}\">Found</a>.\n\n", location.replace('&', "&amp;"));
    Ok(ResponseTemplate::new(status)
        .insert_header("location", location.as_str())
        .set_body_raw(body, "text/html; charset=utf-8"))
}

/// The reply with the time of the server's own clock.
pub(super) fn dated(reply: ResponseTemplate, now: DateTime<Utc>) -> ResponseTemplate {
    reply.insert_header("date", now.format("%a, %d %b %Y %H:%M:%S GMT").to_string().as_str())
}
