//! Passwords.

use super::{Grant, token};
use crate::{
    auth::{captcha::captcha, contact::Contact},
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{GrantType, PasswordGrant},
};

/// An email address or a phone number, and the password (`POST /token?grant_type=password`).
///
/// Fails with `invalid_credentials`, `email_not_confirmed`, `phone_not_confirmed`, `user_banned`, `captcha_failed`.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let session = client.sign_in(gotrue::Password::email("ada@example.com", "correct-horse-7")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_in"]
pub struct Password {
    contact: Contact,
    password: Secret,
    audience: Option<String>,
    captcha_token: Option<Secret>,
}

impl Password {
    /// An email address and the password.
    pub fn email(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(Contact::Email(email.into()), password.into())
    }

    /// A phone number and the password.
    pub fn phone(phone: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(Contact::Phone(phone.into()), password.into())
    }

    fn new(contact: Contact, password: Secret) -> Self {
        Self { contact, password, audience: None, captcha_token: None }
    }

    /// Sets the audience that the user belongs to, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the token from the captcha widget, if the server requires one.
    pub fn captcha_token(mut self, captcha_token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(captcha_token.into());
        self
    }

    /// Returns the audience and the request.
    fn into_request(self) -> Result<(Option<String>, PasswordGrant)> {
        self.contact.check()?;
        input::secret("password", &self.password)?;
        input::audience(self.audience.as_deref())?;
        let (email, phone) = self.contact.into_fields();
        let gotrue_meta_security = captcha(self.captcha_token);
        Ok((self.audience, PasswordGrant { email, phone, password: self.password, gotrue_meta_security }))
    }
}

impl Grant for Password {
    async fn exchange(self, client: &Client) -> Result<Session> {
        let (audience, request) = self.into_request()?;
        token(&client.raw_call(), GrantType::Password, audience.as_deref(), request).await
    }
}
