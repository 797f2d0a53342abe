//! Sign-in at a company's identity provider: the URL that a browser opens.

use url::Url;
use uuid::Uuid;

use super::{
    captcha::captcha,
    pkce::{PkceVerifier, challenge_fields},
};
use crate::{client::Client, error::Result, input, secret::Secret, types::SsoRequest};

/// With which company to sign in (SAML 2.0).
///
/// ```
/// # use gotrue::{AuthorizationCode, Client, Sso};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let acme = Sso::domain("acme.example.com").redirect_to("https://app.example.com/cb");
/// let (url, verifier) = client.sso(acme).pkce().await?;
/// // … the browser goes to the URL, and comes back with a code …
/// let session = client.sign_in(AuthorizationCode::new("8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10", verifier)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::sso"]
pub struct Sso {
    with: With,
    redirect_to: Option<String>,
    captcha_token: Option<Secret>,
}

#[derive(Clone, Debug)]
enum With {
    Domain(String),
    Provider(Uuid),
}

impl Sso {
    /// The identity provider to which a domain belongs, such as that of an e-mail address.
    pub fn domain(domain: impl Into<String>) -> Self {
        Self::new(With::Domain(domain.into()))
    }

    /// The identity provider with this id.
    pub fn provider_id(id: Uuid) -> Self {
        Self::new(With::Provider(id))
    }

    fn new(with: With) -> Self {
        Self { with, redirect_to: None, captcha_token: None }
    }

    /// Where the browser ends up. The server has to allow it; otherwise its own site URL is used.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
        self
    }

    /// What the captcha widget returned, where the server asks for it.
    pub fn captcha_token(mut self, token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(token.into());
        self
    }

    fn check(&self) -> Result<()> {
        if let With::Domain(domain) = &self.with {
            input::not_empty("domain", domain)?;
        }
        input::redirect_to(self.redirect_to.as_deref())
    }

    fn into_request(self, code_challenge: Option<String>) -> SsoRequest {
        let (domain, provider_id) = match self.with {
            With::Domain(domain) => (Some(domain), None),
            With::Provider(id) => (None, Some(id)),
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

/// Asks the server for the URL at which a sign-in with a company begins (`POST /sso`). From [`Client::sso`].
#[derive(Clone, Debug)]
#[must_use = "call url or pkce"]
pub struct SsoUrl {
    client: Client,
    sso: Sso,
    code_challenge: Option<String>,
}

impl SsoUrl {
    /// The URL for a sign-in whose redirect brings a code, and the verifier to exchange it with
    /// ([`AuthorizationCode`](crate::AuthorizationCode)). The flow ends within five minutes.
    ///
    /// # Errors
    /// As [`url`](Self::url); [`Error::Randomness`](crate::Error::Randomness).
    pub async fn pkce(self) -> Result<(Url, PkceVerifier)> {
        let verifier = PkceVerifier::generate()?;
        Ok((self.pkce_with(&verifier).await?, verifier))
    }

    /// The same with a verifier that is there.
    ///
    /// # Errors
    /// As [`url`](Self::url).
    pub async fn pkce_with(mut self, verifier: &PkceVerifier) -> Result<Url> {
        self.code_challenge = Some(verifier.challenge());
        self.url().await
    }

    /// The URL for a sign-in whose redirect brings the tokens in its fragment (the implicit flow). Prefer
    /// [`pkce`](Self::pkce).
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `saml_provider_disabled`,
    /// `sso_provider_not_found`, `sso_provider_disabled`, `captcha_failed`.
    pub async fn url(self) -> Result<Url> {
        self.sso.check()?;
        let request = self.sso.into_request(self.code_challenge);
        let call = self.client.raw_call();
        let reply = call.answer(call.raw.sso(&request).await).await?;
        call.url(&reply.url)
    }
}

impl Client {
    /// Begins a sign-in with a company. Go on with [`SsoUrl::pkce`].
    pub fn sso(&self, sso: Sso) -> SsoUrl {
        SsoUrl { client: self.clone(), sso, code_challenge: None }
    }
}
