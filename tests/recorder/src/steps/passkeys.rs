//! Passkeys, with a software authenticator.

use serde_json::{Value, json};
use support::authenticator::Device;

use super::{Account, NOWHERE};
use crate::{
    Result,
    recorder::{Recorder, Response, call},
};

pub async fn steps(recorder: &mut Recorder<'_>, ada: &Account, origin: &str) -> Result<()> {
    let mut device = Device::default();
    let options = recorder.send(call("passkey_registration_options", "ok").bearer(&ada.token)).await?;
    let credential = match offered(&options) {
        Some(offered) => device.create(offered, origin).await.unwrap_or_else(|_| json!({})),
        None => json!({}),
    };
    let body = json!({ "challenge_id": options.text("/challenge_id"), "credential": credential });
    let verify = call("passkey_registration_verify", "ok").json(body);
    let passkey = recorder.send(verify.bearer(&ada.token)).await?.text("/id");
    let bad = json!({ "challenge_id": options.text("/challenge_id"), "credential": {} });
    recorder.send(call("passkey_registration_verify", "bad-credential").json(bad).bearer(&ada.token)).await?;
    recorder.send(call("list_passkeys", "ok").bearer(&ada.token)).await?;
    let rename = call("update_passkey", "ok").path(&*passkey).json(json!({ "friendly_name": "laptop" }));
    recorder.send(rename.bearer(&ada.token)).await?;

    let options = recorder.send(call("passkey_authentication_options", "ok").json(json!({}))).await?;
    let credential = match offered(&options) {
        Some(offered) => device.get(offered, origin).await.unwrap_or_else(|_| json!({})),
        None => json!({}),
    };
    let body = json!({ "challenge_id": options.text("/challenge_id"), "credential": credential });
    recorder.send(call("passkey_authentication_verify", "ok").json(body)).await?;

    let key = recorder.service_key();
    recorder.send(call("admin_list_passkeys", "ok").path(&*ada.id).bearer(&*key)).await?;
    recorder.send(call("admin_delete_passkey", "unknown").path(&*ada.id).path(NOWHERE).bearer(&*key)).await?;
    recorder.send(call("delete_passkey", "unknown").path(NOWHERE).bearer(&ada.token)).await?;
    recorder.send(call("admin_delete_passkey", "ok").path(&*ada.id).path(&*passkey).bearer(key)).await?;
    recorder.send(call("delete_passkey", "gone").path(passkey).bearer(&ada.token)).await?;
    Ok(())
}

/// Returns the options for the authenticator.
fn offered(response: &Response) -> Option<Value> {
    response.json.get("options").filter(|options| options.is_object()).cloned()
}
