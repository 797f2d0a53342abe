//! What can go wrong, and the one conversion from the raw client's errors.
//!
//! The goals: a caller can tell apart what calls for different deeds (mend the input, sign in again, wait, give up);
//! nothing is lost on the way (status, code, reasons, cause); no text holds a secret.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::HeaderMap};

use crate::{
    callback::CallbackError,
    raw::{self, Credential, ErrorCode, Operation, WeakPasswordReason, types::ErrorCodeOrStatus},
    redact::{excerpt, redact},
    session::StoreError,
    transport::Seen,
};

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Cheap to clone: whoever waits for the same refresh gets the same error.
///
/// ```
/// # use gotrue::{Client, Error, ErrorCode, Password};
/// # async fn f(client: Client) {
/// match client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await {
///     Ok(session) => println!("welcome, {}", session.user().id),
///     Err(error) if error.code() == Some(&ErrorCode::EMAIL_NOT_CONFIRMED) => println!("look at your mail first"),
///     Err(error) if error.is_retryable() => println!("try again in {:?}", error.retry_after()),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something was given that cannot be right; no request was sent.
    #[error("{what} {why}")]
    InvalidInput {
        /// What was given.
        what: &'static str,
        /// What is wrong with it.
        why: Cow<'static, str>,
    },
    /// The server, or a gateway in front of it, answered with an error.
    #[error(transparent)]
    Api(Arc<ApiError>),
    /// There was no answer, or not all of it.
    #[error(transparent)]
    Connection(Arc<ConnectionError>),
    /// The answer is a success by its status, but its body is not what it should be.
    #[error(transparent)]
    UnreadableReply(Arc<UnreadableReply>),
    /// An access token is not to be trusted.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NoSession,
    /// The store of sessions failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The work was cut off, since the runtime that did it is shutting down.
    #[error("the work was cut off")]
    Interrupted,
    /// The browser came back with an error.
    #[error(transparent)]
    Callback(Arc<CallbackError>),
    /// There is no verifier for a code: its flow was begun elsewhere, is over, or took too long.
    #[error("no verifier for this code: its flow was begun elsewhere, is over, or took too long")]
    MissingVerifier,
    /// The browser did not come back in time.
    #[cfg(feature = "loopback")]
    #[error("the browser did not come back in time")]
    NoCallback,
    /// The port of loopback cannot be listened on.
    #[cfg(feature = "loopback")]
    #[error("cannot listen on loopback")]
    Listen(#[source] Arc<std::io::Error>),
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness(#[source] getrandom::Error),
}

impl Error {
    /// The error of a raw operation, without secrets and with the reply's meaning read out of it.
    pub async fn from_raw(error: raw::Error<()>) -> Self {
        Self::from_call(error, &Seen::default()).await
    }

    /// The same, with what the transport has seen of the call.
    pub(crate) async fn from_call(error: raw::Error<()>, seen: &Seen) -> Self {
        match error {
            raw::Error::InvalidRequest(why) | raw::Error::Custom(why) => Self::invalid("request", why),
            raw::Error::CommunicationError(source) if source.is_builder() => {
                Self::invalid("request", source.without_url().to_string())
            }
            raw::Error::CommunicationError(source) | raw::Error::InvalidUpgrade(source) => {
                Self::Connection(Arc::new(ConnectionError::new(seen, source)))
            }
            raw::Error::ResponseBodyError(source) => Self::Connection(Arc::new(ConnectionError::new(seen, source))),
            raw::Error::InvalidResponsePayload(body, cause) => {
                Self::UnreadableReply(Arc::new(UnreadableReply::new(seen, &body, &cause)))
            }
            raw::Error::ErrorResponse(reply) => {
                Self::Api(Arc::new(ApiError::new(seen, reply.status(), reply.headers(), &[])))
            }
            raw::Error::UnexpectedResponse(reply) => Self::from_reply(reply, seen).await,
        }
    }

    async fn from_reply(mut reply: reqwest::Response, seen: &Seen) -> Self {
        let (status, headers) = (reply.status(), reply.headers().clone());
        let body = beginning(&mut reply).await;
        if status.is_client_error() || status.is_server_error() {
            return Self::Api(Arc::new(ApiError::new(seen, status, &headers, &body)));
        }
        let seen = Seen { status: Some(status), headers, ..seen.clone() };
        let cause = Redacted(format!("status {status} is not expected here"));
        Self::UnreadableReply(Arc::new(UnreadableReply::with_cause(&seen, &body, cause, true)))
    }

    pub(crate) fn invalid(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidInput { what, why: why.into() }
    }

    /// A success that lacks what its call is for.
    pub(crate) fn lacks(seen: &Seen, what: &'static str) -> Self {
        let cause = Redacted(format!("{what} is missing or not valid"));
        Self::UnreadableReply(Arc::new(UnreadableReply::with_cause(seen, &[], cause, false)))
    }

    /// Marks the answer to a refresh, where an older server's `invalid_grant` is a verdict on the session.
    pub(crate) fn during_refresh(mut self) -> Self {
        if let Self::Api(error) = &mut self {
            Arc::make_mut(error).during_refresh = true;
        }
        self
    }

    /// The HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Connection(error) => error.status,
            Self::UnreadableReply(error) => error.status,
            _ => None,
        }
    }

    /// The server's code for the error, when it named one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Api(error) => error.code(),
            Self::Callback(error) => error.code.as_ref(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later: there was no answer, the server is busy, or a gateway answered in its
    /// stead. Whether it is safe to send it again is another question: a sign-up may have been done all the same.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => error.is_retryable(),
            Self::Connection(_) => true,
            Self::UnreadableReply(error) => error.transient,
            _ => false,
        }
    }

    /// Whether this is the server's word that the session is over, so that the user has to sign in again.
    ///
    /// Only an error code says so, and only in answer to a refresh or to the user's own access token. A time-out, a
    /// full server or an answer that cannot be read never does.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        self.api().is_some_and(ApiError::ends_session)
    }

    /// How long to wait, when the server said so: in the header `Retry-After`, or in the text of its limits per user.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.api().and_then(ApiError::retry_after)
    }

    /// The id under which the server or its gateway knows the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::UnreadableReply(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// Which rules the password breaks, when that is the error.
    #[must_use]
    pub fn weak_password_reasons(&self) -> &[WeakPasswordReason] {
        self.api().map_or(&[], ApiError::weak_password_reasons)
    }

    /// Why the access token is not to be trusted, if that is the error.
    #[must_use]
    pub fn token(&self) -> Option<TokenError> {
        match self {
            Self::Token(error) => Some(*error),
            _ => None,
        }
    }

    /// The server's answer, if this is one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }
}

