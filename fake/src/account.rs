//! Users, with what the server does not tell of them.

use crate::wire::ApiError;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{contact, password::Password, state::State, verify::place_of};
use crate::model::{
    ErrorCode,
    types::{Identity, OtpType, User},
};
use gotrue::Secret;

#[derive(Debug)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: Option<Password>,
    pub(super) codes: Vec<SentCode>,
    /// Whether one of the two addresses has agreed to a change.
    pub(super) is_change_half_confirmed: bool,
}

impl Account {
    pub(super) fn new(user: User) -> Self {
        Self { user, password: None, codes: Vec::new(), is_change_half_confirmed: false }
    }
}

/// A code that was sent and not used yet.
#[derive(Clone, Debug)]
pub(super) struct SentCode {
    /// What for. Nothing for a reauthentication.
    pub(super) otp_type: Option<OtpType>,
    /// Where to.
    pub(super) address: String,
    pub(super) hash: String,
    pub(super) sent_at: DateTime<Utc>,
}

impl Account {
    pub(super) fn email(&self) -> &str {
        self.user.email.as_deref().unwrap_or_default()
    }

    pub(super) fn phone(&self) -> &str {
        self.user.phone.as_deref().unwrap_or_default()
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.user.email_confirmed_at.is_some() || self.user.phone_confirmed_at.is_some()
    }

    /// Confirms the address or number of the sign-up.
    pub(super) fn confirm(&mut self, now: DateTime<Utc>) {
        if self.email().is_empty() {
            self.user.phone_confirmed_at.get_or_insert(now);
            self.merge_metadata(&json!({ "phone_verified": true }));
        } else {
            self.user.email_confirmed_at.get_or_insert(now);
            self.merge_metadata(&json!({ "email_verified": true }));
        }
        self.user.confirmed_at.get_or_insert(now);
    }

    /// Merges the user's own metadata; a null removes the key.
    pub(super) fn merge_metadata(&mut self, data: &Value) {
        merge(self.user.user_metadata.get_or_insert_with(|| json!({})), data);
    }

    /// Merges the administrator's metadata in the same way.
    pub(super) fn merge_app_metadata(&mut self, data: &Value) {
        merge(self.user.app_metadata.get_or_insert_with(|| json!({})), data);
    }

    pub(super) fn add_identity(&mut self, identity: Identity) {
        self.user.identities.get_or_insert_default().push(identity);
        self.list_providers();
    }

    /// Writes down who vouches for the user, in the order in which they came.
    pub(super) fn list_providers(&mut self) {
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

    /// An older code in the same place is no longer good.
    pub(super) fn drop_codes(&mut self, otp_type: Option<OtpType>) {
        self.codes.retain(|code| code.otp_type.map(place_of) != otp_type.map(place_of));
    }

    /// Takes the code with this hash, if it is good.
    pub(super) fn take_code(&mut self, hash: &str, now: DateTime<Utc>) -> Option<SentCode> {
        let hash = hash.trim_start_matches("pkce_");
        let index = self.codes.iter().position(|code| code.hash.trim_start_matches("pkce_") == hash)?;
        let code = self.codes.remove(index);
        (now - code.sent_at < chrono::Duration::hours(1)).then_some(code)
    }
}

fn merge(own: &mut Value, data: &Value) {
    let (Some(own), Some(data)) = (own.as_object_mut(), data.as_object()) else { return };
    for (key, value) in data {
        if value.is_null() {
            own.remove(key);
        } else {
            own.insert(key.clone(), value.clone());
        }
    }
}

impl State {
    /// A new user with an identity of the address, as a sign-up makes one: both have all the data.
    pub(super) fn create_account(&mut self, email: &str, phone: &str, data: Option<Value>) -> Result<Uuid, ApiError> {
        let id = self.create_blank(email, phone)?;
        let data = data.unwrap_or_else(|| json!({}));
        let mut profile = data.clone();
        merge(&mut profile, &claims(id, email));
        if email.is_empty() && phone.is_empty() {
            let account = self.account(id)?;
            account.user.is_anonymous = Some(true);
            account.merge_metadata(&data);
        } else {
            let provider = if email.is_empty() { "phone" } else { "email" };
            self.identify_new(id, provider, profile.clone())?;
            self.account(id)?.merge_metadata(&profile);
        }
        Ok(id)
    }

