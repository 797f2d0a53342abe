//! The URL at which a client's sign-in begins, and what is kept until it ends.

use url::Url;

use super::OAuthApp;
use crate::{
    auth::pkce::{PkceVerifier, random},
    error::{Error, Result},
    input,
    secret::Secret,
};

/// Builds the URL at which a client's sign-in begins (`GET /oauth/authorize`). No request is sent. From
/// [`OAuthApp::authorize`].
#[derive(Clone, Debug)]
#[must_use = "call begin"]
pub struct OAuthAuthorizeUrl {
    url: Url,
    client_id: uuid::Uuid,
    redirect_uri: String,
    scopes: Vec<String>,
    nonce: Option<String>,
    resource: Option<String>,
}

impl OAuthApp {
    /// Begins a sign-in that leads back to one of the client's redirect addresses, letter by letter.
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
    /// What to ask for: `openid`, `profile`, `email`, `phone`, `offline_access`. The default is the server's.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Handed on into the ID token, to be compared there.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// For which resource the token is wanted (RFC 8707): an absolute address without query and fragment.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// The URL, and what to keep until the redirect: always with PKCE and a random state.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when a part cannot be used; [`Error::Randomness`].
    pub fn begin(self) -> Result<(Url, OAuthFlow)> {
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
        return Err(Error::invalid("resource", "must not have a query or a fragment"));
    }
    Ok(())
}

/// A sign-in that has begun. Keep it until the redirect brings a code, where nobody else can read it, and use it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthFlow {
    redirect_uri: String,
    state: Secret,
    verifier: PkceVerifier,
}

impl OAuthFlow {
    /// A flow whose parts were kept.
    #[must_use]
    pub fn new(redirect_uri: impl Into<String>, state: impl Into<Secret>, verifier: PkceVerifier) -> Self {
        Self { redirect_uri: redirect_uri.into(), state: state.into(), verifier }
    }

    /// The address of the redirect.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// What the redirect brings as `state`, if it belongs to this flow.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// The PKCE verifier.
    #[must_use]
    pub fn verifier(&self) -> &PkceVerifier {
        &self.verifier
    }
}
