//! Recovery codes of the user. Servers before v2.197.0 do not have them, and others refuse them by default.

use serde_json::json;

use super::Account;
use crate::{
    Result,
    recorder::{Recorder, call},
};

/// Needs a session in which the second factor was used.
pub async fn steps(recorder: &mut Recorder<'_>, ada: &mut Account, factor: &str) -> Result<()> {
    recorder.send(call("get_recovery_codes", "none").bearer(&ada.token)).await?;
    let generated = recorder.send(call("generate_recovery_codes", "ok").json(json!({})).bearer(&ada.token)).await?;
    recorder.send(call("generate_recovery_codes", "again").json(json!({})).bearer(&ada.token)).await?;
    recorder.send(call("get_recovery_codes", "ok").bearer(&ada.token)).await?;
    if generated.status == 200 {
        // Without codes, the first of these would be a success.
        for (name, factor) in [("last-besides-codes", factor), ("recovery-codes", &generated.text("/id"))] {
            recorder.send(call("unenroll_factor", name).path(factor).bearer(&ada.token)).await?;
        }
        let challenge = call("challenge_factor", "recovery-codes").path(generated.text("/id"));
        recorder.send(challenge.json(json!({})).bearer(&ada.token)).await?;
    }
    let verify = |name: &'static str, code: String| call("verify_recovery_code", name).json(json!({ "code": code }));
    recorder.send(verify("empty", " - ".to_owned()).bearer(&ada.token)).await?;
    recorder.send(verify("wrong-code", "aaaaaaaaaaaaaaaa".to_owned()).bearer(&ada.token)).await?;
    let session = recorder.send(verify("ok", generated.text("/codes/0")).bearer(&ada.token)).await?;
    if session.status == 200 {
        ada.token = session.text("/access_token");
    }
    recorder.send(call("regenerate_recovery_codes", "ok").bearer(&ada.token)).await?;
    recorder.send(call("delete_recovery_codes", "ok").bearer(&ada.token)).await?;
    Ok(())
}
