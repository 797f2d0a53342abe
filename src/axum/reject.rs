//! What a request is answered that may not pass.

use std::fmt;

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

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

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (status, code, challenge) = self.parts();
        let body = format!("{{\"code\":\"{code}\"}}");
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
