//! Creating OAuth clients.

use crate::{
    error::{Error, Result},
    input::{self, redirect_uri},
    types::{OAuthClientCreateRequest, OAuthClientType, OAuthGrantType, TokenEndpointAuthMethod},
};

/// A new OAuth client of this server (`POST /admin/oauth/clients`), with 1 to 10 redirect URIs.
///
/// ```
/// # use gotrue::admin::CreateOAuthClient;
/// use gotrue::types::TokenEndpointAuthMethod;
///
/// # async fn f(clients: gotrue::admin::OAuthClients) -> Result<(), gotrue::Error> {
/// let phone = clients.create(CreateOAuthClient::public(["com.example.app://cb"]).client_name("App")).await?;
/// let server = CreateOAuthClient::confidential(["https://app.example.com/cb", "http://localhost:3000/cb"])
///     .token_endpoint_auth_method(TokenEndpointAuthMethod::ClientSecretPost);
/// let secret = clients.create(server).await?.client_secret;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to OAuthClients::create"]
pub struct CreateOAuthClient {
    request: OAuthClientCreateRequest,
}

impl CreateOAuthClient {
    /// A client that can keep a secret, such as a server.
    pub fn confidential<S: Into<String>>(redirect_uris: impl IntoIterator<Item = S>) -> Self {
        Self::new(OAuthClientType::Confidential, redirect_uris.into_iter().map(Into::into).collect())
    }

    /// A client that cannot keep a secret, such as a browser or mobile app.
    pub fn public<S: Into<String>>(redirect_uris: impl IntoIterator<Item = S>) -> Self {
        Self::new(OAuthClientType::Public, redirect_uris.into_iter().map(Into::into).collect())
    }

    fn new(client_type: OAuthClientType, redirect_uris: Vec<String>) -> Self {
        let request = OAuthClientCreateRequest {
            redirect_uris,
            client_type: Some(client_type),
            token_endpoint_auth_method: None,
            grant_types: None,
            client_name: None,
            client_uri: None,
            logo_uri: None,
            response_types: None,
            scope: None,
        };
        Self { request }
    }

    /// Sets how the client authenticates. Defaults to HTTP Basic for confidential clients.
    pub fn token_endpoint_auth_method(mut self, method: impl Into<TokenEndpointAuthMethod>) -> Self {
        self.request.token_endpoint_auth_method = Some(method.into());
        self
    }

    /// Sets the grant types that the client may use. Defaults to authorization codes and refresh tokens.
    pub fn grant_types<G: Into<OAuthGrantType>>(mut self, grant_types: impl IntoIterator<Item = G>) -> Self {
        self.request.grant_types = Some(grant_types.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the display name, at most 1024 bytes.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.request.client_name = Some(name.into());
        self
    }

    /// Sets the home page.
    pub fn client_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.client_uri = Some(uri.into());
        self
    }

    /// Sets the logo.
    pub fn logo_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.logo_uri = Some(uri.into());
        self
    }

    pub(super) fn into_request(self) -> Result<OAuthClientCreateRequest> {
        let request = self.request;
        redirect_uri::check(&request.redirect_uris)?;
        input::optional("client name", request.client_name.as_deref())?;
        input::optional("client URI", request.client_uri.as_deref())?;
        input::optional("logo URI", request.logo_uri.as_deref())?;
        if request.grant_types.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid("grant types", "must not be empty"));
        }
        let is_public = request.client_type == Some(OAuthClientType::Public);
        let is_none_method = |method: &TokenEndpointAuthMethod| *method == TokenEndpointAuthMethod::None;
        if request.token_endpoint_auth_method.as_ref().is_some_and(|method| is_none_method(method) != is_public) {
            return Err(Error::invalid("authentication method", "does not match the client type"));
        }
        Ok(request)
    }
}
