//! Errors that the server, or a gateway in front of it, answers with: each of their shapes.

use std::{error::Error as StdError, fmt, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::HeaderMap};

use super::{ResponseMeta, prefix, request_id, text};
use crate::{
    operation::{Credential, Operation},
    redact::{excerpt, redact},
    types::{self, ErrorCode, ErrorCodeOrStatus, WeakPasswordReason},
};

/// An error that the server, or a gateway in front of it, answered with.
#[derive(Clone, Debug)]
pub struct ApiError {
    operation: Option<&'static Operation>,
    pub(super) status: StatusCode,
    code: Option<ErrorCode>,
    message: String,
    hint: Option<String>,
    weak_password_reasons: Vec<WeakPasswordReason>,
    retry_after: Option<Duration>,
    pub(super) request_id: Option<String>,
    pub(super) during_refresh: bool,
}

impl ApiError {
    pub(super) fn new(meta: &ResponseMeta, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let parsed: types::Error = serde_json::from_slice(body).unwrap_or_default();
        let words = [&parsed.message, &parsed.msg, &parsed.error_description, &parsed.error];
        let message = words.into_iter().flatten().find(|text| !text.is_empty());
        let message = message.map_or_else(|| fallback_message(status, body), |text| redact(text));
        Self {
            operation: meta.operation,
            status,
            code: error_code(headers, &parsed),
            hint: parsed.hint.as_deref().map(redact),
            weak_password_reasons: parsed
                .weak_password
                .and_then(|weak| weak.reasons)
                .map(printable)
                .unwrap_or_default(),
            retry_after: retry_after(headers).or_else(|| seconds_in(&message)),
            request_id: request_id(headers)
                .and_then(|id| id.to_str().ok())
                .map(str::to_owned)
                .or_else(|| parsed.error_id.as_deref().map(redact)),
            message,
            during_refresh: false,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The server's code. Older servers send none, or only those of OAuth, such as `invalid_grant`.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    /// The server's words, for logs. For people, write your own by [`code`](Self::code).
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The database's hint, with an error of the database.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Which rules the password breaks.
    #[must_use]
    pub fn weak_password_reasons(&self) -> &[WeakPasswordReason] {
        &self.weak_password_reasons
    }

    /// How long to wait before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The id under which the server or its gateway knows the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub(super) fn is_retryable(&self) -> bool {
        may_pass(self.status)
    }

    pub(super) fn ends_session(&self) -> bool {
        let of_user = self.operation.is_some_and(|operation| operation.credential == Credential::User);
        let Some(code) = self.code.as_ref().filter(|_| self.during_refresh || of_user) else { return false };
        let verdicts = [
            ErrorCode::RefreshTokenNotFound,
            ErrorCode::RefreshTokenAlreadyUsed,
            ErrorCode::SessionNotFound,
            ErrorCode::SessionExpired,
            ErrorCode::UserBanned,
            ErrorCode::UserNotFound,
        ];
        // In response to a refresh, a 400 that names these refuses the refresh token itself.
        let refuses_token = *code == ErrorCode::ValidationFailed || *code == "invalid_grant";
        verdicts.contains(code) || self.during_refresh && self.status == StatusCode::BAD_REQUEST && refuses_token
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}the server answered {}", prefix(self.operation), self.status.as_u16())?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl StdError for ApiError {}

/// Whether a status speaks of a state that passes: the same request may succeed later.
pub(crate) fn may_pass(status: StatusCode) -> bool {
    let busy =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    busy.contains(&status) || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
}

/// The header first: it is there in every version. An integer in the body's `code` is the status and no code.
fn error_code(headers: &HeaderMap, body: &types::Error) -> Option<ErrorCode> {
    let in_code = || match &body.code {
        Some(ErrorCodeOrStatus::Code(code)) => Some(ErrorCode::from(code.as_str())),
        _ => None,
    };
    let in_header = text(headers, "x-sb-error-code").map(ErrorCode::from);
    let in_error = || body.error.as_deref().map(ErrorCode::from);
    in_header.or_else(|| body.error_code.clone()).or_else(in_code).or_else(in_error).and_then(known_or_redacted)
}

/// A code that is fit to print.
pub(crate) fn known_or_redacted(code: ErrorCode) -> Option<ErrorCode> {
    match code.as_str() {
        "" => None,
        _ if ErrorCode::KNOWN.contains(&code) => Some(code),
        // What is no code of the server's may be anything.
        other => Some(ErrorCode::from(redact(other))),
    }
}

/// Reasons that are fit to print.
fn printable(reasons: Vec<WeakPasswordReason>) -> Vec<WeakPasswordReason> {
    // What is no reason of the server's may be anything, be it the password.
    let printable = |reason: WeakPasswordReason| {
        if WeakPasswordReason::KNOWN.contains(&reason) { reason } else { redact(reason.as_str()).into() }
    };
    reasons.into_iter().map(printable).collect()
}

/// A body that is none of the server's shapes: what it begins with, or the name of the status.
fn fallback_message(status: StatusCode, body: &[u8]) -> String {
    let excerpt = excerpt(body);
    if excerpt.is_empty() { status.canonical_reason().unwrap_or_default().to_owned() } else { excerpt }
}

/// `Retry-After` in seconds, or as a date counted from the reply's own `Date` (RFC 9110, 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, "retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let now = text(headers, "date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let wait = until.signed_duration_since(now.map_or_else(Utc::now, DateTime::<Utc>::from));
    Some(wait.to_std().unwrap_or_default())
}

/// The number in "… only request this after 42 seconds.", the one place where the server tells its limits per user.
fn seconds_in(message: &str) -> Option<Duration> {
    let (before, _) = message.split_once(" second")?;
    let (_, number) = before.rsplit_once("after ")?;
    number.parse().ok().map(Duration::from_secs)
}
