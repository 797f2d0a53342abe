//! The response to a captcha, which some operations require.

use serde::Deserialize;

use crate::{
    model::ErrorCode,
    state::State,
    wire::{ApiError, Request, json_body},
};

/// A captcha response that the fake server rejects, for tests; it accepts any other.
const INVALID_CAPTCHA: &str = "invalid";

/// The part of a body that has the response to a captcha.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    gotrue_meta_security: Option<Security>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Security {
    captcha_token: String,
}

/// Fails if a captcha is required and its response is missing or invalid. Administrators need none.
pub(crate) fn check(state: &mut State, request: &Request, operation: &str) -> Result<(), ApiError> {
    let is_protected = match operation {
        "recover"
        | "resend"
        | "send_magic_link"
        | "send_otp"
        | "sign_up"
        | "sso"
        | "passkey_authentication_options" => true,
        "token" => {
            !["pkce", "refresh_token", "id_token"].contains(&request.query("grant_type").unwrap_or_default().as_str())
        }
        _ => false,
    };
    if !state.settings.captcha || !is_protected || state.check_admin(request).is_ok() {
        return Ok(());
    }
    let body: Body = json_body(request)?;
    let token = body.gotrue_meta_security.unwrap_or_default().captcha_token;
    let why = match token.trim() {
        "" => "no captcha_token found",
        INVALID_CAPTCHA => "invalid-input-response",
        _ => return Ok(()),
    };
    let message = format!("captcha protection: request disallowed ({why})");
    Err(ApiError::new(400, ErrorCode::CaptchaFailed, message))
}
