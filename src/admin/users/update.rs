//! Changes to a user.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{Users, ban::Ban};
use crate::{
    error::Result,
    input,
    secret::Secret,
    types::{AdminUpdateUserRequest, User},
};

/// What to change of a user (`PUT /admin/users/{user_id}`). What is not named stays.
///
/// All takes effect at once, and nothing is sent to the user.
///
/// ```
/// # use gotrue::admin::UpdateUser;
/// # use serde_json::json;
/// # async fn f(users: gotrue::admin::Users, id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// users.update(id, UpdateUser::new().email("ada@new.example.com").confirm_email()).await?;
/// // Metadata is merged key by key, not within a key; null removes a key.
/// users.update(id, UpdateUser::new().app_metadata(json!({ "plan": "pro", "trial": null }))).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Users::update"]
pub struct UpdateUser {
    request: AdminUpdateUserRequest,
    ban: Option<Ban>,
}

impl UpdateUser {
    /// No change yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new e-mail address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.request.email = Some(email.into());
        self
    }

    /// A new phone number, with or without a leading `+`.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.request.phone = Some(phone.into());
        self
    }

    /// A new password, of at most 72 bytes, which has to meet the server's rules. All sessions of the user end.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.request.password = Some(password.into());
        self
    }

    /// The address counts as confirmed. There is no way back.
    pub fn confirm_email(mut self) -> Self {
        self.request.email_confirm = Some(true);
        self
    }

    /// The number counts as confirmed. There is no way back.
    pub fn confirm_phone(mut self) -> Self {
        self.request.phone_confirm = Some(true);
        self
    }

    /// Data to merge into the user's own, a JSON object. A key that is given replaces the one there, whole; a null
    /// removes it.
    pub fn user_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.user_metadata = Some(metadata.into());
        self
    }

    /// Data to merge into the administrator's, a JSON object. A key that is given replaces the one there, whole; a
    /// null removes it. The new data are in access tokens from the next refresh on.
    pub fn app_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.app_metadata = Some(metadata.into());
        self
    }

    /// The role for the database.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.request.role = Some(role.into());
        self
    }

    /// Locks the user out for this long from now, whatever ban there was.
    pub fn ban(mut self, duration: Duration) -> Self {
        self.ban = Some(Ban::For(duration));
        self
    }

    /// Lifts a ban.
    pub fn unban(mut self) -> Self {
        self.ban = Some(Ban::Lifted);
        self
    }

    fn into_request(self) -> Result<AdminUpdateUserRequest> {
        let Self { mut request, ban } = self;
        input::optional("e-mail address", request.email.as_deref())?;
        input::optional("phone number", request.phone.as_deref())?;
        input::optional("password", request.password.as_ref().map(Secret::expose))?;
        input::optional("role", request.role.as_deref())?;
        input::metadata(request.user_metadata.as_ref())?;
        input::metadata(request.app_metadata.as_ref())?;
        request.ban_duration = ban.map(Ban::text).transpose()?;
        Ok(request)
    }
}

impl Users {
    /// Changes a user, and returns them as they are then.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `user_not_found`, `weak_password`,
    /// `validation_failed`. An address or number that another user has is `unexpected_failure` with a status of 500,
    /// which looks as if it were worth another try and is not.
    pub async fn update(&self, id: Uuid, update: UpdateUser) -> Result<User> {
        input::id("user id", id)?;
        let request = update.into_request()?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_update_user(&id, &request).await).await
    }
}
