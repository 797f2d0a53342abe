//! Codes and links, into the mailbox.

use crate::wire::{ApiError, ApiResult, Request, json_body, json_body_with, ok};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    account::SentCode,
    contact, flow,
    mailbox::Message,
    state::{State, token_hash},
};
use crate::model::{
    AuditAction, ErrorCode,
    types::{MagicLinkRequest, MessageSent, OtpType, RecoverRequest},
};

/// A message to be sent.
pub(super) struct Letter {
    /// What for. Nothing for a reauthentication.
    pub(super) otp_type: Option<OtpType>,
    pub(super) challenge: Option<String>,
    pub(super) redirect_to: Option<String>,
}

impl State {
    /// Sends a message to a user, to the place that its type says; for a new address to both.
    pub(super) fn send(&mut self, user_id: Uuid, letter: &Letter) -> Result<(), ApiError> {
        let account = self.account(user_id)?;
        let user = &account.user;
        let (email, phone) = (account.email().to_owned(), account.phone().to_owned());
        let to_phone = match letter.otp_type {
            Some(OtpType::Sms | OtpType::PhoneChange) => true,
            None => email.is_empty(),
            _ => false,
        };
        let addresses = match letter.otp_type {
            Some(OtpType::EmailChange) => vec![email, user.new_email.clone().unwrap_or_default()],
            Some(OtpType::PhoneChange) => vec![user.new_phone.clone().unwrap_or_default()],
            _ if to_phone => vec![phone],
            _ => vec![email],
        };
        let last = match letter.otp_type {
            None => user.reauthentication_sent_at,
            Some(OtpType::Recovery | OtpType::Magiclink | OtpType::Email) => user.recovery_sent_at,
            Some(OtpType::EmailChange) => user.email_change_sent_at,
            Some(OtpType::PhoneChange) => user.phone_change_sent_at,
            Some(_) => user.confirmation_sent_at,
        };
        self.check_interval(last, to_phone)?;
        if let Some(challenge) = &letter.challenge {
            self.begin_by_message(user_id, challenge, letter.otp_type);
        }
        // An older code of the same kind is no longer good.
        let account = self.account(user_id)?;
        account.drop_codes(letter.otp_type);
        if letter.otp_type == Some(OtpType::EmailChange) {
            account.is_change_half_confirmed = false;
        }
        for address in addresses.into_iter().filter(|address| !address.is_empty()) {
            self.send_to(user_id, &address, to_phone, letter)?;
        }
        self.note_sent(user_id, letter.otp_type)
    }

    fn send_to(&mut self, user_id: Uuid, to: &str, to_phone: bool, letter: &Letter) -> Result<(), ApiError> {
        let (code, now) = (self.draw_code(), self.now());
        let prefix = if letter.challenge.is_some() { "pkce_" } else { "" };
        let hash = format!("{prefix}{}", token_hash(to, &code));
        let sent = SentCode { otp_type: letter.otp_type, address: to.to_owned(), hash: hash.clone(), sent_at: now };
        self.account(user_id)?.codes.push(sent);
        let link = letter.otp_type.filter(|_| !to_phone).map(|otp_type| self.link(&hash, otp_type, letter));
        let token_hash = (!to_phone).then(|| hash.into());
        self.mailbox.push(Message {
            to: to.to_owned(),
            otp_type: letter.otp_type,
            code: code.into(),
            token_hash,
            link,
        });
        Ok(())
    }

    pub(super) fn link(&self, hash: &str, otp_type: OtpType, letter: &Letter) -> gotrue::Secret {
        let path = crate::model::Operation::by_id("verify_link").map_or("", |operation| operation.path);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("token", hash).append_pair("type", &otp_type.to_string());
        query.append_pair("redirect_to", letter.redirect_to.as_deref().unwrap_or(super::provider::SITE_URL));
        format!("{}{path}?{}", self.base_url, query.finish()).into()
    }

    pub(super) fn note_sent(&mut self, user_id: Uuid, otp_type: Option<OtpType>) -> Result<(), ApiError> {
        let now = Some(self.now());
        let user = &mut self.account(user_id)?.user;
        match otp_type {
            None => user.reauthentication_sent_at = now,
            Some(OtpType::Recovery | OtpType::Magiclink | OtpType::Email) => user.recovery_sent_at = now,
            Some(OtpType::EmailChange) => user.email_change_sent_at = now,
            Some(OtpType::PhoneChange) => user.phone_change_sent_at = now,
            Some(_) => user.confirmation_sent_at = now,
        }
        Ok(())
    }
}

/// A message that was sent, or that there was nobody to send to.
fn sent() -> ApiResult {
    ok(&MessageSent { message_id: None })
}

#[derive(Deserialize)]
struct Otp {
    #[serde(default)]
    email: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    channel: String,
    create_user: Option<bool>,
    data: Option<Value>,
}

