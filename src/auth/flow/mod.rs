//! PKCE flows that are tied to the browser in which they were started.

pub(crate) mod cookie;
mod kind;
mod open;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

pub use kind::FlowKind;
pub use open::PkceFlows;

use super::pkce::{PkceVerifier, random};
use crate::{client::Client, clock::Clock, error::Result, input, secret::Secret};

/// A PKCE flow of one browser: the verifier, and an id that comes back with the redirect.
///
/// A web service keeps each flow in a cookie of the browser that started it, and completes it with the flow from that
/// cookie and no other. Otherwise an attacker can start a flow, send its callback URL to someone else, and have them
/// work in the attacker's account (login CSRF; [RFC 9700, 4.7]). An application with a single user, on a desktop or a
/// command line, can use [`PkceFlows`] instead.
///
/// ```
/// # use gotrue::{Callback, Client, Error, Provider, auth::{CallbackOutcome, FlowKind, PkceFlow}, url::Url};
/// // GET /login: start a flow, and redirect the browser.
/// fn login(client: &Client) -> Result<(String, Url), Error> {
///     let flow = client.start_flow(FlowKind::SignIn)?;
///     let redirect_to = flow.redirect_to("https://app.example.com/callback")?;
///     let url = client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(flow.verifier())?;
///     let set_cookie = format!(
///         "__Host-flow-{}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}",
///         flow.id(),
///         flow.cookie_value().expose(),
///         flow.kind().lifetime().as_secs(),
///     );
///     Ok((set_cookie, url))
/// }
///
/// // GET /callback: complete the flow of this browser, and delete its cookie.
/// async fn callback(
///     client: &Client,
///     url: &Url,
///     cookie: impl Fn(&str) -> Option<String>,
/// ) -> Result<CallbackOutcome, Error> {
///     let callback = Callback::parse(url);
///     let value = callback.flow_id().and_then(|id| cookie(&format!("__Host-flow-{id}")));
///     let flow = PkceFlow::from_cookie_value(value.ok_or(Error::MissingVerifier)?)?;
///     client.complete_flow(&flow, &callback).await
/// }
/// ```
///
/// [RFC 9700, 4.7]: https://www.rfc-editor.org/rfc/rfc9700#section-4.7
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PkceFlow {
    id: String,
    verifier: PkceVerifier,
    kind: FlowKind,
    expires_at: DateTime<Utc>,
}

impl Client {
    /// Starts a flow for one browser. A web service keeps it in a cookie; see [`PkceFlow`].
    ///
    /// # Errors
    /// [`Error::Randomness`](crate::Error::Randomness) if the operating system provides no randomness.
    pub fn start_flow(&self, kind: FlowKind) -> Result<PkceFlow> {
        PkceFlow::start(kind, &**self.clock())
    }
}

impl PkceFlow {
    /// The query parameter of the redirect URL that contains the id.
    pub const PARAMETER: &str = "flow_id";

    fn start(kind: FlowKind, clock: &dyn Clock) -> Result<Self> {
        let expires_at = clock.now() + kind.lifetime();
        Ok(Self { id: random(16)?, verifier: PkceVerifier::generate()?, kind, expires_at })
    }

    /// Returns the id. It is not a secret, and useless without the verifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the verifier, for the call that starts the flow.
    #[must_use]
    pub fn verifier(&self) -> &PkceVerifier {
        &self.verifier
    }

    /// Returns what the flow is for.
    #[must_use]
    pub fn kind(&self) -> FlowKind {
        self.kind
    }

    /// Returns when the flow expires.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// Returns the redirect URL with the id of this flow, for the call that starts the flow. The server's list of
    /// allowed URLs has to match it, as `https://app.example.com/callback*` does.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the URL is not absolute.
    pub fn redirect_to(&self, url: impl AsRef<str>) -> Result<Url> {
        let mut url = input::url("redirect URL", url.as_ref())?;
        let is_id = |name: &str| name == Self::PARAMETER;
        if url.query_pairs().any(|(name, _)| is_id(&name)) {
            let others: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| !is_id(name)).collect();
            url.query_pairs_mut().clear().extend_pairs(others);
        }
        url.query_pairs_mut().append_pair(Self::PARAMETER, &self.id);
        Ok(url)
    }

    /// Returns the flow as the value of a cookie, about 250 characters of base64url.
    ///
    /// Use one cookie per flow, so that flows in several tabs do not replace each other, and delete it when the flow is
    /// complete. Set `HttpOnly`, `SameSite=Lax` (`Strict` cookies are not sent with the redirect), `Secure`, and the
    /// name prefix `__Host-`, which keeps other subdomains from planting a flow of their own.
    ///
    /// The value contains the verifier as plain text. The browser's user may know it: it protects them from others, and
    /// the code is useless without it. Encrypt or sign the value if cookies of the application are sealed anyway.
    #[must_use]
    pub fn cookie_value(&self) -> Secret {
        cookie::encode(self)
    }

    /// Reads a flow from the value of the browser's cookie.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the value is not from
    /// [`cookie_value`](Self::cookie_value), or was changed so that it cannot be read.
    pub fn from_cookie_value(value: impl Into<Secret>) -> Result<Self> {
        cookie::decode(&value.into())
    }

    /// Compares ids in constant time, so that the response time does not reveal the id of an open flow.
    pub(crate) fn has_id(&self, id: &str) -> bool {
        use subtle::ConstantTimeEq;
        !self.id.is_empty() && bool::from(self.id.as_bytes().ct_eq(id.as_bytes()))
    }
}
