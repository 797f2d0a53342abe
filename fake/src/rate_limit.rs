//! Too many calls of one operation.

use crate::wire::ApiError;
use chrono::Duration;

use super::state::State;
use crate::model::ErrorCode;

/// What the real server limits.
const LIMITED: [&str; 14] = [
    "challenge_factor",
    "oauth_register_client",
    "passkey_authentication_options",
    "recover",
    "resend",
    "saml_acs",
    "send_magic_link",
    "send_otp",
    "sign_up",
    "sso",
    "token",
    "update_user",
    "verify",
    "verify_factor",
];

/// How long a call counts.
const WINDOW: Duration = Duration::minutes(5);

impl State {
    /// Counts a call, or refuses it.
    pub(super) fn check_rate(&mut self, operation: &'static str) -> Result<(), ApiError> {
        let Some(most) = self.setup.rate_limit else { return Ok(()) };
        // A link is verified by the same limit as a code.
        let operation = if operation == "verify_link" { "verify" } else { operation };
        if !LIMITED.contains(&operation) {
            return Ok(());
        }
        let now = self.now();
        let calls = self.calls.entry(operation).or_default();
        calls.retain(|at| now - *at < WINDOW);
        if calls.len() >= most {
            return Err(ApiError::new(429, ErrorCode::OverRequestRateLimit, "Request rate limit reached"));
        }
        calls.push(now);
        Ok(())
    }
}
