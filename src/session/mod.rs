//! Sessions, and the source of access tokens for a user's client.

mod token_source;

use std::time;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

pub(crate) use self::token_source::{SessionChange, TokenCall, TokenSource};
use crate::{
    client::Call,
    clock::Moment,
    error::{Error, ResponseMeta, Result},
    secret::Secret,
    types,
};

/// The session of a signed-in user: access token, refresh token and user.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let session = client.sign_in(gotrue::Password::email("ada@example.com", "correct-horse-7")).await?;
/// println!("{:?} until {}", session.user().email, session.expires_at());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Session {
    access_token: Secret,
    refresh_token: Secret,
    token_type: String,
    expires_at: DateTime<Utc>,
    expires_in: i64,
    user: types::User,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider_refresh_token: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weak_password: Option<types::WeakPassword>,
    /// The uptime at which the request was started. `None` for a session from a store.
    #[serde(skip)]
    requested_at: Option<time::Duration>,
}

impl Call {
    /// Returns the session in a response to this call.
    pub(crate) fn session(&self, session: types::Session) -> Session {
        Session::requested(session, self.started())
    }
}

impl Session {
    /// Creates a session from the response to a request that was started at this moment.
    ///
    /// The access token expires `expires_in` after that moment, however long the response took. The server's
    /// `expires_at` is not used: it is based on the server's clock, which may differ from this machine's.
    pub(crate) fn requested(session: types::Session, started: Moment) -> Self {
        // A lifetime beyond the range of dates counts as unlimited.
        let lifetime = Duration::try_seconds(session.expires_in);
        let expires_at = lifetime.and_then(|lifetime| started.now.checked_add_signed(lifetime));
        Self {
            access_token: session.access_token,
            refresh_token: session.refresh_token,
            token_type: session.token_type,
            expires_at: expires_at.unwrap_or(DateTime::<Utc>::MAX_UTC),
            expires_in: session.expires_in,
            user: session.user,
            provider_token: session.provider_token,
            provider_refresh_token: session.provider_refresh_token,
            weak_password: session.weak_password,
            requested_at: Some(started.uptime),
        }
    }

    /// Creates a session from its parts, as cookies contain them.
    #[cfg(any(test, feature = "web"))]
    pub(crate) fn of_tokens(
        access_token: Secret,
        refresh_token: Secret,
        expires_at: DateTime<Utc>,
        expires_in: i64,
        user: types::User,
    ) -> Self {
        Self {
            access_token,
            refresh_token,
            token_type: "bearer".to_owned(),
            expires_at,
            expires_in,
            user,
            provider_token: None,
            provider_refresh_token: None,
            weak_password: None,
            requested_at: None,
        }
    }

    /// Returns the access token, a JWT that is sent as a bearer token.
    #[must_use]
    pub fn access_token(&self) -> &Secret {
        &self.access_token
    }

    /// Returns the refresh token, which can be used once.
    #[must_use]
    pub fn refresh_token(&self) -> &Secret {
        &self.refresh_token
    }

    /// Returns the type of the access token: `bearer`.
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.token_type
    }

    /// Returns the time at which the access token expires, by the clock of this machine.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// Returns the lifetime of the access token when it was issued, in seconds.
    #[must_use]
    pub fn expires_in(&self) -> i64 {
        self.expires_in
    }

    /// Returns whether the access token has expired at this moment.
    #[must_use]
    pub fn is_expired_at(&self, moment: DateTime<Utc>) -> bool {
        moment >= self.expires_at
    }

    /// Returns the user, as of the last sign-in, refresh or profile update.
    #[must_use]
    pub fn user(&self) -> &types::User {
        &self.user
    }

    /// Returns the provider's access token, after a sign-in with a provider.
    #[must_use]
    pub fn provider_token(&self) -> Option<&Secret> {
        self.provider_token.as_ref()
    }

    /// Returns the provider's refresh token, after a sign-in with a provider that issues one.
    #[must_use]
    pub fn provider_refresh_token(&self) -> Option<&Secret> {
        self.provider_refresh_token.as_ref()
    }

    /// Returns why the password that was used to sign in no longer meets the server's rules.
    #[must_use]
    pub fn weak_password(&self) -> Option<&types::WeakPassword> {
        self.weak_password.as_ref()
    }

    pub(crate) fn requested_at(&self) -> Option<time::Duration> {
        self.requested_at
    }

    /// Returns this session as the continuation of a previous one, whose provider tokens it keeps, because a refresh
    /// does not return them. A session of another user is an error.
    pub(crate) fn continuing(mut self, before: &Self) -> Result<Self> {
        if self.user.id != before.user.id {
            return Err(Error::lacks(&ResponseMeta::default(), "a session of the same user"));
        }
        self.provider_token = self.provider_token.or_else(|| before.provider_token.clone());
        self.provider_refresh_token = self.provider_refresh_token.or_else(|| before.provider_refresh_token.clone());
        Ok(self)
    }

    /// Sets the token type and the provider tokens from a provider's redirect.
    pub(crate) fn with_provider_tokens(
        self,
        token_type: String,
        token: Option<Secret>,
        refresh: Option<Secret>,
    ) -> Self {
        Self { token_type, provider_token: token, provider_refresh_token: refresh, ..self }
    }

    /// Replaces the user.
    pub(crate) fn with_user(self, user: types::User) -> Self {
        Self { user, ..self }
    }
}
