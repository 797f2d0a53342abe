//! Updating OAuth clients.

use crate::{
    error::{Error, Result},
    input::redirect_uri,
    oauth::new_client::check_metadata,
    types::{OAuthClientUpdateRequest, OAuthGrantType, TokenEndpointAuthMethod},
};

/// An update of a client (`PUT /admin/oauth/clients/{client_id}`). Fields that are not set stay unchanged; an empty
/// string clears a field.
///
/// ```
/// # use gotrue::admin::UpdateOAuthClient;
/// # async fn f(clients: gotrue::admin::OAuthClients, id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// clients.update(id, UpdateOAuthClient::new().redirect_uris(["https://app.example.com/cb"]).logo_uri("")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to OAuthClients::update"]
pub struct UpdateOAuthClient {
    request: OAuthClientUpdateRequest,
}

impl UpdateOAuthClient {
    /// An update without changes. At least one field must be set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the redirect URIs, 1 to 10.
    pub fn redirect_uris<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
        self.request.redirect_uris = Some(uris.into_iter().map(Into::into).collect());
        self
    }

    /// Sets how the client authenticates. The method must match the type of the client, which cannot be changed.
    pub fn token_endpoint_auth_method(mut self, method: impl Into<TokenEndpointAuthMethod>) -> Self {
        self.request.token_endpoint_auth_method = Some(method.into());
        self
    }

    /// Sets the grant types that the client may use, at least one.
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
            return Err(Error::invalid("update", "must change at least one field"));
        }
        redirect_uris.as_deref().map_or(Ok(()), redirect_uri::check)?;
        let uris = [("client URI", client_uri.as_deref()), ("logo URI", logo_uri.as_deref())];
        check_metadata(client_name.as_deref(), &uris, grant_types.as_deref())?;
        Ok(self.request)
    }
}
