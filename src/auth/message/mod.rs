//! Messages that the server sends to users: codes and links.

mod recover;
mod resend;
mod sign_in;

pub use recover::Recover;
pub use resend::Resend;
pub use sign_in::SignInMessage;

use crate::{error::Result, input, secret::Secret};

/// The options of all messages.
#[derive(Clone, Debug, Default)]
struct MessageOptions {
    redirect_to: Option<String>,
    audience: Option<String>,
    captcha_token: Option<Secret>,
    code_challenge: Option<String>,
}

impl MessageOptions {
    fn check(&self) -> Result<()> {
        input::audience(self.audience.as_deref())?;
        input::redirect_to(self.redirect_to.as_deref())
    }

    /// Returns the options that are not part of the body: the redirect URL and the audience.
    fn parameters(&self) -> (Option<String>, Option<String>) {
        (self.redirect_to.clone(), self.audience.clone())
    }
}
