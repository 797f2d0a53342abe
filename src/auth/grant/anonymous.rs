//! A user without an address.

use serde_json::Value;

use super::Grant;
use crate::{
    auth::captcha::captcha,
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{SignUpRequest, SignUpResponse},
};

/// A new user without e-mail, phone and password (`POST /signup`).
///
/// Whoever loses the session loses the user. To keep them, give them an address and a password, by
/// [`UserClient::update`](crate::UserClient::update), or link an identity, by
/// [`Identities::link`](crate::user::Identities::link). The id stays the same; where addresses have to be confirmed, the
/// user stays anonymous until then.
///
/// Fails with `anonymous_provider_disabled`, `signup_disabled`, `captcha_failed`, `over_request_rate_limit`.
///
/// ```
/// # use gotrue::{Anonymous, Client, UserUpdate, Verify, types::OtpType};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let guest = client.sign_in(Anonymous::new().data(serde_json::json!({ "theme": "dark" }))).await?;
/// assert_eq!(guest.user().is_anonymous, Some(true));
///
/// // Later, to stay:
/// let user = client.user(guest.access_token());
/// user.update(UserUpdate::new().email("ada@example.com").password("correct-horse-7")).await?;
/// // … the code from the mail, unless the server confirms by itself …
/// client.verify(Verify::email("ada@example.com", "123456").otp_type(OtpType::EmailChange)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "give it to Client::sign_in"]
pub struct Anonymous {
    data: Option<Value>,
    audience: Option<String>,
    captcha_token: Option<Secret>,
}

impl Anonymous {
    /// A user of whom nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The user's metadata, a JSON object.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// The audience in which the user will live, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// What the captcha widget returned, where the server asks for it.
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
        let reply = call.raw.sign_up(None, self.audience.as_deref(), &request).await;
        let session = match call.answer(reply).await? {
            SignUpResponse::Session(session) => Some(session),
            // There is nothing that such a user could confirm.
            SignUpResponse::User(_) => None,
        };
        Ok(call.session(call.required("the session", session)?))
    }
}
