//! New custom providers.

use serde_json::{Map, Value};

use super::full_identifier;
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{CustomProviderCreateRequest, CustomProviderType},
};

/// Where an OAuth 2.0 provider is, `https` and public hosts only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth2Endpoints {
    /// Where sign-ins begin.
    pub authorization_url: String,
    /// Where codes are exchanged.
    pub token_url: String,
    /// Where the user's data are.
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
#[must_use = "give it to CustomProviders::create"]
pub struct CreateCustomProvider {
    request: CustomProviderCreateRequest,
}

impl CreateCustomProvider {
    /// Of OpenID Connect, with the issuer from which the rest is discovered, and with the id and secret that it gave
    /// to this server.
    pub fn oidc(
        identifier: impl Into<String>,
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let mut provider = Self::new(CustomProviderType::OIDC, identifier, client_id, client_secret);
        provider.request.issuer = Some(issuer.into());
        provider
    }

    /// Of OAuth 2.0, with its endpoints, and with the id and secret that it gave to this server.
    pub fn oauth2(
        identifier: impl Into<String>,
        endpoints: OAuth2Endpoints,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> Self {
        let mut provider = Self::new(CustomProviderType::OAUTH2, identifier, client_id, client_secret);
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

    /// Its name for people, of at most 100 characters. The identifier by default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.name = name.into();
        self
    }

    /// Further client ids to which ID tokens may be issued, such as those of applications on phones.
    pub fn acceptable_client_ids<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.request.acceptable_client_ids = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// What to ask it for. With OpenID Connect the server adds `openid`.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.request.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Whether PKCE is used with it. The server's default is yes.
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

    /// Claims to keep as they are.
    pub fn custom_claims<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Self {
        self.request.custom_claims_allowlist = Some(claims.into_iter().map(Into::into).collect());
        self
    }

    /// Further parameters of the address where sign-ins begin. They go before those of a request.
    pub fn authorization_params<N, V>(mut self, parameters: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let parameters = parameters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.request.authorization_params = Some(parameters);
        self
    }

    /// Whether people can sign in with it. The server's default is yes.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.request.enabled = Some(enabled);
        self
    }

    /// Whether it need not give an e-mail address. The server's default is no.
    pub fn email_optional(mut self, optional: bool) -> Self {
        self.request.email_optional = Some(optional);
        self
    }

    /// Of OpenID Connect: where the discovery document is, if not at its place below the issuer.
    pub fn discovery_url(mut self, url: impl Into<String>) -> Self {
        self.request.discovery_url = Some(url.into());
        self
    }

    /// Of OpenID Connect: the nonce in ID tokens goes unchecked. The server's default is no.
    pub fn skip_nonce_check(mut self, skip: bool) -> Self {
        self.request.skip_nonce_check = Some(skip);
        self
    }

    /// Of OAuth 2.0: where its keys are.
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
        of_the_right_kind(&request)?;
        Ok(request)
    }
}

/// The server would drop what belongs to the other kind without a word.
fn of_the_right_kind(request: &CustomProviderCreateRequest) -> Result<()> {
    if request.provider_type == CustomProviderType::OIDC && request.jwks_uri.is_some() {
        return Err(Error::invalid("JWKS URI", "is of OAuth 2.0 only; OpenID Connect discovers it"));
    }
    if request.provider_type == CustomProviderType::OAUTH2 {
        if request.discovery_url.is_some() {
            return Err(Error::invalid("discovery URL", "is of OpenID Connect only"));
        }
        if request.skip_nonce_check.is_some() {
            return Err(Error::invalid("nonce check", "is of OpenID Connect only"));
        }
    }
    Ok(())
}
