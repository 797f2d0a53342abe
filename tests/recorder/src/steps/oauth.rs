//! The OAuth server: its clients, an authorization, tokens and grants.

use serde_json::{Value, json};

use super::{Account, CHALLENGE, NOWHERE, VERIFIER, text};
use crate::{
    Result,
    recorder::{Call, Recorder, Response, call},
};

const REDIRECT: &str = "https://app.example.com/cb";

pub async fn steps(recorder: &mut Recorder<'_>, ada: &Account) -> Result<()> {
    let key = recorder.service_key();
    let app = json!({ "client_name": "App", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
    let create = call("admin_create_oauth_client", "public").json(app.clone());
    let client = recorder.send(create.bearer(&*key)).await?.text("/client_id");
    let secret = json!({ "client_name": "Service", "redirect_uris": [REDIRECT] });
    let create = call("admin_create_oauth_client", "confidential").json(secret);
    let confidential = recorder.send(create.bearer(&*key)).await?.text("/client_id");
    let bad = json!({ "client_name": "Bad", "redirect_uris": ["nowhere"] });
    recorder.send(call("admin_create_oauth_client", "bad-redirect").json(bad).bearer(&*key)).await?;
    recorder.send(call("oauth_register_client", "ok").json(app)).await?;
    recorder.send(call("admin_list_oauth_clients", "ok").bearer(&*key)).await?;
    recorder.send(call("admin_get_oauth_client", "ok").path(&*client).bearer(&*key)).await?;
    recorder.send(call("admin_get_oauth_client", "unknown").path(NOWHERE).bearer(&*key)).await?;
    let rename = call("admin_update_oauth_client", "ok").path(&*client).json(json!({ "client_name": "App 2" }));
    recorder.send(rename.bearer(&*key)).await?;
    let renew = call("admin_regenerate_oauth_client_secret", "ok").path(&*confidential);
    recorder.send(renew.bearer(&*key)).await?;

    let tokens = authorization(recorder, ada, &client).await?;
    recorder.send(call("oauth_userinfo", "ok").bearer(tokens.text("/access_token"))).await?;
    let refresh =
        json!({ "grant_type": "refresh_token", "refresh_token": tokens.text("/refresh_token"), "client_id": client });
    recorder.send(call("oauth_token", "refresh").form(refresh)).await?;
    recorder.send(call("list_oauth_grants", "ok").bearer(&ada.token)).await?;
    recorder.send(call("revoke_oauth_grant", "ok").query("client_id", &*client).bearer(&ada.token)).await?;
    recorder.send(call("revoke_oauth_grant", "unknown").query("client_id", NOWHERE).bearer(&ada.token)).await?;
    recorder.send(call("admin_delete_oauth_client", "ok").path(client).bearer(key)).await?;
    Ok(())
}

/// From the request of an application to its tokens.
async fn authorization(recorder: &mut Recorder<'_>, ada: &Account, client: &str) -> Result<Response> {
    let authorization = recorder.send(authorize("ok", client)).await?.parameter("authorization_id");
    recorder.send(authorize("unknown-client", NOWHERE)).await?;
    recorder.send(call("oauth_authorization", "ok").path(&*authorization).bearer(&ada.token)).await?;
    let consent = |name: &'static str| {
        call("oauth_consent", name).path(&*authorization).json(json!({ "action": "approve" })).bearer(&ada.token)
    };
    let approved = recorder.send(consent("approve")).await?;
    recorder.send(consent("again")).await?;
    let redirect = Response { location: approved.text("/redirect_url"), ..approved };
    let exchange: Value = json!({
        "grant_type": "authorization_code",
        "code": redirect.parameter("code"),
        "redirect_uri": REDIRECT,
        "client_id": client,
        "code_verifier": VERIFIER,
    });
    let tokens = recorder.send(call("oauth_token", "authorization-code").form(exchange.clone())).await?;
    let reused = json!({ "grant_type": "authorization_code", "code": text(&exchange, "code"), "client_id": client });
    recorder.send(call("oauth_token", "code-reused").form(reused)).await?;
    Ok(tokens)
}

fn authorize<'c>(name: &'c str, client: &str) -> Call<'c> {
    call("oauth_authorize", name)
        .query("response_type", "code")
        .query("client_id", client)
        .query("redirect_uri", REDIRECT)
        .query("scope", "openid email")
        .query("state", "xyz")
        .query("code_challenge", CHALLENGE)
        .query("code_challenge_method", "S256")
}
