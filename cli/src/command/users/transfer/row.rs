//! A user as a row of a file.

use std::fmt;

use gotrue::{
    Secret, SetOptional, User,
    admin::CreateUser,
    chrono::{DateTime, Utc},
    serde_json::{self, Value},
    uuid::Uuid,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Visitor},
};

use super::hash::HashKind;
use crate::phone;

/// A user in a file. An export writes every column but the passwords, which no server returns.
///
/// Unknown columns are an error, since a misspelt column would be lost.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Row {
    pub id: Option<Uuid>,
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
    #[serde(deserialize_with = "text")]
    pub phone: Option<String>,
    #[serde(deserialize_with = "boolean")]
    pub email_confirmed: Option<bool>,
    #[serde(deserialize_with = "boolean")]
    pub phone_confirmed: Option<bool>,
    #[serde(deserialize_with = "text")]
    pub role: Option<String>,
    #[serde(deserialize_with = "metadata")]
    pub user_metadata: Option<Value>,
    #[serde(deserialize_with = "metadata")]
    pub app_metadata: Option<Value>,
    pub banned_until: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "secret", skip_serializing)]
    pub password: Option<Secret>,
    /// bcrypt, Argon2 or Firebase scrypt.
    #[serde(deserialize_with = "secret", skip_serializing)]
    pub password_hash: Option<Secret>,
    /// Why an earlier import refused the row. Only in a file of refused rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// Why a row was refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// The line of the original file.
    pub line: u64,
    pub why: String,
    /// The server's error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether the original row has a password or a hash, which is not repeated here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub password_omitted: bool,
    /// The user of the original row, if that has a password: the row itself may be corrected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_of: Option<Identity>,
}

/// Who the user of a row is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
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

/// The text of `serde_json`'s error for JSON that is more than 127 levels deep, before its position.
pub const TOO_DEEP: &str = "recursion limit exceeded";

/// The columns that only an import has.
pub const PASSWORD_COLUMNS: [&str; 2] = ["password", "password_hash"];

impl Row {
    /// Returns the request that creates the user with this ID.
    pub fn request(&self, id: Uuid, now: DateTime<Utc>) -> Result<CreateUser, &'static str> {
        let mut user = match (&self.email, &self.phone) {
            (Some(email), Some(phone)) => CreateUser::email_and_phone(email, phone),
            (Some(email), None) => CreateUser::email(email),
            (None, Some(phone)) => CreateUser::phone(phone),
            (None, None) => return Err("has neither an email address nor a phone number"),
        };
        user = user.id(id);
        if self.email.is_some() && self.email_confirmed == Some(true) {
            user = user.confirm_email();
        }
        if self.phone.is_some() && self.phone_confirmed == Some(true) {
            user = user.confirm_phone();
        }
        match (&self.password, &self.password_hash) {
            (Some(_), Some(_)) => return Err("has both a password and a password hash"),
            (Some(password), None) => user = user.password(password.clone()),
            (None, Some(hash)) => user = user.password_hash(hash.clone()),
            (None, None) => {}
        }
        user = user.maybe(self.role.as_ref(), CreateUser::role);
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

    pub fn identity(&self) -> Identity {
        Identity { id: self.id, email: self.email.clone(), phone: self.phone.clone() }
    }

    /// Returns whether the user has the addresses of this row, as the server stores them.
    pub fn is_of(&self, user: &User) -> bool {
        let email = self.email.as_ref().map(|email| email.trim().to_lowercase());
        let phone = self.phone.as_ref().map(|phone| phone::digits(phone).unwrap_or_else(|| phone.clone()));
        let stored = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        (email, phone) == (stored(&user.email).map(|email| email.to_lowercase()), stored(&user.phone))
    }

    /// Drops a password hash that the server does not accept.
    pub fn without_unsupported_hash(mut self) -> Self {
        self.password_hash = self.password_hash.filter(|hash| HashKind::of(hash.expose()).is_accepted());
        self
    }

    pub fn has_password(&self) -> bool {
        self.password.is_some() || self.password_hash.is_some()
    }

    /// Returns the fields as text, in the order of the columns.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let boolean = |value: Option<bool>| value.map(|value| value.to_string()).unwrap_or_default();
        let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        [
            self.id.map(|id| id.to_string()).unwrap_or_default(),
            self.email.clone().unwrap_or_default(),
            self.phone.clone().unwrap_or_default(),
            boolean(self.email_confirmed),
            boolean(self.phone_confirmed),
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
            refused: None,
        }
    }
}

/// An empty cell counts as missing.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(text(deserializer)?.map(Secret::from))
}

/// A boolean as databases and spreadsheets write it.
struct Boolean(Option<bool>);

pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Option::<Boolean>::deserialize(deserializer)?.and_then(|boolean| boolean.0))
}

impl<'de> Deserialize<'de> for Boolean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyBoolean;

        impl Visitor<'_> for AnyBoolean {
            type Value = Boolean;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Boolean, E> {
                Ok(Boolean(Some(value)))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Boolean, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Boolean, E> {
                match text.trim().to_lowercase().as_str() {
                    "" => Ok(Boolean(None)),
                    "true" | "t" | "yes" | "y" | "1" => Ok(Boolean(Some(true))),
                    "false" | "f" | "no" | "n" | "0" => Ok(Boolean(Some(false))),
                    _ => Err(E::custom("expected true or false")),
                }
            }
        }

        deserializer.deserialize_any(AnyBoolean)
    }
}

/// A JSON object, or the text of one in a cell.
fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let value = match Option::<Value>::deserialize(deserializer)? {
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|error| {
            let is_too_deep = error.to_string().starts_with(TOO_DEEP);
            let what = if is_too_deep { "more than 127 levels deep" } else { "not valid JSON" };
            D::Error::custom(format!("metadata is {what}"))
        })?,
        other => other,
    };
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(object @ Value::Object(_)) => Ok(Some(object)),
        Some(_) => Err(D::Error::custom("metadata is not a JSON object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_and_its_user_have_the_same_addresses_however_they_are_written() {
        let user = |email: &str, phone: &str| -> User {
            let user = serde_json::json!({ "id": Uuid::nil(), "aud": "", "email": email, "phone": phone });
            serde_json::from_value(user).unwrap()
        };
        let row = |email: &str, phone: &str| -> Row {
            serde_json::from_value(serde_json::json!({ "email": email, "phone": phone })).unwrap()
        };
        for (row, user, is_same) in [
            (row("Ada@Example.com", ""), user("ada@example.com", ""), true),
            (row("", "+15550000001"), user("", "15550000001"), true),
            (row("", "+1 555 000 0001"), user("", "15550000001"), true),
            (row("", "+15550000002"), user("", "15550000001"), false),
            (row("ada@example.com", "15550000001"), user("ada@example.com", ""), false),
        ] {
            assert_eq!(row.is_of(&user), is_same, "{row:?}");
        }
    }
}
