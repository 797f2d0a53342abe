//! Single sign-on with a company's identity provider: the URL that a browser opens.

use url::Url;
use uuid::Uuid;

use super::{
    captcha::captcha,
    pkce::{PkceVerifier, challenge_fields},
};
use crate::{client::Client, error::Result, input, secret::Secret, types::SsoRequest};

/// The company to sign in with (SAML 2.0).
///
/// ```
/// # use gotrue::{AuthorizationCode, Client, Sso};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let acme = Sso::domain("acme.example.com").redirect_to("https://app.example.com/cb");
/// let (url, verifier) = client.sso(acme).pkce().await?;
/// // … open the URL in the browser, which comes back with a code …
/// let session = client.sign_in(AuthorizationCode::new("8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10", verifier)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sso"]
pub struct Sso {
    identity_provider: IdentityProvider,
    redirect_to: Option<String>,
    captcha_token: Option<Secret>,
}

#[derive(Clone, Debug)]
enum IdentityProvider {
    Domain(String),
    Id(Uuid),
}

impl Sso {
    /// The identity provider that a domain belongs to, such as that of an email address.
    pub fn domain(domain: impl Into<String>) -> Self {
        Self::new(IdentityProvider::Domain(domain.into()))
    }

    /// The identity provider with this id.
    pub fn provider_id(id: Uuid) -> Self {
        Self::new(IdentityProvider::Id(id))
    }

    fn new(identity_provider: IdentityProvider) -> Self {
        Self { identity_provider, redirect_to: None, captcha_token: None }
    }

    /// Sets the URL to which the browser returns. If the server does not allow it, the site URL of the server is used.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
        self
    }

    /// Sets the token from the captcha widget, if the server requires one.
    pub fn captcha_token(mut self, token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(token.into());
        self
    }

    fn check(&self) -> Result<()> {
        if let IdentityProvider::Domain(domain) = &self.identity_provider {
            input::not_empty("domain", domain)?;
        }
        input::redirect_to(self.redirect_to.as_deref())
    }

    fn into_request(self, code_challenge: Option<String>) -> SsoRequest {
        let (domain, provider_id) = match self.identity_provider {
            IdentityProvider::Domain(domain) => (Some(domain), None),
            IdentityProvider::Id(id) => (None, Some(id)),
        };
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        SsoRequest {
            domain,
            provider_id,
            redirect_to: self.redirect_to,
            skip_http_redirect: Some(true),
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(self.captcha_token),
        }
    }
}

/// Requests the URL that starts a sign-in with a company (`POST /sso`). From [`Client::sso`].
#[derive(Clone, Debug)]
#[must_use = "call url or pkce"]
pub struct SsoUrl {
    client: Client,
    sso: Sso,
    code_challenge: Option<String>,
}

impl SsoUrl {
    /// Returns the URL of a sign-in whose redirect brings a code, and a new verifier to exchange it with
    /// ([`AuthorizationCode`](crate::AuthorizationCode)). The code is valid for five minutes.
    ///
    /// A web service uses [`pkce_with`](Self::pkce_with) and a [`PkceFlow`](crate::auth::PkceFlow), which it ties to
    /// the browser.
    ///
    /// # Errors
    /// As [`url`](Self::url); [`Error::Randomness`](crate::Error::Randomness).
    pub async fn pkce(self) -> Result<(Url, PkceVerifier)> {
        let verifier = PkceVerifier::generate()?;
        Ok((self.pkce_with(&verifier).await?, verifier))
    }

    /// Returns the URL with an existing verifier, such as that of a [`PkceFlow`](crate::auth::PkceFlow).
    ///
    /// # Errors
    /// As [`url`](Self::url).
    pub async fn pkce_with(mut self, verifier: &PkceVerifier) -> Result<Url> {
        self.code_challenge = Some(verifier.challenge());
        self.url().await
    }

    /// Returns the URL of a sign-in whose redirect brings the tokens in its fragment (the implicit flow). Prefer
    /// [`pkce`](Self::pkce).
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `saml_provider_disabled`,
    /// `sso_provider_not_found`, `sso_provider_disabled`, `captcha_failed`.
    pub async fn url(self) -> Result<Url> {
        self.sso.check()?;
        let request = self.sso.into_request(self.code_challenge);
        let call = self.client.raw_call();
        let response = call.finish(call.raw.sso(&request)).await?;
        call.url(&response.url)
    }
}

impl Client {
    /// Starts a sign-in with a company. Call [`SsoUrl::pkce`] next.
    pub fn sso(&self, sso: Sso) -> SsoUrl {
        SsoUrl { client: self.clone(), sso, code_challenge: None }
    }
}
