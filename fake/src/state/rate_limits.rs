//! Limits on calls of one operation.

use chrono::Duration;

use crate::{model::ErrorCode, state::store::State, wire::ApiError};

/// The operations that the real server limits.
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

/// How long a call counts towards the limit.
const WINDOW: Duration = Duration::minutes(5);

impl State {
    /// Counts a call, or fails if the limit is reached.
    pub(crate) fn check_rate(&mut self, operation: &'static str) -> Result<(), ApiError> {
        let Some(most) = self.settings.rate_limit else { return Ok(()) };
        let operation = match operation {
            // Links and codes share a limit.
            "verify_link" => "verify",
            // So do all second factors.
            "verify_recovery_code" => "verify_factor",
            other => other,
        };
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
