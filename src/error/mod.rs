//! The error type, and the conversion from errors of the raw client.
//!
//! The goals: callers can distinguish errors that need different handling (fix the input, sign in again, wait, give
//! up); no information is lost (status, code, reasons, cause); no text contains a secret.

mod api;
mod body;
mod callback;
mod connection;
mod http_client;
mod response_meta;
mod sent_request;
mod store;
mod token;
mod unreadable_response;

#[cfg(browser)]
pub use crate::platform::js::BrowserError;
use std::{borrow::Cow, sync::Arc, time::Duration};

use reqwest::{
    StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    operation::Operation,
    platform,
    types::{ErrorCode, WeakPasswordReason},
};

pub use api::ApiError;
pub(crate) use api::{is_temporary, known_or_redacted, retry_after};
pub use callback::CallbackError;
pub use connection::ConnectionError;
pub use http_client::HttpClientError;
pub(crate) use response_meta::ResponseMeta;
pub(crate) use sent_request::SentRequest;
pub use store::StoreError;
pub use token::TokenError;
pub use unreadable_response::UnreadableResponse;

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason why a call failed. Cheap to clone: all callers that wait for the same refresh get the same error.
///
/// ```
/// # use gotrue::{Client, Error, ErrorCode, Password};
/// # async fn f(client: Client) {
/// match client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await {
///     Ok(session) => println!("welcome, {}", session.user().id),
///     Err(error) if error.code() == Some(&ErrorCode::EmailNotConfirmed) => println!("confirm your email address first"),
///     Err(error) if error.is_retryable() => println!("try again in {:?}", error.retry_after()),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument is invalid; no request was sent.
    #[error("{what} {why}")]
    InvalidInput {
        /// The argument, such as `base URL`.
        what: &'static str,
        /// What is wrong with it, or what is expected.
        why: Cow<'static, str>,
    },
    /// The HTTP client cannot be built, for example because the system has no root certificates.
    #[error(transparent)]
    HttpClient(Arc<HttpClientError>),
    /// The server, or a gateway in front of it, returned an error.
    #[error(transparent)]
    Api(Arc<ApiError>),
    /// There was no response, or only part of one.
    #[error(transparent)]
    Connection(Arc<ConnectionError>),
    /// The response is a success with an unexpected body, or a redirect.
    #[error(transparent)]
    UnreadableResponse(Arc<UnreadableResponse>),
    /// An access token must not be trusted.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// An access token could not be verified: only the server can verify it, and it was not asked because it refused
    /// too many tokens within a short time. This says nothing about the token. See
    /// [`JwtVerifier`](crate::JwtVerifier#requests).
    #[error("the access token was not verified: the server has refused too many tokens within a short time")]
    VerificationLimit {
        /// How long until the server is asked again.
        retry_after: Duration,
    },
    /// No user is signed in.
    #[error("no user is signed in")]
    NoSession,
    /// The session store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The task that did the work was cancelled, because its runtime is shutting down.
    #[error("the task was cancelled because the runtime is shutting down")]
    Interrupted,
    /// The callback URL reports an error.
    #[error(transparent)]
    Callback(Arc<CallbackError>),
    /// There is no verifier for a code: the flow was started elsewhere, has ended, or has expired.
    #[error("no verifier for this code: the flow was started elsewhere, has ended, or has expired")]
    MissingVerifier,
    /// The browser did not return in time.
    #[cfg(feature = "loopback")]
    #[error("the browser did not return in time")]
    NoCallback,
    /// The loopback port cannot be opened.
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
    /// The browser refuses something, such as a passkey.
    #[cfg(browser)]
    #[error(transparent)]
    Browser(Arc<BrowserError>),
    /// The operating system's random number generator failed.
    #[error("the operating system's random number generator failed")]
    Randomness(#[source] getrandom::Error),
}

#[cfg(browser)]
impl From<BrowserError> for Error {
    fn from(error: BrowserError) -> Self {
        Self::Browser(Arc::new(error))
    }
}

impl Error {
    /// Converts an error of a raw operation. The result contains no secrets.
    ///
    /// [`Client::call`](crate::Client::call) does this for you, with more details about the call.
    pub async fn from_raw(error: progenitor_client::Error<()>) -> Self {
        Self::from_call(error, &ResponseMeta::default()).await
    }

