//! One-time codes and magic links.

use serde_json::Value;

use super::MessageOptions;
use crate::{
    auth::{
        captcha::captcha,
        contact::Contact,
        pkce::{PkceVerifier, challenge_fields},
    },
    client::Client,
    error::{Error, Result},
    input,
    secret::Secret,
    types::{MagicLinkRequest, MessageChannel, MessageSent, OtpRequest},
};

/// A message that signs a user in: an email with a link and a code, or a text message with a code.
///
/// [`Client::send_otp`] and [`Client::send_magic_link`] send the same email; the latter uses an older endpoint with
/// fewer options.
///
/// ```
/// # use gotrue::{Client, SignInMessage, VerifyOtp};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// client.send_otp(SignInMessage::email("ada@example.com").create_user(false)).await?;
/// // … the user enters the code …
/// let session = client.verify_otp(VerifyOtp::email("ada@example.com", "123456")).await?.session();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::send_otp or Client::send_magic_link"]
pub struct SignInMessage {
    contact: Contact,
    create_user: Option<bool>,
    data: Option<Value>,
    channel: Option<MessageChannel>,
    options: MessageOptions,
}

impl SignInMessage {
    /// An email to this address.
    pub fn email(email: impl Into<String>) -> Self {
        Self::new(Contact::Email(email.into()))
    }

    /// A text message to this phone number, with or without a leading `+`. Only with [`Client::send_otp`].
    pub fn phone(phone: impl Into<String>) -> Self {
        Self::new(Contact::Phone(phone.into()))
    }

    fn new(contact: Contact) -> Self {
        Self { contact, create_user: None, data: None, channel: None, options: MessageOptions::default() }
    }

    /// Sets whether to create the user if needed. Defaults to true. `false` works only with [`Client::send_otp`].
    pub fn create_user(mut self, create_user: bool) -> Self {
        self.create_user = Some(create_user);
        self
    }

    /// Sets the metadata of a user who is created, a JSON object.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Sets how the code is sent to a phone. Defaults to `sms`. Only with a phone number.
    pub fn channel(mut self, channel: MessageChannel) -> Self {
        self.channel = Some(channel);
        self
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

    fn check(&self) -> Result<()> {
        self.contact.check()?;
        self.options.check()?;
        input::metadata(self.data.as_ref())
    }

    fn into_otp_request(self) -> OtpRequest {
        let (email, phone) = self.contact.into_fields();
        let (code_challenge, code_challenge_method) = challenge_fields(self.options.code_challenge);
        OtpRequest {
            email,
            phone,
            create_user: self.create_user,
            data: self.data,
            channel: self.channel,
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(self.options.captcha_token),
        }
    }

    fn into_magic_link_request(self) -> Result<MagicLinkRequest> {
        let Contact::Email(email) = self.contact else {
            return Err(Error::invalid("magic link", "must be sent to an email address"));
        };
        if self.create_user == Some(false) || self.channel.is_some() {
            return Err(Error::invalid("magic link", "does not support create_user(false) or a channel; use send_otp"));
        }
        let (code_challenge, code_challenge_method) = challenge_fields(self.options.code_challenge);
        Ok(MagicLinkRequest {
            email,
            data: self.data,
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(self.options.captcha_token),
        })
    }
}

impl Client {
    /// Sends a one-time code, by email (with a link) or to a phone (`POST /otp`).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `otp_disabled` if the user does not exist and must not be created;
    /// `over_email_send_rate_limit` and `over_sms_send_rate_limit` within a minute of the last message.
    pub async fn send_otp(&self, message: SignInMessage) -> Result<MessageSent> {
        message.check()?;
        let (redirect_to, audience) = message.options.parameters();
        let request = message.into_otp_request();
        let call = self.raw_call();
        call.finish(call.raw.send_otp(redirect_to.as_deref(), audience.as_deref(), &request)).await
    }

    /// Emails a sign-in link, and creates the user if needed (`POST /magiclink`).
    ///
    /// ```
    /// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
    /// let link = gotrue::SignInMessage::email("ada@example.com").redirect_to("https://app.example.com/cb");
    /// client.send_magic_link(link).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request, also for what only [`send_otp`](Self::send_otp) supports: a phone
    /// number, a channel, and `create_user(false)`. `over_email_send_rate_limit` within a minute of the last message;
    /// `signup_disabled`, `email_provider_disabled`.
    pub async fn send_magic_link(&self, message: SignInMessage) -> Result<()> {
        message.check()?;
        let (redirect_to, audience) = message.options.parameters();
        let request = message.into_magic_link_request()?;
        let call = self.raw_call();
        let operation = call.raw.send_magic_link(redirect_to.as_deref(), audience.as_deref(), &request);
        call.finish(operation).await.map(drop)
    }
}
