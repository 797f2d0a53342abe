//! Resending confirmations.

use super::MessageOptions;
use crate::{
    auth::{
        captcha::captcha,
        contact::Contact,
        pkce::{PkceVerifier, challenge_fields},
    },
    client::Client,
    error::Result,
    secret::Secret,
    types::{MessageSent, ResendRequest, ResendType},
};

/// A confirmation message to send again (`POST /resend`).
///
/// The response is the same if the user does not exist or has nothing left to confirm.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// client.resend(gotrue::Resend::sign_up("ada@example.com")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::resend"]
pub struct Resend {
    resend_type: ResendType,
    contact: Contact,
    options: MessageOptions,
}

impl Resend {
    /// The confirmation of a new user's email address.
    pub fn sign_up(email: impl Into<String>) -> Self {
        Self::new(ResendType::Signup, Contact::Email(email.into()))
    }

    /// The confirmation of a change of the email address. `email` is the current address.
    pub fn email_change(email: impl Into<String>) -> Self {
        Self::new(ResendType::EmailChange, Contact::Email(email.into()))
    }

    /// The confirmation of a new user's phone number.
    pub fn sms(phone: impl Into<String>) -> Self {
        Self::new(ResendType::Sms, Contact::Phone(phone.into()))
    }

    /// The confirmation of a change of the phone number. `phone` is the current number.
    pub fn phone_change(phone: impl Into<String>) -> Self {
        Self::new(ResendType::PhoneChange, Contact::Phone(phone.into()))
    }

    fn new(resend_type: ResendType, contact: Contact) -> Self {
        Self { resend_type, contact, options: MessageOptions::default() }
    }

    /// Sets the URL to which the link in the email redirects. The server must allow it.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.options.redirect_to = Some(url.into());
        self
    }

    /// Sets the audience that the user belongs to, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.options.audience = Some(audience.into());
        self
    }

    /// Sets the token from the captcha widget, if the server requires one.
    pub fn captcha_token(mut self, token: impl Into<Secret>) -> Self {
        self.options.captcha_token = Some(token.into());
        self
    }

    /// Uses PKCE: the link brings a code that can be exchanged only with this verifier.
    pub fn pkce(mut self, verifier: &PkceVerifier) -> Self {
        self.options.code_challenge = Some(verifier.challenge());
        self
    }
}

impl Client {
    /// Sends a confirmation again.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `over_email_send_rate_limit` and
    /// `over_sms_send_rate_limit` within a minute of the last message.
    pub async fn resend(&self, resend: Resend) -> Result<MessageSent> {
        resend.contact.check()?;
        resend.options.check()?;
        let MessageOptions { redirect_to, audience, captcha_token, code_challenge } = resend.options;
        let (email, phone) = resend.contact.into_fields();
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        let request = ResendRequest {
            type_: resend.resend_type,
            email,
            phone,
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(captcha_token),
        };
        let call = self.raw_call();
        call.finish(call.raw.resend(redirect_to.as_deref(), audience.as_deref(), &request)).await
    }
}
