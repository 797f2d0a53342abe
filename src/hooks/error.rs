//! Requests that are not valid hooks.

/// Why a request is not accepted as a hook.
///
/// With feature `axum` it is a response that reveals nothing: 401 for all errors of the signature, 413 and 400 otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// A header of the signature is missing, repeated or not readable. The server sends an empty signature if it has no
    /// secret.
    #[error("the request has no usable header `{header}`")]
    Header {
        /// The name of the header.
        header: &'static str,
    },
    /// The time of the request differs too much from the time of this machine. See
    /// [`HookVerifier::tolerance`](super::HookVerifier::tolerance).
    #[error("the request was signed {seconds} s from now")]
    Time {
        /// The difference in seconds. Negative: the request is from the past.
        seconds: i64,
    },
    /// No signature is valid for any of the secrets.
    #[error("the signature of the request is invalid")]
    Signature,
    /// The body is longer than [`HookVerifier::body_limit`](super::HookVerifier::body_limit).
    #[error("the request is longer than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body could not be received.
    #[error("the request could not be received")]
    Receive(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The signature is valid, but the body is not the payload of this hook.
    #[error("the request is not the payload of the hook `{hook}`: {problem}")]
    Payload {
        /// The name of the hook.
        hook: String,
        /// What is wrong with the JSON, without its values, which may be codes.
        problem: String,
    },
    /// The signature is valid, but the request is for another hook.
    #[error("the request is for the hook `{actual}`, not for `{expected}`")]
    OtherHook {
        /// The hook that was asked for.
        expected: &'static str,
        /// The hook of the request.
        actual: String,
    },
}

impl HookError {
    /// Creates the error for a payload of another form.
    pub(super) fn payload(hook: impl Into<String>, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The text of a syntax error contains no values.
        let problem = if !error.is_data() || text.starts_with("missing field ") {
            text
        } else {
            text.rsplit_once(", expected ")
                .map_or("a value is invalid".to_owned(), |(_, what)| format!("expected {what}"))
        };
        Self::Payload { hook: hook.into(), problem }
    }

    /// Returns the status of the response: 401, 413 or 400.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        match self {
            Self::Header { .. } | Self::Time { .. } | Self::Signature => http::StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => http::StatusCode::PAYLOAD_TOO_LARGE,
            Self::Receive(_) | Self::Payload { .. } | Self::OtherHook { .. } => http::StatusCode::BAD_REQUEST,
        }
    }
}
