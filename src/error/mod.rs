//! What can go wrong, and the one conversion from the raw client's errors.
//!
//! The goals: a caller can tell apart what calls for different deeds (mend the input, sign in again, wait, give up);
//! nothing is lost on the way (status, code, reasons, cause); no text holds a secret.

mod api;
mod callback;
mod connection;
mod response_meta;
mod store;
mod token;
mod too_large;
mod unreadable;

use std::{borrow::Cow, sync::Arc, time::Duration};

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderValue},
};

use crate::{
    operation::Operation,
    types::{ErrorCode, WeakPasswordReason},
};

pub use api::ApiError;
pub(crate) use api::{known_or_redacted, may_pass, retry_after};
pub use callback::CallbackError;
pub use connection::ConnectionError;
pub(crate) use response_meta::ResponseMeta;
pub use store::StoreError;
pub use token::TokenError;
pub(crate) use too_large::TooLarge;
pub use unreadable::UnreadableReply;

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Cheap to clone: whoever waits for the same refresh gets the same error.
///
/// ```
/// # use gotrue::{Client, Error, ErrorCode, Password};
/// # async fn f(client: Client) {
/// match client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await {
///     Ok(session) => println!("welcome, {}", session.user().id),
///     Err(error) if error.code() == Some(&ErrorCode::EmailNotConfirmed) => println!("look at your mail first"),
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
    /// An access token could not be verified: only the server can verify it, and it was not asked because it refused
    /// too many tokens within a short time. Says nothing about the token. See
    /// [`JwtVerifier`](crate::JwtVerifier#requests).
    #[error("the access token was not verified: the server has refused too many tokens within a short time")]
    VerificationLimit {
        /// How long until the server is asked again.
        retry_after: Duration,
    },
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
    /// A list lacks items that the server counts, because they change while they are listed.
    #[error("the server counts {expected} items, but only {found} could be listed")]
    IncompleteList {
        /// The number of items that the server counts.
        expected: u64,
        /// The number of items that were found.
        found: u64,
    },
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness(#[source] getrandom::Error),
}

impl Error {
    /// The error of a raw operation, without secrets and with the reply's meaning read out of it.
    pub async fn from_raw(error: progenitor_client::Error<()>) -> Self {
        Self::from_call(error, &ResponseMeta::default()).await
    }

    /// The same, with what the transport has meta of the call.
    pub(crate) async fn from_call(error: progenitor_client::Error<()>, meta: &ResponseMeta) -> Self {
        match error {
            progenitor_client::Error::InvalidRequest(why) | progenitor_client::Error::Custom(why) => {
                Self::invalid("request", why)
            }
            progenitor_client::Error::CommunicationError(source) if source.is_builder() => {
                Self::invalid("request", source.without_url().to_string())
            }
            progenitor_client::Error::CommunicationError(source) | progenitor_client::Error::InvalidUpgrade(source) => {
                Self::Connection(Arc::new(ConnectionError::new(meta, source)))
            }
            progenitor_client::Error::ResponseBodyError(source) => match too_large(&source) {
                Some(refused) => {
                    let cause = format!("the answer is {refused}");
                    Self::UnreadableReply(Arc::new(UnreadableReply::with_cause(meta, &[], &cause, false)))
                }
                None => Self::Connection(Arc::new(ConnectionError::new(meta, source))),
            },
            progenitor_client::Error::InvalidResponsePayload(body, cause) => {
                Self::UnreadableReply(Arc::new(UnreadableReply::new(meta, &body, &cause)))
            }
            progenitor_client::Error::ErrorResponse(reply) => {
                Self::Api(Arc::new(ApiError::new(meta, reply.status(), reply.headers(), &[])))
            }
            progenitor_client::Error::UnexpectedResponse(reply) => Self::from_reply(reply, meta).await,
        }
    }

    async fn from_reply(mut reply: reqwest::Response, meta: &ResponseMeta) -> Self {
        let (status, headers) = (reply.status(), reply.headers().clone());
        let body = beginning(&mut reply).await;
        if status.is_client_error() || status.is_server_error() {
            return Self::Api(Arc::new(ApiError::new(meta, status, &headers, &body)));
        }
        let meta = ResponseMeta::new(meta.operation, status, &headers);
        let cause = format!("status {status} is not expected here");
        Self::UnreadableReply(Arc::new(UnreadableReply::with_cause(&meta, &body, &cause, true)))
    }

    pub(crate) fn invalid(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidInput { what, why: why.into() }
    }

    /// A success that lacks what its call is for.
    pub(crate) fn lacks(meta: &ResponseMeta, what: &'static str) -> Self {
        let cause = format!("{what} is missing or not valid");
        Self::UnreadableReply(Arc::new(UnreadableReply::with_cause(meta, &[], &cause, false)))
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
            Self::Connection(_) | Self::VerificationLimit { .. } => true,
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

    /// Whether the server says that the session no longer exists, so that there is nothing left to sign out.
    pub(crate) fn session_is_gone(&self) -> bool {
        let codes = [
            ErrorCode::SessionNotFound,
            ErrorCode::SessionExpired,
            ErrorCode::UserNotFound,
            ErrorCode::RefreshTokenNotFound,
            ErrorCode::RefreshTokenAlreadyUsed,
        ];
        self.ends_session() && self.code().is_some_and(|code| codes.contains(code))
    }

    /// How long to wait, when the server said so: in the header `Retry-After`, or in the text of its limits per user.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::VerificationLimit { retry_after } => Some(*retry_after),
            _ => self.api().and_then(ApiError::retry_after),
        }
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

/// Whether a body was refused for its size.
fn too_large(error: &reqwest::Error) -> Option<&TooLarge> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref() {
            return Some(refused);
        }
        cause = error.source();
    }
    None
}

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

/// The header with the id under which the server or its gateway knows the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    let known = ["x-request-id", "sb-request-id", "cf-ray"];
    known.into_iter().find_map(|name| headers.get(name))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
