//! Calls the operation of an exchange.

use futures::TryStreamExt;
use gotrue::{
    Secret,
    raw::{ByteStream, Client, Error, ResponseValue},
    types::{self, UserOrder},
};
use serde::Serialize;
use serde_json::Value;

use support::exchange::Exchange;

/// The outcome of an operation, with the decoded response serialized again.
pub type Outcome = Result<Value, Error<()>>;

/// Calls the operation with the recorded request. Returns `None` if the types cannot express it.
pub async fn call(raw: &Client, it: &Exchange) -> Option<Outcome> {
    let id = it.operation()?.id;
    Some(match id {
        _ if id.starts_with("admin_") => admin(raw, it, id).await?,
        _ if id.contains("oauth") || id.starts_with("scim") => oauth_and_scim(raw, it, id).await?,
        _ if id.contains("factor") || id.contains("recovery_code") || id.contains("passkey") => {
            factors(raw, it, id).await?
        }
        _ => everybody(raw, it, id).await?,
    })
}

async fn everybody(raw: &Client, it: &Exchange, id: &str) -> Option<Outcome> {
    let redirect_to = it.query("redirect_to");
    Some(match id {
        "health" => value(raw.health().await),
        "settings" => value(raw.settings().await),
        "jwks" => value(raw.jwks().await),
        "openid_configuration" => value(raw.openid_configuration().await),
        "sign_up" => value(raw.sign_up(redirect_to, None, &it.body()?).await),
        "invite" => value(raw.invite(redirect_to, None, &it.body()?).await),
        "token" => value(raw.token(it.query_as("grant_type")?, None, &it.body()?).await),
        "send_otp" => value(raw.send_otp(redirect_to, None, &it.body()?).await),
        "send_magic_link" => value(raw.send_magic_link(redirect_to, None, &it.body()?).await),
        "recover" => value(raw.recover(redirect_to, None, &it.body()?).await),
        "resend" => value(raw.resend(redirect_to, None, &it.body()?).await),
        "verify" => value(raw.verify(None, &it.body()?).await),
        "verify_link" => bytes(raw.verify_link(redirect_to, &it.query_as("token")?, it.query_as("type")?).await).await,
        "authorize" => bytes(authorize(raw, it).await?).await,
        "authorize_identity" => value(authorize_identity(raw, it).await?),
        "callback" => {
            let (code, state) = (it.query_as("code"), it.query("state").unwrap_or_default());
            let (error, about) = (it.query("error"), it.query("error_description"));
            bytes(raw.callback(code.as_ref(), error, about, None, None, state, None).await).await
        }
        "callback_form" => bytes(raw.callback_form(&it.body()?).await).await,
        "get_user" => value(raw.get_user(None).await),
        "update_user" => value(raw.update_user(redirect_to, None, &it.body()?).await),
        "unlink_identity" => value(raw.unlink_identity(&it.path_as(3)?, None).await),
        "reauthenticate" => value(raw.reauthenticate(redirect_to).await),
        "sign_out" => value(raw.sign_out(it.optional("scope")?).await),
        "sso" => value(raw.sso(&it.body()?).await),
        "saml_metadata" => bytes(raw.saml_metadata(it.optional("download")?).await).await,
        "saml_acs" => bytes(raw.saml_acs(&it.body()?).await).await,
        other => panic!("{other} is not replayed"),
    })
}

async fn authorize(raw: &Client, it: &Exchange) -> Option<Result<ResponseValue<ByteStream>, Error<()>>> {
    let invite_token: Option<Secret> = it.optional("invite_token")?;
    let (challenge, method) = (it.query("code_challenge"), it.optional("code_challenge_method")?);
    let (redirect_to, scopes) = (it.query("redirect_to"), it.query("scopes"));
    let provider = it.query_as("provider")?;
    Some(
        raw.authorize(challenge, method.as_ref(), invite_token.as_ref(), &provider, None, redirect_to, scopes, None)
            .await,
    )
}

