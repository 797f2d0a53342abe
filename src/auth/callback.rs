//! What a redirect brings back: the URL taken apart, without I/O.

use url::{Url, form_urlencoded};

use super::flow::{FlowKind, PkceFlow};
use crate::{
    error::{CallbackError, known_or_redacted},
    redact::redact,
    secret::Secret,
    types::ErrorCode,
};

/// What the URL holds to which the server sent the browser in the end.
///
/// ```
/// use gotrue::{Callback, ErrorCode, url::Url};
///
/// # fn f() -> Result<(), gotrue::url::ParseError> {
/// let url = Url::parse("https://app.example.com/cb?code=8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10")?;
/// assert!(matches!(Callback::parse(&url), Callback::Code { .. }));
///
/// let url = Url::parse("https://app.example.com/cb#error=access_denied&error_code=otp_expired&sb=")?;
/// let Callback::Error(error) = Callback::parse(&url) else { panic!() };
/// assert_eq!(error.code, Some(ErrorCode::OtpExpired));
///
/// let url = Url::parse("https://app.example.com/cb?page=2#section")?;
/// assert_eq!(Callback::parse(&url), Callback::NotOurs);
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Callback {
    /// The tokens of a session, in the fragment (the implicit flow).
    ///
    /// Whoever gets somebody to open a URL can put a session of their own in it. So take it only where one is awaited,
    /// by [`Client::session_from_callback`](crate::Client::session_from_callback); the codes of PKCE are safe from that.
    Session(CallbackSession),
    /// A code, for whoever has the verifier of the flow (PKCE).
    Code {
        /// To be exchanged once, within five minutes.
        code: Secret,
        /// Which of the flows this is, when it was begun with [`PkceFlow::redirect_to`].
        flow_id: Option<String>,
    },
    /// It did not work.
    Error(CallbackError),
    /// The first of the two confirmations of a new e-mail address is done, in the server's words. The session so far,
    /// if there is one, stays.
    Message(String),
    /// Not from this server.
    NotOurs,
}

/// The tokens that a redirect brought in its fragment. They are not checked; the server does that in
/// [`Client::session_from_callback`](crate::Client::session_from_callback).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackSession {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token.
    pub refresh_token: Secret,
    /// How many seconds the access token is good for.
    pub expires_in: i64,
    /// When it expires by the server's clock, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// How to present it: `bearer`.
    pub token_type: String,
    /// The provider's access token.
    pub provider_token: Option<Secret>,
    /// The provider's refresh token, where the provider gives one.
    pub provider_refresh_token: Option<Secret>,
    /// What the link was for. [`FlowKind::SignIn`] when the server does not say, as after a provider, or names what
    /// this version does not know.
    pub kind: FlowKind,
}

impl Callback {
    /// Takes a URL apart. It is ours when it holds, looked for in this order:
    ///
    /// 1. an error: `error` or `error_code` in the query; or in the fragment, there with the server's mark `sb` or
    ///    with an `error_description`, since servers of 2023 set no mark;
    /// 2. a code: `code` in the query;
    /// 3. a session: `access_token`, `refresh_token`, `expires_in` and `token_type` in the fragment, all of them. The
    ///    mark is not asked for, again because of the servers of 2023; other providers' fragments have no
    ///    `refresh_token` (RFC 6749, 4.2.2);
    /// 4. a message: `message` in the fragment, with the mark or alone; or in the query of one of our flows.
    ///
    /// What is in both query and fragment is taken from the query, whose copy is right: the server encodes errors and
    /// messages twice in the fragment. With only a fragment that is undone. If the redirect URL had a fragment of its
    /// own, so that there are two `#`, the last counts.
    ///
    /// Any page can be called with a `code` or an `error`; parse the URLs of the page that you gave as redirect URL.
    #[must_use]
    pub fn parse(url: &Url) -> Self {
        let query = Pairs::parse(url.query().unwrap_or_default());
        let fragment = url.fragment().unwrap_or_default();
        let fragment = fragment.rsplit_once('#').map_or(fragment, |(_, last)| last);
        let words = Pairs::parse(&encoded_once(fragment));
        let flow_id = query.text(PkceFlow::PARAMETER);
        if let Some(error) = error_in(&query, &words, flow_id.clone()) {
            return Self::Error(error);
        }
        if let Some(code) = query.secret("code") {
            return Self::Code { code, flow_id };
        }
        if let Some(session) = session_in(&Pairs::parse(fragment)) {
            return Self::Session(session);
        }
        message_in(&query, &words).map_or(Self::NotOurs, Self::Message)
    }
}

fn error_in(query: &Pairs, fragment: &Pairs, flow_id: Option<String>) -> Option<CallbackError> {
    let is_error = |pairs: &Pairs| pairs.get("error").or(pairs.get("error_code")).is_some();
    let pairs = if is_error(query) {
        query
    } else if is_error(fragment) && (fragment.has("sb") || fragment.has("error_description")) {
        fragment
    } else {
        return None;
    };
    // Servers of 2023 send the status as the code.
    let code = pairs.get("error_code").filter(|code| code.parse::<u16>().is_err());
    Some(CallbackError {
        error: pairs.get("error").map(redact),
        code: code.map(ErrorCode::from).and_then(known_or_redacted),
        description: pairs.get("error_description").map(redact),
        flow_id,
    })
}

fn session_in(fragment: &Pairs) -> Option<CallbackSession> {
    Some(CallbackSession {
        access_token: fragment.secret("access_token")?,
        refresh_token: fragment.secret("refresh_token")?,
        expires_in: fragment.get("expires_in")?.parse().ok().filter(|seconds| *seconds >= 0)?,
        expires_at: fragment.get("expires_at").and_then(|seconds| seconds.parse().ok()),
        token_type: fragment.text("token_type")?,
        provider_token: fragment.secret("provider_token"),
        provider_refresh_token: fragment.secret("provider_refresh_token"),
        kind: fragment.get("type").map_or(FlowKind::SignIn, FlowKind::of_link),
    })
}

fn message_in(query: &Pairs, fragment: &Pairs) -> Option<String> {
    let in_query = query.get("message");
    let in_fragment = fragment.get("message").filter(|_| fragment.has("sb") || fragment.0.len() == 1);
    let ours = in_fragment.is_some() || query.has(PkceFlow::PARAMETER);
    in_query.filter(|_| ours).or(in_fragment).map(redact)
}

/// Errors and messages are encoded twice in a fragment: the second time made each `%` a `%25`.
fn encoded_once(fragment: &str) -> String {
    let is_twice = fragment.split('%').skip(1).all(|rest| rest.starts_with("25"));
    if is_twice { fragment.replace("%25", "%") } else { fragment.to_owned() }
}

/// The pairs of a query, or of a fragment in the form of one.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// A value, if there is one that is not empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::from)
    }
}
