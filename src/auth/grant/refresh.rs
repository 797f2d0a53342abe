//! A new pair of tokens for the old one.

use super::{Grant, token};
use crate::{
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, RefreshTokenGrant},
};

/// A refresh token, for a new session (`POST /token?grant_type=refresh_token`).
///
/// The old token is spent; the server lets it pass again for a few seconds only. When the error
/// [`ends_session`](Error::ends_session), the user has to sign in again; after any other error the same token is to be
/// tried again.
///
/// ```
/// # async fn f(client: gotrue::Client, session: gotrue::Session) -> Result<(), gotrue::Error> {
/// let session = client.sign_in(gotrue::RefreshToken::new(session.refresh_token())).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::sign_in"]
pub struct RefreshToken(Secret);

impl RefreshToken {
    /// The refresh token of a session.
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
    /// A new session for a refresh token; the same as signing in with a [`RefreshToken`].
    ///
    /// # Errors
    /// As [`RefreshToken`] says.
    pub async fn refresh(&self, refresh_token: impl Into<Secret>) -> Result<Session> {
        self.sign_in(RefreshToken::new(refresh_token)).await
    }
}
