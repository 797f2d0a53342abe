//! Refresh tokens.

use super::{Grant, token};
use crate::{
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, RefreshTokenGrant},
};

/// A refresh token (`POST /token?grant_type=refresh_token`).
///
/// The token can be used once; the server accepts it again for a few seconds only. If the error
/// [`ends_session`](crate::Error::ends_session), the user must sign in again; after any other error, use the same token again.
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
        input::secret("refresh token", &self.0)?;
        let request = RefreshTokenGrant { refresh_token: self.0 };
        token(client, GrantType::RefreshToken, None, request).await
    }
}

impl Client {
    /// Exchanges a refresh token for a new session, as [`sign_in`](Self::sign_in) with a [`RefreshToken`] does.
    ///
    /// # Errors
    /// As documented for [`RefreshToken`].
    pub async fn refresh(&self, refresh_token: impl Into<Secret>) -> Result<Session> {
        self.sign_in(RefreshToken::new(refresh_token)).await
    }
}