    /// A new user whom an administrator has thought of: the user has the data, and the identity the address.
    pub(super) fn create_invited(&mut self, email: &str, data: Option<Value>) -> Result<Uuid, ApiError> {
        let id = self.create_blank(email, "")?;
        self.identify_new(id, "email", claims(id, email))?;
        self.account(id)?.merge_metadata(&data.unwrap_or_else(|| json!({})));
        Ok(id)
    }

    fn create_blank(&mut self, email: &str, phone: &str) -> Result<Uuid, ApiError> {
        if !email.is_empty() {
            contact::email(email)?;
        }
        let (id, now) = (self.draw_id(), self.now());
        self.accounts.push(Account::new(blank_user(id, email, phone, now)));
        Ok(id)
    }

    fn identify_new(&mut self, user_id: Uuid, provider: &str, data: Value) -> Result<(), ApiError> {
        let (identity_id, now) = (self.draw_id(), self.now());
        let identity = identity(identity_id, user_id, &user_id.to_string(), provider, data, now);
        self.account(user_id)?.add_identity(identity);
        Ok(())
    }

    /// A new address that is confirmed becomes an identity, and its user is not anonymous any more.
    pub(super) fn identify(&mut self, user_id: Uuid, provider: &'static str) -> Result<(), ApiError> {
        let (identity_id, now) = (self.draw_id(), self.now());
        let account = self.account(user_id)?;
        account.user.is_anonymous = Some(false);
        let address = if provider == "email" { account.email() } else { account.phone() }.to_owned();
        let news = json!({ provider: address, format!("{provider}_verified"): true });
        let identities = account.user.identities.get_or_insert_default();
        if let Some(identity) = identities.iter_mut().find(|identity| identity.provider == provider) {
            let data = identity.identity_data.get_or_insert_with(|| json!({}));
            merge(data, &news);
            identity.email = data["email"].as_str().map(str::to_owned);
        } else {
            let mut data = json!({ "sub": user_id, "email_verified": false, "phone_verified": false });
            merge(&mut data, &news);
            account.add_identity(identity(identity_id, user_id, &user_id.to_string(), provider, data, now));
        }
        Ok(())
    }

    /// Refuses what breaks the rules for passwords.
    pub(super) fn check_password(password: &Secret) -> Result<(), ApiError> {
        match password.expose().len() {
            0..6 => Err(ApiError::weak_password()),
            6..=72 => Ok(()),
            _ => Err(ApiError::validation_failed("Password cannot be longer than 72 characters")),
        }
    }

    /// Refuses a message within the interval of the last.
    pub(super) fn check_interval(&self, last: Option<DateTime<Utc>>, to_phone: bool) -> Result<(), ApiError> {
        let wait = last.map_or(0, |last| (self.setup.message_interval - (self.now() - last)).num_seconds());
        if wait <= 0 {
            return Ok(());
        }
        let code = if to_phone { ErrorCode::OverSmsSendRateLimit } else { ErrorCode::OverEmailSendRateLimit };
        let message = format!("For security purposes, you can only request this after {wait} seconds.");
        Err(ApiError::new(429, code, message))
    }
}

/// What an identity of an address says.
fn claims(user_id: Uuid, email: &str) -> Value {
    let mut claims = json!({ "sub": user_id, "email_verified": false, "phone_verified": false });
    if !email.is_empty() {
        claims["email"] = json!(email.to_lowercase());
    }
    claims
}

pub(super) fn blank_user(id: Uuid, email: &str, phone: &str, now: DateTime<Utc>) -> User {
    User {
        id,
        aud: Some("authenticated".to_owned()),
        role: Some("authenticated".to_owned()),
        email: Some(email.to_lowercase()),
        phone: Some(super::state::plain_phone(phone)),
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

pub(super) fn identity(
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
