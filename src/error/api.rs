//! Error responses of the server, or of a gateway in front of it.

use std::{error::Error as StdError, fmt, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::HeaderMap};

use super::{ResponseMeta, SentRequest, body::ErrorBody, prefix, request_id, text};
use crate::{
    operation::Operation,
    redact::Redactor,
    types::{ErrorCode, WeakPasswordReason},
};

/// An error response of the server, or of a gateway in front of it.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub(super) operation: Option<&'static Operation>,
    pub(super) status: StatusCode,
    code: Option<ErrorCode>,
    message: String,
    hint: Option<String>,
    weak_password_reasons: Vec<WeakPasswordReason>,
    retry_after: Option<Duration>,
    pub(super) request_id: Option<String>,
    is_refresh: bool,
    is_user: bool,
}

impl ApiError {
    pub(super) fn new(meta: &ResponseMeta, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let redactor = meta.redactor();
        let read = ErrorBody::read(body);
        let message =
            read.message.map_or_else(|| fallback_message(status, body, &redactor), |text| redactor.redact(&text));
        // The header takes precedence, because it is the same in all API versions.
        let code = text(headers, "x-sb-error-code").map(str::to_owned).filter(|code| !code.is_empty()).or(read.code);
        let request_id = request_id(headers).and_then(|id| id.to_str().ok()).map(|id| redactor.blank(id));
        Self {
            operation: meta.operation,
            status,
            code: code.and_then(|code| printable_code(code.into(), &redactor)),
            hint: read.hint.map(|hint| redactor.redact(&hint)),
            weak_password_reasons: printable_reasons(read.weak_password_reasons, &redactor),
            retry_after: retry_after(headers).or_else(|| seconds_in(&message)),
            request_id: request_id.or_else(|| read.id.map(|id| redactor.redact(&id))),
            message,
            is_refresh: meta.sent().is_some_and(SentRequest::is_refresh),
            is_user: meta.is_user,
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the server's error code. Older servers send none, or only those of OAuth, such as `invalid_grant`.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.code.as_ref()
    }

    /// Returns the server's message, for logs. Messages for users should depend on [`code`](Self::code) instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the database's hint, if the error comes from the database.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the rules that the password breaks.
    #[must_use]
    pub fn weak_password_reasons(&self) -> &[WeakPasswordReason] {
        &self.weak_password_reasons
    }

    /// Returns how long to wait before the next attempt, if the server says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the id of the request in the logs of the server or its gateway.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub(super) fn is_retryable(&self) -> bool {
        is_temporary(self.status)
    }

    pub(super) fn ends_session(&self) -> bool {
        let Some(code) = self.code.as_ref().filter(|_| self.is_refresh || self.is_user) else { return false };
        let verdicts = [
            ErrorCode::RefreshTokenNotFound,
            ErrorCode::RefreshTokenAlreadyUsed,
            ErrorCode::SessionNotFound,
            ErrorCode::SessionExpired,
            ErrorCode::UserBanned,
            ErrorCode::UserNotFound,
        ];
        // In response to a refresh, a 400 with one of these codes rejects the refresh token itself.
        let refuses_token = *code == ErrorCode::ValidationFailed || *code == "invalid_grant";
        verdicts.contains(code) || self.is_refresh && self.status == StatusCode::BAD_REQUEST && refuses_token
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}the server returned {}", prefix(self.operation), self.status.as_u16())?;
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

/// Returns whether the status indicates a temporary problem, so that the same request may succeed later.
pub(crate) fn is_temporary(status: StatusCode) -> bool {
    let busy =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    busy.contains(&status) || status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
}

/// Redacts an unknown code, which may contain a secret. Returns `None` for an empty one.
fn printable_code(code: ErrorCode, redactor: &Redactor) -> Option<ErrorCode> {
    match code.as_str() {
        "" => None,
        _ if ErrorCode::KNOWN.contains(&code) => Some(code),
        other => Some(ErrorCode::from(redactor.redact(other))),
    }
}

/// Redacts an unknown code from a redirect. Returns `None` for an empty one.
pub(crate) fn known_or_redacted(code: ErrorCode) -> Option<ErrorCode> {
    printable_code(code, &Redactor::default())
}

/// Redacts unknown reasons, which may contain the password.
fn printable_reasons(reasons: Vec<WeakPasswordReason>, redactor: &Redactor) -> Vec<WeakPasswordReason> {
    let printable = |reason: WeakPasswordReason| {
        if WeakPasswordReason::KNOWN.contains(&reason) { reason } else { redactor.redact(reason.as_str()).into() }
    };
    reasons.into_iter().map(printable).collect()
}

/// Returns the start of a body without a message, or the name of the status if the body is empty.
fn fallback_message(status: StatusCode, body: &[u8], redactor: &Redactor) -> String {
    let excerpt = redactor.excerpt(body);
    if excerpt.is_empty() { status.canonical_reason().unwrap_or_default().to_owned() } else { excerpt }
}

/// Returns the wait that `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3).
///
/// A date is relative to the response's own `Date`. A response from a cache is older than that by its `Age` (RFC 9111,
/// section 5.1).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, "retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let sent = text(headers, "date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let wait = until.signed_duration_since(sent.map_or_else(Utc::now, DateTime::<Utc>::from));
    let age = text(headers, "age").and_then(|age| age.trim().parse().ok()).map_or(Duration::ZERO, Duration::from_secs);
    Some(wait.to_std().unwrap_or_default().saturating_sub(age))
}

/// Returns the number in "… only request this after 42 seconds.": the server reports limits per user only in the
/// message.
fn seconds_in(message: &str) -> Option<Duration> {
    let (before, _) = message.split_once(" second")?;
    let (_, number) = before.rsplit_once("after ")?;
    number.parse().ok().map(Duration::from_secs)
}
