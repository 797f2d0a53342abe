//! Changes to an OAuth client.

use crate::{
    error::{Error, Result},
    input::redirect_uri,
    types::{OAuthClientUpdateRequest, OAuthGrantType, TokenEndpointAuthMethod},
};

/// What to change of a client (`PUT /admin/oauth/clients/{client_id}`). What is not named stays; an empty text removes
/// what was there.
///
/// ```
/// # use gotrue::admin::UpdateOAuthClient;
/// # async fn f(clients: gotrue::admin::OAuthClients, id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// clients.update(id, UpdateOAuthClient::new().redirect_uris(["https://app.example.com/cb"]).logo_uri("")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "give it to OAuthClients::update"]
pub struct UpdateOAuthClient {
    request: OAuthClientUpdateRequest,
}

impl UpdateOAuthClient {
    /// No change yet. One has to follow.
    pub fn new() -> Self {
        Self::default()
    }

    /// All the addresses to which a browser may be sent back, 1 to 10.
    pub fn redirect_uris<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
        self.request.redirect_uris = Some(uris.into_iter().map(Into::into).collect());
        self
    }

    /// How it sends its secret. It has to go with the type of the client, which stays.
    pub fn token_endpoint_auth_method(mut self, method: impl Into<TokenEndpointAuthMethod>) -> Self {
        self.request.token_endpoint_auth_method = Some(method.into());
        self
    }

    /// What it may exchange for tokens, at least one.
    pub fn grant_types<G: Into<OAuthGrantType>>(mut self, grant_types: impl IntoIterator<Item = G>) -> Self {
        self.request.grant_types = Some(grant_types.into_iter().map(Into::into).collect());
        self
    }

    /// Its name for people, of at most 1024 bytes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.client_name = Some(name.into());
        self
    }

    /// Its home page.
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.request.client_uri = Some(uri.into());
        self
    }

    /// Its logo.
    pub fn logo_uri(mut self, uri: impl Into<String>) -> Self {
        self.request.logo_uri = Some(uri.into());
        self
    }

    pub(super) fn into_request(self) -> Result<OAuthClientUpdateRequest> {
        let OAuthClientUpdateRequest {
            redirect_uris,
            token_endpoint_auth_method,
            grant_types,
            client_name,
            client_uri,
            logo_uri,
        } = &self.request;
        let texts = [client_name, client_uri, logo_uri];
        let lists = redirect_uris.is_some() || grant_types.is_some() || token_endpoint_auth_method.is_some();
        if !lists && texts.iter().all(|text| text.is_none()) {
            return Err(Error::invalid("update", "changes nothing"));
        }
        redirect_uris.as_deref().map_or(Ok(()), redirect_uri::check)?;
        if grant_types.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid("grant type", "is missing"));
        }
        Ok(self.request)
    }
}
