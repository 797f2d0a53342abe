//! Sign-up.

use gotrue::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    code_challenge::Challenge,
    contact,
    model::{
        AuditAction, ErrorCode, OtpType,
        types::{Identity, User},
    },
    state::{
        State,
        accounts::Contact,
        messages::OutgoingMessage,
        rows::{account::Account, password::Password},
    },
    wire::{ApiError, ApiResult, Request, json_body, ok},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "SignupParams")]
struct SignUp {
    email: String,
    phone: String,
    password: Secret,
    data: Option<Value>,
    channel: String,
    code_challenge: String,
    code_challenge_method: String,
}

pub(crate) fn sign_up(state: &mut State, request: &Request) -> ApiResult {
    let SignUp { email, phone, password, data, channel, code_challenge, code_challenge_method } = json_body(request)?;
    let aud = &state.request_aud(request);
    if email.is_empty() && phone.is_empty() {
        if !state.settings.anonymous_users {
            let message = "Anonymous sign-ins are disabled";
            return Err(ApiError::new(422, ErrorCode::AnonymousProviderDisabled, message));
        }
        check_sign_up(state)?;
        let id = state.create_anonymous(data, aud)?;
        return state.sign_in(id, "anonymous");
    }
    check_sign_up(state)?;
    let challenge =
        check(state, &email, &phone, &password, &channel, Challenge::new(code_challenge, code_challenge_method))?;
    let contact = if email.is_empty() {
        Contact::Phone(contact::phone(&phone)?)
    } else {
        Contact::Email(contact::email(&email)?)
    };
    let settings = &state.settings;
    let confirm = if email.is_empty() { !settings.autoconfirm_phones } else { !settings.autoconfirm_emails };
    if let Some(challenge) = challenge.as_ref().filter(|_| confirm) {
        challenge.hash().ok_or_else(ApiError::unforeseen)?;
    }
    let provider = if email.is_empty() { "phone" } else { "email" };
    let traits = || Some(json!({ "provider": provider }));
    let known = match &contact {
        Contact::Email(email) => state.owner_of_email(email, aud, None),
        Contact::Phone(phone) => state.account_by_phone(phone, aud).map(|account| account.user.id),
    };
    let is_created = known.is_none();
    let id = match known {
        Some(id) if is_confirmed(state.account(id)?, &contact) => {
            state.log_action(id, AuditAction::UserRepeatedSignup, traits());
            if state.settings.autoconfirm_emails || state.settings.autoconfirm_phones {
                return Err(ApiError::new(422, ErrorCode::UserAlreadyExists, "User already registered"));
            }
            let known = state.account(id)?.user.clone();
            return ok(&invented(state, &known, provider, data));
        }
        Some(id) => {
            let has_identity = |identity: &Identity| identity.provider == provider;
            if !state.account(id)?.user.identities.iter().flatten().any(has_identity) {
                state.replace_identities(id, provider, data)?;
            }
            id
        }
        None => {
            let id = state.create_account(&contact, data, aud)?;
            state.account(id)?.password = Some(Password::Plain(password));
            id
        }
    };
    let now = state.now();
    if !confirm {
        let account = state.account(id)?;
        if email.is_empty() {
            account.confirm_phone(now);
        } else {
            account.confirm_email(now);
        }
        state.log_action(id, AuditAction::UserSignedup, traits());
        state.log_action(id, AuditAction::Login, traits());
        // The real server does not call the hook for new users here.
        state.hook_run.created = None;
        return state.sign_in_new_user(id, is_created);
    }
    state.log_action(id, AuditAction::UserConfirmationRequested, traits());
    let otp_type = if email.is_empty() { OtpType::Sms } else { OtpType::Signup };
    state.send(
        id,
        &OutgoingMessage { otp_type: Some(otp_type), challenge, redirect_to: state.settings.redirect_to(request) },
    )?;
    let user = &state.account(id)?.user;
    if user.invited_at.is_some() {
        // A sign-up must not reveal that the address was invited.
        return ok(&User { user_metadata: Some(json!({})), identities: Some(Vec::new()), ..user.clone() });
    }
    ok(user)
}

/// Fails if sign-up is disabled.
pub(crate) fn check_sign_up(state: &State) -> Result<(), ApiError> {
    if state.settings.disable_sign_up {
        return Err(ApiError::new(422, ErrorCode::SignupDisabled, "Signups not allowed for this instance"));
    }
    Ok(())
}

/// Checks what the server checks before the address itself, and returns the challenge.
fn check(
    state: &mut State,
    email: &str,
    phone: &str,
    password: &Secret,
    channel: &str,
    challenge: Challenge,
) -> Result<Option<Challenge>, ApiError> {
    if password.is_empty() {
        return Err(ApiError::validation_failed("Signup requires a valid password"));
    }
    state.check_strength(password)?;
    if !email.is_empty() && !phone.is_empty() {
        let message = "Only an email address or phone number should be provided on signup.";
        return Err(ApiError::validation_failed(message));
    }
    if email.is_empty() {
        contact::check_channel(channel)?;
    }
    let challenge = challenge.check();
    if email.is_empty() && !matches!(challenge, Ok(None)) {
        return Err(ApiError::validation_failed("PKCE not supported for phone signups"));
    }
    let settings = &state.settings;
    match &challenge {
        Ok(_) if email.is_empty() && !settings.phone => {
            Err(ApiError::new(400, ErrorCode::PhoneProviderDisabled, "Phone signups are disabled"))
        }
        Ok(_) if !email.is_empty() && !settings.email => {
            Err(ApiError::new(400, ErrorCode::EmailProviderDisabled, "Email signups are disabled"))
        }
        _ => challenge,
    }
}

fn is_confirmed(account: &Account, contact: &Contact) -> bool {
    match contact {
        Contact::Email(_) => account.has_confirmed_email(),
        Contact::Phone(_) => account.has_confirmed_phone(),
    }
}

/// Returns a made-up user, which reveals little about the owner of the address.
fn invented(state: &mut State, known: &User, provider: &str, data: Option<Value>) -> User {
    let (id, now) = (state.random.id(), state.now());
    let is_shown = |contact: &str| contact == provider;
    User {
        id,
        role: Some(String::new()),
        email: known.email.clone().filter(|_| is_shown("email")).or(Some(String::new())),
        phone: known.phone.clone().filter(|_| is_shown("phone")).or(Some(String::new())),
        new_email: None,
        email_change_sent_at: None,
        confirmation_sent_at: Some(now),
        created_at: Some(now),
        updated_at: Some(now),
        identities: Some(Vec::new()),
        user_metadata: Some(data.unwrap_or_else(|| json!({}))),
        app_metadata: Some(json!({ "provider": provider, "providers": [provider] })),
        email_confirmed_at: None,
        phone_confirmed_at: None,
        confirmed_at: None,
        last_sign_in_at: None,
        ..known.clone()
    }
}
