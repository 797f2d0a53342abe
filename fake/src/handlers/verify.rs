//! Verifying codes and links.

use gotrue::Secret;
use serde::Deserialize;

use crate::{
    contact,
    model::{ErrorCode, OtpType, types::ConfirmationPending},
    redirect_url::{error_pairs, session_fragment, with_fragment, with_query, with_words},
    state::{State, flows::method_of, messages::token_hash, verification::Outcome},
    wire::{ApiError, ApiResult, Request, json_body, ok, redirect},
};

const BANNED: &str = "User is banned";

const ONE_MORE: &str = "Confirmation link accepted. Please proceed to confirm link sent to the other email";

#[derive(Default, Deserialize)]
#[serde(default, rename = "VerifyParams")]
pub(crate) struct Verify {
    #[serde(rename = "type")]
    type_: String,
    token: Secret,
    token_hash: Secret,
    email: String,
    phone: String,
}

impl Verify {
    /// Returns the hash of the code, and the error message for an invalid one.
    fn hash(&self) -> Result<(String, &'static str), ApiError> {
        let refuse = |message| Err(ApiError::validation_failed(message));
        if self.type_.is_empty() {
            return refuse("Verify requires a verification type");
        }
        if self.token.is_empty() == self.token_hash.is_empty() {
            return refuse("Verify requires either a token or a token hash");
        }
        if self.token.is_empty() {
            if !self.email.is_empty() || !self.phone.is_empty() {
                return refuse("Only the token_hash and type should be provided");
            }
            return Ok((self.token_hash.expose().to_owned(), "Email link is invalid or has expired"));
        }
        let address = match (self.email.as_str(), self.phone.as_str()) {
            ("", phone) if !phone.is_empty() => contact::phone(phone)?,
            (email, "") if !email.is_empty() => contact::email(email)
                .map_err(|_| ApiError::new(422, ErrorCode::ValidationFailed, "Invalid email format"))?,
            _ => return refuse("Only an email address or phone number should be provided on verify"),
        };
        Ok((token_hash(&address, self.token.expose()), "Token has expired or is invalid"))
    }
}

pub(crate) fn verify(state: &mut State, request: &Request) -> ApiResult {
    let verify: Verify = json_body(request)?;
    let (hash, why) = verify.hash()?;
    let expired = || ApiError::new(403, ErrorCode::OtpExpired, why);
    let otp_type = if verify.token.is_empty() {
        type_of_link(&verify.type_)?
    } else {
        verify.type_.parse().map_err(|_| expired())?
    };
    match state.redeem_otp(&hash, otp_type).ok_or_else(expired)? {
        Outcome::SignedIn(id) => state.sign_in(id, "otp"),
        Outcome::Banned => Err(ApiError::new(403, ErrorCode::UserBanned, BANNED)),
        Outcome::OneMore => ok(&ConfirmationPending { msg: ONE_MORE.to_owned(), code: Some("200".to_owned()) }),
    }
}

/// Parses the type of a link.
fn type_of_link(name: &str) -> Result<OtpType, ApiError> {
    match name.parse() {
        Err(_) | Ok(OtpType::Sms | OtpType::PhoneChange) => {
            Err(ApiError::validation_failed("Invalid email verification type"))
        }
        Ok(otp_type) => Ok(otp_type),
    }
}

pub(crate) fn verify_link(state: &mut State, request: &Request) -> ApiResult {
    let parameter = |name: &str| request.query(name).unwrap_or_default();
    let (hash, name) = (parameter("token"), parameter("type"));
    if name.is_empty() {
        return Err(ApiError::validation_failed("Verify requires a verification type"));
    }
    if hash.is_empty() {
        return Err(ApiError::validation_failed("Verify requires a token or a token hash"));
    }
    let redirect_to = state.settings.redirect_to(request);
    let with_pkce = hash.starts_with("pkce_");
    let Ok(otp_type) = type_of_link(&name) else {
        let pairs = error_pairs("invalid_request", "validation_failed", "Invalid email verification type");
        let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
        return Ok(redirect(303, &with_words(&target, &pairs)));
    };
    let target = match state.redeem_otp(&hash, otp_type) {
        None => {
            let pairs = error_pairs("access_denied", "otp_expired", "Email link is invalid or has expired");
            let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
            with_words(&target, &pairs)
        }
        Some(Outcome::Banned) => {
            let pairs = error_pairs("access_denied", "user_banned", BANNED);
            let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
            with_words(&target, &pairs)
        }
        Some(Outcome::OneMore) => {
            let pairs = vec![("message".to_owned(), ONE_MORE.to_owned())];
            let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
            with_words(&target, &pairs)
        }
        Some(Outcome::SignedIn(id)) if with_pkce => {
            if let Ok(code) = state.code_for(id, method_of(Some(otp_type))) {
                with_query(&redirect_to, &[("code".to_owned(), code)])
            } else {
                let message = "No associated flow state found. Flow State not found";
                let pairs = error_pairs("invalid_request", "flow_state_not_found", message);
                with_words(&with_query(&redirect_to, &pairs), &pairs)
            }
        }
        Some(Outcome::SignedIn(id)) => {
            let issued = state.start_session(id, "otp", None)?;
            let mut pairs = session_fragment(&issued.session);
            pairs.push(("type".to_owned(), otp_type.to_string()));
            let response = redirect(303, &with_fragment(&redirect_to, &pairs));
            return Ok(issued.add_headers(response));
        }
    };
    Ok(redirect(303, &target))
}
