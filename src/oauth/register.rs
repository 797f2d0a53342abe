//! Dynamic client registration (RFC 7591).

use crate::{
    client::Client,
    error::{Error, Result},
    input::{self, redirect_uri},
    types::{OAuthClient, OAuthClientCreateRequest, OAuthClientType, OAuthGrantType, TokenEndpointAuthMethod},
};

/// An OAuth client to register (`POST /oauth/clients/register`, RFC 7591).
///
/// ```
/// # use gotrue::{Client, oauth::RegisterOAuthClient};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let app = RegisterOAuthClient::new(["https://app.example.com/cb"]).client_name("App");
/// let registered = client.register_oauth_client(app).await?;
/// // Store the secret: it is returned only once.
/// if let Some(secret) = &registered.client_secret {
///     let app = client.oauth_app(registered.client_id, secret);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::register_oauth_client"]
pub struct RegisterOAuthClient {
    request: OAuthClientCreateRequest,
}

impl RegisterOAuthClient {
    /// A confidential client with 1 to 10 redirect URIs: `https`, `http` with a loopback host, or a custom scheme.
    pub fn new<S: Into<String>>(redirect_uris: impl IntoIterator<Item = S>) -> Self {
        let redirect_uris = redirect_uris.into_iter().map(Into::into).collect();
        Self {
            request: OAuthClientCreateRequest {
                redirect_uris,
                client_type: None,
                token_endpoint_auth_method: None,
                grant_types: None,
                client_name: None,
                client_uri: None,
                logo_uri: None,
                response_types: None,
                scope: None,
            },
        }
    }

    /// Makes the client public, without a secret.
    pub fn public(mut self) -> Self {
        self.request.client_type = Some(OAuthClientType::Public);
        self.request.token_endpoint_auth_method = Some(TokenEndpointAuthMethod::None);
        self
    }

    /// Makes the client confidential, and sets how it sends its secret. Defaults to HTTP Basic.
    pub fn token_endpoint_auth_method(mut self, method: impl Into<TokenEndpointAuthMethod>) -> Self {
        self.request.client_type = Some(OAuthClientType::Confidential);
        self.request.token_endpoint_auth_method = Some(method.into());
        self
    }

    /// Sets the display name, at most 1024 bytes.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.request.client_name = Some(name.into());
        self
    }

    /// Sets the home page, at most 2048 bytes.
    pub fn client_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.client_uri = Some(uri.into());
        self
    }

    /// Sets the logo, at most 2048 bytes.
    pub fn logo_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.logo_uri = Some(uri.into());
        self
    }

    /// Sets the grant types that the client may use. Defaults to authorization codes and refresh tokens.
    pub fn grant_types(mut self, grant_types: impl IntoIterator<Item = OAuthGrantType>) -> Self {
        self.request.grant_types = Some(grant_types.into_iter().collect());
        self
    }

    fn check(&self) -> Result<()> {
        let request = &self.request;
        redirect_uri::check(&request.redirect_uris)?;
        if request.client_name.as_ref().is_some_and(|name| name.len() > 1024) {
            return Err(Error::invalid("client name", "must be at most 1024 bytes long"));
        }
        if request.grant_types.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid("grant types", "must not be empty"));
        }
        for (what, uri) in [("client URI", &request.client_uri), ("logo URI", &request.logo_uri)] {
            uri.as_deref().map_or(Ok(()), |uri| check_uri(what, uri))?;
        }
        Ok(())
    }
}

fn check_uri(what: &'static str, text: &str) -> Result<()> {
    if text.len() > 2048 {
        return Err(Error::invalid(what, "must be at most 2048 bytes long"));
    }
    input::url(what, text).map(drop)
}

impl Client {
    /// Registers an application as an OAuth client of this server, if the server allows dynamic registration.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `oauth_dynamic_client_registration_disabled`, `feature_disabled`,
    /// `over_request_rate_limit`.
    pub async fn register_oauth_client(&self, client: RegisterOAuthClient) -> Result<OAuthClient> {
        client.check()?;
        let call = self.raw_call();
        call.answer(call.raw.oauth_register_client(&client.request).await).await
    }
}