pub(super) fn send_otp(state: &mut State, request: &Request) -> ApiResult {
    let otp: Otp = json_body(request)?;
    let create = otp.create_user.unwrap_or(true);
    if !otp.email.is_empty() && !otp.phone.is_empty() {
        return Err(ApiError::validation_failed("Only an email address or phone number should be provided"));
    }
    if !otp.email.is_empty() && !otp.channel.is_empty() {
        return Err(ApiError::validation_failed("Channel should only be specified with Phone OTP"));
    }
    let challenge = flow::challenge_in_body(request)?;
    if !otp.email.is_empty() {
        let (id, otp_type) = link_to(state, &otp.email, otp.data, create)?;
        let redirect_to = request.query("redirect_to");
        state.note(id, AuditAction::UserRecoveryRequested, None);
        state.send(id, &Letter { otp_type: Some(otp_type), challenge, redirect_to })?;
        return sent();
    }
    if otp.phone.is_empty() {
        return Err(ApiError::validation_failed("One of email or phone must be set"));
    }
    contact::phone(&otp.phone)?;
    contact::check_channel(&otp.channel)?;
    let id = match state.account_by_phone(&otp.phone) {
        Some(account) => account.user.id,
        None if !create => return Err(no_sign_up_by_otp()),
        None => state.create_account("", &otp.phone, otp.data)?,
    };
    state.note(id, AuditAction::UserRecoveryRequested, Some(json!({ "channel": "sms" })));
    state.send(id, &Letter { otp_type: Some(OtpType::Sms), challenge: None, redirect_to: None })?;
    sent()
}

/// The user whom a link will sign in, created if need be, and what the link is for: whoever has yet to confirm the
/// address does so by it.
fn link_to(state: &mut State, email: &str, data: Option<Value>, create: bool) -> Result<(Uuid, OtpType), ApiError> {
    contact::email(email)?;
    let (now, confirm) = (state.now(), state.setup.confirm_addresses);
    let id = match state.account_by_email(email) {
        Some(account) => account.user.id,
        None if !create => return Err(no_sign_up_by_otp()),
        None => state.create_account(email, "", data)?,
    };
    let account = state.account(id)?;
    if !confirm {
        account.confirm(now);
    }
    Ok((id, if account.is_confirmed() { OtpType::Magiclink } else { OtpType::Signup }))
}

fn no_sign_up_by_otp() -> ApiError {
    ApiError::new(422, ErrorCode::OtpDisabled, "Signups not allowed for otp")
}

pub(super) fn send_magic_link(state: &mut State, request: &Request) -> ApiResult {
    let link: MagicLinkRequest = json_body_with(request, &["email"])?;
    if link.email.is_empty() {
        return Err(ApiError::new(422, ErrorCode::ValidationFailed, "Password recovery requires an email"));
    }
    let challenge = flow::challenge_in_body(request)?;
    let (id, otp_type) = link_to(state, &link.email, link.data, true)?;
    let redirect_to = request.query("redirect_to");
    state.note(id, AuditAction::UserRecoveryRequested, None);
    state.send(id, &Letter { otp_type: Some(otp_type), challenge, redirect_to })?;
    sent()
}

pub(super) fn recover(state: &mut State, request: &Request) -> ApiResult {
    let recover: RecoverRequest = json_body_with(request, &["email"])?;
    if recover.email.is_empty() {
        return Err(ApiError::validation_failed("Password recovery requires an email"));
    }
    let challenge = flow::challenge_in_body(request)?;
    contact::email(&recover.email)?;
    if let Some(id) = state.account_by_email(&recover.email).map(|account| account.user.id) {
        let redirect_to = request.query("redirect_to");
        state.note(id, AuditAction::UserRecoveryRequested, None);
        state.send(id, &Letter { otp_type: Some(OtpType::Recovery), challenge, redirect_to })?;
    }
    sent()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resend {
    #[serde(rename = "type")]
    type_: String,
    email: String,
    phone: String,
}

pub(super) fn resend(state: &mut State, request: &Request) -> ApiResult {
    let resend: Resend = json_body(request)?;
    check_resend(&resend)?;
    let challenge = if resend.email.is_empty() { None } else { flow::challenge_in_body(request)? };
    let account = if resend.email.is_empty() {
        contact::phone(&resend.phone)?;
        state.account_by_phone(&resend.phone)
    } else {
        contact::email(&resend.email)?;
        state.account_by_email(&resend.email)
    };
    let Some(account) = account else { return sent() };
    let id = account.user.id;
    let (otp_type, is_wanted) = match resend.type_.as_str() {
        "signup" => (OtpType::Signup, !account.is_confirmed()),
        "sms" => (OtpType::Sms, !account.is_confirmed()),
        "email_change" => (OtpType::EmailChange, account.user.new_email.is_some()),
        _ => (OtpType::PhoneChange, account.user.new_phone.is_some()),
    };
    if is_wanted {
        let redirect_to = request.query("redirect_to");
        let action = match otp_type {
            OtpType::Signup => AuditAction::UserConfirmationRequested,
            _ => AuditAction::UserRecoveryRequested,
        };
        state.note(id, action, None);
        state.send(id, &Letter { otp_type: Some(otp_type), challenge, redirect_to })?;
    }
    sent()
}

fn check_resend(resend: &Resend) -> Result<(), ApiError> {
    let (no_email, no_phone) = (resend.email.is_empty(), resend.phone.is_empty());
    let message = match resend.type_.as_str() {
        "signup" if no_email => "Type provided requires an email address",
        "sms" if no_phone => "Type provided requires a phone number",
        "signup" | "sms" | "email_change" | "phone_change" if no_email && no_phone => {
            "Missing email address or phone number"
        }
        "signup" | "sms" | "email_change" | "phone_change" if no_email || no_phone => return Ok(()),
        "signup" | "sms" | "email_change" | "phone_change" => {
            "Only an email address or phone number should be provided."
        }
        _ => "Missing one of these types: signup, email_change, sms, phone_change",
    };
    Err(ApiError::validation_failed(message))
}