    /// Converts an error of a raw operation, with the transport's metadata of the call.
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
                Some(refused) => Self::unreadable(UnreadableResponse::new(meta, &refused.to_string())),
                None => Self::Connection(Arc::new(ConnectionError::new(meta, source))),
            },
            progenitor_client::Error::InvalidResponsePayload(body, cause) => {
                Self::unreadable(UnreadableResponse::of_body(meta, &body, &cause))
            }
            progenitor_client::Error::ErrorResponse(response) => {
                Self::Api(Arc::new(ApiError::new(meta, response.status(), response.headers(), &[])))
            }
            progenitor_client::Error::UnexpectedResponse(response) => Self::from_response(response, meta).await,
        }
    }

    /// Converts a response that is not a success.
    pub(crate) async fn from_response(response: reqwest::Response, meta: &ResponseMeta) -> Self {
        // The transport attaches its metadata to the response, for errors that are converted without it.
        let meta = platform::http::attached::<ResponseMeta>(&response).cloned().unwrap_or_else(|| meta.clone());
        let (status, headers) = (response.status(), response.headers().clone());
        let meta = meta.with_response(status, &headers);
        let body = platform::http::start_of_body(response, MAX_ERROR_BODY).await;
        if status.is_client_error() || status.is_server_error() {
            return Self::Api(Arc::new(ApiError::new(&meta, status, &headers, &body)));
        }
        Self::unreadable(UnreadableResponse::of_status(&meta, status, &headers, &body))
    }

    pub(crate) fn invalid(what: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidInput { what, why: why.into() }
    }

    fn unreadable(error: UnreadableResponse) -> Self {
        Self::UnreadableResponse(Arc::new(error))
    }

    /// Creates the error for a success response without the value that the call returns.
    pub(crate) fn lacks(meta: &ResponseMeta, what: &'static str) -> Self {
        Self::unreadable(UnreadableResponse::new(meta, &format!("{what} is missing or invalid")))
    }

    /// Returns the operation that failed: its id, method and path. `None` if no request was sent, and for a path that
    /// the document does not contain.
    ///
    /// ```
    /// # async fn f(client: gotrue::Client) {
    /// if let Err(error) = client.settings().await {
    ///     println!("{} failed: {error}", error.operation().map_or("the call", |operation| operation.path));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        match self {
            Self::Api(error) => error.operation,
            Self::Connection(error) => error.operation,
            Self::UnreadableResponse(error) => error.operation,
            _ => None,
        }
    }

    /// Returns the HTTP status, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Connection(error) => error.status,
            Self::UnreadableResponse(error) => error.status,
            _ => None,
        }
    }

    /// Returns the server's error code, if it sent one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Api(error) => error.code(),
            Self::Callback(error) => error.code.as_ref(),
            _ => None,
        }
    }

    /// Returns whether the same call may succeed later: there was no response, the server is busy, or a gateway
    /// responded instead. It may still be unsafe to repeat the call: a sign-up may have succeeded although its response
    /// was lost.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => error.is_retryable(),
            Self::Connection(_) | Self::VerificationLimit { .. } => true,
            Self::UnreadableResponse(error) => error.is_temporary,
            _ => false,
        }
    }

    /// Returns whether the session has ended by the server's verdict, so that the user has to sign in again.
    ///
    /// Only an error code is a verdict, and only in a response to a refresh or to the user's own access token. A
    /// timeout, a busy server or an unreadable response never is.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        self.api().is_some_and(ApiError::ends_session)
    }

    /// Returns whether the server says that the session no longer exists, so that there is nothing left to sign out.
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

    /// Returns how long to wait, if the server says so: in the header `Retry-After`, or in the message of a limit per
    /// user.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::VerificationLimit { retry_after } => Some(*retry_after),
            _ => self.api().and_then(ApiError::retry_after),
        }
    }

    /// Returns the id of the request in the logs of the server or its gateway.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::UnreadableResponse(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// Returns the rules that the password breaks, if that is the error.
    #[must_use]
    pub fn weak_password_reasons(&self) -> &[WeakPasswordReason] {
        self.api().map_or(&[], ApiError::weak_password_reasons)
    }

    /// Returns why the access token must not be trusted, if that is the error.
    #[must_use]
    pub fn token(&self) -> Option<TokenError> {
        match self {
            Self::Token(error) => Some(*error),
            _ => None,
        }
    }

    /// Returns the error response, if there was one.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }
}

/// Returns the cause if the body was rejected because of its size.
fn too_large(error: &reqwest::Error) -> Option<&platform::TooLarge> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref() {
            return Some(refused);
        }
        cause = error.source();
    }
    None
}

/// As much of a body as an error needs, in bytes.
const MAX_ERROR_BODY: usize = 1024 * 1024;

fn prefix(operation: Option<&Operation>) -> String {
    operation.map(|operation| format!("{}: ", operation.id)).unwrap_or_default()
}

/// The headers that may have the id of a request.
const REQUEST_IDS: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("sb-request-id"),
    HeaderName::from_static("cf-ray"),
];

/// Returns the header with the id of the request in the logs of the server or its gateway.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    REQUEST_IDS.iter().find_map(|name| headers.get(name))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
