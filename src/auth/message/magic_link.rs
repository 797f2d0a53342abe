//! Magic links.

use serde_json::Value;

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
    types::MagicLinkRequest,
};

/// A link that signs in, to be mailed to a user who is created if need be (`POST /magiclink`).
///
/// [`SendOtp`](crate::SendOtp) can do the same and more; this route is older.
///
/// ```
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let link = gotrue::SendMagicLink::email("ada@example.com").redirect_to("https://app.example.com/cb");
/// client.send_magic_link(link).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::send_magic_link"]
pub struct SendMagicLink {
    email: String,
    data: Option<Value>,
    options: Options,
}

impl SendMagicLink {
    /// To this address.
    pub fn email(email: impl Into<String>) -> Self {
        Self { email: email.into(), data: None, options: Options::default() }
    }

    /// The metadata of a user who is created, a JSON object.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
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
    /// Mails a link that signs in.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `over_email_send_rate_limit` within a
    /// minute of the last; `signup_disabled`, `email_provider_disabled`.
    pub async fn send_magic_link(&self, link: SendMagicLink) -> Result<()> {
        input::not_empty("email address", &link.email)?;
        link.options.check()?;
        input::metadata(link.data.as_ref())?;
        let Options { redirect_to, audience, captcha_token, code_challenge } = link.options;
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        let request = MagicLinkRequest {
            email: link.email,
            data: link.data,
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(captcha_token),
        };
        let call = self.raw_call();
        let reply = call.raw.send_magic_link(redirect_to.as_deref(), audience.as_deref(), &request).await;
        call.answer(reply).await.map(drop)
    }
}
