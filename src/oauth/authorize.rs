//! Authorization requests, and the flow that a client keeps until the callback.

use serde::{Deserialize, Serialize};
use url::Url;

use super::OAuthApp;
use crate::{
    auth::{
        flow::cookie,
        pkce::{PkceVerifier, random},
    },
    error::{Error, Result},
    input,
    secret::Secret,
};

/// Builds the URL of an authorization request (`GET /oauth/authorize`). No request is sent. From
/// [`OAuthApp::authorize`].
#[derive(Clone, Debug)]
#[must_use = "call start"]
pub struct OAuthAuthorizeUrl {
    url: Url,
    client_id: uuid::Uuid,
    redirect_uri: String,
    scopes: Vec<String>,
    nonce: Option<String>,
    resource: Option<String>,
}

impl OAuthApp {
    /// Starts an authorization request. `redirect_uri` must match a registered URI exactly.
    pub fn authorize(&self, redirect_uri: impl Into<String>) -> OAuthAuthorizeUrl {
        OAuthAuthorizeUrl {
            url: self.client.browser_url("oauth_authorize"),
            client_id: self.client_id,
            redirect_uri: redirect_uri.into(),
            scopes: Vec::new(),
            nonce: None,
            resource: None,
        }
    }
}

impl OAuthAuthorizeUrl {
    /// Sets the scopes: `openid`, `profile`, `email`, `phone`, `offline_access`. Defaults to those of the server.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Sets the nonce, which the ID token must contain.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Sets the resource that the token is for (RFC 8707): an absolute URI without query and fragment.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Returns the URL, and the flow to keep until the callback. It always uses PKCE and a random state.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a value is invalid; [`Error::Randomness`].
    pub fn start(self) -> Result<(Url, OAuthFlow)> {
        self.check()?;
        let flow = OAuthFlow::new(self.redirect_uri, random(32)?, PkceVerifier::generate()?);
        let mut url = self.url;
        {
            let mut pairs = url.query_pairs_mut();
            pairs.append_pair("response_type", "code");
            pairs.append_pair("client_id", &self.client_id.to_string());
            pairs.append_pair("redirect_uri", &flow.redirect_uri);
            if !self.scopes.is_empty() {
                pairs.append_pair("scope", &self.scopes.join(" "));
            }
            pairs.append_pair("state", flow.state.expose());
            pairs.append_pair("code_challenge", &flow.verifier.challenge());
            pairs.append_pair("code_challenge_method", "S256");
            let optional = [("nonce", self.nonce), ("resource", self.resource)];
            pairs.extend_pairs(optional.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        }
        Ok((url, flow))
    }

    fn check(&self) -> Result<()> {
        input::redirect_to(Some(&self.redirect_uri))?;
        input::scopes(&self.scopes)?;
        if let Some(nonce) = &self.nonce {
            input::not_empty("nonce", nonce)?;
        }
        self.resource.as_deref().map_or(Ok(()), check_resource)
    }
}

fn check_resource(text: &str) -> Result<()> {
    let url = Url::parse(text).map_err(|error| Error::invalid("resource", format!("is invalid: {error}")))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid("resource", "must have no query and no fragment"));
    }
    Ok(())
}

/// An authorization request of one browser. Keep it until the callback, and use it once.
///
/// A web service keeps it in a cookie of the browser, with [`cookie_value`](Self::cookie_value), and passes the flow of
/// that cookie and no other to [`OAuthApp::exchange`]. Otherwise an attacker can have someone else complete a flow that
/// the attacker started, and work in the attacker's account (login CSRF; RFC 9700, 4.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthFlow {
    redirect_uri: String,
    state: Secret,
    verifier: PkceVerifier,
}

impl OAuthFlow {
    /// Creates a flow from its stored parts.
    #[must_use]
    pub fn new(redirect_uri: impl Into<String>, state: impl Into<Secret>, verifier: PkceVerifier) -> Self {
        Self { redirect_uri: redirect_uri.into(), state: state.into(), verifier }
    }

    /// Returns the redirect URI.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Returns the `state` that the callback must contain.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// Returns the PKCE verifier.
    #[must_use]
    pub fn verifier(&self) -> &PkceVerifier {
        &self.verifier
    }

    /// Returns the flow as the value of a cookie, in base64url. The recommendations of
    /// [`PkceFlow::cookie_value`](crate::auth::PkceFlow::cookie_value) apply.
    #[must_use]
    pub fn cookie_value(&self) -> Secret {
        cookie::encode(self)
    }

    /// Reads a flow from the value of the browser's cookie.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the value is not from [`cookie_value`](Self::cookie_value), or was changed so that it
    /// cannot be read.
    pub fn from_cookie_value(value: impl Into<Secret>) -> Result<Self> {
        cookie::decode(&value.into())
    }
}
