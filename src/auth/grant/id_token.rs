//! ID tokens of providers.

use super::{Grant, token};
use crate::{
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, IdTokenGrant, Provider},
};

/// An OpenID Connect ID token that the application obtained itself, as by the native sign-in of Google or Apple
/// (`POST /token?grant_type=id_token`).
///
/// The server accepts those of `apple`, `azure`, `facebook`, `google`, `kakao`, `keycloak`, `snapchat`,
/// `vercel_marketplace` and of custom OpenID Connect providers. To link the identity to a signed-in user, pass the
/// token to [`Identities::link_id_token`](crate::user::Identities::link_id_token).
///
/// Fails with `provider_disabled`, `validation_failed`, `signup_disabled`, `provider_email_needs_verification`, and for
/// an invalid token with the OAuth error `invalid request` or `invalid nonce`.
///
/// ```
/// # use gotrue::{Client, IdToken, Provider};
/// # async fn f(client: Client, id_token: gotrue::Secret, nonce: gotrue::Secret) -> Result<(), gotrue::Error> {
/// let session = client.sign_in(IdToken::new(Provider::Google, id_token).nonce(nonce)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_in"]
pub struct IdToken {
    id_token: Secret,
    issued_by: IssuedBy,
    nonce: Option<Secret>,
    access_token: Option<Secret>,
    audience: Option<String>,
}

#[derive(Clone, Debug)]
enum IssuedBy {
    Provider(Provider),
    Issuer { issuer: String, client_id: String },
}

impl IdToken {
    /// A token of a provider that is configured on the server.
    pub fn new(provider: impl Into<Provider>, id_token: impl Into<Secret>) -> Self {
        Self::issued_by(IssuedBy::Provider(provider.into()), id_token.into())
    }

    /// A token of another issuer that the server trusts (`GOTRUE_EXTERNAL_ALLOWED_ID_TOKEN_ISSUERS`), and the client
    /// that the token was issued to. Prefer [`new`](Self::new); the server's documentation advises against this one.
    pub fn issuer(issuer: impl Into<String>, client_id: impl Into<String>, id_token: impl Into<Secret>) -> Self {
        let issued_by = IssuedBy::Issuer { issuer: issuer.into(), client_id: client_id.into() };
        Self::issued_by(issued_by, id_token.into())
    }

    fn issued_by(issued_by: IssuedBy, id_token: Secret) -> Self {
        Self { id_token, issued_by, nonce: None, access_token: None, audience: None }
    }

    /// Sets the nonce before hashing; the token contains its SHA-256 in hexadecimal. Required if the token has one.
    pub fn nonce(mut self, nonce: impl Into<Secret>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Sets the provider's access token, which is compared with `at_hash` in the token.
    pub fn access_token(mut self, access_token: impl Into<Secret>) -> Self {
        self.access_token = Some(access_token.into());
        self
    }

    /// Sets the audience that the user belongs to, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Returns the audience and the body of the request.
    pub(crate) fn into_request(self) -> Result<(Option<String>, IdTokenGrant)> {
        input::secret("ID token", &self.id_token)?;
        input::audience(self.audience.as_deref())?;
        let (provider, issuer, client_id) = match self.issued_by {
            IssuedBy::Provider(provider) => (Some(provider), None, None),
            IssuedBy::Issuer { issuer, client_id } => (None, Some(issuer), Some(client_id)),
        };
        if let Some(provider) = &provider {
            input::not_empty("provider", provider.as_str())?;
        }
        for (what, text) in [("issuer", &issuer), ("client id", &client_id)] {
            text.as_deref().map_or(Ok(()), |text| input::not_empty(what, text))?;
        }
        let request = IdTokenGrant {
            id_token: self.id_token,
            provider,
            issuer,
            client_id,
            nonce: self.nonce,
            access_token: self.access_token,
            link_identity: None,
        };
        Ok((self.audience, request))
    }
}

impl Grant for IdToken {
    async fn exchange(self, client: &Client) -> Result<Session> {
        let (audience, request) = self.into_request()?;
        token(&client.raw_call(), GrantType::IdToken, audience.as_deref(), request).await
    }
}