/// Why an access token is not to be trusted. Nothing of the token is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no JWT, or not one of a user: cut short, garbled, without `sub` or `exp`.
    #[error("the access token is malformed: {0}")]
    Malformed(&'static str),
    /// It was good until then.
    #[error("the access token expired at {0}")]
    Expired(DateTime<Utc>),
    /// It will be good from then on.
    #[error("the access token is not valid before {0}")]
    NotYetValid(DateTime<Utc>),
    /// Somebody else issued it, or it does not say who did.
    #[error("the access token is of another issuer")]
    WrongIssuer,
    /// It is meant for somebody else, or it does not say for whom.
    #[error("the access token is for another audience")]
    WrongAudience,
    /// The server has published no such key.
    #[error("the access token is signed with an unknown key")]
    UnknownKey,
    /// The algorithm is none that is trusted, or not that of the key.
    #[error("the access token is signed by an algorithm that is not allowed")]
    AlgorithmNotAllowed,
    /// Somebody has made it up, or changed it.
    #[error("the access token has a bad signature")]
    BadSignature,
}

/// An error that the server, or a gateway in front of it, answered with.
#[derive(Clone, Debug)]
pub struct ApiError {
    operation: Option<&'static Operation>,
    status: StatusCode,
    code: Option<ErrorCode>,
    message: String,
    hint: Option<String>,
    weak_password_reasons: Vec<WeakPasswordReason>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    during_refresh: bool,
}

