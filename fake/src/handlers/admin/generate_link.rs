//! Generating links without sending them.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    contact,
    model::{AuditAction, ErrorCode, OtpType, types::GenerateLinkType},
    state::{
        State,
        accounts::EMAIL_TAKEN,
        messages::{OutgoingMessage, token_hash},
        rows::{account::SentCode, password::Password},
    },
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

/// The link to generate. Its type is checked after the address.
#[derive(Default, Deserialize)]
#[serde(default, rename = "GenerateLinkParams")]
struct Params {
    #[serde(rename = "type")]
    type_: String,
    email: String,
    new_email: Option<String>,
    password: Option<Secret>,
    data: Option<Value>,
    redirect_to: Option<String>,
}

pub(crate) fn generate(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let wanted: Params = json_body(request)?;
    contact::email(&wanted.email)?;
    let unknown =
        |_| ApiError::validation_failed(format!("Invalid email action link type requested: {}", wanted.type_));
    let type_ = wanted.type_.parse::<GenerateLinkType>().map_err(unknown)?;
    let aud = state.request_aud(request);
    let known = state.account_by_email(&wanted.email, &aud);
    let known = known.map(|account| (account.user.id, account.has_confirmed_email()));
    let (id, otp_type) = match (type_, known) {
        (GenerateLinkType::EmailChangeCurrent | GenerateLinkType::EmailChangeNew, Some((id, _))) => {
            return change_link(state, request, id, type_, &wanted);
        }
        (
            GenerateLinkType::Recovery | GenerateLinkType::EmailChangeCurrent | GenerateLinkType::EmailChangeNew,
            None,
        ) => {
            return Err(ApiError::new(404, ErrorCode::UserNotFound, "User with this email not found"));
        }
        (GenerateLinkType::Magiclink, Some((id, _))) => (id, OtpType::Magiclink),
        (GenerateLinkType::Recovery, Some((id, _))) => (id, OtpType::Recovery),
        (GenerateLinkType::Invite | GenerateLinkType::Signup, Some((_, true))) => {
            let message = "A user with this email address has already been registered";
            return Err(ApiError::new(422, ErrorCode::EmailExists, message));
        }
        (GenerateLinkType::Invite, known) => (invited(state, &aud, known.map(|(id, _)| id), &wanted)?, OtpType::Invite),
        // A magic link for an unknown user is a sign-up.
        (GenerateLinkType::Signup | GenerateLinkType::Magiclink, known) => (
            signed_up(state, &aud, known.map(|(id, _)| id), type_ == GenerateLinkType::Magiclink, &wanted)?,
            OtpType::Signup,
        ),
    };
    match otp_type {
        OtpType::Magiclink | OtpType::Recovery => state.log_action(id, AuditAction::UserRecoveryRequested, None),
        OtpType::Invite => {
            state.log_admin_action(AuditAction::UserInvited, json!({ "user_id": id, "user_email": wanted.email }));
        }
        _ => {}
    }
    link_of(state, request, id, otp_type, wanted.redirect_to)
}

/// Generates one of the two links for an email change. This restarts the change; the other link stays valid.
fn change_link(state: &mut State, request: &Request, id: Uuid, type_: GenerateLinkType, wanted: &Params) -> ApiResult {
    let new = contact::email(wanted.new_email.as_deref().unwrap_or_default())?;
    let aud = state.account(id)?.user.aud.clone().unwrap_or_default();
    if state.owner_of_email(&new, &aud, Some(id)).is_some() {
        return Err(ApiError::new(422, ErrorCode::EmailExists, EMAIL_TAKEN));
    }
    let (code, now) = (state.random.code(state.settings.email_codes.length), state.now());
    let is_new = type_ == GenerateLinkType::EmailChangeNew;
    let account = state.account(id)?;
    let current = account.email().to_owned();
    let address = if is_new { new.clone() } else { current.clone() };
    let hash = token_hash(&address, &code);
    account.codes.retain(|code| code.otp_type != Some(OtpType::EmailChange) || code.address != address);
    let otp_type = Some(OtpType::EmailChange);
    account.codes.push(SentCode::new(otp_type, &address, &hash, now));
    account.is_change_half_confirmed = false;
    account.user.new_email = Some(new);
    state.set_sent_at(id, otp_type)?;
    let redirect_to = redirect_of(state, request, wanted.redirect_to.clone());
    let message = OutgoingMessage { otp_type, challenge: None, redirect_to };
    let link = state.link(&hash, OtpType::EmailChange, &message);
    // The real server computes this hash from the current address for either link.
    let hash = token_hash(&current, &code);
    answer(state, id, &link, &code, &hash, &wanted.type_, &message.redirect_to)
}

fn invited(state: &mut State, aud: &str, known: Option<Uuid>, wanted: &Params) -> Result<Uuid, ApiError> {
    let id = match known {
        Some(id) => id,
        None => state.create_invited(&wanted.email, wanted.data.clone(), aud)?,
    };
    let now = state.now();
    state.account(id)?.user.invited_at = Some(now);
    Ok(id)
}

fn signed_up(
    state: &mut State,
    aud: &str,
    known: Option<Uuid>,
    is_magic_link: bool,
    wanted: &Params,
) -> Result<Uuid, ApiError> {
    if let Some(id) = known {
        state.account(id)?.merge_metadata(&wanted.data.clone().unwrap_or_default());
        return Ok(id);
    }
    let password = match &wanted.password {
        _ if is_magic_link => state.random.challenge().into(),
        Some(password) if !password.is_empty() => password.clone(),
        _ => return Err(ApiError::validation_failed("Signup requires a valid password")),
    };
    state.check_strength(&password)?;
    let id = state.create_invited(&wanted.email, wanted.data.clone(), aud)?;
    state.account(id)?.password = Some(Password::Plain(password));
    Ok(id)
}

fn link_of(
    state: &mut State,
    request: &Request,
    id: Uuid,
    otp_type: OtpType,
    redirect_to: Option<String>,
) -> ApiResult {
    let (code, now) = (state.random.code(state.settings.email_codes.length), state.now());
    let redirect_to = redirect_of(state, request, redirect_to);
    let account = state.account(id)?;
    let address = account.email().to_owned();
    let hash = token_hash(&address, &code);
    account.drop_codes(Some(otp_type));
    account.codes.push(SentCode::new(Some(otp_type), &address, &hash, now));
    state.set_sent_at(id, Some(otp_type))?;
    let message = OutgoingMessage { otp_type: Some(otp_type), challenge: None, redirect_to };
    let link = state.link(&hash, otp_type, &message);
    answer(state, id, &link, &code, &hash, &otp_type.to_string(), &message.redirect_to)
}

pub(crate) fn answer(
    state: &mut State,
    id: Uuid,
    link: &Secret,
    code: &str,
    hash: &str,
    verification_type: &str,
    redirect_to: &str,
) -> ApiResult {
    let mut response = json!(state.account(id)?.user);
    response["action_link"] = json!(link);
    response["email_otp"] = json!(code);
    response["hashed_token"] = json!(hash);
    response["verification_type"] = json!(verification_type);
    response["redirect_to"] = json!(redirect_to);
    ok(&response)
}

/// Returns where a link leads: what the body asks for, if that is allowed, or else what the request does.
fn redirect_of(state: &State, request: &Request, wanted: Option<String>) -> String {
    let wanted = wanted.filter(|url| state.settings.allows_redirect(url));
    wanted.unwrap_or_else(|| state.settings.redirect_to(request))
}
