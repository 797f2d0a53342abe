//! One-time codes.

use serde_json::Value;

use super::Options;
use crate::{
    auth::{
        captcha::captcha,
        contact::Contact,
        pkce::{PkceVerifier, challenge_fields},
    },
    client::Client,
    error::Result,
    input,
    secret::Secret,
    types::{MessageChannel, MessageSent, OtpRequest},
};

/// A one-time code to send, by e-mail (with a link) or to a phone (`POST /otp`).
///
/// ```
/// # use gotrue::{Client, SendOtp, Verify};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// client.send_otp(SendOtp::email("ada@example.com").create_user(false)).await?;
/// // … the code is read and typed …
/// let session = client.verify(Verify::email("ada@example.com", "123456")).await?.session();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::send_otp"]
pub struct SendOtp {
    contact: Contact,
    create_user: Option<bool>,
    data: Option<Value>,
    channel: Option<MessageChannel>,
    options: Options,
}

impl SendOtp {
    /// By e-mail.
    pub fn email(email: impl Into<String>) -> Self {
        Self::new(Contact::Email(email.into()))
    }

    /// To a phone.
    pub fn phone(phone: impl Into<String>) -> Self {
        Self::new(Contact::Phone(phone.into()))
    }

    fn new(contact: Contact) -> Self {
        Self { contact, create_user: None, data: None, channel: None, options: Options::default() }
    }

    /// Whether somebody unknown becomes a user. The server's default is yes.
    pub fn create_user(mut self, create_user: bool) -> Self {
        self.create_user = Some(create_user);
        self
    }

    /// The metadata of a user who is created, a JSON object.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// How the code gets to a phone. The server's default is `sms`. Not with an e-mail.
    pub fn channel(mut self, channel: MessageChannel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Where the link in the mail leads in the end. The server has to allow it.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.options.redirect_to = Some(url.into());
        self
    }

    /// The audience in which the user lives, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.options.audience = Some(audience.into());
        self
    }

    /// What the captcha widget returned, where the server asks for it.
    pub fn captcha_token(mut self, token: impl Into<Secret>) -> Self {
        self.options.captcha_token = Some(token.into());
        self
    }

    /// The link in the mail brings a code that only the owner of the verifier can exchange.
    pub fn pkce(mut self, verifier: &PkceVerifier) -> Self {
        self.options.code_challenge = Some(verifier.challenge());
        self
    }
}

impl Client {
    /// Sends a one-time code.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `otp_disabled` for somebody unknown who
    /// is not to be created; `over_email_send_rate_limit` and `over_sms_send_rate_limit` within a minute of the last.
    pub async fn send_otp(&self, otp: SendOtp) -> Result<MessageSent> {
        otp.contact.check()?;
        otp.options.check()?;
        input::metadata(otp.data.as_ref())?;
        let Options { redirect_to, audience, captcha_token, code_challenge } = otp.options;
        let (email, phone) = otp.contact.into_fields();
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        let request = OtpRequest {
            email,
            phone,
            create_user: otp.create_user,
            data: otp.data,
            channel: otp.channel,
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(captcha_token),
        };
        let call = self.raw_call();
        call.answer(call.raw.send_otp(redirect_to.as_deref(), audience.as_deref(), &request).await).await
    }
}
