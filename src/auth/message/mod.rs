//! Messages that the server sends to people: codes and links.

mod magic_link;
mod otp;
mod recover;
mod resend;

pub use magic_link::SendMagicLink;
pub use otp::SendOtp;
pub use recover::Recover;
pub use resend::Resend;

use crate::{error::Result, input, secret::Secret};

/// What can be chosen for each of them.
#[derive(Clone, Debug, Default)]
struct Options {
    redirect_to: Option<String>,
    audience: Option<String>,
    captcha_token: Option<Secret>,
    code_challenge: Option<String>,
}

impl Options {
    fn check(&self) -> Result<()> {
        input::audience(self.audience.as_deref())?;
        input::redirect_to(self.redirect_to.as_deref())
    }
}
