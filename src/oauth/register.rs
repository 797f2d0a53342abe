//! Clients that register themselves.

use url::Url;

use crate::{
    client::Client,
    error::{Error, Result},
    input::redirect_uri,
    types::{OAuthClient, OAuthClientCreateRequest, OAuthClientType, OAuthGrantType, TokenEndpointAuthMethod},
};

/// A client to register (`POST /oauth/clients/register`, RFC 7591).
///
/// ```
/// # use gotrue::{Client, oauth::RegisterOAuthClient};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let registered = client.register_oauth_client(RegisterOAuthClient::new(["https://app.example.com/cb"]).name("App")).await?;
/// // Keep the secret: it is told this once.
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
    /// A confidential client, with 1 to 10 addresses to which the browser may be sent back: `https`, `http` on this
    /// machine, or a scheme of the application's own.
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

    /// Makes it a public client, without a secret.
    pub fn public(mut self) -> Self {
        self.request.client_type = Some(OAuthClientType::Public);
        self.request.token_endpoint_auth_method = Some(TokenEndpointAuthMethod::None);
        self
    }

    /// Makes it a confidential client that sends its secret in the body instead of by HTTP Basic.
    pub fn secret_post(mut self) -> Self {
        self.request.client_type = Some(OAuthClientType::Confidential);
        self.request.token_endpoint_auth_method = Some(TokenEndpointAuthMethod::ClientSecretPost);
        self
    }

    /// Its name for people, of at most 1024 bytes.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.request.client_name = Some(name.into());
        self
    }

    /// Its home page.
    pub fn home_page(mut self, url: impl Into<String>) -> Self {
        self.request.client_uri = Some(url.into());
        self
    }

    /// Its logo.
    pub fn logo(mut self, url: impl Into<String>) -> Self {
        self.request.logo_uri = Some(url.into());
        self
    }

    /// What it may exchange for tokens. Default: a code and a refresh token.
    pub fn grant_types(mut self, grant_types: impl IntoIterator<Item = OAuthGrantType>) -> Self {
        self.request.grant_types = Some(grant_types.into_iter().collect());
        self
    }

    fn check(&self) -> Result<()> {
        let request = &self.request;
        redirect_uri::check(&request.redirect_uris)?;
        if request.client_name.as_ref().is_some_and(|name| name.len() > 1024) {
            return Err(Error::invalid("client name", "must not be longer than 1024 bytes"));
        }
        if request.grant_types.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid("grant types", "must not be empty"));
        }
        for (what, page) in [("home page", &request.client_uri), ("logo", &request.logo_uri)] {
            page.as_deref().map_or(Ok(()), |page| check_page(what, page))?;
        }
        Ok(())
    }
}

fn check_page(what: &'static str, text: &str) -> Result<()> {
    if text.len() > 2048 {
        return Err(Error::invalid(what, "must not be longer than 2048 bytes"));
    }
    parse(what, text).map(drop)
}

fn parse(what: &'static str, text: &str) -> Result<Url> {
    Url::parse(text).map_err(|error| Error::invalid(what, format!("is invalid: {error}")))
}

impl Client {
    /// Registers an application as an OAuth client of this server, where the server lets them do so themselves.
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
