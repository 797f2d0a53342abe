//! Users of Auth0.

use gotrue::{
    Secret,
    serde_json::{Value, json},
};
use serde::Deserialize;

use super::{super::row::Row, ban, metadata, profile};
use crate::command::users::transfer::row::boolean;

/// A user of a user export, or of an export of password hashes.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct User {
    #[serde(alias = "Id")]
    user_id: Option<String>,
    #[serde(alias = "Email")]
    email: Option<String>,
    #[serde(deserialize_with = "boolean", alias = "Email Verified")]
    email_verified: Option<bool>,
    phone_number: Option<String>,
    #[serde(deserialize_with = "boolean")]
    phone_verified: Option<bool>,
    #[serde(alias = "Name")]
    name: Option<String>,
    #[serde(alias = "Given Name")]
    given_name: Option<String>,
    #[serde(alias = "Family Name")]
    family_name: Option<String>,
    username: Option<String>,
    #[serde(alias = "Picture")]
    picture: Option<String>,
    #[serde(deserialize_with = "boolean")]
    blocked: Option<bool>,
    user_metadata: Option<Value>,
    app_metadata: Option<Value>,
    #[serde(alias = "passwordHash")]
    password_hash: Option<Secret>,
    custom_password_hash: Option<CustomHash>,
    /// The ID in an export of password hashes.
    #[serde(rename = "_id")]
    exported_id: Option<Value>,
}

/// A hash as Auth0 imports it.
#[derive(Deserialize)]
struct CustomHash {
    algorithm: String,
    hash: HashValue,
}

#[derive(Deserialize)]
struct HashValue {
    value: Secret,
}

pub fn row(user: User) -> Row {
    let exported_id = user.exported_id.as_ref().map(|id| id["$oid"].as_str().or(id.as_str()).unwrap_or_default());
    let id = user.user_id.clone().or_else(|| exported_id.map(|id| format!("auth0|{id}")));
    let names = [&user.name, &user.given_name, &user.family_name].map(Option::as_deref);
    Row {
        user_metadata: profile(user.user_metadata, names, user.username.as_deref(), user.picture.as_deref()),
        app_metadata: metadata(user.app_metadata, [("auth0", metadata(None, [("id", json!(id))]).into())]),
        email: user.email,
        email_confirmed: user.email_verified,
        phone: user.phone_number,
        phone_confirmed: user.phone_verified,
        banned_until: ban(user.blocked == Some(true)),
        password_hash: user.password_hash.or_else(|| user.custom_password_hash.map(custom_hash)),
        ..Row::default()
    }
}

/// Hashes that name their algorithm are kept as they are.
fn custom_hash(CustomHash { algorithm, hash }: CustomHash) -> Secret {
    match hash.value.expose() {
        value if value.starts_with('$') => hash.value,
        value => format!("${algorithm}${value}").into(),
    }
}
