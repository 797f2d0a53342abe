//! The messages that the server sent.

use gotrue::Secret;

use crate::model::OtpType;

/// An email or text message.
#[derive(Clone, Debug)]
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
}
