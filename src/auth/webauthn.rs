//! WebAuthn credentials and options as JSON.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    redact::redact,
    types::{
        AuthenticatorResponse, CredentialOptions, PublicKeyCredential, PublicKeyCredentialCreationOptions,
        PublicKeyCredentialRequestOptions,
    },
};

/// The binary members of a credential, its response and its extension results (WebAuthn Level 3).
const BINARY: [&str; 11] = [
    "id",
    "rawId",
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "publicKey",
    "signature",
    "userHandle",
    // Of the extensions `prf` and `largeBlob`.
    "first",
    "second",
    "blob",
];

/// Base64url with or without padding and with any trailing bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Parses a created credential.
pub(crate) fn attestation(credential: impl Serialize) -> Result<PublicKeyCredential> {
    let credential = parse(credential)?;
    match credential.response {
        AuthenticatorResponse::Attestation(_) => Ok(credential),
        AuthenticatorResponse::Assertion(_) => Err(Error::invalid("credential", "is an assertion; expected a new one")),
    }
}

/// Parses a used credential.
pub(crate) fn assertion(credential: impl Serialize) -> Result<PublicKeyCredential> {
    let credential = parse(credential)?;
    match credential.response {
        AuthenticatorResponse::Assertion(_) => Ok(credential),
        AuthenticatorResponse::Attestation(_) => Err(Error::invalid("credential", "is new; expected an assertion")),
    }
}

/// Parses a credential as browsers and authenticator crates return it.
fn parse(credential: impl Serialize) -> Result<PublicKeyCredential> {
    let mut json = serde_json::to_value(credential).map_err(|error| not_a_credential(&error))?;
    // Browsers often send the credential as text.
    if let Value::String(text) = &json {
        json = serde_json::from_str(text).map_err(|error| not_a_credential(&error))?;
    }
    encode_binary(&mut json)?;
    serde_json::from_value(json).map_err(|error| not_a_credential(&error))
}

/// Replaces binary values by base64url, as WebAuthn requires.
fn encode_binary(json: &mut Value) -> Result<()> {
    let Value::Object(members) = json else { return Ok(()) };
    for (name, value) in members {
        match BINARY.iter().find(|binary| *binary == name) {
            // Security keys may have no user handle, which some libraries represent as an empty value.
            Some(&"userHandle") if is_empty(value) => *value = Value::Null,
            Some(name) if !value.is_null() => {
                let bytes = bytes(value).ok_or_else(|| {
                    Error::invalid("credential", format!("{name} must be base64url or bytes that are not empty"))
                })?;
                *value = Value::String(URL_SAFE_NO_PAD.encode(bytes));
            }
            _ => encode_binary(value)?,
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Returns the bytes of a binary value.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let bytes = match value {
        Value::String(text) => base64(text),
        Value::Array(items) => byte_list(items.iter()),
        // A `Buffer` of Node.js.
        Value::Object(members) if members.get("type").is_some_and(|name| name == "Buffer") => {
            byte_list(members.get("data")?.as_array()?.iter())
        }
        Value::Object(members) => typed_array(members),
        _ => None,
    };
    bytes.filter(|bytes| !bytes.is_empty())
}

/// Decodes base64 in either alphabet, with or without padding and line breaks.
fn base64(text: &str) -> Option<Vec<u8>> {
    let to_url_safe = |c| match c {
        '+' => '-',
        '/' => '_',
        c => c,
    };
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).map(to_url_safe).collect();
    LENIENT.decode(text).ok()
}

/// Reads numbers as bytes, which may be signed as in Java. Values below -128 or above 255, and a mix of signed and
/// unsigned ones, are not bytes.
fn byte_list<'a>(items: impl Iterator<Item = &'a Value>) -> Option<Vec<u8>> {
    let numbers: Vec<i64> = items.map(Value::as_i64).collect::<Option<_>>()?;
    let unsigned: Option<_> = numbers.iter().map(|number| u8::try_from(*number).ok()).collect();
    unsigned.or_else(|| numbers.iter().map(|number| i8::try_from(*number).ok().map(i8::cast_unsigned)).collect())
}

/// Reads `{"0": 1, "1": 2}`: what `JSON.stringify` makes of a typed array.
fn typed_array(members: &Map<String, Value>) -> Option<Vec<u8>> {
    let items: Option<Vec<&Value>> = (0..members.len()).map(|index| members.get(&index.to_string())).collect();
    byte_list(items?.into_iter())
}

fn not_a_credential(error: &serde_json::Error) -> Error {
    Error::invalid("credential", format!("must be a WebAuthn credential: {}", redact(&error.to_string())))
}

impl TryFrom<Value> for PublicKeyCredential {
    type Error = Error;

    /// Parses a credential as the browser's `PublicKeyCredential.toJSON()` returns it. Binary values may be base64url,
    /// base64, or bytes (a list, a typed array, a Node.js `Buffer`).
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
    /// Returns the argument of the browser's `PublicKeyCredential.parseCreationOptionsFromJSON`.
    fn from(options: PublicKeyCredentialCreationOptions) -> Self {
        to_json(&options)
    }
}

impl From<PublicKeyCredentialRequestOptions> for Value {
    /// Returns the argument of the browser's `PublicKeyCredential.parseRequestOptionsFromJSON`.
    fn from(options: PublicKeyCredentialRequestOptions) -> Self {
        to_json(&options)
    }
}

impl From<CredentialOptions> for Value {
    /// Returns an object with `publicKey`, as `navigator.credentials` and authenticator crates take it.
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

/// Serializes structs of strings and numbers, which cannot fail.
fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
