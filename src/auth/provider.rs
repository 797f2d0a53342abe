//! Sign-in with a provider: the URL that a browser opens.

use std::collections::BTreeMap;

use url::Url;

use super::pkce::PkceVerifier;
use crate::{
    client::Client,
    error::{Error, Result},
    input,
    types::Provider,
};

/// Query parameters that have a setter of their own, or that the server does not pass on.
const RESERVED: [&str; 13] = [
    "provider",
    "scopes",
    "redirect_to",
    "invite_token",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "client_id",
    "client_secret",
    "redirect_uri",
    "response_type",
    "state",
    "skip_http_redirect",
];

/// The options of a sign-in with a provider, or of linking its identity.
#[derive(Clone, Debug)]
pub(crate) struct ProviderOptions {
    pub(crate) provider: Provider,
    pub(crate) scopes: Vec<String>,
    pub(crate) redirect_to: Option<String>,
    pub(crate) query: BTreeMap<String, String>,
}

impl ProviderOptions {
    pub(crate) fn new(provider: Provider) -> Self {
        Self { provider, scopes: Vec::new(), redirect_to: None, query: BTreeMap::new() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        input::not_empty("provider", self.provider.as_str())?;
        input::redirect_to(self.redirect_to.as_deref())?;
        if let Some(name) = self.query.keys().find(|name| RESERVED.contains(&name.as_str())) {
            return Err(Error::invalid("query parameter", format!("{name} is not passed on to the provider")));
        }
        input::scopes(&self.scopes)
    }

    /// Returns the scopes as one parameter.
    pub(crate) fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| self.scopes.join(" "))
    }
}

/// Builds the URL that starts a sign-in with a provider (`GET /authorize`). No request is sent.
///
/// ```
/// # fn f() -> Result<(), gotrue::Error> {
/// let client = gotrue::Client::new("http://127.0.0.1:9999", "anon-key")?;
/// let (url, verifier) = client
///     .authorize(gotrue::Provider::Github)
///     .scopes(["repo", "user:email"])
///     .redirect_to("http://localhost:3000/cb")
///     .query("prompt", "consent")
///     .pkce()?;
/// assert!(url.as_str().starts_with("http://127.0.0.1:9999/authorize?provider=github"));
/// // Keep the verifier until the redirect brings the code.
/// # Ok(()) }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "call url or pkce"]
pub struct AuthorizeUrl {
    url: Url,
    options: ProviderOptions,
}

impl AuthorizeUrl {
    /// Adds scopes to those that the server requests anyway.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.options.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Sets the URL to which the browser returns. If the server does not allow it, the site URL of the server is used.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.options.redirect_to = Some(url.into());
        self
    }

    /// Sets a query parameter for the provider, such as `prompt`, `login_hint` or `access_type`.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.query.insert(name.into(), value.into());
        self
    }

    /// Returns the URL of a sign-in whose redirect brings a code, and a new verifier to exchange it with
    /// ([`AuthorizationCode`](crate::AuthorizationCode)). The code is valid for five minutes.
    ///
    /// A web service uses [`pkce_with`](Self::pkce_with) and a [`PkceFlow`](crate::auth::PkceFlow), which it ties to
    /// the browser.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a value is invalid; [`Error::Randomness`].
    pub fn pkce(self) -> Result<(Url, PkceVerifier)> {
        let verifier = PkceVerifier::generate()?;
        Ok((self.pkce_with(&verifier)?, verifier))
    }

    /// Returns the URL with an existing verifier, such as that of a [`PkceFlow`](crate::auth::PkceFlow).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a value is invalid.
    pub fn pkce_with(self, verifier: &PkceVerifier) -> Result<Url> {
        let mut url = self.url()?;
        url.query_pairs_mut()
            .append_pair("code_challenge", &verifier.challenge())
            .append_pair("code_challenge_method", "s256");
        Ok(url)
    }

    /// Returns the URL of a sign-in whose redirect brings the tokens in its fragment (the implicit flow). Prefer
    /// [`pkce`](Self::pkce).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if a value is invalid.
    pub fn url(self) -> Result<Url> {
        self.options.check()?;
        let Self { mut url, options } = self;
        {
            let mut pairs = url.query_pairs_mut();
            pairs.append_pair("provider", options.provider.as_str());
            if let Some(scope) = options.scope() {
                pairs.append_pair("scopes", &scope);
            }
            if let Some(redirect_to) = &options.redirect_to {
                pairs.append_pair("redirect_to", redirect_to);
            }
            pairs.extend_pairs(&options.query);
        }
        Ok(url)
    }
}

impl Client {
    /// Starts a sign-in with a provider: a variant of [`Provider`], [`Provider::custom`], or any name.
    pub fn authorize(&self, provider: impl Into<Provider>) -> AuthorizeUrl {
        AuthorizeUrl { url: self.browser_url("authorize"), options: ProviderOptions::new(provider.into()) }
    }
}