async fn authorize_identity(
    raw: &Client,
    it: &Exchange,
) -> Option<Result<ResponseValue<types::RedirectUrl>, Error<()>>> {
    let (challenge, method) = (it.query("code_challenge"), it.optional("code_challenge_method")?);
    let (redirect_to, scopes) = (it.query("redirect_to"), it.query("scopes"));
    let (provider, skip) = (it.query_as("provider")?, it.optional("skip_http_redirect")?);
    Some(
        raw.authorize_identity(challenge, method.as_ref(), None, &provider, None, redirect_to, scopes, skip, None)
            .await,
    )
}

async fn factors(raw: &Client, it: &Exchange, id: &str) -> Option<Outcome> {
    Some(match id {
        "enroll_factor" => value(raw.enroll_factor(&it.body()?).await),
        "challenge_factor" => value(raw.challenge_factor(&it.path_as(2)?, &it.body()?).await),
        "verify_factor" => value(raw.verify_factor(&it.path_as(2)?, &it.body()?).await),
        "unenroll_factor" => value(raw.unenroll_factor(&it.path_as(2)?).await),
        "get_recovery_codes" => value(raw.get_recovery_codes().await),
        "generate_recovery_codes" => value(raw.generate_recovery_codes(&it.body()?).await),
        "regenerate_recovery_codes" => value(raw.regenerate_recovery_codes().await),
        "verify_recovery_code" => value(raw.verify_recovery_code(&it.body()?).await),
        "delete_recovery_codes" => value(raw.delete_recovery_codes().await),
        "passkey_registration_options" => value(raw.passkey_registration_options().await),
        "passkey_registration_verify" => value(raw.passkey_registration_verify(&it.body()?).await),
        "passkey_authentication_options" => value(raw.passkey_authentication_options(&it.body()?).await),
        "passkey_authentication_verify" => value(raw.passkey_authentication_verify(&it.body()?).await),
        "list_passkeys" => value(raw.list_passkeys().await),
        "update_passkey" => value(raw.update_passkey(&it.path_as(2)?, &it.body()?).await),
        "delete_passkey" => value(raw.delete_passkey(&it.path_as(2)?).await),
        other => panic!("{other} is not replayed"),
    })
}

async fn oauth_and_scim(raw: &Client, it: &Exchange, id: &str) -> Option<Outcome> {
    Some(match id {
        "oauth_server_metadata" => value(raw.oauth_server_metadata().await),
        "oauth_register_client" => value(raw.oauth_register_client(&it.body()?).await),
        "oauth_authorize" => bytes(oauth_authorize(raw, it).await?).await,
        "oauth_authorization" => value(raw.oauth_authorization(it.path(3)).await),
        "oauth_consent" => value(raw.oauth_consent(it.path(3), &it.body()?).await),
        "oauth_token" => value(raw.oauth_token(&it.body()?).await),
        "oauth_userinfo" => value(raw.oauth_userinfo().await),
        "list_oauth_grants" => value(raw.list_oauth_grants().await),
        "revoke_oauth_grant" => value(raw.revoke_oauth_grant(&it.query_as("client_id")?).await),
        "scim_service_provider_config" => value(raw.scim_service_provider_config().await),
        "scim_resource_types" => value(raw.scim_resource_types().await),
        "scim_schemas" => value(raw.scim_schemas().await),
        other => panic!("{other} is not replayed"),
    })
}

async fn oauth_authorize(raw: &Client, it: &Exchange) -> Option<Result<ResponseValue<ByteStream>, Error<()>>> {
    let client_id = it.query_as("client_id")?;
    let method = it.query_as("code_challenge_method")?;
    let (challenge, redirect_uri) = (it.query("code_challenge")?, it.query("redirect_uri")?);
    let (nonce, resource, kind) = (it.query("nonce"), it.query("resource"), it.optional("response_type")?);
    let (scope, state) = (it.query("scope"), it.query("state"));
    let reply =
        raw.oauth_authorize(&client_id, challenge, &method, nonce, redirect_uri, resource, kind, scope, state).await;
    Some(reply)
}

