//! The messages that the server sent.

use chrono::{DateTime, Utc};
use gotrue::Secret;
use serde::{Deserialize, Serialize};

use crate::model::OtpType;

/// An email or text message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The email address or phone number.
    pub to: String,
    /// The type of its code. `None` for the code of a reauthentication or of a second factor.
    pub otp_type: Option<OtpType>,
    /// The code.
    pub code: Secret,
    /// The hash in the link, for [`VerifyOtp::token_hash`](gotrue::VerifyOtp::token_hash). Email only.
    pub token_hash: Option<Secret>,
    /// The link. Email only.
    pub link: Option<Secret>,
    /// When it was sent, by the clock of the server.
    pub sent_at: DateTime<Utc>,
    pub(crate) id: u64,
}

impl Message {
    /// Returns whether it was sent to an email address.
    pub(crate) fn is_email(&self) -> bool {
        self.to.contains('@')
    }

    /// Returns what it is about.
    pub(crate) fn subject(&self) -> &'static str {
        match self.otp_type {
            Some(OtpType::Signup) => "Confirm Your Email",
            Some(OtpType::Invite) => "You have been invited",
            Some(OtpType::Recovery) => "Reset Your Password",
            Some(OtpType::EmailChange) => "Confirm Email Change",
            Some(OtpType::Magiclink | OtpType::Email) => "Your Magic Link",
            None if self.is_email() => "Confirm reauthentication",
            None | Some(OtpType::Sms | OtpType::PhoneChange) => "Your code",
        }
    }
}
