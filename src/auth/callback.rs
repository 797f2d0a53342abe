//! Callback URLs, parsed without I/O.

use url::{Url, form_urlencoded};

use super::flow::{FlowKind, PkceFlow};
use crate::{
    error::{CallbackError, known_or_redacted},
    redact::redact,
    secret::Secret,
    types::ErrorCode,
};

/// The result of a flow, from the URL of the server's redirect to the application.
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
    /// Anyone can craft such a URL, and sign its visitor in to their own account (login CSRF). Accept it only where one
    /// is expected, with [`Client::session_from_callback`](crate::Client::session_from_callback).
    Session(CallbackSession),
    /// An authorization code (PKCE).
    ///
    /// Anyone can craft such a URL as well. It is safe to exchange the code only with the verifier of a flow that this
    /// browser started; see [`PkceFlow`].
    Code {
        /// The code, valid once and for five minutes.
        code: Secret,
        /// The id of the flow, if it was started with [`PkceFlow::redirect_to`].
        flow_id: Option<String>,
    },
    /// An error.
    Error(CallbackError),
    /// A message of the server: the first of the two confirmations of a new email address is done. An existing session
    /// remains valid. The text is part of the URL, so show it as plain text.
    Message(String),
    /// The URL is not a callback of the server.
    NotOurs,
}

/// The tokens in the fragment of a callback URL. They are not verified; the server does that in
/// [`Client::session_from_callback`](crate::Client::session_from_callback).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackSession {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token.
    pub refresh_token: Secret,
    /// The lifetime of the access token in seconds, counted from the redirect.
    pub expires_in: i64,
    /// When the access token expires by the server's clock, in seconds since 1970. Older servers do not send it.
    pub expires_at: Option<i64>,
    /// The token type, `bearer`.
    pub token_type: String,
    /// The provider's access token.
    pub provider_token: Option<Secret>,
    /// The provider's refresh token, if the provider issued one.
    pub provider_refresh_token: Option<Secret>,
    /// The purpose of the link. [`FlowKind::SignIn`] if the server does not say, as after a sign-in with a provider, or
    /// if this version does not know the value.
    pub kind: FlowKind,
}

impl Callback {
    /// Parses a callback URL. It looks, in this order, for:
    ///
    /// 1. an error: `error` or `error_code` in the query, or in the fragment together with the server's marker `sb` or
    ///    with `error_description` (older servers do not set the marker);
    /// 2. a code: `code` in the query;
    /// 3. a session: `access_token`, `refresh_token`, `expires_in` and `token_type` in the fragment, all of them. The
    ///    marker is not required, again because of older servers; the fragments of other providers have no
    ///    `refresh_token` (RFC 6749, 4.2.2);
    /// 4. a message: `message` in the fragment, with the marker or as the only parameter; or in the query of a
    ///    [`PkceFlow`].
    ///
    /// If both query and fragment contain a value, that of the query is used: the server encodes errors and messages
    /// twice in the fragment. If there is only the fragment, it is decoded twice.
    ///
    /// If the redirect URL has a fragment of its own, or the application has a router that keeps its route there, the
    /// parameters may follow another `#`, an encoded `#` (`%23`, which may also be in the path or query), or the `?` of
    /// the route: `#/%23access_token=…`, `#/callback?access_token=…`.
    ///
    /// A `code` or an `error` can be part of any URL; parse only requests for the page that is the redirect URL.
    #[must_use]
    pub fn parse(url: &Url) -> Self {
        let query = Params::of_query(url);
        let fragment = Fragment::of(url);
        let texts = fragment.params(fragment.is_encoded_twice());
        let flow_id = query.text(PkceFlow::PARAMETER);
        if let Some(error) = error_in(&query, &texts, flow_id.clone()) {
            return Self::Error(error);
        }
        if let Some(code) = query.secret("code") {
            return Self::Code { code, flow_id };
        }
        if let Some(session) = session_in(&fragment.params(false)) {
            return Self::Session(session);
        }
        message_in(&query, &texts, fragment.is_message_alone).map_or(Self::NotOurs, Self::Message)
    }

    /// Returns the id of the flow, if the callback has one: it selects the cookie that contains the [`PkceFlow`].
    #[must_use]
    pub fn flow_id(&self) -> Option<&str> {
        match self {
            Self::Code { flow_id, .. } | Self::Error(CallbackError { flow_id, .. }) => flow_id.as_deref(),
            Self::Session(_) | Self::Message(_) | Self::NotOurs => None,
        }
    }
}