async fn admin(raw: &Client, it: &Exchange, id: &str) -> Option<Outcome> {
    let (page, per_page) = (it.optional("page")?, it.optional("per_page")?);
    Some(match id {
        "admin_list_users" => {
            let (cursor, filter, limit) = (it.query("cursor"), it.query("filter"), it.optional("limit")?);
            let sort: Option<Vec<UserOrder>> = it.optional("sort")?.map(|order| vec![order]);
            value(raw.admin_list_users(cursor, filter, limit, page, per_page, sort.as_ref(), None).await)
        }
        "admin_create_user" => value(raw.admin_create_user(None, &it.body()?).await),
        "admin_get_user" => value(raw.admin_get_user(&it.path_as(3)?).await),
        "admin_update_user" => value(raw.admin_update_user(&it.path_as(3)?, &it.body()?).await),
        "admin_delete_user" => value(raw.admin_delete_user(&it.path_as(3)?, &it.body()?).await),
        "admin_list_factors" => value(raw.admin_list_factors(&it.path_as(3)?).await),
        "admin_update_factor" => value(raw.admin_update_factor(&it.path_as(3)?, &it.path_as(5)?, &it.body()?).await),
        "admin_delete_factor" => value(raw.admin_delete_factor(&it.path_as(3)?, &it.path_as(5)?).await),
        "admin_list_passkeys" => value(raw.admin_list_passkeys(&it.path_as(3)?).await),
        "admin_delete_passkey" => value(raw.admin_delete_passkey(&it.path_as(3)?, &it.path_as(5)?).await),
        "admin_generate_link" => value(raw.admin_generate_link(it.query("redirect_to"), None, &it.body()?).await),
        "admin_audit" => value(raw.admin_audit(page, per_page, it.query("query")).await),
        "admin_list_sso_providers" => {
            let (id, prefix) = (it.query("resource_id"), it.query("resource_id_prefix"));
            value(raw.admin_list_sso_providers(id, prefix).await)
        }
        "admin_create_sso_provider" => value(raw.admin_create_sso_provider(&it.body()?).await),
        "admin_get_sso_provider" => value(raw.admin_get_sso_provider(it.path(4)).await),
        "admin_update_sso_provider" => value(raw.admin_update_sso_provider(it.path(4), &it.body()?).await),
        "admin_delete_sso_provider" => value(raw.admin_delete_sso_provider(it.path(4)).await),
        "admin_list_custom_providers" => value(raw.admin_list_custom_providers(it.optional("type")?.as_ref()).await),
        "admin_create_custom_provider" => value(raw.admin_create_custom_provider(&it.body()?).await),
        "admin_get_custom_provider" => value(raw.admin_get_custom_provider(it.path(3)).await),
        "admin_update_custom_provider" => value(raw.admin_update_custom_provider(it.path(3), &it.body()?).await),
        "admin_delete_custom_provider" => value(raw.admin_delete_custom_provider(it.path(3)).await),
        "admin_list_oauth_clients" => {
            let (page, per_page) = (it.optional("page")?, it.optional("per_page")?);
            value(raw.admin_list_oauth_clients(page, per_page).await)
        }
        "admin_create_oauth_client" => value(raw.admin_create_oauth_client(&it.body()?).await),
        "admin_get_oauth_client" => value(raw.admin_get_oauth_client(&it.path_as(4)?).await),
        "admin_update_oauth_client" => value(raw.admin_update_oauth_client(&it.path_as(4)?, &it.body()?).await),
        "admin_delete_oauth_client" => value(raw.admin_delete_oauth_client(&it.path_as(4)?).await),
        "admin_regenerate_oauth_client_secret" => {
            value(raw.admin_regenerate_oauth_client_secret(&it.path_as(4)?).await)
        }
        other => panic!("{other} is not replayed"),
    })
}

#[expect(clippy::result_large_err, reason = "the raw client's own")]
fn value<T: Serialize>(reply: Result<ResponseValue<T>, Error<()>>) -> Outcome {
    reply.map(|reply| serde_json::to_value(reply.into_inner()).unwrap())
}

/// A response that is not JSON: metadata, or a redirect, which is an error here.
async fn bytes(reply: Result<ResponseValue<ByteStream>, Error<()>>) -> Outcome {
    let chunks: Vec<_> = reply?.into_inner_stream().try_collect().await.unwrap();
    Ok(String::from_utf8(chunks.concat()).unwrap().into())
}
