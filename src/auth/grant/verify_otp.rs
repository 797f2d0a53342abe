//! One-time codes from messages, and the hashes in their links.

use crate::{
    auth::{contact::Contact, flow::FlowKind},
    client::Client,
    error::Result,
    input,
    secret::Secret,
    session::Session,
    types::{OtpType, VerifyRequest, VerifyResult},
};

/// A one-time code, or the hash from a link, to verify (`POST /verify`).
///
/// ```
/// # use gotrue::{Client, VerifyOtp, auth::VerifyOtpOutcome, types::OtpType};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// match client.verify_otp(VerifyOtp::email("ada@example.com", "123456").otp_type(OtpType::EmailChange)).await? {
///     VerifyOtpOutcome::Session(session) => println!("signed in: {}", session.user().id),
///     VerifyOtpOutcome::ConfirmationPending { message } => println!("{message}"),
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to Client::verify_otp"]
pub struct VerifyOtp {
    proof: Proof,
    otp_type: OtpType,
    audience: Option<String>,
}

#[derive(Clone, Debug)]
enum Proof {
    Code(Contact, Secret),
    TokenHash(Secret),
}

impl VerifyOtp {
    /// A code from an email for a sign-in, a sign-up or a recovery. For a change of the address, set the type
    /// [`OtpType::EmailChange`].
    pub fn email(email: impl Into<String>, code: impl Into<Secret>) -> Self {
        Self::new(Proof::Code(Contact::Email(email.into()), code.into()), OtpType::Email)
    }

    /// A code from a text message. For a change of the number, set the type [`OtpType::PhoneChange`].
    pub fn phone(phone: impl Into<String>, code: impl Into<Secret>) -> Self {
        Self::new(Proof::Code(Contact::Phone(phone.into()), code.into()), OtpType::Sms)
    }

    /// The hash from the link in an email, `token_hash` in most templates. Not for text messages.
    pub fn token_hash(token_hash: impl Into<Secret>, otp_type: OtpType) -> Self {
        Self::new(Proof::TokenHash(token_hash.into()), otp_type)
    }

    fn new(proof: Proof, otp_type: OtpType) -> Self {
        Self { proof, otp_type, audience: None }
    }

    /// Sets what the code was sent for.
    pub fn otp_type(mut self, otp_type: OtpType) -> Self {
        self.otp_type = otp_type;
        self
    }

    /// Sets the audience that the user belongs to, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Returns what the flow that ends with this code was started for.
    pub(crate) fn flow_kind(&self) -> FlowKind {
        FlowKind::of_link(&self.otp_type.to_string())
    }

    fn check(&self) -> Result<()> {
        input::audience(self.audience.as_deref())?;
        match &self.proof {
            Proof::Code(contact, code) => contact.check().and_then(|()| input::secret("code", code)),
            Proof::TokenHash(hash) => input::secret("token hash", hash),
        }
    }
}

/// The outcome of a verification.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is matched right where it is returned")]
pub enum VerifyOtpOutcome {
    /// The user is signed in.
    Session(Session),
    /// The first of the two confirmations of a new email address is done. An existing session remains valid.
    ConfirmationPending {
        /// What to do next, as plain text from the server.
        message: String,
    },
}

impl VerifyOtpOutcome {
    /// Returns the session, if there is one.
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
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) before any request; `otp_expired` if the code is wrong, was
    /// used or has expired; `user_banned`.
    pub async fn verify_otp(&self, verify: VerifyOtp) -> Result<VerifyOtpOutcome> {
        verify.check()?;
        let mut request = VerifyRequest {
            type_: verify.otp_type,
            token: None,
            token_hash: None,
            email: None,
            phone: None,
            redirect_to: None,
        };
        match verify.proof {
            Proof::Code(contact, code) => {
                request.token = Some(code);
                (request.email, request.phone) = contact.into_fields();
            }
            Proof::TokenHash(hash) => request.token_hash = Some(hash),
        }
        let call = self.raw_call();
        let operation = call.raw.verify(verify.audience.as_deref(), &request);
        Ok(match call.finish(operation).await? {
            VerifyResult::Session(session) => VerifyOtpOutcome::Session(call.session(session)),
            VerifyResult::ConfirmationPending(pending) => {
                VerifyOtpOutcome::ConfirmationPending { message: pending.msg }
            }
        })
    }
}
