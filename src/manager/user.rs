//! What a signed-in user may do that changes the session.

use serde::Serialize;
use uuid::Uuid;

use super::{Event, SessionManager, inner::spawned};
use crate::{
    auth::grant::IdToken,
    error::Result,
    secret::Secret,
    session::Session,
    types::User,
    user::{FactorChallenge, UserUpdate, WebAuthnChallenge},
};

impl SessionManager {
    /// Changes the signed-in user, and keeps them as they are then.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token) and [`UserClient::update`](crate::UserClient::update).
    pub async fn update_user(&self, update: UserUpdate) -> Result<User> {
        let user = self.user().await?.update(update).await?;
        let (inner, changed) = (self.0.clone(), user.clone());
        spawned(async move { inner.keep_user(changed).await }).await?;
        Ok(user)
    }

    /// Answers the challenge of a second factor, and keeps the session, which is of a higher assurance level then.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token) and [`Mfa::verify`](crate::user::Mfa::verify).
    pub async fn verify_factor(&self, challenge: &FactorChallenge, code: impl Into<Secret> + Send) -> Result<Session> {
        let code = code.into();
        self.keep(self.user().await?.mfa().verify(challenge, code).await?, Event::MfaVerified).await
    }

    /// Challenges a second factor and answers with a code that is there already, as from an authenticator application.
    ///
    /// ```
    /// # async fn f(auth: gotrue::SessionManager, code: String) -> Result<(), gotrue::Error> {
    /// let factors = auth.user().await?.mfa().factors().await?;
    /// if let Some(factor) = factors.totp().find(|factor| factor.is_verified()) {
    ///     auth.challenge_and_verify_factor(factor.id, code).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token) and [`Mfa::challenge_and_verify`](crate::user::Mfa::challenge_and_verify).
    pub async fn challenge_and_verify_factor(
        &self,
        factor_id: Uuid,
        code: impl Into<Secret> + Send,
    ) -> Result<Session> {
        let code = code.into();
        let session = self.user().await?.mfa().challenge_and_verify(factor_id, code).await?;
        self.keep(session, Event::MfaVerified).await
    }

    /// Answers the challenge of a security key or a platform authenticator.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token) and [`Mfa::verify_webauthn`](crate::user::Mfa::verify_webauthn).
    pub async fn verify_webauthn_factor(
        &self,
        challenge: &WebAuthnChallenge,
        credential: impl Serialize + Send,
    ) -> Result<Session> {
        let session = self.user().await?.mfa().verify_webauthn(challenge, credential).await?;
        self.keep(session, Event::MfaVerified).await
    }

    /// Links the identity of an ID token to the signed-in user.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token) and [`Identities::link_id_token`](crate::user::Identities::link_id_token).
    pub async fn link_id_token(&self, id_token: IdToken) -> Result<Session> {
        let session = self.user().await?.identities().link_id_token(id_token).await?;
        self.keep(session, |session| Event::UserUpdated(session.user().clone())).await
    }
}
