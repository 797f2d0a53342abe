//! Responses to rejected requests.

use std::fmt;

use http::{HeaderValue, Response, StatusCode, header};

/// The reason why a request is rejected. The response contains no more than RFC 6750 requires; the traces contain the
/// details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// 401 `no_authorization`: there is no token.
    Missing,
    /// 401 `no_authorization`: there are credentials, but not exactly one bearer token (RFC 9110, section 11.6.2), for
    /// example several `Authorization` headers, another scheme, no token after the scheme, or several cookies with the
    /// name.
    Unusable,
    /// 401 `bad_jwt`: the token is invalid.
    Invalid,
    /// 403 `insufficient_scope`: the token is valid, but does not meet the requirements of the route.
    Insufficient,
    /// 403 `insufficient_scope`: the token is valid, but the route requires a higher assurance level. It meets the other
    /// requirements, so the user has to verify a second factor.
    LowAssurance,
    /// 403 `cross_site_request`: the request comes from a page of another origin, and is not trusted.
    CrossSite,
    /// 503 `temporarily_unavailable`: the token could not be verified, because the request to the auth server failed or
    /// was not sent.
    Unavailable,
    /// 500 `unexpected_failure`: there is no [`VerifyLayer`](super::VerifyLayer) around the handler.
    NotLayered,
}

impl Rejection {
    /// Returns the response. Its body is JSON with an error code.
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
        // For the layers around, which may replace the response.
        response.extensions_mut().insert(self);
        response
    }

    fn parts(self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            // An unsupported scheme gets no error code (RFC 6750, section 3.1).
            Self::Missing | Self::Unusable => (StatusCode::UNAUTHORIZED, "no_authorization", Some("Bearer")),
            Self::Invalid => (StatusCode::UNAUTHORIZED, "bad_jwt", Some("Bearer error=\"invalid_token\"")),
            Self::Insufficient | Self::LowAssurance => {
                (StatusCode::FORBIDDEN, "insufficient_scope", Some("Bearer error=\"insufficient_scope\""))
            }
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site_request", None),
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
