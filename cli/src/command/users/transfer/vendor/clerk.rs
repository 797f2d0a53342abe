//! Users of Clerk.

use gotrue::{
    Secret,
    serde_json::{Value, json},
};
use serde::Deserialize;

use super::{super::row::Row, ban, firebase::HashConfig, metadata, profile};
use crate::command::users::transfer::row::boolean;

/// A user of the dashboard's CSV, of an export by Clerk's support, or of the API.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct User {
    id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    image_url: Option<String>,
    primary_email_address: Option<String>,
    primary_phone_number: Option<String>,
    /// Addresses separated by `|`.
    verified_email_addresses: Option<String>,
    verified_phone_numbers: Option<String>,
    primary_email_address_id: Option<String>,
    primary_phone_number_id: Option<String>,
    email_addresses: Option<Addresses>,
    phone_numbers: Option<Addresses>,
    #[serde(deserialize_with = "boolean")]
    banned: Option<bool>,
    password_digest: Option<Secret>,
    password_hasher: Option<String>,
    public_metadata: Option<Value>,
    unsafe_metadata: Option<Value>,
}

/// Addresses as a text, separated by `|`, or as objects.
#[derive(Deserialize)]
#[serde(untagged)]
enum Addresses {
    Text(String),
    Objects(Vec<Address>),
}

#[derive(Deserialize)]
struct Address {
    id: Option<String>,
    #[serde(alias = "phone_number")]
    email_address: String,
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Verification {
    status: Option<String>,
}

pub fn row(user: User) -> Row {
    let (email, email_confirmed) = primary(
        user.primary_email_address,
        user.verified_email_addresses,
        user.primary_email_address_id.as_deref(),
        user.email_addresses,
    );
    let (phone, phone_confirmed) = primary(
        user.primary_phone_number,
        user.verified_phone_numbers,
        user.primary_phone_number_id.as_deref(),
        user.phone_numbers,
    );
    let names = [None, user.first_name.as_deref(), user.last_name.as_deref()];
    Row {
        email,
        email_confirmed,
        phone,
        phone_confirmed,
        user_metadata: profile(user.unsafe_metadata, names, user.username.as_deref(), user.image_url.as_deref()),
        app_metadata: metadata(user.public_metadata, [("clerk", metadata(None, [("id", json!(user.id))]).into())]),
        banned_until: ban(user.banned == Some(true)),
        password_hash: user
            .password_digest
            .map(|digest| hash(digest, user.password_hasher.as_deref().unwrap_or_default())),
        ..Row::default()
    }
}

/// Returns the primary address, and whether it is verified, if that is known.
fn primary(
    primary: Option<String>,
    verified: Option<String>,
    id: Option<&str>,
    all: Option<Addresses>,
) -> (Option<String>, Option<bool>) {
    let verified = verified.unwrap_or_default();
    let mut verified = verified.split('|').map(str::trim).filter(|address| !address.is_empty());
    match all {
        Some(Addresses::Objects(addresses)) => {
            let is_primary = |address: &&Address| id.is_some() && address.id.as_deref() == id;
            let address = addresses.iter().find(is_primary).or(addresses.first());
            let is_verified = |address: &Address| {
                let status = address.verification.as_ref().and_then(|verification| verification.status.as_deref());
                status == Some("verified")
            };
            (address.map(|address| address.email_address.clone()), address.map(is_verified))
        }
        Some(Addresses::Text(text)) if primary.is_none() => {
            let first = text.split('|').map(str::trim).find(|address| !address.is_empty());
            (first.map(str::to_owned), None)
        }
        _ => match primary.or_else(|| verified.clone().next().map(str::to_owned)) {
            Some(primary) => {
                let is_verified = verified.any(|address| address.eq_ignore_ascii_case(&primary));
                (Some(primary), Some(is_verified))
            }
            None => (None, None),
        },
    }
}

/// Hashes that name their algorithm are kept as they are.
fn hash(digest: Secret, hasher: &str) -> Secret {
    match hasher {
        "scrypt_firebase" => match digest.expose().split('$').collect::<Vec<_>>()[..] {
            [hash, salt, signer_key, separator, rounds, mem_cost] => match (rounds.parse(), mem_cost.parse()) {
                (Ok(rounds), Ok(mem_cost)) => HashConfig::new(signer_key, separator, rounds, mem_cost).hash(salt, hash),
                _ => digest,
            },
            _ => digest,
        },
        _ if digest.expose().starts_with('$') || hasher.is_empty() => digest,
        hasher => format!("${hasher}${}", digest.expose()).into(),
    }
}