fn error_in(query: &Params, fragment: &Params, flow_id: Option<String>) -> Option<CallbackError> {
    let is_error = |params: &Params| params.get("error").or(params.get("error_code")).is_some();
    let params = if is_error(query) {
        query
    } else if is_error(fragment) && (fragment.has("sb") || fragment.has("error_description")) {
        fragment
    } else {
        return None;
    };
    Some(CallbackError { flow_id, ..params.error() })
}

fn session_in(fragment: &Params) -> Option<CallbackSession> {
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

fn message_in(query: &Params, fragment: &Params, is_alone: bool) -> Option<String> {
    let in_query = query.get("message");
    let in_fragment = fragment.get("message").filter(|_| fragment.has("sb") || is_alone);
    let is_ours = in_fragment.is_some() || query.has(PkceFlow::PARAMETER);
    in_query.filter(|_| is_ours).or(in_fragment).map(redact)
}

/// The names that the server uses in a fragment.
const NAMES: [&str; 13] = [
    "access_token",
    "error",
    "error_code",
    "error_description",
    "expires_at",
    "expires_in",
    "message",
    "provider_refresh_token",
    "provider_token",
    "refresh_token",
    "sb",
    "token_type",
    "type",
];

/// The server's parameters in a fragment; those of the application are left out.
struct Fragment<'a> {
    /// Names, and values as they are encoded.
    encoded: Vec<(String, &'a str)>,
    /// Whether the fragment is a message and nothing else.
    is_message_alone: bool,
}

impl<'a> Fragment<'a> {
    fn of(url: &'a Url) -> Self {
        let fragment = url.fragment().map(|text| text.rsplit_once('#').map_or(text, |(_, last)| last));
        // Without a fragment, a `#` that was encoded on the way may still start one.
        let text = fragment.or_else(|| Some(url.as_str().split_once("%23")?.1)).unwrap_or_default();
        let is_message_alone = fragment.is_some_and(|text| text.starts_with("message=") && !text.contains('&'));
        Self { encoded: text.split('&').filter_map(param).collect(), is_message_alone }
    }

    /// Whether each `%` was encoded again.
    fn is_encoded_twice(&self) -> bool {
        self.encoded.iter().all(|(_, value)| value.split('%').skip(1).all(|rest| rest.starts_with("25")))
    }

    fn params(&self, are_encoded_twice: bool) -> Params {
        let decode = |value: &str| if are_encoded_twice { decoded(&value.replace("%25", "%")) } else { decoded(value) };
        Params(self.encoded.iter().map(|(name, value)| (name.clone(), decode(value))).collect())
    }
}

/// Splits a parameter of the server. Its name may follow the application's own route and parameters, as in
/// `/callback?page=1%23access_token=…`; an encoded value never contains another `=`.
fn param(part: &str) -> Option<(String, &str)> {
    let mut start = 0;
    let ends = part.match_indices('=').map(|(end, _)| end).chain([part.len()]);
    for end in ends {
        // A name contains no `%`, so decoding it again undoes a second encoding and nothing else.
        let text = decoded(&decoded(&part[start..end]));
        let name = text.rsplit(['#', '?', '/', '!']).next().unwrap_or_default();
        if NAMES.contains(&name) && (start == 0 || name.len() < text.len()) {
            return Some((name.to_owned(), part.get(end + 1..).unwrap_or_default()));
        }
        start = end + 1;
    }
    None
}

fn decoded(text: &str) -> String {
    let pair = format!("={text}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Decoded parameters. The last one of a name counts: the server adds its own to those of the redirect URL.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn of_query(url: &Url) -> Self {
        Self(url.query_pairs().into_owned().collect())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Returns a value, unless it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Returns whether a parameter is repeated, which OAuth forbids (RFC 6749, 3.1).
    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(key, _)| key == name).count() > 1
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::from)
    }

    pub(crate) fn error(&self) -> CallbackError {
        // Older servers send the status as the code.
        let code = self.get("error_code").filter(|code| code.parse::<u16>().is_err());
        CallbackError {
            error: self.get("error").map(redact),
            code: code.map(ErrorCode::from).and_then(known_or_redacted),
            description: self.get("error_description").map(redact),
            flow_id: None,
        }
    }
}
