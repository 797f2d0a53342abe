//! The tokens of an OAuth client's user.

use super::{OAuthApp, OAuthCallback, OAuthFlow};
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{OAuthGrantType, OAuthTokenRequest, OAuthTokens},
};

impl OAuthApp {
    /// Exchanges the code of a callback for tokens (`POST /oauth/token`). The `state` of the callback must be that of
    /// the flow; they are compared in constant time.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request if the state does not match (the callback belongs to another flow or
    /// is forged), or if the URL is not a callback; [`Error::Callback`] if the user refused or the request failed.
    /// `invalid_grant` if the code is unknown, was used or has expired; `invalid_credentials` or `invalid_client` if
    /// the client is unknown, its secret is wrong, or it is registered with another authentication method.
    pub async fn exchange(&self, flow: &OAuthFlow, callback: &OAuthCallback) -> Result<OAuthTokens> {
        let code = code_of(flow, callback)?;
        let (client_id, client_secret) = self.credentials_in_body();
        let request = OAuthTokenRequest {
            grant_type: OAuthGrantType::AuthorizationCode,
            code: Some(code),
            code_verifier: Some(flow.verifier().secret().clone()),
            redirect_uri: Some(flow.redirect_uri().to_owned()),
            client_id,
            client_secret,
            // The server keeps the resource of the authorization request.
            resource: None,
            refresh_token: None,
        };
        let call = self.call()?;
        call.finish(call.raw.oauth_token(&request)).await
    }

    /// Exchanges a refresh token for new tokens (`POST /oauth/token`). It can be used once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `invalid_grant` and those that end the session
    /// ([`Error::ends_session`]); `invalid_credentials` or `invalid_client`.
    pub async fn refresh(&self, refresh_token: impl Into<Secret>) -> Result<OAuthTokens> {
        let refresh_token = refresh_token.into();
        input::secret("refresh token", &refresh_token)?;
        let (client_id, client_secret) = self.credentials_in_body();
        let request = OAuthTokenRequest {
            grant_type: OAuthGrantType::RefreshToken,
            refresh_token: Some(refresh_token),
            client_id,
            client_secret,
            code: None,
            code_verifier: None,
            redirect_uri: None,
            resource: None,
        };
        let call = self.call()?.repeatable();
        let operation = call.raw.oauth_token(&request);
        call.finish(operation).await
    }
}

/// Returns the code of a callback that belongs to the flow.
fn code_of(flow: &OAuthFlow, callback: &OAuthCallback) -> Result<Secret> {
    let is_this_flow = |state: &Option<Secret>| state.as_ref() == Some(flow.state());
    match callback {
        OAuthCallback::Code { state, .. } | OAuthCallback::Error { state, .. } if !is_this_flow(state) => {
            Err(Error::invalid("state", "does not match the flow"))
        }
        OAuthCallback::Code { code, .. } => Ok(code.clone()),
        OAuthCallback::Error { error, .. } => Err(error.clone().into()),
        OAuthCallback::NotOurs => Err(Error::invalid("callback", "is not that of an authorization request")),
    }
}
