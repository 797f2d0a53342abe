//! Updating users.

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

/// An update of a user (`PUT /admin/users/{user_id}`). Fields that are not set stay unchanged.
///
/// Changes take effect at once, and the user is not notified.
///
/// ```
/// # use gotrue::admin::UpdateUser;
/// # use serde_json::json;
/// # async fn f(users: gotrue::admin::Users, id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// users.update(id, UpdateUser::new().email("ada@new.example.com").confirm_email()).await?;
/// // Metadata is merged at the top level only; null removes a key.
/// users.update(id, UpdateUser::new().app_metadata(json!({ "plan": "pro", "trial": null }))).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to Users::update"]
pub struct UpdateUser {
    request: AdminUpdateUserRequest,
    ban: Option<Ban>,
}

impl UpdateUser {
    /// An update without changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the email address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.request.email = Some(email.into());
        self
    }

    /// Sets the phone number, with or without a leading `+`.
    pub fn phone(mut self, phone: impl Into<String>) -> Self {
        self.request.phone = Some(phone.into());
        self
    }

    /// Sets the password, at most 72 bytes, which must meet the server's rules. All sessions of the user end.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.request.password = Some(password.into());
        self
    }

    /// Marks the email address as confirmed. This cannot be undone.
    pub fn confirm_email(mut self) -> Self {
        self.request.email_confirm = Some(true);
        self
    }

    /// Marks the phone number as confirmed. This cannot be undone.
    pub fn confirm_phone(mut self) -> Self {
        self.request.phone_confirm = Some(true);
        self
    }

    /// Merges into the metadata that the user can change, a JSON object. A key replaces the existing value as a whole;
    /// a null value removes the key.
    pub fn user_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.user_metadata = Some(metadata.into());
        self
    }

    /// Merges into the metadata that only administrators can change, a JSON object. A key replaces the existing value
    /// as a whole; a null value removes the key. Access tokens contain the new data from the next refresh on.
    pub fn app_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.app_metadata = Some(metadata.into());
        self
    }

    /// Sets the database role.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.request.role = Some(role.into());
        self
    }

    /// Bans the user for this long, from now, replacing any earlier ban.
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
        input::optional("email address", request.email.as_deref())?;
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
    /// Updates a user and returns them.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `user_not_found`, `weak_password`,
    /// `validation_failed`. An email address or phone number of another user results in `unexpected_failure` with
    /// status 500, which looks retryable but is not.
    pub async fn update(&self, id: Uuid, update: UpdateUser) -> Result<User> {
        input::id("user id", id)?;
        let request = update.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_update_user(&id, &request)).await
    }
}
