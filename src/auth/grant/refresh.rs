//! Refresh tokens.

use super::{Grant, token};
use crate::{
    client::{Call, Client},
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, RefreshTokenGrant},
};

/// A refresh token (`POST /token?grant_type=refresh_token`).
///
/// The token can be used once; the server accepts it again for a few seconds only. If the error
/// [`ends_session`](crate::Error::ends_session), the user must sign in again; after any other error, use the same token
/// again.
///
/// ```
/// # async fn f(client: gotrue::Client, session: gotrue::Session) -> Result<(), gotrue::Error> {
/// let session = client.sign_in(gotrue::RefreshToken::new(session.refresh_token())).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_in"]
pub struct RefreshToken(Secret);

impl RefreshToken {
    /// Creates the grant from the refresh token of a session.
    pub fn new(refresh_token: impl Into<Secret>) -> Self {
        Self(refresh_token.into())
    }
}

impl Grant for RefreshToken {
    async fn exchange(self, client: &Client) -> Result<Session> {
        exchange(&repeatable_call(client), self.0).await
    }
}

/// Starts a call that may be retried: the server accepts a used refresh token again for a few seconds, in case the
/// response was lost.
fn repeatable_call(client: &Client) -> Call {
    client.raw_call().repeatable()
}

async fn exchange(call: &Call, refresh_token: Secret) -> Result<Session> {
    input::secret("refresh token", &refresh_token)?;
    token(call, GrantType::RefreshToken, None, RefreshTokenGrant { refresh_token }).await
}

impl Client {
    /// Exchanges a refresh token for a new session, as [`sign_in`](Self::sign_in) with a [`RefreshToken`] does.
    ///
    /// # Errors
    /// As documented for [`RefreshToken`].
    pub async fn refresh(&self, refresh_token: impl Into<Secret>) -> Result<Session> {
        self.sign_in(RefreshToken::new(refresh_token)).await
    }

    /// Refreshes a session. A session of another user in the response is an error.
    pub(crate) async fn refresh_session(&self, session: &Session) -> Result<Session> {
        let call = repeatable_call(self);
        let refreshed = exchange(&call, session.refresh_token().clone()).await?;
        let is_same_user = refreshed.user().id == session.user().id;
        call.required("a session of the same user", is_same_user.then_some(refreshed))
    }
}
