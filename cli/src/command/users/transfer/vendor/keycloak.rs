//! Users of Keycloak.

use std::collections::BTreeMap;

use gotrue::{
    Secret,
    serde_json::{self, Value, json},
    uuid::Uuid,
};
use serde::Deserialize;

use super::{super::row::Row, ban, metadata, profile};

/// A user of a realm's export.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct User {
    id: Option<String>,
    username: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    first_name: Option<String>,
    last_name: Option<String>,
    enabled: Option<bool>,
    attributes: Option<BTreeMap<String, Value>>,
    realm_roles: Vec<Value>,
    groups: Vec<Value>,
    credentials: Vec<Credential>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    #[serde(rename = "type")]
    kind: String,
    /// The text of a JSON object, as is the next.
    secret_data: Option<Secret>,
    credential_data: Option<String>,
}

#[derive(Deserialize)]
struct SecretData {
    value: Secret,
    salt: Option<Secret>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CredentialData {
    algorithm: String,
    hash_iterations: u64,
    additional_parameters: BTreeMap<String, Vec<String>>,
}

pub fn row(user: User) -> Row {
    let attribute = |name: &str| {
        let values = user.attributes.as_ref()?.get(name)?;
        values.as_str().or(values[0].as_str()).map(str::to_owned)
    };
    let (phone, phone_verified) = (attribute("phoneNumber"), attribute("phoneNumberVerified"));
    let names = [None, user.first_name.as_deref(), user.last_name.as_deref()];
    let keycloak = metadata(
        None,
        [
            ("realm_roles", user.realm_roles.into()),
            ("groups", user.groups.into()),
            ("attributes", json!(user.attributes)),
        ],
    );
    Row {
        id: user.id.and_then(|id| Uuid::try_parse(&id).ok()),
        email: user.email,
        email_confirmed: user.email_verified,
        phone_confirmed: phone_verified.map(|value| value == "true"),
        phone,
        user_metadata: profile(None, names, user.username.as_deref(), None),
        app_metadata: metadata(None, [("keycloak", keycloak.into())]),
        banned_until: ban(user.enabled == Some(false)),
        password_hash: user.credentials.iter().find(|credential| credential.kind == "password").and_then(hash),
        ..Row::default()
    }
}

/// Returns the hash in PHC string format.
fn hash(credential: &Credential) -> Option<Secret> {
    let secret: SecretData = serde_json::from_str(credential.secret_data.as_ref()?.expose()).ok()?;
    let data: CredentialData = serde_json::from_str(credential.credential_data.as_deref()?).ok()?;
    if secret.value.expose().starts_with('$') {
        // Extensions store hashes that contain their parameters, such as bcrypt.
        return Some(secret.value);
    }
    let unpadded = |text: &Secret| text.expose().trim_end_matches('=').to_owned();
    let (value, salt) = (unpadded(&secret.value), secret.salt.as_ref().map(unpadded).unwrap_or_default());
    let iterations = data.hash_iterations;
    if data.algorithm != "argon2" {
        return Some(format!("${}$i={iterations}${salt}${value}", data.algorithm).into());
    }
    let parameter =
        |name: &str| data.additional_parameters.get(name).and_then(|values| values.first()).map_or("", String::as_str);
    let version = if parameter("version") == "1.3" { 19 } else { 16 };
    let (kind, memory, threads) = (parameter("type"), parameter("memory"), parameter("parallelism"));
    Some(format!("$argon2{kind}$v={version}$m={memory},t={iterations},p={threads}${salt}${value}").into())
}
