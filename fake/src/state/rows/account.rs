//! User accounts.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    contact,
    model::{
        OtpType,
        types::{Identity, User},
    },
    settings::ServerSettings,
    state::{
        rows::password::Password,
        table::{Key, Row},
    },
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password: Option<Password>,
    pub(crate) codes: Vec<SentCode>,
    /// Whether one of the two addresses has confirmed an email change.
    pub(crate) is_change_half_confirmed: bool,
    /// Whether it is in a linking domain of its own: it is not found by its address, which other users may have too.
    #[serde(default)]
    pub(crate) is_separate: bool,
}

impl Row for Account {
    fn keys(&self) -> Vec<Key> {
        let emails = self.user.identities.iter().flatten().filter_map(|identity| identity.email.as_deref());
        let mut keys = vec![Key::Id(self.user.id)];
        let emails = emails.chain([self.email()]).filter(|email| !email.is_empty());
        keys.extend(emails.map(|email| Key::Email(email.to_owned())));
        keys.extend(Some(self.phone()).filter(|phone| !phone.is_empty()).map(|phone| Key::Phone(phone.to_owned())));
        let identities = self.user.identities.iter().flatten();
        keys.extend(identities.map(|identity| Key::Identity(identity.provider.clone(), identity.id.clone())));
        // A code can be entered without the prefix of its flow.
        let hashes = self.codes.iter().flat_map(|code| [Some(code.hash.as_str()), code.hash.strip_prefix("pkce_")]);
        keys.extend(hashes.flatten().map(|hash| Key::Code(hash.to_owned())));
        keys
    }
}

impl Account {
    pub(crate) fn new(user: User) -> Self {
        Self { user, password: None, codes: Vec::new(), is_change_half_confirmed: false, is_separate: false }
    }
}

impl Account {
    pub(crate) fn email(&self) -> &str {
        self.user.email.as_deref().unwrap_or_default()
    }

    pub(crate) fn phone(&self) -> &str {
        self.user.phone.as_deref().unwrap_or_default()
    }

    pub(crate) fn has_confirmed_email(&self) -> bool {
        self.user.email_confirmed_at.is_some()
    }

    pub(crate) fn has_confirmed_phone(&self) -> bool {
        self.user.phone_confirmed_at.is_some()
    }

    pub(crate) fn is_banned(&self, now: DateTime<Utc>) -> bool {
        self.user.banned_until.is_some_and(|until| until > now)
    }

    /// Confirms the email address, and invalidates the code for it and all links.
    pub(crate) fn confirm_email(&mut self, now: DateTime<Utc>) {
        self.user.email_confirmed_at = Some(now);
        self.merge_metadata(&json!({ "email_verified": true }));
        self.drop_codes(Some(OtpType::Signup));
        self.drop_links();
        self.compute_confirmed_at();
    }

    /// Confirms the phone number, and invalidates the code for it and all links.
    pub(crate) fn confirm_phone(&mut self, now: DateTime<Utc>) {
        self.user.phone_confirmed_at = Some(now);
        self.drop_codes(Some(OtpType::Sms));
        self.drop_links();
        self.compute_confirmed_at();
    }

    /// Computes the field as the database does: the earlier of the two confirmations.
    pub(crate) fn compute_confirmed_at(&mut self) {
        let both = [self.user.email_confirmed_at, self.user.phone_confirmed_at];
        self.user.confirmed_at = both.into_iter().flatten().min();
    }

    /// Sets the password. Codes that were sent before become invalid.
    pub(crate) fn set_password(&mut self, password: Password) {
        self.password = Some(password);
        self.forget_codes();
    }

    /// Removes all codes, and the times when they were sent.
    pub(crate) fn forget_codes(&mut self) {
        self.codes.clear();
        self.user.confirmation_sent_at = None;
        self.user.recovery_sent_at = None;
        self.user.email_change_sent_at = None;
        self.user.phone_change_sent_at = None;
        self.user.reauthentication_sent_at = None;
    }

    /// Merges user metadata. A null removes the key.
    pub(crate) fn merge_metadata(&mut self, data: &Value) {
        let own = self.user.user_metadata.get_or_insert_with(|| json!({}));
        if own.is_null() {
            *own = data.clone();
        } else {
            merge(own, data);
        }
    }

    /// Merges app metadata. A null removes the key.
    pub(crate) fn merge_app_metadata(&mut self, data: &Value) {
        merge(self.user.app_metadata.get_or_insert_with(|| json!({})), data);
    }

    /// Adds an identity. The providers in app metadata stay as they are.
    pub(crate) fn add_identity(&mut self, identity: Identity) {
        self.user.identities.get_or_insert_default().push(identity);
    }

    /// Lists the providers of the identities in app metadata, in the order in which they were added. The server does so
    /// only after some changes, such as a verification or a link.
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

    /// Invalidates all links. Codes that are entered together with the address stay valid, except for those of an email
    /// change, which the server finds by their links.
    pub(crate) fn drop_links(&mut self) {
        self.codes.retain(|code| code.otp_type != Some(OtpType::EmailChange));
        for code in &mut self.codes {
            code.has_link = false;
        }
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
    /// Whether it can be found by its hash alone.
    pub(crate) has_link: bool,
}

impl SentCode {
    pub(crate) fn new(otp_type: Option<OtpType>, address: &str, hash: &str, now: DateTime<Utc>) -> Self {
        Self { otp_type, address: address.to_owned(), hash: hash.to_owned(), sent_at: now, has_link: true }
    }

    /// Returns whether the code may be used as this type. `email` stands for every sign-in and sign-up by email.
    pub(crate) fn fits(&self, otp_type: OtpType) -> bool {
        let Some(sent_as) = self.otp_type else { return false };
        let slot = code_slot(sent_as);
        let by_email = matches!(slot, OtpType::Signup | OtpType::Magiclink);
        slot == code_slot(otp_type) || otp_type == OtpType::Email && by_email
    }

    /// Returns whether this is the hash of the code. The prefix of a PKCE flow may be left out.
    pub(crate) fn has_hash(&self, hash: &str) -> bool {
        self.hash == hash || self.hash.strip_prefix("pkce_") == Some(hash)
    }

    pub(crate) fn is_current(&self, now: DateTime<Utc>, lifetime: Duration) -> bool {
        now - self.sent_at < lifetime
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

pub(crate) fn blank_user(
    settings: &ServerSettings,
    id: Uuid,
    email: &str,
    phone: &str,
    aud: &str,
    now: DateTime<Utc>,
) -> User {
    User {
        id,
        aud: Some(aud.to_owned()),
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
