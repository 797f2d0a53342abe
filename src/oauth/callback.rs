//! Callbacks to an OAuth client's redirect URI.

use url::Url;

use crate::{auth::callback::Params, error::CallbackError, secret::Secret};

/// The callback of an authorization request (RFC 6749, 4.1.2), for [`OAuthApp::exchange`](crate::OAuthApp::exchange).
///
/// ```
/// use gotrue::{oauth::OAuthCallback, url::Url};
///
/// # fn f() -> Result<(), gotrue::url::ParseError> {
/// let url = Url::parse("https://app.example.com/cb?error=access_denied&state=Zk3VTsu0")?;
/// let callback = OAuthCallback::parse(&url);
/// assert!(matches!(&callback, OAuthCallback::Error { error, .. } if error.error.as_deref() == Some("access_denied")));
/// assert_eq!(callback.state().unwrap().expose(), "Zk3VTsu0");
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OAuthCallback {
    /// The user consented.
    #[non_exhaustive]
    Code {
        /// The authorization code.
        code: Secret,
        /// The state of the flow.
        state: Option<Secret>,
    },
    /// The user refused, or the request failed.
    #[non_exhaustive]
    Error {
        /// The error.
        error: CallbackError,
        /// The state of the flow.
        state: Option<Secret>,
    },
    /// The URL is not a callback: it has neither `code` nor `error`, or it repeats a parameter (RFC 6749, 3.1).
    NotOurs,
}

impl OAuthCallback {
    /// Parses the query of a callback URL. If it contains both, an error takes precedence over a code.
    #[must_use]
    pub fn parse(url: &Url) -> Self {
        let params = Params::of_query(url);
        if ["code", "error", "state"].into_iter().any(|name| params.is_repeated(name)) {
            return Self::NotOurs;
        }
        let state = params.secret("state");
        if params.get("error").is_some() {
            return Self::Error { error: params.error(), state };
        }
        params.secret("code").map_or(Self::NotOurs, |code| Self::Code { code, state })
    }

    /// Returns the state, by which a web service finds the flow of the browser. The state is not verified yet;
    /// [`OAuthApp::exchange`](crate::OAuthApp::exchange) compares it with that of the flow.
    #[must_use]
    pub fn state(&self) -> Option<&Secret> {
        match self {
            Self::Code { state, .. } | Self::Error { state, .. } => state.as_ref(),
            Self::NotOurs => None,
        }
    }
}
