//! New accounts.

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
    types::{MessageChannel, SignUpRequest, SignUpResponse, User},
};

/// A sign-up by e-mail or phone, with a password.
///
/// ```
/// # use gotrue::{Client, SignUp, SignUpOutcome};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let ada = SignUp::email("ada@example.com", "correct-horse-7")
///     .data(serde_json::json!({ "favorite_language": "rust" }))
///     .redirect_to("https://app.example.com/welcome");
/// match client.sign_up(ada).await? {
///     SignUpOutcome::Session(session) => println!("signed in: {}", session.user().id),
///     SignUpOutcome::ConfirmationRequired(_) => println!("a message is on its way"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::sign_up"]
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
    /// With an e-mail address and a password of at most 72 bytes.
    pub fn email(email: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::new(Contact::Email(email.into()), password.into())
    }

    /// With a phone number and a password of at most 72 bytes.
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

    /// Where the link in the mail leads in the end. The server has to allow it.
    pub fn redirect_to(mut self, url: impl Into<String>) -> Self {
        self.redirect_to = Some(url.into());
        self
    }

    /// What the captcha widget returned, where the server asks for it.
    pub fn captcha_token(mut self, token: impl Into<Secret>) -> Self {
        self.captcha_token = Some(token.into());
        self
    }

    /// How the code gets to a phone. The server's default is `sms`.
    pub fn channel(mut self, channel: MessageChannel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// The link in the mail brings a code that only the owner of the verifier can exchange. Not with a phone.
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

/// What a sign-up came to.
#[derive(Clone, Debug)]
pub enum SignUpOutcome {
    /// The server confirms by itself: the user is signed in.
    Session(Session),
    /// A message was sent; the user has to confirm first.
    ///
    /// If the address already belonged to a confirmed user, the user here is invented, and no message was sent. The
    /// two cannot be told apart, and are not meant to be: otherwise anybody could find out who has an account.
    ConfirmationRequired(User),
}

impl SignUpOutcome {
    /// The session, if there is one.
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
    /// `signup_disabled`, `captcha_failed` and others from `POST /signup`.
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
        let reply = call.raw.sign_up(redirect_to.as_deref(), audience.as_deref(), &request).await;
        Ok(match call.answer(reply).await? {
            SignUpResponse::Session(session) => SignUpOutcome::Session(call.session(session)),
            SignUpResponse::User(user) => SignUpOutcome::ConfirmationRequired(user),
        })
    }
}
