//! Changes to a custom provider.

use serde_json::{Map, Value};

use crate::{error::Result, input, secret::Secret, types::CustomProviderUpdateRequest};

/// What to change of a custom provider (`PUT /admin/custom-providers/{identifier}`). What is not named stays; an empty
/// list removes what was there. Kind and identifier stay for good.
///
/// ```
/// # use gotrue::admin::UpdateCustomProvider;
/// # async fn f(providers: gotrue::admin::CustomProviders) -> Result<(), gotrue::Error> {
/// providers.update("acme", UpdateCustomProvider::new().client_secret("the-new-one").scopes(["email"])).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "give it to CustomProviders::update"]
pub struct UpdateCustomProvider {
    request: CustomProviderUpdateRequest,
}

impl UpdateCustomProvider {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its name for people, of at most 100 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.name = Some(name.into());
        self
    }

    /// The id that it gave to this server.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.request.client_id = Some(client_id.into());
        self
    }

    /// The secret that it gave to this server.
    pub fn client_secret(mut self, client_secret: impl Into<Secret>) -> Self {
        self.request.client_secret = Some(client_secret.into());
        self
    }

    /// All further client ids to which ID tokens may be issued.
    pub fn acceptable_client_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.request.acceptable_client_ids = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// What to ask it for. With OpenID Connect the server adds `openid`.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.request.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Whether PKCE is used with it.
    pub fn pkce(mut self, enabled: bool) -> Self {
        self.request.pkce_enabled = Some(enabled);
        self
    }

    /// Where each datum of the user comes from: the name of a claim, or, if it is no string, the value itself.
    pub fn attribute_mapping<S: Into<String>>(mut self, mapping: impl IntoIterator<Item = (S, Value)>) -> Self {
        let mapping: Map<_, _> = mapping.into_iter().map(|(datum, claim)| (datum.into(), claim)).collect();
        self.request.attribute_mapping = Some(mapping);
        self
    }

    /// All claims to keep as they are.
    pub fn custom_claims<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Self {
        self.request.custom_claims_allowlist = Some(claims.into_iter().map(Into::into).collect());
        self
    }

    /// All further parameters of the address where sign-ins begin. They go before those of a request.
    pub fn authorization_params<N, V>(mut self, parameters: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let parameters = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.request.authorization_params = Some(parameters);
        self
    }

    /// Whether people can sign in with it.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.request.enabled = Some(enabled);
        self
    }

    /// Whether it need not give an e-mail address.
    pub fn email_optional(mut self, optional: bool) -> Self {
        self.request.email_optional = Some(optional);
        self
    }

    /// Of OpenID Connect: the issuer, whose discovery document is fetched at once.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.request.issuer = Some(issuer.into());
        self
    }

    /// Of OpenID Connect: where the discovery document is. It is fetched at once.
    pub fn discovery_url(mut self, url: impl Into<String>) -> Self {
        self.request.discovery_url = Some(url.into());
        self
    }

    /// Of OpenID Connect: whether the nonce in ID tokens goes unchecked.
    pub fn skip_nonce_check(mut self, skip: bool) -> Self {
        self.request.skip_nonce_check = Some(skip);
        self
    }

    /// Of OAuth 2.0: where sign-ins begin.
    pub fn authorization_url(mut self, url: impl Into<String>) -> Self {
        self.request.authorization_url = Some(url.into());
        self
    }

    /// Of OAuth 2.0: where codes are exchanged.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.request.token_url = Some(url.into());
        self
    }

    /// Of OAuth 2.0: where the user's data are.
    pub fn userinfo_url(mut self, url: impl Into<String>) -> Self {
        self.request.userinfo_url = Some(url.into());
        self
    }

    /// Of OAuth 2.0: where its keys are.
    pub fn jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.request.jwks_uri = Some(url.into());
        self
    }

    /// The server takes an empty string for one that is not there.
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
