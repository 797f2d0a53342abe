//! Links for an administrator, which are not sent.

use serde_json::json;
use uuid::Uuid;
use wiremock::{Request, ResponseTemplate};

use super::{
    account::SentCode,
    message::Letter,
    reply::{Refusal, Reply, ok},
    router::{body, query},
    state::{State, token_hash},
};
use crate::raw::{
    ErrorCode,
    types::{GenerateLinkRequest, GenerateLinkType, OtpType},
};

pub(super) fn generate(state: &mut State, request: &Request) -> Reply {
    state.check_admin(request)?;
    let wanted: GenerateLinkRequest = body(request)?;
    let known = state.account_by_email(&wanted.email).map(|account| (account.user.id, account.is_confirmed()));
    let (id, otp_type) = match (wanted.type_, known) {
        (GenerateLinkType::EmailChangeCurrent | GenerateLinkType::EmailChangeNew, _) => {
            return Ok(
                ResponseTemplate::new(501).set_body_string("the fake server does not play links to a new address")
            );
        }
        (GenerateLinkType::Magiclink, Some((id, _))) => (id, OtpType::Magiclink),
        (GenerateLinkType::Recovery, Some((id, _))) => (id, OtpType::Recovery),
        (GenerateLinkType::Recovery, None) => {
            return Err(Refusal::new(404, ErrorCode::USER_NOT_FOUND, "User with this email not found"));
        }
        (GenerateLinkType::Invite | GenerateLinkType::Signup, Some((_, true))) => {
            let message = "A user with this email address has already been registered";
            return Err(Refusal::new(422, ErrorCode::EMAIL_EXISTS, message));
        }
        (GenerateLinkType::Invite, known) => (invited(state, known.map(|(id, _)| id), &wanted)?, OtpType::Invite),
        // A magic link for somebody unknown is a sign-up.
        (GenerateLinkType::Signup | GenerateLinkType::Magiclink, known) => {
            (signed_up(state, known.map(|(id, _)| id), &wanted)?, OtpType::Signup)
        }
    };
    link_of(state, request, id, otp_type, wanted.redirect_to)
}

fn invited(state: &mut State, known: Option<Uuid>, wanted: &GenerateLinkRequest) -> Result<Uuid, Refusal> {
    let id = match known {
        Some(id) => id,
        None => state.create_account(&wanted.email, "", wanted.data.clone())?,
    };
    let now = state.now();
    state.account(id)?.user.invited_at = Some(now);
    Ok(id)
}

fn signed_up(state: &mut State, known: Option<Uuid>, wanted: &GenerateLinkRequest) -> Result<Uuid, Refusal> {
    if let Some(id) = known {
        state.account(id)?.merge_metadata(&wanted.data.clone().unwrap_or_default());
        return Ok(id);
    }
    let password = match &wanted.password {
        _ if wanted.type_ == GenerateLinkType::Magiclink => state.draw_token().into(),
        Some(password) if !password.is_empty() => password.clone(),
        _ => return Err(Refusal::validation_failed("Signup requires a valid password")),
    };
    State::check_password(&password)?;
    let id = state.create_account(&wanted.email, "", wanted.data.clone())?;
    state.account(id)?.password = Some(password);
    Ok(id)
}

fn link_of(state: &mut State, request: &Request, id: Uuid, otp_type: OtpType, redirect_to: Option<String>) -> Reply {
    let (code, now) = (state.draw_code(), state.now());
    let redirect_to = redirect_to.or_else(|| query(request, "redirect_to"));
    let account = state.account(id)?;
    let hash = token_hash(account.email(), &code);
    account.drop_codes(Some(otp_type));
    account.codes.push(SentCode { otp_type: Some(otp_type), hash: hash.clone(), sent_at: now });
    state.note_sent(id, Some(otp_type))?;
    let letter = Letter { otp_type: Some(otp_type), challenge: None, redirect_to: redirect_to.clone() };
    let link = state.link(&hash, otp_type, &letter);
    let mut reply = json!(state.account(id)?.user);
    reply["action_link"] = json!(link);
    reply["email_otp"] = json!(code);
    reply["hashed_token"] = json!(hash);
    reply["verification_type"] = json!(otp_type);
    reply["redirect_to"] = json!(redirect_to.as_deref().unwrap_or(super::provider::SITE_URL));
    ok(&reply)
}
