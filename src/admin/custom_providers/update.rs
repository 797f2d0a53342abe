//! Updating custom providers.

use serde_json::{Map, Value};

use crate::{error::Result, input, secret::Secret, types::CustomProviderUpdateRequest};

/// An update of a custom provider (`PUT /admin/custom-providers/{identifier}`). Fields that are not set stay unchanged;
/// an empty list clears a field. The type and the identifier cannot be changed.
///
/// ```
/// # use gotrue::admin::UpdateCustomProvider;
/// # async fn f(providers: gotrue::admin::CustomProviders) -> Result<(), gotrue::Error> {
/// providers.update("acme", UpdateCustomProvider::new().client_secret("the-new-one").scopes(["email"])).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to CustomProviders::update"]
pub struct UpdateCustomProvider {
    request: CustomProviderUpdateRequest,
}

impl UpdateCustomProvider {
    /// An update without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the display name, at most 100 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.name = Some(name.into());
        self
    }

    /// Sets the client id that the provider issued to this server.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.request.client_id = Some(client_id.into());
        self
    }

    /// Sets the client secret that the provider issued to this server.
    pub fn client_secret(mut self, client_secret: impl Into<Secret>) -> Self {
        self.request.client_secret = Some(client_secret.into());
        self
    }

    /// Replaces the further client ids that ID tokens may be issued to.
    pub fn acceptable_client_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.request.acceptable_client_ids = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the scopes to request. With OpenID Connect, the server adds `openid`.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.request.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether PKCE is used with the provider.
    pub fn pkce(mut self, enabled: bool) -> Self {
        self.request.pkce_enabled = Some(enabled);
        self
    }

    /// Sets where each user data field comes from: the name of a claim or, if it is not a string, the value itself.
    pub fn attribute_mapping<S: Into<String>>(mut self, mapping: impl IntoIterator<Item = (S, Value)>) -> Self {
        let mapping: Map<_, _> = mapping.into_iter().map(|(field, claim)| (field.into(), claim)).collect();
        self.request.attribute_mapping = Some(mapping);
        self
    }

    /// Replaces the claims to keep unchanged.
    pub fn custom_claims<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Self {
        self.request.custom_claims_allowlist = Some(claims.into_iter().map(Into::into).collect());
        self
    }

    /// Replaces the further parameters of the authorization URL. They take precedence over those of a request.
    pub fn authorization_params<N, V>(mut self, parameters: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let parameters = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.request.authorization_params = Some(parameters);
        self
    }

    /// Sets whether users can sign in with the provider.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.request.enabled = Some(enabled);
        self
    }

    /// Sets whether the provider may omit the email address.
    pub fn email_optional(mut self, optional: bool) -> Self {
        self.request.email_optional = Some(optional);
        self
    }

    /// Sets the issuer, whose discovery document is fetched at once. OpenID Connect only.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.request.issuer = Some(issuer.into());
        self
    }

    /// Sets the URL of the discovery document, which is fetched at once. OpenID Connect only.
    pub fn discovery_url(mut self, url: impl Into<String>) -> Self {
        self.request.discovery_url = Some(url.into());
        self
    }

    /// Sets whether to skip the check of the nonce in ID tokens. OpenID Connect only.
    pub fn skip_nonce_check(mut self, skip: bool) -> Self {
        self.request.skip_nonce_check = Some(skip);
        self
    }

    /// Sets the authorization URL, where sign-ins start. OAuth 2.0 only.
    pub fn authorization_url(mut self, url: impl Into<String>) -> Self {
        self.request.authorization_url = Some(url.into());
        self
    }

    /// Sets the token URL, where codes are exchanged. OAuth 2.0 only.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.request.token_url = Some(url.into());
        self
    }

    /// Sets the URL that returns the user's data. OAuth 2.0 only.
    pub fn userinfo_url(mut self, url: impl Into<String>) -> Self {
        self.request.userinfo_url = Some(url.into());
        self
    }

    /// Sets the URL of the provider's keys. OAuth 2.0 only.
    pub fn jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.request.jwks_uri = Some(url.into());
        self
    }

    /// Rejects empty strings, which the server would treat as absent.
    pub(super) fn into_request(self) -> Result<CustomProviderUpdateRequest> {
        let request = self.request;
        input::optional("name", request.name.as_deref())?;
        input::optional("client id", request.client_id.as_deref())?;
        input::optional("client secret", request.client_secret.as_ref().map(Secret::expose))?;
        input::none_empty("scope", request.scopes.iter().flatten())?;
        input::none_empty("acceptable client id", request.acceptable_client_ids.iter().flatten())?;
        input::none_empty("custom claim", request.custom_claims_allowlist.iter().flatten())?;
        let urls = [
            ("issuer", &request.issuer),
            ("discovery URL", &request.discovery_url),
            ("authorization URL", &request.authorization_url),
            ("token URL", &request.token_url),
            ("userinfo URL", &request.userinfo_url),
            ("JWKS URI", &request.jwks_uri),
        ];
        for (what, url) in urls {
            url.as_deref().map_or(Ok(()), |url| input::https(what, url))?;
        }
        Ok(request)
    }
}
