//! From a request to the handler of its operation. The paths are the document's.

use crate::wire::{ApiError, ApiResult, Request, Response, json_response, ok};

use super::{
    admin_factors, admin_link, admin_list, admin_users, audit, custom_provider, factor, identity, message, oauth,
    passkey, provider,
    received::{ReceivedRequest, is_at},
    scim, sign_up, sso,
    state::State,
    token, user, verify,
};
use crate::model::{
    ErrorCode, OPERATIONS, Operation, Provider,
    types::{Health, Settings},
};

pub(super) fn answer(state: &mut State, request: &Request) -> Response {
    let path = request.path();
    let there: Vec<&'static Operation> = OPERATIONS.iter().filter(|operation| is_at(operation, path)).collect();
    let operation = there.iter().find(|operation| operation.method == request.method.as_str());
    state.requests.push(ReceivedRequest::new(request, operation.copied()));
    let fault = state.faults.next(operation.map(|operation| operation.id));
    let now = state.now();
    let mut own = || match operation {
        Some(operation) => handle(state, request, operation).unwrap_or_else(|refusal| refusal.into_response(request)),
        None if there.is_empty() => Response::new(404).body("text/plain; charset=utf-8", "404 page not found\n"),
        None => Response::new(405)
            .header("allow", &there.iter().map(|operation| operation.method).collect::<Vec<_>>().join(", ")),
    };
    let response = match fault {
        Some(fault) => fault.answer(request, own),
        None => own(),
    };
    response.dated(now)
}

fn handle(state: &mut State, request: &Request, operation: &'static Operation) -> ApiResult {
    state.check_rate(operation.id)?;
    check_size(request)?;
    match operation.id {
        "health" => ok(&health()),
        "settings" => ok(&settings(state)),
        "jwks" => Ok(json_response(200, &state.keys.published()).header("cache-control", "public, max-age=600")),
        "sign_up" => sign_up::sign_up(state, request),
        "invite" => sign_up::invite(state, request),
        "admin_create_user" => admin_users::create(state, request),
        "admin_get_user" => admin_users::get(state, request),
        "admin_update_user" => admin_users::update(state, request),
        "admin_delete_user" => admin_users::delete(state, request),
        "admin_list_factors" => admin_factors::list(state, request),
        "admin_update_factor" => admin_factors::update(state, request),
        "admin_delete_factor" => admin_factors::delete(state, request),
        "admin_list_passkeys" => admin_users::passkeys(state, request),
        "admin_delete_passkey" => admin_users::delete_passkey(state, request),
        "admin_list_users" => admin_list::list(state, request),
        "admin_audit" => audit::list(state, request),
        "admin_list_sso_providers" => sso::list(state, request),
        "admin_create_sso_provider" => sso::create(state, request),
        "admin_get_sso_provider" => sso::get(state, request),
        "admin_update_sso_provider" => sso::update(state, request),
        "admin_delete_sso_provider" => sso::delete(state, request),
        "admin_list_custom_providers" => custom_provider::list(state, request),
        "admin_create_custom_provider" => custom_provider::create(state, request),
        "admin_get_custom_provider" => custom_provider::get(state, request),
        "admin_update_custom_provider" => custom_provider::update(state, request),
        "admin_delete_custom_provider" => custom_provider::delete(state, request),
        "admin_list_oauth_clients" => oauth::list(state, request),
        "admin_create_oauth_client" => oauth::create(state, request),
        "admin_get_oauth_client" => oauth::get(state, request),
        "admin_update_oauth_client" => oauth::update(state, request),
        "admin_delete_oauth_client" => oauth::delete(state, request),
        "admin_regenerate_oauth_client_secret" => oauth::regenerate_secret(state, request),
        "oauth_register_client" => oauth::register(state, request),
        "oauth_authorize" => oauth::authorize(state, request),
        "oauth_authorization" => oauth::details(state, request),
        "oauth_consent" => oauth::consent(state, request),
        "oauth_token" => oauth::token(state, request),
        "oauth_userinfo" => oauth::user_info(state, request),
        "list_oauth_grants" => oauth::list_grants(state, request),
        "revoke_oauth_grant" => oauth::revoke_grant(state, request),
        "openid_configuration" | "oauth_server_metadata" => Ok(oauth::configuration(state)),
        "sso" => sso::sign_in(state, request),
        "saml_metadata" => Ok(sso::service_metadata(state)),
        "scim_service_provider_config" => Ok(scim::service_provider_config(state)),
        "scim_resource_types" | "scim_schemas" => Ok(scim::nothing()),
        "saml_acs" => Ok(sso::assertion(request)),
        "authorize_identity" => identity::authorize(state, request),
        "unlink_identity" => identity::unlink(state, request),
        "admin_generate_link" => admin_link::generate(state, request),
        "token" => token::token(state, request),
        "send_otp" => message::send_otp(state, request),
        "send_magic_link" => message::send_magic_link(state, request),
        "recover" => message::recover(state, request),
        "resend" => message::resend(state, request),
        "verify" => verify::verify(state, request),
        "verify_link" => verify::verify_link(state, request),
        "authorize" => provider::authorize(state, request),
        "callback" | "callback_form" => provider::callback(state, request),
        "get_user" => user::get_user(state, request),
        "update_user" => user::update_user(state, request),
        "reauthenticate" => user::reauthenticate(state, request),
        "enroll_factor" => factor::enroll(state, request),
        "challenge_factor" => factor::challenge(state, request),
        "verify_factor" => factor::verify(state, request),
        "unenroll_factor" => factor::unenroll(state, request),
        "passkey_registration_options" => passkey::registration_options(state, request),
        "passkey_registration_verify" => passkey::register(state, request),
        "passkey_authentication_options" => passkey::authentication_options(state),
        "passkey_authentication_verify" => passkey::authenticate(state, request),
        "list_passkeys" => passkey::list(state, request),
        "update_passkey" => passkey::rename(state, request),
        "delete_passkey" => passkey::delete(state, request),
        "sign_out" => user::sign_out(state, request),
        other => Ok(Response::new(501).body("text/plain", format!("the fake server does not implement {other}"))),
    }
}

fn check_size(request: &Request) -> Result<(), ApiError> {
    const MOST: usize = 1 << 20;
    if request.body.len() <= MOST {
        return Ok(());
    }
    let message = format!("Request body too large (max {MOST} bytes)");
    Err(ApiError::new(413, ErrorCode::RequestEntityTooLarge, message))
}

fn health() -> Health {
    Health {
        name: "GoTrue".to_owned(),
        version: Some("fake".to_owned()),
        description: Some("GoTrue is a user registration and authentication API".to_owned()),
    }
}

fn settings(state: &State) -> Settings {
    let confirm = state.setup.confirm_addresses;
    let is_on = |provider: &&Provider| !state.setup.disabled_providers.contains(provider);
    // The real server does not tell of these.
    let is_told = |provider: &&Provider| **provider != Provider::VercelMarketplace && **provider != Provider::X;
    let providers = Provider::KNOWN.iter().filter(is_told).map(|provider| (provider.to_string(), is_on(&provider)));
    let ways = ["anonymous_users", "email", "phone"].map(|way| (way.to_owned(), true));
    Settings {
        external: providers.chain(ways).map(|(way, is_on)| (way, is_on.into())).collect(),
        disable_signup: Some(false),
        mailer_autoconfirm: Some(!confirm),
        phone_autoconfirm: Some(!confirm),
        sms_provider: Some("twilio".to_owned()),
        saml_enabled: Some(true),
        saml_private_key_next_configured: Some(false),
        passkeys_enabled: Some(true),
        mfa_enabled: None,
    }
}
