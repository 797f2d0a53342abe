//! What the server has sent.

use crate::model::types::OtpType;
use gotrue::Secret;

/// A message to a person, by e-mail or to a phone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// The e-mail address or phone number.
    pub to: String,
    /// What it is for. Nothing for the code of a reauthentication or of a second factor.
    pub otp_type: Option<OtpType>,
    /// The code in it.
    pub code: Secret,
    /// The hash in its link, for [`VerifyOtp::token_hash`](gotrue::VerifyOtp::token_hash). E-mail only.
    pub token_hash: Option<Secret>,
    /// The link in it. E-mail only.
    pub link: Option<Secret>,
}
