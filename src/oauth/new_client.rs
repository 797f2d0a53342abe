//! New OAuth clients, and dynamic client registration (RFC 7591).

use crate::{
    client::Client,
    error::{Error, Result},
    input::{self, redirect_uri},
    types::{OAuthClient, OAuthClientCreateRequest, OAuthClientType, OAuthGrantType, TokenEndpointAuthMethod},
};

/// A new OAuth client of this server, with 1 to 10 redirect URIs: `https`, `http` with a loopback host, or a custom
/// scheme.
///
/// An application registers itself with [`Client::register_oauth_client`]; an administrator creates a client with
/// [`OAuthClients::create`](crate::admin::OAuthClients::create).
///
/// ```
/// # use gotrue::{Client, oauth::NewOAuthClient};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let app = NewOAuthClient::confidential(["https://app.example.com/cb"]).client_name("App");
/// let registered = client.register_oauth_client(app).await?;
/// // Store the secret: it is returned only once.
/// if let Some(secret) = &registered.client_secret {
///     let app = client.oauth_app(registered.client_id, secret);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::register_oauth_client or OAuthClients::create"]
pub struct NewOAuthClient {
    request: OAuthClientCreateRequest,
}

impl NewOAuthClient {
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

    /// Sets the URL of the home page, at most 2048 bytes.
    pub fn client_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.client_uri = Some(uri.into());
        self
    }

    /// Sets the URL of the logo, at most 2048 bytes.
    pub fn logo_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.logo_uri = Some(uri.into());
        self
    }

    pub(crate) fn into_request(self) -> Result<OAuthClientCreateRequest> {
        let request = self.request;
        redirect_uri::check(&request.redirect_uris)?;
        let name = request.client_name.as_deref();
        let uris = [("client URI", request.client_uri.as_deref()), ("logo URI", request.logo_uri.as_deref())];
        input::optional("client name", name)?;
        uris.into_iter().try_for_each(|(what, uri)| input::optional(what, uri))?;
        check_metadata(name, &uris, request.grant_types.as_deref())?;
        let is_public = request.client_type == Some(OAuthClientType::Public);
        let is_none_method = |method: &TokenEndpointAuthMethod| *method == TokenEndpointAuthMethod::None;
        if request.token_endpoint_auth_method.as_ref().is_some_and(|method| is_none_method(method) != is_public) {
            return Err(Error::invalid("authentication method", "does not match the client type"));
        }
        Ok(request)
    }
}

/// Rejects what the server would reject in a new client and in an update, in which an empty text clears the field.
pub(crate) fn check_metadata(
    client_name: Option<&str>,
    uris: &[(&'static str, Option<&str>)],
    grant_types: Option<&[OAuthGrantType]>,
) -> Result<()> {
    if client_name.is_some_and(|name| name.len() > 1024) {
        return Err(Error::invalid("client name", "must be at most 1024 bytes long"));
    }
    for &(what, uri) in uris {
        let Some(uri) = uri.filter(|uri| !uri.is_empty()) else { continue };
        if uri.len() > 2048 {
            return Err(Error::invalid(what, "must be at most 2048 bytes long"));
        }
        input::url(what, uri)?;
    }
    if grant_types.is_some_and(<[_]>::is_empty) {
        return Err(Error::invalid("grant types", "must not be empty"));
    }
    Ok(())
}

impl Client {
    /// Registers an application as an OAuth client of this server, if the server allows dynamic registration
    /// (`POST /oauth/clients/register`, RFC 7591).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `oauth_dynamic_client_registration_disabled`, `feature_disabled`,
    /// `over_request_rate_limit`.
    pub async fn register_oauth_client(&self, client: NewOAuthClient) -> Result<OAuthClient> {
        let request = client.into_request()?;
        let call = self.raw_call();
        call.finish(call.raw.oauth_register_client(&request)).await
    }
}
