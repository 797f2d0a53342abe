//! What an administrator does: users, the audit log, SSO providers and custom providers.

use serde_json::json;

use super::{Account, NOWHERE};
use crate::{
    Result,
    recorder::{Recorder, call},
};

pub async fn steps(recorder: &mut Recorder<'_>, ada: &Account) -> Result<()> {
    let key = recorder.service_key();
    recorder.send(call("admin_list_users", "ok").bearer(&*key)).await?;
    recorder.send(call("admin_list_users", "page").query("page", "2").query("per_page", "1").bearer(&*key)).await?;
    recorder.send(call("admin_list_users", "no-admin").bearer(&ada.token)).await?;
    recorder.send(call("admin_get_user", "ok").path(&*ada.id).bearer(&*key)).await?;
    recorder.send(call("admin_get_user", "unknown").path(NOWHERE).bearer(&*key)).await?;
    let update = call("admin_update_user", "ok").path(&*ada.id).json(json!({ "app_metadata": { "plan": "pro" } }));
    recorder.send(update.bearer(&*key)).await?;
    let exists = call("admin_create_user", "exists").json(json!({ "email": ada.email }));
    recorder.send(exists.bearer(&*key)).await?;
    recorder.send(call("admin_audit", "ok").query("per_page", "5").bearer(key)).await?;
    sso(recorder).await?;
    custom_providers(recorder).await
}

async fn sso(recorder: &mut Recorder<'_>) -> Result<()> {
    let (key, run) = (recorder.service_key(), recorder.run.clone());
    let metadata = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example.com/{run}\">\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><SingleSignOnService \
         Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://idp.example.com/sso\"/>\
         </IDPSSODescriptor></EntityDescriptor>"
    );
    let domain = format!("{run}.example");
    let provider = json!({ "type": "saml", "metadata_xml": metadata, "domains": [domain] });
    let create = |name: &'static str| call("admin_create_sso_provider", name).json(provider.clone());
    let id = recorder.send(create("ok").bearer(&*key)).await?.text("/id");
    recorder.send(create("again").bearer(&*key)).await?;
    recorder.send(call("admin_list_sso_providers", "ok").bearer(&*key)).await?;
    recorder.send(call("admin_get_sso_provider", "ok").path(&*id).bearer(&*key)).await?;
    recorder.send(call("admin_get_sso_provider", "unknown").path(NOWHERE).bearer(&*key)).await?;
    let update = call("admin_update_sso_provider", "ok").path(&*id).json(json!({ "domains": [domain] }));
    recorder.send(update.bearer(&*key)).await?;
    recorder.send(call("sso", "ok").json(json!({ "domain": domain, "skip_http_redirect": true }))).await?;
    recorder.send(call("admin_delete_sso_provider", "ok").path(id).bearer(key)).await?;
    Ok(())
}

async fn custom_providers(recorder: &mut Recorder<'_>) -> Result<()> {
    let key = recorder.service_key();
    let name = format!("custom:acme{}", recorder.run);
    let provider = json!({
        "provider_type": "oauth2",
        "identifier": name,
        "name": "Acme",
        "client_id": "acme",
        "client_secret": "secret-of-acme",
        "authorization_url": "https://acme.example.com/authorize",
        "token_url": "https://acme.example.com/token",
        "userinfo_url": "https://acme.example.com/userinfo",
        "scopes": ["openid", "email"],
    });
    recorder.send(call("admin_create_custom_provider", "ok").json(provider).bearer(&*key)).await?;
    recorder.send(call("admin_create_custom_provider", "empty").json(json!({})).bearer(&*key)).await?;
    recorder.send(call("admin_list_custom_providers", "ok").bearer(&*key)).await?;
    recorder.send(call("admin_get_custom_provider", "ok").path(&*name).bearer(&*key)).await?;
    let update = call("admin_update_custom_provider", "ok").path(&*name).json(json!({ "name": "Acme 2" }));
    recorder.send(update.bearer(&*key)).await?;
    recorder.send(call("admin_delete_custom_provider", "ok").path(&*name).bearer(&*key)).await?;
    recorder.send(call("admin_get_custom_provider", "gone").path(name).bearer(key)).await?;
    Ok(())
}
