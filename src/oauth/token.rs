//! Tokens of a client's user.

use super::{OAuthApp, OAuthFlow};
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{OAuthCodeGrant, OAuthGrantType, OAuthRefreshGrant, OAuthTokens},
};

impl OAuthApp {
    /// Exchanges the code that the redirect brought, with its state, for tokens (`POST /oauth/token`).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request, also when the state is not this flow's: somebody else's redirect.
    /// `invalid_grant` when the code is unknown, used or has expired; `invalid_credentials` or `invalid_client` when
    /// the client is unknown, its secret wrong, or it is registered for another way to authenticate.
    pub async fn exchange(&self, flow: &OAuthFlow, code: impl Into<Secret>, state: &str) -> Result<OAuthTokens> {
        let code = code.into();
        input::secret("authorization code", &code)?;
        if state.is_empty() || flow.state().expose() != state {
            return Err(Error::invalid("state", "does not match this flow"));
        }
        let (client_id, client_secret) = self.credentials_in_body();
        let request = OAuthCodeGrant {
            grant_type: OAuthGrantType::AuthorizationCode,
            code,
            code_verifier: Some(flow.verifier().secret().clone()),
            redirect_uri: Some(flow.redirect_uri().to_owned()),
            client_id,
            client_secret,
            // A form has no place for it; the server keeps that of the authorization.
            resource: None,
        };
        let call = self.call()?;
        call.answer(call.raw.oauth_token(&request.into()).await).await
    }

    /// New tokens for the refresh token of the old ones (`POST /oauth/token`). The old one is spent.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `invalid_grant` and those that end the session
    /// ([`Error::ends_session`]); `invalid_credentials` or `invalid_client`.
    pub async fn refresh(&self, refresh_token: impl Into<Secret>) -> Result<OAuthTokens> {
        let refresh_token = refresh_token.into();
        input::secret("refresh token", &refresh_token)?;
        let (client_id, client_secret) = self.credentials_in_body();
        let grant_type = OAuthGrantType::RefreshToken;
        let request = OAuthRefreshGrant { grant_type, refresh_token, client_id, client_secret };
        let call = self.call()?.repeatable();
        let reply = call.raw.oauth_token(&request.into()).await;
        call.answer(reply).await
    }
}
