//! Sign-up.

use serde_json::Value;

use super::{
    captcha::captcha,
    contact::Contact,
    pkce::{PkceVerifier, challenge_fields},
};
use crate::{
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{MessageChannel, SignUpRequest, SignUpResult, User},
};

/// A sign-up by email or phone, with a password (`POST /signup`).
///
/// ```
/// # use gotrue::{Client, SignUp, SignUpOutcome};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let ada = SignUp::email("ada@example.com", "correct-horse-7")
///     .data(serde_json::json!({ "favorite_language": "rust" }))
///     .redirect_to("https://app.example.com/welcome");
/// match client.sign_up(ada).await? {
///     SignUpOutcome::Session(session) => println!("signed in: {}", session.user().id),
///     SignUpOutcome::ConfirmationRequired(_) => println!("check your inbox"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::sign_up"]
pub struct SignUp {
    contact: Contact,
    password: Secret,
    data: Option<Value>,
    audience: Option<String>,
    redirect_to: Option<String>,
    captcha_token: Option<Secret>,
    channel: Option<MessageChannel>,
    code_challenge: Option<String>,
}

impl SignUp {
    /// A sign-up with an email address, and a password of at most 72 bytes.
    pub fn email(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(Contact::Email(email.into()), password.into())
    }

    /// A sign-up with a phone number, and a password of at most 72 bytes.
    pub fn phone(phone: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(Contact::Phone(phone.into()), password.into())
    }

    fn new(contact: Contact, password: Secret) -> Self {
        Self {
            contact,
            password,
            data: None,
            audience: None,
            redirect_to: None,
            captcha_token: None,
            channel: None,
            code_challenge: None,
        }
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

    /// Sets the URL to which the link in the email redirects. The server must allow it.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
        self
    }

    /// Sets the token from the captcha widget, if the server requires one.
    pub fn captcha_token(mut self, token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(token.into());
        self
    }

    /// Sets how the code is sent to a phone. Defaults to `sms`.
    pub fn channel(mut self, channel: MessageChannel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Uses PKCE: the link brings a code that can be exchanged only with this verifier. Not with a phone number.
    pub fn pkce(mut self, verifier: &PkceVerifier) -> Self {
        self.code_challenge = Some(verifier.challenge());
        self
    }

    fn check(&self) -> Result<()> {
        self.contact.check()?;
        input::secret("password", &self.password)?;
        input::metadata(self.data.as_ref())?;
        input::audience(self.audience.as_deref())?;
        input::redirect_to(self.redirect_to.as_deref())
    }
}

/// The outcome of a sign-up.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "it is matched right where it is returned")]
pub enum SignUpOutcome {
    /// The server requires no confirmation: the user is signed in.
    Session(Session),
    /// A message was sent; the user must confirm first.
    ///
    /// If the address already belongs to a confirmed user, the server returns made-up data and sends no message. The
    /// two cases are indistinguishable on purpose: otherwise anyone could find out who has an account.
    ConfirmationRequired(User),
}

impl SignUpOutcome {
    /// Returns the session, if there is one.
    #[must_use]
    pub fn session(self) -> Option<Session> {
        match self {
            Self::Session(session) => Some(session),
            Self::ConfirmationRequired(_) => None,
        }
    }
}

impl Client {
    /// Creates a user.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `user_already_exists`, `weak_password`,
    /// `signup_disabled`, `captcha_failed`.
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<SignUpOutcome> {
        sign_up.check()?;
        let SignUp { contact, password, data, audience, redirect_to, captcha_token, channel, code_challenge } = sign_up;
        let (email, phone) = contact.into_fields();
        let (code_challenge, code_challenge_method) = challenge_fields(code_challenge);
        let request = SignUpRequest {
            email,
            phone,
            password: Some(password),
            data,
            channel,
            code_challenge,
            code_challenge_method,
            gotrue_meta_security: captcha(captcha_token),
        };
        let call = self.raw_call();
        let operation = call.raw.sign_up(redirect_to.as_deref(), audience.as_deref(), &request);
        Ok(match call.finish(operation).await? {
            SignUpResult::Session(session) => SignUpOutcome::Session(call.session(session)),
            SignUpResult::User(user) => SignUpOutcome::ConfirmationRequired(user),
        })
    }
}
