//! Password recovery.

use super::MessageOptions;
use crate::{
    auth::{
        captcha::captcha,
        pkce::{PkceVerifier, challenge_fields},
    },
    client::Client,
    error::Result,
    input,
    secret::Secret,
    types::RecoverRequest,
};

/// An email with a link and a code, for a user who forgot the password (`POST /recover`).
///
/// Either of them signs the user in, who then sets a new password. The response is the same whether or not the user
/// exists.
///
/// ```
/// # use gotrue::{Client, Recover, ProfileUpdate, VerifyOtp, types::OtpType};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// client.recover(Recover::email("ada@example.com").redirect_to("https://app.example.com/new-password")).await?;
/// // … the user enters the code …
/// let code = VerifyOtp::email("ada@example.com", "123456").otp_type(OtpType::Recovery);
/// if let Some(session) = client.verify_otp(code).await?.session() {
///     client.user(session.access_token()).update(ProfileUpdate::new().password("better-horse-8")).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::recover"]
pub struct Recover {
    email: String,
    options: MessageOptions,
}

impl Recover {
    /// The recovery of the user with this email address.
    pub fn email(email: impl Into<String>) -> Self {
        Self { email: email.into(), options: MessageOptions::default() }
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
    /// Emails a link and a code for setting a new password.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `over_email_send_rate_limit` within a
    /// minute of the last message.
    pub async fn recover(&self, recover: Recover) -> Result<()> {
        input::not_empty("email address", &recover.email)?;
        recover.options.check()?;
        let MessageOptions { redirect_to, audience, captcha_token, code_challenge } = recover.options;
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        let gotrue_meta_security = captcha(captcha_token);
        let request =
            RecoverRequest { email: recover.email, code_challenge, code_challenge_method, gotrue_meta_security };
        let call = self.raw_call();
        let operation = call.raw.recover(redirect_to.as_deref(), audience.as_deref(), &request);
        call.finish(operation).await.map(drop)
    }
}
