//! Codes and links, back from people.

use uuid::Uuid;
use wiremock::Request;

use super::{
    account::SentCode,
    provider::{SITE_URL, error_pairs, session_fragment, with_fragment, with_query, with_words},
    reply::{Refusal, Reply, ok, redirect},
    router::{body, query},
    state::{State, plain_phone, token_hash},
};
use crate::raw::{
    AuditAction, ErrorCode,
    types::{ConfirmationPending, OtpType, VerifyRequest},
};

const ONE_MORE: &str = "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/// What a good code leads to.
enum Outcome {
    SignedIn(Uuid),
    OneMore,
}

pub(super) fn verify(state: &mut State, request: &Request) -> Reply {
    let verify: VerifyRequest = body(request)?;
    let hash = match (verify.token, verify.token_hash, verify.email, verify.phone) {
        (Some(token), None, Some(email), None) => token_hash(&email.to_lowercase(), token.expose()),
        (Some(token), None, None, Some(phone)) => token_hash(&plain_phone(&phone), token.expose()),
        (Some(_), None, ..) => {
            let message = "Only an email address or phone number should be provided on verify";
            return Err(Refusal::validation_failed(message));
        }
        (None, Some(hash), None, None) => hash.expose().to_owned(),
        (None, Some(_), ..) => {
            return Err(Refusal::validation_failed("Only the token_hash and type should be provided"));
        }
        _ => return Err(Refusal::validation_failed("Verify requires either a token or a token hash")),
    };
    let expired = || Refusal::new(403, ErrorCode::OTP_EXPIRED, "Token has expired or is invalid");
    match redeem(state, &hash, verify.type_).ok_or_else(expired)? {
        Outcome::SignedIn(id) => state.sign_in(id, "otp"),
        Outcome::OneMore => ok(&ConfirmationPending { msg: ONE_MORE.to_owned(), code: Some("200".to_owned()) }),
    }
}

pub(super) fn verify_link(state: &mut State, request: &Request) -> Reply {
    let missing = || Refusal::validation_failed("Verify requires a token or a token hash");
    let hash = query(request, "token").ok_or_else(missing)?;
    let otp_type = query(request, "type").and_then(|name| name.parse::<OtpType>().ok());
    let otp_type = otp_type.ok_or_else(|| Refusal::validation_failed("Verify requires a verification type"))?;
    let redirect_to = query(request, "redirect_to").unwrap_or_else(|| SITE_URL.to_owned());
    let with_pkce = hash.starts_with("pkce_");
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
            let mut pairs = session_fragment(&state.new_session(id, "otp")?);
            pairs.push(("type".to_owned(), otp_type.to_string()));
            with_fragment(&redirect_to, &pairs)
        }
    };
    redirect(303, &target)
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
        Some(OtpType::EmailChange | OtpType::PhoneChange) => AuditAction::USER_MODIFIED,
        _ if was_confirmed => AuditAction::LOGIN,
        _ => AuditAction::USER_SIGNEDUP,
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
