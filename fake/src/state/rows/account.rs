//! User accounts.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    contact,
    model::{
        ErrorCode, OtpType,
        types::{Identity, User},
    },
    settings::ServerSettings,
    state::rows::password::Password,
    wire::ApiError,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password: Option<Password>,
    pub(crate) codes: Vec<SentCode>,
    /// Whether one of the two addresses has confirmed an email change.
    pub(crate) is_change_half_confirmed: bool,
}

impl Account {
    pub(crate) fn new(user: User) -> Self {
        Self { user, password: None, codes: Vec::new(), is_change_half_confirmed: false }
    }
}

impl Account {
    pub(crate) fn email(&self) -> &str {
        self.user.email.as_deref().unwrap_or_default()
    }

    pub(crate) fn phone(&self) -> &str {
        self.user.phone.as_deref().unwrap_or_default()
    }

    pub(crate) fn is_confirmed(&self) -> bool {
        self.user.email_confirmed_at.is_some() || self.user.phone_confirmed_at.is_some()
    }

    /// Confirms the email address, or the phone number of a user without one.
    pub(crate) fn confirm(&mut self, now: DateTime<Utc>) {
        if self.email().is_empty() {
            self.user.phone_confirmed_at.get_or_insert(now);
            self.merge_metadata(&json!({ "phone_verified": true }));
        } else {
            self.user.email_confirmed_at.get_or_insert(now);
            self.merge_metadata(&json!({ "email_verified": true }));
        }
        self.user.confirmed_at.get_or_insert(now);
    }

    /// Merges user metadata. A null removes the key.
    pub(crate) fn merge_metadata(&mut self, data: &Value) {
        merge(self.user.user_metadata.get_or_insert_with(|| json!({})), data);
    }

    /// Merges app metadata. A null removes the key.
    pub(crate) fn merge_app_metadata(&mut self, data: &Value) {
        merge(self.user.app_metadata.get_or_insert_with(|| json!({})), data);
    }

    pub(crate) fn add_identity(&mut self, identity: Identity) {
        self.user.identities.get_or_insert_default().push(identity);
        self.list_providers();
    }

    /// Lists the providers of the identities in app metadata, in the order in which they were added.
    pub(crate) fn list_providers(&mut self) {
        let mut names: Vec<String> = Vec::new();
        for identity in self.user.identities.iter().flatten() {
            if !names.contains(&identity.provider) {
                names.push(identity.provider.clone());
            }
        }
        let mut news = json!({ "providers": names });
        if let Some(first) = names.first() {
            news["provider"] = json!(first);
        }
        self.merge_app_metadata(&news);
    }

    /// Removes codes of the same kind.
    pub(crate) fn drop_codes(&mut self, otp_type: Option<OtpType>) {
        self.codes.retain(|code| code.otp_type.map(code_slot) != otp_type.map(code_slot));
    }

    /// Takes the code with this hash, if it has not expired.
    pub(crate) fn take_code(&mut self, hash: &str, now: DateTime<Utc>, lifetime: Duration) -> Option<SentCode> {
        let hash = hash.trim_start_matches("pkce_");
        let index = self.codes.iter().position(|code| code.hash.trim_start_matches("pkce_") == hash)?;
        let code = self.codes.remove(index);
        (now - code.sent_at < lifetime).then_some(code)
    }
}

/// A code that was sent and not used yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SentCode {
    /// The type of the code. `None` for a reauthentication.
    pub(crate) otp_type: Option<OtpType>,
    /// The email address or phone number.
    pub(crate) address: String,
    pub(crate) hash: String,
    pub(crate) sent_at: DateTime<Utc>,
}

/// Fails for a NUL character, which the database does not store in JSON.
pub(crate) fn check_storable(data: Option<&Value>, message: &str) -> Result<(), ApiError> {
    if data.is_some_and(has_nul) {
        return Err(ApiError::new(500, ErrorCode::UnexpectedFailure, message));
    }
    Ok(())
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

pub(crate) fn merge(own: &mut Value, data: &Value) {
    let (Some(own), Some(data)) = (own.as_object_mut(), data.as_object()) else { return };
    for (key, value) in data {
        if value.is_null() {
            own.remove(key);
        } else {
            own.insert(key.clone(), value.clone());
        }
    }
}

pub(crate) fn blank_user(settings: &ServerSettings, id: Uuid, email: &str, phone: &str, now: DateTime<Utc>) -> User {
    User {
        id,
        aud: Some(settings.audience.clone()),
        role: Some(settings.default_role.clone()),
        email: Some(email.to_lowercase()),
        phone: Some(contact::plain_phone(phone)),
        app_metadata: Some(json!({})),
        user_metadata: Some(json!({})),
        identities: Some(Vec::new()),
        created_at: Some(now),
        updated_at: Some(now),
        is_anonymous: Some(false),
        email_confirmed_at: None,
        invited_at: None,
        phone_confirmed_at: None,
        confirmation_sent_at: None,
        confirmed_at: None,
        recovery_sent_at: None,
        new_email: None,
        email_change_sent_at: None,
        new_phone: None,
        phone_change_sent_at: None,
        reauthentication_sent_at: None,
        last_sign_in_at: None,
        factors: None,
        banned_until: None,
        deleted_at: None,
    }
}

pub(crate) fn new_identity(
    identity_id: Uuid,
    user_id: Uuid,
    id: &str,
    provider: &str,
    data: Value,
    now: DateTime<Utc>,
) -> Identity {
    Identity {
        identity_id: Some(identity_id),
        id: id.to_owned(),
        user_id: Some(user_id),
        provider: provider.to_owned(),
        email: data["email"].as_str().map(str::to_owned),
        identity_data: Some(data),
        last_sign_in_at: Some(now),
        created_at: Some(now),
        updated_at: Some(now),
    }
}

/// Returns the data of an email or phone identity.
pub(crate) fn identity_claims(user_id: Uuid, email: &str) -> Value {
    let mut claims = json!({ "sub": user_id, "email_verified": false, "phone_verified": false });
    if !email.is_empty() {
        claims["email"] = json!(email.to_lowercase());
    }
    claims
}

/// Returns the kind of a code. The server stores one code for confirmation, and one for sign-in without a password.
pub(crate) fn code_slot(otp_type: OtpType) -> OtpType {
    match otp_type {
        OtpType::Invite => OtpType::Signup,
        OtpType::Recovery => OtpType::Magiclink,
        other => other,
    }
}
