//! Password recovery.

use super::Options;
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

/// A link and a code for a user who forgot the password (`POST /recover`).
///
/// They sign the user in, who then sets a new password. The answer is the same whether or not there is such a user.
///
/// ```
/// # use gotrue::{Client, Recover, UserUpdate, Verify, types::OtpType};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// client.recover(Recover::email("ada@example.com").redirect_to("https://app.example.com/new-password")).await?;
/// // … the code is read and typed …
/// let code = Verify::email("ada@example.com", "123456").otp_type(OtpType::Recovery);
/// if let Some(session) = client.verify(code).await?.session() {
///     client.user(session.access_token()).update(UserUpdate::new().password("better-horse-8")).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::recover"]
pub struct Recover {
    email: String,
    options: Options,
}

impl Recover {
    /// For the user with this address.
    pub fn email(email: impl Into<String>) -> Self {
        Self { email: email.into(), options: Options::default() }
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
    /// Mails a link and a code for a new password.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `over_email_send_rate_limit` within a
    /// minute of the last.
    pub async fn recover(&self, recover: Recover) -> Result<()> {
        input::not_empty("email address", &recover.email)?;
        recover.options.check()?;
        let Options { redirect_to, audience, captcha_token, code_challenge } = recover.options;
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        let gotrue_meta_security = captcha(captcha_token);
        let request =
            RecoverRequest { email: recover.email, code_challenge, code_challenge_method, gotrue_meta_security };
        let call = self.raw_call();
        let reply = call.raw.recover(redirect_to.as_deref(), audience.as_deref(), &request).await;
        call.answer(reply).await.map(drop)
    }
}
