//! Features that settings turn off, checked before the handler of an operation.

use serde::Deserialize;

use crate::{
    model::ErrorCode,
    state::State,
    wire::{ApiError, Request, json_body},
};

/// A captcha response that the fake server rejects, for tests; it accepts any other.
const INVALID_CAPTCHA: &str = "invalid";

/// Fails if the operation is turned off. Operations that need a token fail without one first, as at the real server.
pub(crate) fn check(state: &mut State, request: &Request, operation: &str) -> Result<(), ApiError> {
    let settings = &state.settings;
    let (is_on, code, message) = match operation {
        "authorize_identity" | "unlink_identity" => {
            (settings.manual_linking, ErrorCode::ManualLinkingDisabled, "Manual linking is disabled")
        }
        "sso" | "saml_metadata" | "saml_acs" => {
            (settings.saml, ErrorCode::SamlProviderDisabled, "SAML 2.0 is disabled")
        }
        "scim_service_provider_config" | "scim_resource_types" | "scim_schemas" => {
            (settings.scim, ErrorCode::FeatureDisabled, "SCIM server is disabled")
        }
        "list_passkeys" | "update_passkey" | "delete_passkey" => {
            (settings.passkeys, ErrorCode::PasskeyDisabled, "Passkeys are disabled")
        }
        other if other.starts_with("passkey_") => {
            (settings.passkeys, ErrorCode::PasskeyDisabled, "Passkeys are disabled")
        }
        other if other.starts_with("oauth_") || other.contains("_oauth_") => {
            (settings.oauth_server, ErrorCode::FeatureDisabled, "OAuth server is disabled")
        }
        other if other.contains("_custom_provider") => {
            (settings.custom_providers, ErrorCode::FeatureDisabled, "Custom OAuth providers are disabled")
        }
        _ => return Ok(()),
    };
    if is_on {
        return Ok(());
    }
    if operation.starts_with("admin_") {
        state.check_admin(request)?;
    } else if ["authorize_identity", "unlink_identity", "list_oauth_grants", "revoke_oauth_grant"].contains(&operation)
    {
        state.caller(request)?;
    }
    Err(ApiError::new(404, code, message))
}

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
pub(crate) fn check_captcha(state: &mut State, request: &Request, operation: &str) -> Result<(), ApiError> {
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
