//! Changes to the signed-in user.

use serde_json::Value;

use super::UserClient;
use crate::{
    auth::pkce::{PkceVerifier, challenge_fields},
    client::Call,
    error::Result,
    input,
    secret::Secret,
    types::{MessageChannel, User, UserUpdateRequest},
};

/// A change to the signed-in user (`PUT /user`). Fields that are not set stay unchanged.
///
/// ```
/// # use gotrue::{UserClient, ProfileUpdate};
/// # use serde_json::json;
/// # async fn f(user: UserClient) -> Result<(), gotrue::Error> {
/// // Metadata is merged; null removes a key.
/// user.update(ProfileUpdate::new().data(json!({ "favorite_language": "rust", "nickname": null }))).await?;
/// // A new email address takes effect once it is confirmed.
/// let user = user.update(ProfileUpdate::new().email("ada@new.example.com")).await?;
/// assert_eq!(user.new_email.as_deref(), Some("ada@new.example.com"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to UserClient::update"]
pub struct ProfileUpdate {
    request: UserUpdateRequest,
    code_challenge: Option<String>,
    redirect_to: Option<String>,
}

impl ProfileUpdate {
    /// Creates an update without any change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a new email address. The user must confirm it, by default at the old address as well.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.request.email = Some(email.into());
        self
    }

    /// Sets a new phone number. The user must confirm it.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.request.phone = Some(phone.into());
        self
    }

    /// Sets a new password, of at most 72 bytes.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.request.password = Some(password.into());
        self
    }

    /// Sets the current password, if the server requires it (`current_password_required`).
    pub fn current_password(mut self, password: impl Into<Secret>) -> Self {
        self.request.current_password = Some(password.into());
        self
    }

    /// Sets the code that [`UserClient::reauthenticate`] sent, if the server requires it (`reauthentication_needed`).
    pub fn nonce(mut self, nonce: impl Into<Secret>) -> Self {
        self.request.nonce = Some(nonce.into());
        self
    }

    /// Sets metadata to merge into that of the user, a JSON object. A null removes its key.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.request.data = Some(data.into());
        self
    }

    /// Sets how the code is sent to a new phone number. Defaults to `sms`.
    pub fn channel(mut self, channel: MessageChannel) -> Self {
        self.request.channel = Some(channel);
        self
    }

    /// Sets the URL to which the link in the email to a new address redirects. The server must allow it.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
        self
    }

    /// Uses PKCE: the link in the email to a new address brings a code that can be exchanged only with this verifier.
    pub fn pkce(mut self, verifier: &PkceVerifier) -> Self {
        self.code_challenge = Some(verifier.challenge());
        self
    }

    fn check(&self) -> Result<()> {
        if let Some(email) = &self.request.email {
            input::not_empty("email address", email)?;
        }
        if let Some(phone) = &self.request.phone {
            input::not_empty("phone number", phone)?;
        }
        if let Some(password) = &self.request.password {
            input::secret("password", password)?;
        }
        input::metadata(self.request.data.as_ref())?;
        input::redirect_to(self.redirect_to.as_deref())
    }
}

impl UserClient {
    /// Updates the user, and returns the updated user (`PUT /user`).
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `same_password`, `weak_password`,
    /// `email_exists`, `phone_exists`, `reauthentication_needed`, `insufficient_aal` and others.
    pub async fn update(&self, update: ProfileUpdate) -> Result<User> {
        update.check()?;
        let ProfileUpdate { mut request, code_challenge, redirect_to } = update;
        (request.code_challenge, request.code_challenge_method) = challenge_fields(code_challenge);
        let update = move |call: Call| async move {
            call.finish(call.raw.update_user(redirect_to.as_deref(), None, &request)).await
        };
        self.update_user(update).await
    }
}
