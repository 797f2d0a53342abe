//! Verifying codes and links.

use gotrue::Secret;
use serde::Deserialize;

use crate::{
    contact,
    model::{ErrorCode, OtpType, types::ConfirmationPending},
    redirect_url::{error_pairs, session_fragment, with_fragment, with_sorted_query, with_words},
    state::{
        State,
        accounts::Contact,
        verification::{Outcome, Presented},
    },
    wire::{ApiError, ApiResult, Request, json_body, ok, redirect},
};

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
    redirect_to: String,
}

impl Verify {
    fn presented(&self, aud: &str) -> Result<Presented, ApiError> {
        let refuse = |message| Err(ApiError::validation_failed(message));
        if self.type_.is_empty() {
            return refuse("Verify requires a verification type");
        }
        if self.token.is_empty() == self.token_hash.is_empty() {
            return refuse("Verify requires either a token or a token hash");
        }
        if self.token.is_empty() {
            if [&self.email, &self.phone, &self.redirect_to].iter().any(|text| !text.is_empty()) {
                return refuse("Only the token_hash and type should be provided");
            }
            return Ok(Presented::Link(self.token_hash.expose().to_owned()));
        }
        let contact = match (self.email.as_str(), self.phone.as_str()) {
            ("", phone) if !phone.is_empty() => Contact::Phone(contact::phone(phone)?),
            (email, "") if !email.is_empty() => Contact::Email(
                contact::email(email)
                    .map_err(|_| ApiError::new(422, ErrorCode::ValidationFailed, "Invalid email format"))?,
            ),
            _ => return refuse("Only an email address or phone number should be provided on verify"),
        };
        Ok(Presented::Code { contact, code: self.token.expose().to_owned(), aud: aud.to_owned() })
    }
}

pub(crate) fn verify(state: &mut State, request: &Request) -> ApiResult {
    let verify: Verify = json_body(request)?;
    let presented = verify.presented(&state.request_aud(request))?;
    let otp_type = match presented {
        Presented::Link(_) => type_of_link(&verify.type_)?,
        Presented::Code { .. } => verify.type_.parse().map_err(|_| presented.expired())?,
    };
    match state.redeem(&presented, otp_type)? {
        Outcome::SignedIn { user_id, .. } => state.sign_in(user_id, "otp"),
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
    let with_pkce = hash.starts_with("pkce_");
    let otp_type = type_of_link(&name);
    // With a PKCE flow, the type is also the method of the flow.
    if with_pkce && matches!(otp_type, Err(_) | Ok(OtpType::Email)) {
        return Err(ApiError::unforeseen());
    }
    let redirect_to = state.settings.redirect_to(request);
    let with_pairs = |pairs: &[(String, String)]| {
        let target = if with_pkce { with_sorted_query(&redirect_to, pairs) } else { redirect_to.clone() };
        with_words(&target, pairs)
    };
    let redeemed = otp_type.and_then(|otp_type| state.redeem(&Presented::Link(hash), otp_type));
    let target = match redeemed {
        Err(error) => with_pairs(&pairs_of(&error)),
        Ok(Outcome::OneMore) => with_pairs(&[("message".to_owned(), ONE_MORE.to_owned())]),
        Ok(Outcome::SignedIn { user_id, otp_type }) if with_pkce => match state.code_for_link(user_id, otp_type) {
            Ok(code) => with_sorted_query(&redirect_to, &[("code".to_owned(), code)]),
            Err(error) => with_pairs(&pairs_of(&error)),
        },
        Ok(Outcome::SignedIn { user_id, otp_type }) => match state.start_session(user_id, "otp", None) {
            Ok(issued) => {
                let mut pairs = session_fragment(&issued.session);
                pairs.push(("type".to_owned(), otp_type.to_string()));
                let response = redirect(303, &with_fragment(&redirect_to, &pairs));
                return Ok(issued.add_headers(response));
            }
            Err(error) => with_pairs(&pairs_of(&error)),
        },
    };
    Ok(redirect(303, &target))
}

/// Returns an error as the parameters of a redirect. The OAuth name of some statuses is missing.
fn pairs_of(error: &ApiError) -> Vec<(String, String)> {
    let name = match error.status {
        400 => "invalid_request",
        403 => "access_denied",
        500 => "server_error",
        _ => "",
    };
    let mut pairs = error_pairs(name, &error.code_in_url(), &error.message);
    pairs.retain(|(name, value)| name == "error_code" || !value.is_empty());
    pairs
}
