//! WebAuthn credentials, by `navigator.credentials`.

use js_sys::{JSON, Object, Reflect};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::JsValue;

use crate::{
    error::{BrowserError, Error, Result},
    platform::js,
};

/// Asks the user to create a passkey or another credential (`navigator.credentials.create`), with the options of a
/// [challenge](crate::user::Passkeys::registration_options). Returns what the client passes on to the server.
///
/// ```ignore
/// let passkeys = auth.user().passkeys();
/// let challenge = passkeys.registration_options().await?;
/// let credential = gotrue::browser::create_credential(&challenge.options).await?;
/// passkeys.register(challenge.challenge_id, credential).await?;
/// ```
///
/// # Errors
/// [`Error::Browser`]: `NotAllowedError` if the user refuses or does not respond, `InvalidStateError` if the
/// authenticator already has a credential for this user, `NotSupportedError` without a secure context.
pub async fn create_credential(options: impl Serialize) -> Result<Value> {
    ceremony("create", "parseCreationOptionsFromJSON", options).await
}

/// Asks the user for a passkey or another credential (`navigator.credentials.get`), with the options of a
/// [challenge](crate::Client::passkey_options). Returns what the client passes on to the server.
///
/// ```ignore
/// let challenge = client.passkey_options().await?;
/// let credential = gotrue::browser::get_credential(&challenge.options).await?;
/// auth.sign_in(gotrue::PasskeyAssertion::new(challenge.challenge_id, credential)).await?;
/// ```
///
/// # Errors
/// As [`create_credential`], except for `InvalidStateError`.
pub async fn get_credential(options: impl Serialize) -> Result<Value> {
    ceremony("get", "parseRequestOptionsFromJSON", options).await
}

async fn ceremony(method: &str, parse: &str, options: impl Serialize) -> Result<Value> {
    let options = serde_json::to_value(options).map_err(|_| invalid())?;
    // Those of a factor are an object with `publicKey`, those of a passkey are its value.
    let options = options.get("publicKey").unwrap_or(&options).to_string();
    let credential = exchange(method, parse, &options).await.map_err(Error::from)?;
    serde_json::from_str(&credential).map_err(|_| invalid())
}

/// Exchanges options for a credential, both as JSON.
async fn exchange(method: &str, parse: &str, options: &str) -> Result<String, BrowserError> {
    let class = js::global(&["PublicKeyCredential"])?;
    let container = js::global(&["navigator", "credentials"])?;
    let public_key = js::call(&class, parse, &[&JSON::parse(options)?])?;
    let request = Object::new();
    Reflect::set(&request, &"publicKey".into(), &public_key)?;
    let credential = js::settled(js::call(&container, method, &[&request])?).await?;
    let json: JsValue = js::call(&credential, "toJSON", &[])?;
    Ok(JSON::stringify(&json)?.into())
}

fn invalid() -> Error {
    Error::invalid("WebAuthn options", "must be the options of a challenge")
}
