//! Creating custom providers.

use serde_json::{Map, Value};

use super::full_identifier;
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{CustomProviderCreateRequest, CustomProviderType},
};

/// The endpoints of an OAuth 2.0 provider. The URLs must use `https` and public hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth2Endpoints {
    /// The authorization URL, where sign-ins start.
    pub authorization_url: String,
    /// The token URL, where codes are exchanged.
    pub token_url: String,
    /// The URL that returns the user's data.
    pub userinfo_url: String,
}

/// A new custom provider (`POST /admin/custom-providers`).
///
/// ```
/// use gotrue::admin::{CreateCustomProvider, OAuth2Endpoints};
/// use serde_json::json;
///
/// # async fn f(providers: gotrue::admin::CustomProviders) -> Result<(), gotrue::Error> {
/// let endpoints = OAuth2Endpoints {
///     authorization_url: "https://forge.example.com/login/oauth/authorize".to_owned(),
///     token_url: "https://forge.example.com/login/oauth/access_token".to_owned(),
///     userinfo_url: "https://forge.example.com/api/user".to_owned(),
/// };
/// let forge = CreateCustomProvider::oauth2("forge", endpoints, "client-id", "client-secret")
///     .name("The Forge")
///     .scopes(["read:user"])
///     .attribute_mapping([("sub", json!("id")), ("email", json!("mail"))]);
/// providers.create(forge).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to CustomProviders::create"]
pub struct CreateCustomProvider {
    request: CustomProviderCreateRequest,
}

impl CreateCustomProvider {
    /// A new OpenID Connect provider. The server discovers the endpoints from the issuer; the provider issued the
    /// client id and secret.
    pub fn oidc(
        identifier: impl Into<String>,
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let mut provider = Self::new(CustomProviderType::Oidc, identifier, client_id, client_secret);
        provider.request.issuer = Some(issuer.into());
        provider
    }

    /// A new OAuth 2.0 provider with its endpoints. The provider issued the client id and secret.
    pub fn oauth2(
        identifier: impl Into<String>,
        endpoints: OAuth2Endpoints,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let mut provider = Self::new(CustomProviderType::Oauth2, identifier, client_id, client_secret);
        provider.request.authorization_url = Some(endpoints.authorization_url);
        provider.request.token_url = Some(endpoints.token_url);
        provider.request.userinfo_url = Some(endpoints.userinfo_url);
        provider
    }

    fn new(
        provider_type: CustomProviderType,
        identifier: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let identifier = identifier.into();
        let request = CustomProviderCreateRequest {
            provider_type,
            name: identifier.strip_prefix("custom:").unwrap_or(&identifier).to_owned(),
            identifier,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            acceptable_client_ids: None,
            scopes: None,
            pkce_enabled: None,
            attribute_mapping: None,
            custom_claims_allowlist: None,
            authorization_params: None,
            enabled: None,
            email_optional: None,
            issuer: None,
            discovery_url: None,
            skip_nonce_check: None,
            authorization_url: None,
            token_url: None,
            userinfo_url: None,
            jwks_uri: None,
        };
        Self { request }
    }

    /// Sets the display name, at most 100 characters. Defaults to the identifier without its prefix.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.name = name.into();
        self
    }

    /// Sets further client ids that ID tokens may be issued to, such as those of mobile apps.
    pub fn acceptable_client_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.request.acceptable_client_ids = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the scopes to request. With OpenID Connect, the server adds `openid`.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.request.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets whether PKCE is used with the provider. Defaults to true.
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

    /// Sets the claims to keep unchanged.
    pub fn custom_claims<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Self {
        self.request.custom_claims_allowlist = Some(claims.into_iter().map(Into::into).collect());
        self
    }

    /// Sets further parameters of the authorization URL. They take precedence over those of a request.
    pub fn authorization_params<N, V>(mut self, parameters: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let parameters = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.request.authorization_params = Some(parameters);
        self
    }

    /// Sets whether users can sign in with the provider. Defaults to true.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.request.enabled = Some(enabled);
        self
    }

    /// Sets whether the provider may omit the email address. Defaults to false.
    pub fn email_optional(mut self, optional: bool) -> Self {
        self.request.email_optional = Some(optional);
        self
    }

    /// Sets the URL of the discovery document, if it is not at the default location below the issuer. OpenID Connect
    /// only.
    pub fn discovery_url(mut self, url: impl Into<String>) -> Self {
        self.request.discovery_url = Some(url.into());
        self
    }

    /// Sets whether to skip the check of the nonce in ID tokens. Defaults to false. OpenID Connect only.
    pub fn skip_nonce_check(mut self, skip: bool) -> Self {
        self.request.skip_nonce_check = Some(skip);
        self
    }

    /// Sets the URL of the provider's keys. OAuth 2.0 only.
    pub fn jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.request.jwks_uri = Some(url.into());
        self
    }

    pub(super) fn into_request(self) -> Result<CustomProviderCreateRequest> {
        let mut request = self.request;
        request.identifier = full_identifier(&request.identifier)?;
        input::not_empty("name", &request.name)?;
        input::not_empty("client id", &request.client_id)?;
        input::secret("client secret", &request.client_secret)?;
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
        check_provider_type(&request)?;
        Ok(request)
    }
}

/// Rejects fields of the other provider type, which the server would silently drop.
fn check_provider_type(request: &CustomProviderCreateRequest) -> Result<()> {
    if request.provider_type == CustomProviderType::Oidc && request.jwks_uri.is_some() {
        return Err(Error::invalid("JWKS URI", "is only for OAuth 2.0; OpenID Connect discovers it"));
    }
    if request.provider_type == CustomProviderType::Oauth2 {
        if request.discovery_url.is_some() {
            return Err(Error::invalid("discovery URL", "is only for OpenID Connect"));
        }
        if request.skip_nonce_check.is_some() {
            return Err(Error::invalid("nonce check", "is only for OpenID Connect"));
        }
    }
    Ok(())
}
