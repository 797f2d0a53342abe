//! Codes and links, back from people.

use crate::wire::{ApiError, ApiResult, Request, json_body, ok, redirect};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    account::SentCode,
    contact,
    provider::{SITE_URL, error_pairs, session_fragment, with_fragment, with_query, with_words},
    state::{State, token_hash},
};
use crate::model::{
    AuditAction, ErrorCode,
    types::{ConfirmationPending, OtpType},
};
use gotrue::Secret;

const ONE_MORE: &str = "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/// What a good code leads to.
enum Outcome {
    SignedIn(Uuid),
    OneMore,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Verify {
    #[serde(rename = "type")]
    type_: String,
    token: Secret,
    token_hash: Secret,
    email: String,
    phone: String,
}

impl Verify {
    /// The hash of the code, and what is said of one that is not good.
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

pub(super) fn verify(state: &mut State, request: &Request) -> ApiResult {
    let verify: Verify = json_body(request)?;
    let (hash, why) = verify.hash()?;
    let expired = || ApiError::new(403, ErrorCode::OtpExpired, why);
    let otp_type = if verify.token.is_empty() {
        type_of_link(&verify.type_)?
    } else {
        verify.type_.parse().map_err(|_| expired())?
    };
    match redeem(state, &hash, otp_type).ok_or_else(expired)? {
        Outcome::SignedIn(id) => state.sign_in(id, "otp"),
        Outcome::OneMore => ok(&ConfirmationPending { msg: ONE_MORE.to_owned(), code: Some("200".to_owned()) }),
    }
}

/// What a link may be for.
fn type_of_link(name: &str) -> Result<OtpType, ApiError> {
    match name.parse() {
        Err(_) | Ok(OtpType::Sms | OtpType::PhoneChange) => {
            Err(ApiError::validation_failed("Invalid email verification type"))
        }
        Ok(otp_type) => Ok(otp_type),
    }
}

pub(super) fn verify_link(state: &mut State, request: &Request) -> ApiResult {
    let parameter = |name: &str| request.query(name).unwrap_or_default();
    let (hash, name) = (parameter("token"), parameter("type"));
    if name.is_empty() {
        return Err(ApiError::validation_failed("Verify requires a verification type"));
    }
    if hash.is_empty() {
        return Err(ApiError::validation_failed("Verify requires a token or a token hash"));
    }
    let redirect_to = request.query("redirect_to").unwrap_or_else(|| SITE_URL.to_owned());
    let with_pkce = hash.starts_with("pkce_");
    let Ok(otp_type) = type_of_link(&name) else {
        let pairs = error_pairs("invalid_request", "validation_failed", "Invalid email verification type");
        let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
        return Ok(redirect(303, &with_words(&target, &pairs)));
    };
    let target = match redeem(state, &hash, otp_type) {
        None => {
            let pairs = error_pairs("access_denied", "otp_expired", "Email link is invalid or has expired");
            let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
            with_words(&target, &pairs)
        }
        Some(Outcome::OneMore) => {
            let pairs = vec![("message".to_owned(), ONE_MORE.to_owned())];
            let target = if with_pkce { with_query(&redirect_to, &pairs) } else { redirect_to };
            with_words(&target, &pairs)
        }
        Some(Outcome::SignedIn(id)) if with_pkce => {
            let code = state.code_for(id)?;
            with_query(&redirect_to, &[("code".to_owned(), code)])
        }
        Some(Outcome::SignedIn(id)) => {
            let session = state.new_session(id, "otp")?;
            let mut pairs = session_fragment(&session);
            pairs.push(("type".to_owned(), otp_type.to_string()));
            let response = redirect(303, &with_fragment(&redirect_to, &pairs));
            return Ok(state.with_session(response, &session));
        }
    };
    Ok(redirect(303, &target))
}

/// Takes a code that fits, and does what it was sent for.
fn redeem(state: &mut State, hash: &str, otp_type: OtpType) -> Option<Outcome> {
    let (now, secure) = (state.now(), state.setup.confirm_addresses);
    let account = state.accounts.iter_mut().find_map(|account| {
        let code =
            account.codes.iter().find(|code| code.hash.trim_start_matches("pkce_") == hash.trim_start_matches("pkce_"));
        code.is_some_and(|code| fits(code, otp_type)).then_some(account)
    })?;
    let code = account.take_code(hash, now)?;
    let (id, was_confirmed) = (account.user.id, account.is_confirmed());
    match code.otp_type {
        Some(OtpType::EmailChange) => {
            // Secure change of address: both the old and the new have to agree, where addresses are confirmed at all.
            if secure && !account.is_change_half_confirmed && !account.email().is_empty() {
                account.is_change_half_confirmed = true;
                return Some(Outcome::OneMore);
            }
            account.codes.retain(|code| code.otp_type != Some(OtpType::EmailChange));
            account.is_change_half_confirmed = false;
            account.user.email = account.user.new_email.take();
            account.confirm(now);
        }
        Some(OtpType::PhoneChange) => {
            account.user.phone = account.user.new_phone.take();
            account.user.phone_confirmed_at = Some(now);
        }
        _ => account.confirm(now),
    }
    account.user.is_anonymous = Some(false);
    account.user.updated_at = Some(now);
    state.note(id, action_of(code.otp_type, was_confirmed), None);
    match code.otp_type {
        Some(OtpType::EmailChange) => state.identify(id, "email").ok()?,
        Some(OtpType::PhoneChange) => state.identify(id, "phone").ok()?,
        _ => {}
    }
    Some(Outcome::SignedIn(id))
}

/// What the audit log calls it.
fn action_of(otp_type: Option<OtpType>, was_confirmed: bool) -> AuditAction {
    match otp_type {
        Some(OtpType::EmailChange | OtpType::PhoneChange) => AuditAction::UserModified,
        _ if was_confirmed => AuditAction::Login,
        _ => AuditAction::UserSignedup,
    }
}

/// Whether a code may be used as this type: `email` stands for every sign-in and sign-up by e-mail.
fn fits(code: &SentCode, otp_type: OtpType) -> bool {
    let Some(sent_as) = code.otp_type else { return false };
    let place = place_of(sent_as);
    let by_email = matches!(place, OtpType::Signup | OtpType::Magiclink);
    place == place_of(otp_type) || otp_type == OtpType::Email && by_email
}

/// The server has one place for codes that confirm an address, and one for those that sign in without a password.
pub(super) fn place_of(otp_type: OtpType) -> OtpType {
    match otp_type {
        OtpType::Invite => OtpType::Signup,
        OtpType::Recovery => OtpType::Magiclink,
        other => other,
    }
}
