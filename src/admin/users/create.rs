//! New users.

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

/// A new user (`POST /admin/users`), with an e-mail address, a phone number or both. Nothing is sent to them.
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
/// // From another system, whose hashes are bcrypt, Argon2 or the scrypt of Firebase.
/// let hash = "$2y$10$SXEz2HeT8PUIGQXo9yeUIem8KzNxgG0d7o/.eGj2rj8KbRgAuRVlq";
/// users.create(CreateUser::phone("+15550000001").password_hash(hash).confirm_phone()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Users::create"]
pub struct CreateUser {
    request: AdminCreateUserRequest,
    ban: Option<Ban>,
}

impl CreateUser {
    /// With an e-mail address.
    pub fn email(email: impl Into<String>) -> Self {
        Self::new(AdminCreateUserRequest { email: Some(email.into()), ..AdminCreateUserRequest::default() })
    }

    /// With a phone number, with or without a leading `+`.
    pub fn phone(phone: impl Into<String>) -> Self {
        Self::new(AdminCreateUserRequest { phone: Some(phone.into()), ..AdminCreateUserRequest::default() })
    }

    /// With both.
    pub fn email_and_phone(email: impl Into<String>, phone: impl Into<String>) -> Self {
        let mut user = Self::email(email);
        user.request.phone = Some(phone.into());
        user
    }

    fn new(request: AdminCreateUserRequest) -> Self {
        Self { request, ban: None }
    }

    /// The password, of at most 72 bytes. It is not held against the server's rules. Without one, nobody knows it.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.request.password = Some(password.into());
        self
    }

    /// The hash of the password, instead of it: bcrypt, Argon2i, Argon2id or the scrypt of Firebase.
    pub fn password_hash(mut self, hash: impl Into<Secret>) -> Self {
        self.request.password_hash = Some(hash.into());
        self
    }

    /// The address counts as confirmed, so that the user can sign in with it.
    pub fn confirm_email(mut self) -> Self {
        self.request.email_confirm = Some(true);
        self
    }

    /// The number counts as confirmed, so that the user can sign in with it.
    pub fn confirm_phone(mut self) -> Self {
        self.request.phone_confirm = Some(true);
        self
    }

    /// The user's own data, a JSON object.
    pub fn user_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.user_metadata = Some(metadata.into());
        self
    }

    /// The administrator's data, a JSON object, which the user cannot change. The server adds `provider` and
    /// `providers`.
    pub fn app_metadata(mut self, metadata: impl Into<Value>) -> Self {
        self.request.app_metadata = Some(metadata.into());
        self
    }

    /// The role for the database. The server's default is mostly `authenticated`.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.request.role = Some(role.into());
        self
    }

    /// Locked out for this long from now.
    pub fn ban(mut self, duration: Duration) -> Self {
        self.ban = Some(Ban::For(duration));
        self
    }

    /// The id, if it is to be a certain one.
    pub fn id(mut self, id: Uuid) -> Self {
        self.request.id = Some(id);
        self
    }

    /// The audience in which the user will live, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.request.aud = Some(audience.into());
        self
    }

    fn into_request(self) -> Result<AdminCreateUserRequest> {
        let Self { mut request, ban } = self;
        input::optional("e-mail address", request.email.as_deref())?;
        input::optional("phone number", request.phone.as_deref())?;
        input::optional("password", request.password.as_ref().map(Secret::expose))?;
        input::optional("password hash", request.password_hash.as_ref().map(Secret::expose))?;
        input::optional("role", request.role.as_deref())?;
        input::audience(request.aud.as_deref())?;
        input::metadata(request.user_metadata.as_ref())?;
        input::metadata(request.app_metadata.as_ref())?;
        request.id.map_or(Ok(()), |id| input::id("user id", id))?;
        if request.password.is_some() && request.password_hash.is_some() {
            return Err(Error::invalid("password", "and its hash cannot both be given"));
        }
        request.ban_duration = ban.map(Ban::text).transpose()?;
        Ok(request)
    }
}

impl Users {
    /// Creates a user.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `email_exists`, `phone_exists`, `validation_failed`; a status of
    /// 500 when the hash is not understood or the id is taken.
    pub async fn create(&self, user: CreateUser) -> Result<User> {
        let request = user.into_request()?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_create_user(None, &request).await).await
    }
}
