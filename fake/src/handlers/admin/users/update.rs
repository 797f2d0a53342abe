//! Changing a user.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    contact, go_duration,
    handlers::admin::{
        path::user_id,
        users::contacts::{add_identity, confirm, user_traits},
    },
    model::{
        AuditAction,
        types::{AdminUpdateUserRequest, Identity, User},
    },
    state::{
        State,
        accounts::Contact,
        rows::{account::Account, password::Password},
        storable::{check_json, check_name},
    },
    wire::{ApiResult, Request, json_body, ok},
};

/// The members that have an effect only on a new user. Their types are checked nevertheless.
#[derive(Default, Deserialize)]
#[serde(default, rename = "AdminUserParams")]
struct WithoutEffect {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "aud")]
    _aud: String,
    #[serde(rename = "password_hash")]
    _password_hash: String,
}

const NOT_UPDATED: &str = "Error updating user";

pub(crate) fn update(state: &mut State, request: &Request) -> ApiResult {
    let id = user_id(state, request)?;
    let change: AdminUpdateUserRequest = json_body(request)?;
    json_body::<WithoutEffect>(request)?;
    check_json(change.user_metadata.as_ref(), NOT_UPDATED)?;
    check_json(change.app_metadata.as_ref(), NOT_UPDATED)?;
    check_name(change.role.as_deref().unwrap_or_default(), NOT_UPDATED)?;
    let (email, phone) = (change.email.unwrap_or_default(), change.phone.unwrap_or_default());
    if !email.is_empty() {
        contact::email(&email)?;
    }
    if !phone.is_empty() {
        contact::phone(&phone)?;
    }
    let ban = change.ban_duration.filter(|text| !text.is_empty()).map(|text| go_duration::ban(&text)).transpose()?;
    if let Some(password) = &change.password {
        state.check_strength(password)?;
    }
    state.check_unique(id, &Contact::Email(email.to_lowercase()), NOT_UPDATED)?;
    state.check_unique(id, &Contact::Phone(contact::plain_phone(&phone)), NOT_UPDATED)?;
    let (now, identity_ids) = (state.now(), [state.random.id(), state.random.id()]);
    // The response shows the identities as they were, and those that are new.
    let mut shown = state.account(id)?.user.identities.clone().unwrap_or_default();
    if let Some(password) = change.password {
        // A new password ends all sessions.
        state.end_sessions(id);
        state.account(id)?.set_password(Password::Plain(password));
    }
    let account = state.account(id)?;
    account.user.role =
        change.role.filter(|role| !role.is_empty()).map(|role| role.trim().to_owned()).or(account.user.role.take());
    let (confirm_email, confirm_phone) = (change.email_confirm == Some(true), change.phone_confirm == Some(true));
    confirm(account, confirm_email, confirm_phone, now);
    let contacts =
        [("email", email.to_lowercase(), confirm_email), ("phone", contact::plain_phone(&phone), confirm_phone)];
    for ((provider, contact, confirmed), identity_id) in contacts.into_iter().zip(identity_ids) {
        if !contact.is_empty() {
            set_contact(account, identity_id, provider, &contact, confirmed, now);
        }
    }
    account.merge_app_metadata(&change.app_metadata.unwrap_or_default());
    account.merge_metadata(&change.user_metadata.unwrap_or_default());
    if let Some(ban) = ban {
        account.user.banned_until = ban.and_then(|duration| now.checked_add_signed(duration));
    }
    account.user.updated_at = Some(now);
    let user = account.user.clone();
    let is_new = |identity: &&Identity| shown.iter().all(|known| known.identity_id != identity.identity_id);
    let new: Vec<_> = user.identities.iter().flatten().filter(is_new).cloned().collect();
    shown.extend(new);
    state.log_admin_action(AuditAction::UserModified, user_traits(&user));
    ok(&User { identities: Some(shown), ..user })
}

fn set_contact(
    account: &mut Account,
    identity_id: Uuid,
    provider: &str,
    contact: &str,
    confirmed: bool,
    now: chrono::DateTime<chrono::Utc>,
) {
    let verified = format!("{provider}_verified");
    let identities = account.user.identities.get_or_insert_default();
    if let Some(identity) = identities.iter_mut().find(|identity| identity.provider == provider) {
        let data = identity.identity_data.get_or_insert_with(|| json!({}));
        data[provider] = json!(contact);
        data[verified.as_str()] = json!(confirmed);
        if provider == "email" {
            identity.email = Some(contact.to_owned());
        }
        identity.updated_at = Some(now);
    } else {
        add_identity(account, identity_id, provider, contact, now);
        let identity = account.user.identities.iter_mut().flatten().next_back();
        if let Some(data) = identity.and_then(|identity| identity.identity_data.as_mut()) {
            data[verified.as_str()] = json!(confirmed);
        }
    }
    let place = if provider == "email" { &mut account.user.email } else { &mut account.user.phone };
    *place = Some(contact.to_owned());
    if confirmed {
        account.user.is_anonymous = Some(false);
    }
}
