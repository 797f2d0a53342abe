//! A user as a row of a file.

use gotrue::{
    Secret, User,
    admin::CreateUser,
    chrono::{DateTime, Utc},
    serde_json::{self, Value},
    uuid::Uuid,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// What an export writes and an import reads; the passwords only the latter, since no server gives them.
///
/// Unknown columns are an error: what was misspelt would be lost.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Row {
    pub id: Option<Uuid>,
    #[serde(deserialize_with = "filled")]
    pub email: Option<String>,
    #[serde(deserialize_with = "filled")]
    pub phone: Option<String>,
    pub email_confirmed: Option<bool>,
    pub phone_confirmed: Option<bool>,
    #[serde(deserialize_with = "filled")]
    pub role: Option<String>,
    #[serde(deserialize_with = "metadata")]
    pub user_metadata: Option<Value>,
    #[serde(deserialize_with = "metadata")]
    pub app_metadata: Option<Value>,
    pub banned_until: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "secret", skip_serializing)]
    pub password: Option<Secret>,
    /// bcrypt, Argon2 or the scrypt of Firebase.
    #[serde(deserialize_with = "secret", skip_serializing)]
    pub password_hash: Option<Secret>,
}

/// The columns of an export, in the order of the fields.
pub const COLUMNS: [&str; 9] = [
    "id",
    "email",
    "phone",
    "email_confirmed",
    "phone_confirmed",
    "role",
    "user_metadata",
    "app_metadata",
    "banned_until",
];

impl Row {
    /// What to ask the server for. The id makes it one user, however often it is asked.
    pub fn request(&self, id: Uuid, now: DateTime<Utc>) -> Result<CreateUser, &'static str> {
        let mut user = match (&self.email, &self.phone) {
            (Some(email), Some(phone)) => CreateUser::email_and_phone(email, phone),
            (Some(email), None) => CreateUser::email(email),
            (None, Some(phone)) => CreateUser::phone(phone),
            (None, None) => return Err("has neither an e-mail address nor a phone number"),
        };
        user = user.id(id);
        if self.email.is_some() && self.email_confirmed == Some(true) {
            user = user.confirm_email();
        }
        if self.phone.is_some() && self.phone_confirmed == Some(true) {
            user = user.confirm_phone();
        }
        match (&self.password, &self.password_hash) {
            (Some(_), Some(_)) => return Err("has a password and a hash of one"),
            (Some(password), None) => user = user.password(password.clone()),
            (None, Some(hash)) => user = user.password_hash(hash.clone()),
            (None, None) => {}
        }
        if let Some(role) = &self.role {
            user = user.role(role);
        }
        if let Some(metadata) = &self.user_metadata {
            user = user.user_metadata(metadata.clone());
        }
        if let Some(metadata) = &self.app_metadata {
            user = user.app_metadata(metadata.clone());
        }
        if let Some(Ok(duration)) = self.banned_until.map(|until| (until - now).to_std()) {
            user = user.ban(duration);
        }
        Ok(user)
    }

    /// The fields as text, for a table of commas.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let yes_no = |value: Option<bool>| value.map(|value| value.to_string()).unwrap_or_default();
        let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        [
            self.id.map(|id| id.to_string()).unwrap_or_default(),
            self.email.clone().unwrap_or_default(),
            self.phone.clone().unwrap_or_default(),
            yes_no(self.email_confirmed),
            yes_no(self.phone_confirmed),
            self.role.clone().unwrap_or_default(),
            json(&self.user_metadata),
            json(&self.app_metadata),
            self.banned_until.map(|until| until.to_rfc3339()).unwrap_or_default(),
        ]
    }
}

impl From<User> for Row {
    fn from(user: User) -> Self {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Self {
            id: Some(user.id),
            email: filled(user.email),
            phone: filled(user.phone),
            email_confirmed: Some(user.email_confirmed_at.is_some()),
            phone_confirmed: Some(user.phone_confirmed_at.is_some()),
            role: filled(user.role),
            user_metadata: user.user_metadata.and_then(|metadata| serde_json::to_value(metadata).ok()),
            app_metadata: user.app_metadata.and_then(|metadata| serde_json::to_value(metadata).ok()),
            banned_until: user.banned_until,
            password: None,
            password_hash: None,
        }
    }
}

/// An empty cell is as good as none.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(filled(deserializer)?.map(Secret::from))
}

/// An object, or the text of one where there are no objects.
fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let value = match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => {
            serde_json::from_str(&text).map_err(|_| D::Error::custom("metadata is no JSON"))?
        }
        other => other,
    };
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(object @ Value::Object(_)) => Ok(Some(object)),
        Some(_) => Err(D::Error::custom("metadata is no object")),
    }
}
