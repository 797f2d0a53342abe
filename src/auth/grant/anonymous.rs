//! Anonymous users.

use serde_json::Value;

use super::Grant;
use crate::{
    auth::captcha::captcha,
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{SignUpRequest, SignUpResult},
};

/// A new user without email, phone and password (`POST /signup`).
///
/// When the session is lost, so is the user. To keep the user, set an email address and a password with
/// [`UserClient::update`](crate::UserClient::update), or link an identity with
/// [`Identities::link`](crate::user::Identities::link). The id stays the same. If the server requires confirmation, the
/// user stays anonymous until the address is confirmed.
///
/// Fails with `anonymous_provider_disabled`, `signup_disabled`, `captcha_failed`, `over_request_rate_limit`.
///
/// ```
/// # use gotrue::{Anonymous, Client, ProfileUpdate, VerifyOtp, types::OtpType};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let guest = client.sign_in(Anonymous::new().data(serde_json::json!({ "theme": "dark" }))).await?;
/// assert_eq!(guest.user().is_anonymous, Some(true));
///
/// // Later, to keep the user:
/// let user = client.user(guest.access_token());
/// user.update(ProfileUpdate::new().email("ada@example.com").password("correct-horse-7")).await?;
/// // … enter the code from the email, unless the server requires no confirmation …
/// client.verify_otp(VerifyOtp::email("ada@example.com", "123456").otp_type(OtpType::EmailChange)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to Client::sign_in"]
pub struct Anonymous {
    data: Option<Value>,
    audience: Option<String>,
    captcha_token: Option<Secret>,
}

impl Anonymous {
    /// A user without metadata.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the user's metadata, a JSON object.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Sets the audience that the user will belong to, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the token from the captcha widget, if the server requires one.
    pub fn captcha_token(mut self, captcha_token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(captcha_token.into());
        self
    }
}

impl Grant for Anonymous {
    async fn exchange(self, client: &Client) -> Result<Session> {
        input::metadata(self.data.as_ref())?;
        input::audience(self.audience.as_deref())?;
        let request = SignUpRequest {
            data: self.data,
            gotrue_meta_security: captcha(self.captcha_token),
            email: None,
            phone: None,
            password: None,
            channel: None,
            code_challenge: None,
            code_challenge_method: None,
        };
        let call = client.raw_call();
        let operation = call.raw.sign_up(None, self.audience.as_deref(), &request);
        let session = match call.finish(operation).await? {
            SignUpResult::Session(session) => Some(session),
            // An anonymous user has nothing to confirm.
            SignUpResult::User(_) => None,
        };
        Ok(call.session(call.required("the session", session)?))
    }
}