impl ApiError {
    fn new(seen: &Seen, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let parsed: raw::types::Error = serde_json::from_slice(body).unwrap_or_default();
        let words = [&parsed.message, &parsed.msg, &parsed.error_description, &parsed.error];
        let message = words.into_iter().flatten().find(|text| !text.is_empty());
        let message = message.map_or_else(|| fallback_message(status, body), |text| redact(text));
        Self {
            operation: seen.operation,
            status,
            code: error_code(headers, &parsed),
            hint: parsed.hint.as_deref().map(redact),
            weak_password_reasons: parsed.weak_password.and_then(|weak| weak.reasons).unwrap_or_default(),
            retry_after: retry_after(headers).or_else(|| seconds_in(&message)),
            request_id: request_id(headers).or(parsed.error_id),
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

    fn is_retryable(&self) -> bool {
        let busy =
            [StatusCode::REQUEST_TIMEOUT, StatusCode::CONFLICT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        busy.contains(&self.status) || self.status.is_server_error() && self.status != StatusCode::NOT_IMPLEMENTED
    }

    fn ends_session(&self) -> bool {
        let of_user = self.operation.is_some_and(|operation| operation.credential == Credential::User);
        let Some(code) = self.code.as_ref().filter(|_| self.during_refresh || of_user) else { return false };
        let verdicts = [
            ErrorCode::REFRESH_TOKEN_NOT_FOUND,
            ErrorCode::REFRESH_TOKEN_ALREADY_USED,
            ErrorCode::SESSION_NOT_FOUND,
            ErrorCode::SESSION_EXPIRED,
            ErrorCode::USER_BANNED,
            ErrorCode::USER_NOT_FOUND,
        ];
        verdicts.contains(code) || self.during_refresh && *code == "invalid_grant"
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

/// No answer, or not all of it.
#[derive(Debug)]
pub struct ConnectionError {
    operation: Option<&'static Operation>,
    status: Option<StatusCode>,
    source: reqwest::Error,
}

impl ConnectionError {
    fn new(seen: &Seen, source: reqwest::Error) -> Self {
        Self { operation: seen.operation, status: seen.status, source: source.without_url() }
    }

    /// There was no connection, so the server certainly did not get the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.source.is_connect()
    }

    /// It took longer than the client's time-out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.source.is_timeout()
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_timeout() {
            "the server did not answer in time"
        } else if self.is_connect() {
            "the server could not be reached"
        } else if self.status.is_some() {
            "the connection broke within the answer"
        } else {
            "the connection broke before the answer"
        };
        write!(f, "{}{what}", prefix(self.operation))
    }
}

impl StdError for ConnectionError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

/// A success by its status, with a body that is not what it should be: a page of a proxy, or a field of another type.
#[derive(Debug)]
pub struct UnreadableReply {
    operation: Option<&'static Operation>,
    status: Option<StatusCode>,
    content_type: Option<String>,
    excerpt: Option<String>,
    request_id: Option<String>,
    transient: bool,
    cause: Redacted,
}

impl UnreadableReply {
    fn new(seen: &Seen, body: &Bytes, cause: &serde_json::Error) -> Self {
        // JSON of another shape will have it tomorrow as well; what is no JSON came from something in between.
        Self::with_cause(seen, body, Redacted(redact(&cause.to_string())), !cause.is_data())
    }

    fn with_cause(seen: &Seen, body: &[u8], cause: Redacted, transient: bool) -> Self {
        // What looks like JSON may be a session; of that nothing is shown.
        let is_json = body.trim_ascii_start().starts_with(b"{") || body.trim_ascii_start().starts_with(b"[");
        Self {
            operation: seen.operation,
            status: seen.status,
            content_type: seen.header("content-type").map(redact),
            excerpt: (!is_json && !body.is_empty()).then(|| excerpt(body)),
            request_id: request_id(&seen.headers),
            transient,
            cause,
        }
    }
}

impl fmt::Display for UnreadableReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}the answer cannot be read", prefix(self.operation))?;
        if let Some(status) = self.status {
            write!(f, " (status {}, {})", status.as_u16(), self.content_type.as_deref().unwrap_or("no content type"))?;
        }
        match &self.excerpt {
            Some(excerpt) => write!(f, ": {excerpt}"),
            None => Ok(()),
        }
    }
}

impl StdError for UnreadableReply {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.cause)
    }
}

/// The text of a cause that may have quoted the body, redacted.
#[derive(Debug)]
struct Redacted(String);

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Redacted {}

/// As much of a body as an error can use. What came before the connection broke is better than nothing.
async fn beginning(reply: &mut reqwest::Response) -> Vec<u8> {
    const ENOUGH: usize = 64 * 1024;
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = reply.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= ENOUGH {
            break;
        }
    }
    body
}

fn prefix(operation: Option<&Operation>) -> String {
    operation.map(|operation| format!("{}: ", operation.id)).unwrap_or_default()
}

/// The header first: it is there in every version. An integer in the body's `code` is the status and no code.
fn error_code(headers: &HeaderMap, body: &raw::types::Error) -> Option<ErrorCode> {
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

/// A body that is none of the server's shapes: what it begins with, or the name of the status.
fn fallback_message(status: StatusCode, body: &[u8]) -> String {
    let excerpt = excerpt(body);
    if excerpt.is_empty() { status.canonical_reason().unwrap_or_default().to_owned() } else { excerpt }
}

/// `Retry-After` in seconds, or as a date counted from the reply's own `Date` (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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

fn request_id(headers: &HeaderMap) -> Option<String> {
    let known = ["x-request-id", "sb-request-id", "cf-ray"];
    known.into_iter().find_map(|name| text(headers, name)).map(str::to_owned)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
