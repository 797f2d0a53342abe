//! A one-time code from a message, or the hash from its link.

use crate::{
    auth::{contact::Contact, flow::FlowKind},
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{OtpType, VerifyRequest, VerifyResponse},
};

/// A code to verify (`POST /verify`).
///
/// ```
/// # use gotrue::{Client, Verified, Verify, types::OtpType};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// match client.verify(Verify::email("ada@example.com", "123456").otp_type(OtpType::EmailChange)).await? {
///     Verified::Session(session) => println!("signed in: {}", session.user().id),
///     Verified::ConfirmationPending { message } => println!("{message}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "give it to Client::verify"]
pub struct Verify {
    code: Code,
    otp_type: OtpType,
    audience: Option<String>,
}

#[derive(Clone, Debug)]
enum Code {
    SentTo(Contact, Secret),
    Hash(Secret),
}

impl Verify {
    /// A code from an e-mail that signs in, up or recovers. For a new address set the type
    /// [`OtpType::EmailChange`].
    pub fn email(email: impl Into<String>, code: impl Into<Secret>) -> Self {
        Self::new(Code::SentTo(Contact::Email(email.into()), code.into()), OtpType::Email)
    }

    /// A code from a text message. For a new number set the type [`OtpType::PhoneChange`].
    pub fn phone(phone: impl Into<String>, code: impl Into<Secret>) -> Self {
        Self::new(Code::SentTo(Contact::Phone(phone.into()), code.into()), OtpType::Sms)
    }

    /// The hash from a link in a mail, `token_hash` in most templates. Not for text messages.
    pub fn token_hash(token_hash: impl Into<Secret>, otp_type: OtpType) -> Self {
        Self::new(Code::Hash(token_hash.into()), otp_type)
    }

    fn new(code: Code, otp_type: OtpType) -> Self {
        Self { code, otp_type, audience: None }
    }

    /// What the code was sent for.
    pub fn otp_type(mut self, otp_type: OtpType) -> Self {
        self.otp_type = otp_type;
        self
    }

    /// The audience in which the user lives, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// What the flow that ends with this code was begun for.
    pub(crate) fn flow_kind(&self) -> FlowKind {
        FlowKind::of_link(&self.otp_type.to_string())
    }

    fn check(&self) -> Result<()> {
        input::audience(self.audience.as_deref())?;
        match &self.code {
            Code::SentTo(contact, code) => contact.check().and_then(|()| input::secret("code", code)),
            Code::Hash(hash) => input::secret("token hash", hash),
        }
    }
}

/// What a verification came to.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum Verified {
    /// The user is signed in.
    Session(Session),
    /// It was the first of the two confirmations of a new e-mail address. The session so far, if there is one, stays.
    ConfirmationPending {
        /// What to do next, in the server's words.
        message: String,
    },
}

impl Verified {
    /// The session, if there is one.
    #[must_use]
    pub fn session(self) -> Option<Session> {
        match self {
            Self::Session(session) => Some(session),
            Self::ConfirmationPending { .. } => None,
        }
    }
}

impl Client {
    /// Exchanges a one-time code, or the hash from a link, for a session.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `otp_expired` when the code is wrong,
    /// used or has expired; `user_banned`.
    pub async fn verify(&self, verify: Verify) -> Result<Verified> {
        verify.check()?;
        let mut request = VerifyRequest {
            type_: verify.otp_type,
            token: None,
            token_hash: None,
            email: None,
            phone: None,
            redirect_to: None,
        };
        match verify.code {
            Code::SentTo(contact, code) => {
                request.token = Some(code);
                (request.email, request.phone) = contact.into_fields();
            }
            Code::Hash(hash) => request.token_hash = Some(hash),
        }
        let call = self.raw_call();
        let reply = call.raw.verify(verify.audience.as_deref(), &request).await;
        Ok(match call.answer(reply).await? {
            VerifyResponse::Session(session) => Verified::Session(call.session(session)),
            VerifyResponse::ConfirmationPending(pending) => Verified::ConfirmationPending { message: pending.msg },
        })
    }
}
