//! The identities of the signed-in user.

use url::Url;
use uuid::Uuid;

use super::UserClient;
use crate::{
    auth::{
        grant::{IdToken, token},
        pkce::{PkceVerifier, challenge_fields},
        provider::ProviderOptions,
    },
    client::Call,
    error::Result,
    session::{Session, SessionChange},
    types::{GrantType, Identity, Provider},
};

/// Manages the identities with which the user can sign in. From [`UserClient::identities`].
///
/// Linking and unlinking fail with `manual_linking_disabled` if the server does not allow them.
///
/// ```
/// # use gotrue::{AuthorizationCode, Client, Provider, UserClient};
/// # async fn f(client: Client, user: UserClient) -> Result<(), gotrue::Error> {
/// let identities = user.identities();
/// let (url, verifier) = identities.link(Provider::Github).redirect_to("https://app.example.com/cb").pkce().await?;
/// // … the browser opens the URL, and the redirect brings a code …
/// let session = client.sign_in(AuthorizationCode::new("8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10", verifier)).await?;
///
/// for identity in identities.list().await? {
///     if let (true, Some(id)) = (identity.provider == "email", identity.identity_id) {
///         identities.unlink(id).await?;
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Identities {
    user: UserClient,
}

impl UserClient {
    /// Returns a client for the user's identities.
    #[must_use]
    pub fn identities(&self) -> Identities {
        Identities { user: self.clone() }
    }
}

impl Identities {
    /// Returns all identities of the user (`GET /user`).
    pub async fn list(&self) -> Result<Vec<Identity>> {
        Ok(self.user.get().await?.identities.unwrap_or_default())
    }

    /// Starts to link an identity at a provider. Continue with [`LinkUrl::pkce`].
    pub fn link(&self, provider: impl Into<Provider>) -> LinkUrl {
        LinkUrl { user: self.user.clone(), options: ProviderOptions::new(provider.into()), code_challenge: None }
    }

    /// Links the identity of an ID token (`POST /token?grant_type=id_token`), and returns a new session of the same
    /// user.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `identity_already_exists`,
    /// `manual_linking_disabled`, and those of [`IdToken`].
    pub async fn link_id_token(&self, id_token: IdToken) -> Result<Session> {
        let (audience, mut request) = id_token.into_request()?;
        request.link_identity = Some(true);
        let link =
            move |call: Call| async move { token(&call, GrantType::IdToken, audience.as_deref(), request).await };
        self.user.replace_session(SessionChange::IdentityLinked, link).await
    }

    /// Unlinks an identity (`DELETE /user/identities/{identity_id}`). The id is its `identity_id`, not its `id`, which
    /// is the provider's. The last identity cannot be unlinked.
    ///
    /// # Errors
    /// `single_identity_not_deletable`, `identity_not_found`, `email_conflict_identity_not_deletable`,
    /// `manual_linking_disabled`.
    pub async fn unlink(&self, identity_id: Uuid) -> Result<()> {
        let call = self.user.user_call().await?;
        call.finish(call.raw.unlink_identity(&identity_id, None)).await.map(drop)
    }
}

/// Requests the URL at which the user links an identity (`GET /user/identities/authorize`). From [`Identities::link`].
#[derive(Clone, Debug)]
#[must_use = "call url or pkce"]
pub struct LinkUrl {
    user: UserClient,
    options: ProviderOptions,
    code_challenge: Option<String>,
}

impl LinkUrl {
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

    /// Returns the URL at the provider, whose redirect brings a code, and a new verifier to exchange it with
    /// ([`AuthorizationCode`](crate::AuthorizationCode)). The code is valid for five minutes.
    ///
    /// # Errors
    /// As [`url`](Self::url); [`Error::Randomness`](crate::Error::Randomness).
    pub async fn pkce(self) -> Result<(Url, PkceVerifier)> {
        let verifier = PkceVerifier::generate()?;
        Ok((self.pkce_with(&verifier).await?, verifier))
    }

    /// Returns the URL with an existing verifier.
    ///
    /// # Errors
    /// As [`url`](Self::url).
    pub async fn pkce_with(mut self, verifier: &PkceVerifier) -> Result<Url> {
        self.code_challenge = Some(verifier.challenge());
        self.url().await
    }

    /// Returns the URL at the provider, whose redirect brings the tokens in its fragment (the implicit flow). Prefer
    /// [`pkce`](Self::pkce).
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `manual_linking_disabled`,
    /// `validation_failed` if the provider is unknown or disabled.
    pub async fn url(self) -> Result<Url> {
        self.options.check()?;
        let scopes = self.options.scope();
        let ProviderOptions { provider, redirect_to, query, .. } = self.options;
        let query = (!query.is_empty()).then(|| query.into_iter().collect());
        let (challenge, method) = challenge_fields(self.code_challenge);
        let call = self.user.user_call().await?;
        let operation = call.raw.authorize_identity(
            challenge.as_deref(),
            method.as_ref(),
            None,
            &provider,
            query.as_ref(),
            redirect_to.as_deref(),
            scopes.as_deref(),
            Some(true),
            None,
        );
        call.url(&call.finish(operation).await?.url)
    }
}
