//! Between the types of this crate and those of browsers and authenticators: JSON.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::Value;

use crate::{
    error::{Error, Result},
    redact::redact,
    types::{
        AuthenticatorResponse, CredentialOptions, PublicKeyCredential, PublicKeyCredentialCreationOptions,
        PublicKeyCredentialRequestOptions,
    },
};

/// A credential that was made.
pub(crate) fn attestation(credential: impl Serialize) -> Result<PublicKeyCredential> {
    let credential = parse(credential)?;
    match credential.response {
        AuthenticatorResponse::Attestation(_) => Ok(credential),
        AuthenticatorResponse::Assertion(_) => {
            Err(Error::invalid("credential", "is an assertion, but an attestation is expected"))
        }
    }
}

/// A credential that was used.
pub(crate) fn assertion(credential: impl Serialize) -> Result<PublicKeyCredential> {
    let credential = parse(credential)?;
    match credential.response {
        AuthenticatorResponse::Assertion(_) => Ok(credential),
        AuthenticatorResponse::Attestation(_) => {
            Err(Error::invalid("credential", "is an attestation, but an assertion is expected"))
        }
    }
}

/// A credential as browsers and authenticator crates give it.
fn parse(credential: impl Serialize) -> Result<PublicKeyCredential> {
    let mut json = serde_json::to_value(credential).map_err(|error| not_a_credential(&error))?;
    // A browser's answer often arrives as text.
    if let Value::String(text) = &json {
        json = serde_json::from_str(text).map_err(|error| not_a_credential(&error))?;
    }
    encode_bytes(&mut json);
    serde_json::from_value(json).map_err(|error| not_a_credential(&error))
}

/// Some crates write binary values as lists of numbers, where WebAuthn has base64url.
fn encode_bytes(json: &mut Value) {
    match json {
        Value::Array(items) => match bytes(items) {
            Some(bytes) => *json = Value::String(URL_SAFE_NO_PAD.encode(bytes)),
            None => items.iter_mut().for_each(encode_bytes),
        },
        Value::Object(fields) => fields.values_mut().for_each(encode_bytes),
        _ => {}
    }
}

fn bytes(items: &[Value]) -> Option<Vec<u8>> {
    let byte = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
    items.iter().map(byte).collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty())
}

fn not_a_credential(error: &serde_json::Error) -> Error {
    Error::invalid("credential", format!("is not a WebAuthn credential: {}", redact(&error.to_string())))
}

impl TryFrom<Value> for PublicKeyCredential {
    type Error = Error;

    /// A credential as the browser's `PublicKeyCredential.toJSON()` gives it.
    fn try_from(json: Value) -> Result<Self> {
        parse(json)
    }
}

impl From<PublicKeyCredential> for Value {
    fn from(credential: PublicKeyCredential) -> Self {
        to_json(&credential)
    }
}

impl From<PublicKeyCredentialCreationOptions> for Value {
    /// For the browser's `PublicKeyCredential.parseCreationOptionsFromJSON`.
    fn from(options: PublicKeyCredentialCreationOptions) -> Self {
        to_json(&options)
    }
}

impl From<PublicKeyCredentialRequestOptions> for Value {
    /// For the browser's `PublicKeyCredential.parseRequestOptionsFromJSON`.
    fn from(options: PublicKeyCredentialRequestOptions) -> Self {
        to_json(&options)
    }
}

impl From<CredentialOptions> for Value {
    /// An object with `publicKey`, as `navigator.credentials` and authenticator crates take it.
    fn from(options: CredentialOptions) -> Self {
        to_json(&options)
    }
}

impl From<PublicKeyCredentialCreationOptions> for CredentialOptions {
    fn from(options: PublicKeyCredentialCreationOptions) -> Self {
        Self { public_key: options.into(), mediation: None }
    }
}

impl From<PublicKeyCredentialRequestOptions> for CredentialOptions {
    fn from(options: PublicKeyCredentialRequestOptions) -> Self {
        Self { public_key: options.into(), mediation: None }
    }
}

/// These types are structs of text and numbers, which always have a form in JSON.
fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
