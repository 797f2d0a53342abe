//! Creating users.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use super::{Users, ban::Ban};
use crate::{
    error::{Error, Result},
    input,
    secret::Secret,
    types::{AdminCreateUserRequest, User},
};

/// A new user (`POST /admin/users`) with an email address, a phone number or both. The server sends no message.
///
/// ```
/// # use gotrue::admin::CreateUser;
/// # use serde_json::json;
/// # async fn f(users: gotrue::admin::Users) -> Result<(), gotrue::Error> {
/// let ada = CreateUser::email("ada@example.com")
///     .password("correct-horse-7")
///     .confirm_email()
///     .user_metadata(json!({ "favorite_language": "rust" }))
///     .app_metadata(json!({ "plan": "pro" }));
/// let ada = users.create(ada).await?;
///
/// // Imported from another system with bcrypt, Argon2 or Firebase scrypt hashes.
/// let hash = "$2y$10$SXEz2HeT8PUIGQXo9yeUIem8KzNxgG0d7o/.eGj2rj8KbRgAuRVlq";
/// users.create(CreateUser::phone("+15550000001").password_hash(hash).confirm_phone()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Users::create"]
pub struct CreateUser {
    request: AdminCreateUserRequest,
    ban: Option<Ban>,
}

impl CreateUser {
    /// A new user with an email address.
    pub fn email(email: impl Into<String>) -> Self {
        Self::new(AdminCreateUserRequest { email: Some(email.into()), ..AdminCreateUserRequest::default() })
    }

    /// A new user with a phone number, with or without a leading `+`.
    pub fn phone(phone: impl Into<String>) -> Self {
        Self::new(AdminCreateUserRequest { phone: Some(phone.into()), ..AdminCreateUserRequest::default() })
    }

    /// A new user with an email address and a phone number.
    pub fn email_and_phone(email: impl Into<String>, phone: impl Into<String>) -> Self {
        let mut user = Self::email(email);
        user.request.phone = Some(phone.into());
        user
    }

    fn new(request: AdminCreateUserRequest) -> Self {
        Self { request, ban: None }
    }

    /// Sets the password, at most 72 bytes. It is not checked against the server's rules. Without one, the password is
    /// unknown.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.request.password = Some(password.into());
        self
    }

    /// Sets the hash of the password, instead of the password: bcrypt, Argon2i, Argon2id or Firebase scrypt.
    pub fn password_hash(mut self, hash: impl Into<Secret>) -> Self {
        self.request.password_hash = Some(hash.into());
        self
    }

    /// Marks the email address as confirmed, so that the user can sign in with it.
    pub fn confirm_email(mut self) -> Self {
        self.request.email_confirm = Some(true);
        self
    }

    /// Marks the phone number as confirmed, so that the user can sign in with it.
    pub fn confirm_phone(mut self) -> Self {
        self.request.phone_confirm = Some(true);
        self
    }

    /// Sets the metadata that the user can change, a JSON object.
    pub fn user_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.user_metadata = Some(metadata.into());
        self
    }

    /// Sets the metadata that only administrators can change, a JSON object. The server adds `provider` and
    /// `providers`.
    pub fn app_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.app_metadata = Some(metadata.into());
        self
    }

    /// Sets the database role. Defaults to the server's setting, usually `authenticated`.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.request.role = Some(role.into());
        self
    }

    /// Bans the user for this long, from now.
    pub fn ban(mut self, duration: Duration) -> Self {
        self.ban = Some(Ban::For(duration));
        self
    }

    /// Sets the id. By default, the server generates one.
    pub fn id(mut self, id: Uuid) -> Self {
        self.request.id = Some(id);
        self
    }

    /// Sets the audience of the new user, if it is not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.request.aud = Some(audience.into());
        self
    }

    fn into_request(self) -> Result<AdminCreateUserRequest> {
        let Self { mut request, ban } = self;
        input::optional("email address", request.email.as_deref())?;
        input::optional("phone number", request.phone.as_deref())?;
        input::optional("password", request.password.as_ref().map(Secret::expose))?;
        input::optional("password hash", request.password_hash.as_ref().map(Secret::expose))?;
        input::optional("role", request.role.as_deref())?;
        input::audience(request.aud.as_deref())?;
        input::metadata(request.user_metadata.as_ref())?;
        input::metadata(request.app_metadata.as_ref())?;
        request.id.map_or(Ok(()), |id| input::id("user id", id))?;
        if request.password.is_some() && request.password_hash.is_some() {
            return Err(Error::invalid("password", "cannot be combined with a password hash"));
        }
        request.ban_duration = ban.map(Ban::text).transpose()?;
        Ok(request)
    }
}

impl Users {
    /// Creates a user.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `email_exists`, `phone_exists`, `validation_failed`; status 500 if
    /// the hash is not supported or the id is taken.
    pub async fn create(&self, user: CreateUser) -> Result<User> {
        let request = user.into_request()?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_create_user(None, &request)).await
    }
}
