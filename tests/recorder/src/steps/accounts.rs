//! Sign-up, sign-in, links and codes, the profile, and sign-out.

use serde_json::json;

use super::{Account, NOWHERE, PASSWORD, account, sign_in, text};
use crate::{
    Result,
    recorder::{Recorder, call},
};

pub async fn steps(recorder: &mut Recorder<'_>) -> Result<Account> {
    let new = format!("new-{}@example.com", recorder.run);
    recorder.send(call("sign_up", "ok").json(json!({ "email": new, "password": PASSWORD }))).await?;
    recorder.send(call("sign_up", "again").json(json!({ "email": new, "password": PASSWORD }))).await?;
    recorder
        .send(call("sign_up", "weak-password").json(json!({ "email": "weak@example.com", "password": "x" })))
        .await?;
    recorder.send(call("sign_up", "anonymous").json(json!({}))).await?;
    let ada = account(recorder, "ada").await?;
    let ada = grants(recorder, ada).await?;
    messages(recorder, &ada).await?;
    profile(recorder, &ada).await?;
    Ok(ada)
}

async fn grants(recorder: &mut Recorder<'_>, ada: Account) -> Result<Account> {
    let token = |grant: &str, name: &'static str| call("token", name).query("grant_type", grant);
    let wrong = json!({ "email": ada.email, "password": "wrong-horse-battery-7" });
    recorder.send(token("password", "wrong-password").json(wrong)).await?;
    let refresh = json!({ "refresh_token": ada.refresh_token });
    let session = recorder.send(token("refresh_token", "refresh").json(refresh)).await?;
    recorder.send(token("refresh_token", "unknown-token").json(json!({ "refresh_token": "unknown-token" }))).await?;
    recorder.send(token("pkce", "unknown-code").json(json!({ "auth_code": NOWHERE, "code_verifier": "x" }))).await?;
    recorder.send(token("id_token", "invalid").json(json!({ "provider": "google", "id_token": "x.y.z" }))).await?;
    let wallet = json!({ "chain": "dogecoin", "message": "x", "signature": "y" });
    recorder.send(token("web3", "unsupported-chain").json(wallet)).await?;
    recorder.send(token("magic", "unsupported-grant").json(json!({}))).await?;
    Ok(Account { token: session.text("/access_token"), refresh_token: session.text("/refresh_token"), ..ada })
}

async fn messages(recorder: &mut Recorder<'_>, ada: &Account) -> Result<()> {
    let run = recorder.run.clone();
    let otp = json!({ "email": format!("otp-{run}@example.com"), "create_user": true });
    recorder.send(call("send_otp", "ok").json(otp)).await?;
    recorder.send(call("send_otp", "no-user").json(json!({ "email": "x@example.com", "create_user": false }))).await?;
    let link = json!({ "email": format!("link-{run}@example.com") });
    recorder.send(call("send_magic_link", "ok").json(link)).await?;
    recorder.send(call("recover", "ok").json(json!({ "email": ada.email }))).await?;
    recorder.send(call("resend", "ok").json(json!({ "type": "signup", "email": ada.email }))).await?;
    let invited = json!({ "email": format!("invited-{run}@example.com") });
    recorder.send(call("invite", "ok").json(invited).bearer(recorder.service_key())).await?;
    recorder.send(call("invite", "no-admin").json(json!({ "email": ada.email })).bearer(&ada.token)).await?;

    let linked = account(recorder, "linked").await?;
    for (name, kind) in [("magic-link", "magiclink"), ("recovery", "recovery")] {
        let link = json!({ "type": kind, "email": linked.email });
        let link = call("admin_generate_link", name).json(link).bearer(recorder.service_key());
        let hash = recorder.send(link).await?.text("/hashed_token");
        if kind == "recovery" {
            recorder.send(call("verify_link", "ok").query("token", hash).query("type", kind)).await?;
        } else {
            recorder.send(call("verify", "ok").json(json!({ "type": kind, "token_hash": hash }))).await?;
        }
    }
    let unknown = json!({ "type": "email", "email": linked.email, "token": "000000" });
    recorder.send(call("verify", "wrong-code").json(unknown)).await?;
    recorder.send(call("verify_link", "unknown").query("token", "unknown-token").query("type", "signup")).await?;
    Ok(())
}

async fn profile(recorder: &mut Recorder<'_>, ada: &Account) -> Result<()> {
    recorder.send(call("get_user", "ok").bearer(&ada.token)).await?;
    recorder.send(call("get_user", "no-token")).await?;
    recorder.send(call("get_user", "bad-token").bearer("x.y.z")).await?;
    let data = json!({ "data": { "favorite_language": "rust" } });
    recorder.send(call("update_user", "ok").json(data).bearer(&ada.token)).await?;
    let weak = json!({ "password": "x" });
    recorder.send(call("update_user", "weak-password").json(weak).bearer(&ada.token)).await?;
    recorder.send(call("reauthenticate", "ok").bearer(&ada.token)).await?;
    let link = call("authorize_identity", "github").query("provider", "github").query("skip_http_redirect", "true");
    recorder.send(link.bearer(&ada.token)).await?;
    recorder.send(call("unlink_identity", "unknown").path(NOWHERE).bearer(&ada.token)).await?;
    unlink(recorder).await
}

/// A user with an email address and a phone number has an identity for each, and may lose one.
async fn unlink(recorder: &mut Recorder<'_>) -> Result<()> {
    let email = format!("grace-{}@example.com", recorder.run);
    // The number is free again when the identity is gone.
    let phone = "15555550142";
    let user = json!({
        "email": email, "phone": phone, "password": PASSWORD, "email_confirm": true, "phone_confirm": true
    });
    let created = call("admin_create_user", "with-phone").json(user).bearer(recorder.service_key());
    let identities = recorder.send(created).await?.json["identities"].take();
    let of = |provider: &str| identities.as_array().into_iter().flatten().find(|i| i["provider"] == provider);
    let id = of("phone").map(|identity| text(identity, "identity_id")).unwrap_or_default();
    let token = sign_in(recorder, "grace", &email).await?.text("/access_token");
    recorder.send(call("unlink_identity", "ok").path(id).bearer(&token)).await?;
    let last = of("email").map(|identity| text(identity, "identity_id")).unwrap_or_default();
    recorder.send(call("unlink_identity", "last").path(last).bearer(&token)).await?;
    Ok(())
}

/// The requests that end the session of the user.
pub async fn end(recorder: &mut Recorder<'_>, ada: &Account) -> Result<()> {
    let token = sign_in(recorder, "again", &ada.email).await?.text("/access_token");
    recorder.send(call("sign_out", "others").query("scope", "others").bearer(&token)).await?;
    recorder.send(call("sign_out", "ok").bearer(&token)).await?;
    recorder.send(call("get_user", "signed-out").bearer(&token)).await?;
    let delete = |name: &'static str, id: &str| call("admin_delete_user", name).path(id).json(json!({}));
    recorder.send(delete("ok", &ada.id).bearer(recorder.service_key())).await?;
    recorder.send(delete("unknown", NOWHERE).bearer(recorder.service_key())).await?;
    Ok(())
}
