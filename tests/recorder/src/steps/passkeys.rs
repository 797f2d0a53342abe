//! Passkeys, with a software authenticator.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue_test_authenticator::Device;
use serde_json::{Value, json};

use super::{Account, NOWHERE};
use crate::{
    Result,
    recorder::{Recorder, Response, call},
};

pub async fn steps(recorder: &mut Recorder<'_>, ada: &Account, origin: &str) -> Result<()> {
    let mut device = Device::default();
    let passkey = register(recorder, ada, origin, &mut device, "ok").await?;
    let second = register(recorder, ada, origin, &mut Device::default(), "second").await?;
    let bad = json!({ "challenge_id": NOWHERE, "credential": {} });
    recorder.send(call("passkey_registration_verify", "bad-credential").json(bad).bearer(&ada.token)).await?;
    recorder.send(call("list_passkeys", "ok").bearer(&ada.token)).await?;
    let rename = call("update_passkey", "ok").path(&*passkey).json(json!({ "friendly_name": "laptop" }));
    recorder.send(rename.bearer(&ada.token)).await?;

    let options = recorder.send(call("passkey_authentication_options", "ok").json(json!({}))).await?;
    let credential = match offered(&options) {
        Some(offered) => device.get(offered, origin).await.map(in_base64).unwrap_or_default(),
        None => Value::Null,
    };
    let body = json!({ "challenge_id": options.text("/challenge_id"), "credential": credential });
    recorder.send(call("passkey_authentication_verify", "ok").json(body)).await?;

    let key = recorder.service_key();
    recorder.send(call("admin_list_passkeys", "ok").path(&*ada.id).bearer(&*key)).await?;
    recorder.send(call("admin_delete_passkey", "unknown").path(&*ada.id).path(NOWHERE).bearer(&*key)).await?;
    recorder.send(call("admin_delete_passkey", "ok").path(&*ada.id).path(second).bearer(key)).await?;
    recorder.send(call("delete_passkey", "ok").path(&*passkey).bearer(&ada.token)).await?;
    recorder.send(call("delete_passkey", "gone").path(passkey).bearer(&ada.token)).await?;
    Ok(())
}

/// Registers a passkey, and returns its id.
async fn register(
    recorder: &mut Recorder<'_>,
    ada: &Account,
    origin: &str,
    device: &mut Device,
    name: &str,
) -> Result<String> {
    let options = recorder.send(call("passkey_registration_options", name).bearer(&ada.token)).await?;
    let credential = match offered(&options) {
        Some(offered) => device.create(offered, origin).await.map(in_base64).unwrap_or_default(),
        None => Value::Null,
    };
    let body = json!({ "challenge_id": options.text("/challenge_id"), "credential": credential });
    let verify = call("passkey_registration_verify", name).json(body).bearer(&ada.token);
    Ok(recorder.send(verify).await?.text("/id"))
}

/// Returns the options for the authenticator.
fn offered(response: &Response) -> Option<Value> {
    response.json.get("options").filter(|options| options.is_object()).cloned()
}

/// Returns a credential with base64url in the place of lists of bytes, as WebAuthn requires.
fn in_base64(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, in_base64(value))).collect(),
        Value::Array(items) => match items.iter().map(byte).collect::<Option<Vec<_>>>() {
            Some(bytes) if !bytes.is_empty() => URL_SAFE_NO_PAD.encode(bytes).into(),
            _ => Value::Array(items),
        },
        other => other,
    }
}

fn byte(value: &Value) -> Option<u8> {
    value.as_u64()?.try_into().ok()
}
