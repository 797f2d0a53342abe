//! What a request is answered that may not pass.

use std::fmt;

use http::{HeaderValue, Response, StatusCode, header};

/// Why a request may not pass. What it is answered tells as little as RFC 6750 asks for; the reason is in the traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// 401: there is no token.
    Missing,
    /// 401: the token is not good.
    Invalid,
    /// 403: the token is good, and not enough.
    Insufficient,
    /// 503: the token could not be verified, since the server did not answer.
    Unavailable,
    /// 500: there is no [`VerifyLayer`](super::VerifyLayer).
    NotLayered,
}

impl Rejection {
    /// The answer, with a body of JSON that holds an error code.
    #[must_use]
    pub fn into_response<B: From<String>>(self) -> Response<B> {
        let (status, code, challenge) = self.parts();
        let mut response = Response::new(format!("{{\"code\":\"{code}\"}}").into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }

    fn parts(self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            Self::Missing => (StatusCode::UNAUTHORIZED, "no_authorization", Some("Bearer")),
            Self::Invalid => (StatusCode::UNAUTHORIZED, "bad_jwt", Some("Bearer error=\"invalid_token\"")),
            Self::Insufficient => {
                (StatusCode::FORBIDDEN, "insufficient_scope", Some("Bearer error=\"insufficient_scope\""))
            }
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", None),
            Self::NotLayered => (StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", None),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parts().1)
    }
}

impl std::error::Error for Rejection {}
