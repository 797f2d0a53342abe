//! Factors of the user, and those that an administrator manages.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use totp_rs::{Builder, Secret};

use super::{Account, NOWHERE, recovery_codes};
use crate::{
    Result,
    recorder::{Recorder, call},
};

pub async fn steps(recorder: &mut Recorder<'_>, ada: &mut Account) -> Result<()> {
    let enrolled = call("enroll_factor", "totp").json(json!({ "factor_type": "totp", "friendly_name": "phone" }));
    let enrolled = recorder.send(enrolled.bearer(&ada.token)).await?;
    let factor = enrolled.text("/id");
    let unknown = call("enroll_factor", "unknown-type").json(json!({ "factor_type": "smoke" }));
    recorder.send(unknown.bearer(&ada.token)).await?;
    let challenge = |name: &'static str, factor: &str| call("challenge_factor", name).path(factor).json(json!({}));
    let challenged = recorder.send(challenge("ok", &factor).bearer(&ada.token)).await?.text("/id");
    recorder.send(challenge("unknown-factor", NOWHERE).bearer(&ada.token)).await?;
    let verify = |name: &'static str, code: String| {
        call("verify_factor", name).path(&*factor).json(json!({ "challenge_id": challenged, "code": code }))
    };
    recorder.send(verify("wrong-code", "000000".to_owned()).bearer(&ada.token)).await?;
    let session = recorder.send(verify("ok", code(&enrolled.text("/totp/secret"))?).bearer(&ada.token)).await?;
    let other = call("enroll_factor", "second").json(json!({ "factor_type": "totp", "friendly_name": "tablet" }));
    if session.status == 200 {
        ada.token = session.text("/access_token");
    }
    let second = recorder.send(other.bearer(&ada.token)).await?.text("/id");
    recorder.send(call("unenroll_factor", "ok").path(second).bearer(&ada.token)).await?;

    recovery_codes::steps(recorder, ada, &factor).await?;

    let key = recorder.service_key();
    recorder.send(call("admin_list_factors", "ok").path(&*ada.id).bearer(&*key)).await?;
    let renamed = call("admin_update_factor", "ok").path(&*ada.id).path(&*factor);
    recorder.send(renamed.json(json!({ "friendly_name": "renamed" })).bearer(&*key)).await?;
    recorder.send(call("admin_delete_factor", "unknown").path(&*ada.id).path(NOWHERE).bearer(&*key)).await?;
    recorder.send(call("admin_delete_factor", "ok").path(&*ada.id).path(factor).bearer(key)).await?;
    Ok(())
}

/// Returns the present code of an authenticator app; one that is wrong if there is no secret.
fn code(secret: &str) -> Result<String> {
    let Ok(secret) = Secret::try_from_base32(secret) else { return Ok("000000".to_owned()) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string())
}
