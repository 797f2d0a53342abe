//! Routes each request to the handler of its operation. The paths are those of the document.

use std::time::Duration;

use http::{HeaderValue, Method, header};

use crate::{
    captcha,
    fault::Fault,
    gateway, groups,
    handlers::{
        admin::{
            audit_log, custom_providers, factors as user_factors, generate_link, passkeys as user_passkeys, users,
        },
        authorize, callback, factors, identities, invite,
        oauth::{self, clients, consent, discovery, grants},
        otp, passkeys, provider_page, recover, recovery_codes, resend, scim, server_info, sign_out, sign_up,
        sso::{self, providers as sso_providers},
        token, user, verify,
    },
    model::{ErrorCode, Operation},
    received::ReceivedRequest,
    state::{State, shared::Shared},
    wire::{ApiError, ApiResult, Request, Response, cors},
};

/// The methods that the server's router knows; it rejects others before it matches the path.
const METHODS: [Method; 9] = [
    Method::CONNECT,
    Method::DELETE,
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PATCH,
    Method::POST,
    Method::PUT,
    Method::TRACE,
];

/// Returns whether the real server asks for an access token before it counts a call.
fn is_users_own(operation: &str) -> bool {
    matches!(operation, "update_user" | "challenge_factor" | "verify_factor" | "verify_recovery_code")
}

/// A request that an operation handles.
struct Received {
    /// The request as the gateway passes it on.
    request: Request,
    operation: &'static Operation,
    fault: Option<Fault>,
}

/// Responds to a request. CORS preflight requests are handled before anything else.
pub(crate) async fn respond(state: &Shared, request: &Request) -> Response {
    let (passed, now, is_gateway, limit) = {
        let state = state.lock();
        let limit = state.settings.max_request_duration.filter(|limit| !limit.is_zero());
        (pass(&state, request), state.now(), state.settings.gateway, limit)
    };
    let response = match passed {
        Ok(passed) => {
            let received = receive(&mut state.lock(), passed);
            let response = match received {
                Ok(received) => within(limit, &received.request, handle(state, &received)).await,
                Err(response) => *response,
            };
            state.lock().forget_old();
            if is_gateway { gateway::add_headers(request, response) } else { cors::add_headers(request, response) }
        }
        Err(response) => *response,
    };
    response.dated(now)
}

/// Returns the request as the operations read it, or the response of the gateway or to a CORS preflight.
fn pass(state: &State, request: &Request) -> Result<Request, Box<Response>> {
    let mut request = request.clone();
    let id_header = Some(state.settings.request_id_header.as_str()).filter(|header| !header.is_empty());
    request.id = id_header.map(|header| request.header(header).unwrap_or_default().to_owned());
    let request = &request;
    if state.settings.gateway {
        return gateway::pass(request, &state.api_keys, &state.keys, state.settings.gateway_needs_key)
            .map_err(|refused| Box::new(gateway::add_headers(request, *refused)));
    }
    if let Some(response) = cors::preflight(request, &state.settings.cors_allowed_headers) {
        return Err(Box::new(response));
    }
    let below = state.external_path().and_then(|path| request.below(path));
    Ok(below.unwrap_or_else(|| request.clone()))
}

/// Records a request and finds its operation. The error is the response to a request without an operation, or with a
/// fault that is due.
fn receive(state: &mut State, request: Request) -> Result<Received, Box<Response>> {
    let operations = groups::operations(&request.route());
    let with_method = operations.iter().filter(|operation| operation.method == request.method.as_str());
    // A path without parameters takes precedence.
    let operation = with_method.min_by_key(|operation| operation.path.matches('{').count()).copied();
    state.record(ReceivedRequest::new(&request, operation));
    if operations.is_empty() && provider_page::is_at(&request) {
        return Err(Box::new(provider_page::page(state, &request)));
    }
    let fault = state.faults.next(operation.map(|operation| operation.id));
    if let Some(response) = fault.as_ref().and_then(|fault| fault.instead(&request)) {
        return Err(Box::new(response));
    }
    let refused = match operation {
        // These are limited only for users.
        Some(operation) if is_users_own(operation.id) && state.caller(&request).is_err() => {
            return Ok(Received { request, operation, fault });
        }
        Some(operation) => match state.check_rate(&request, operation.id) {
            Ok(()) => return Ok(Received { request, operation, fault }),
            Err(error) => error.into_response(&request),
        },
        None if !METHODS.contains(&request.method) => Response::new(405),
        None => match groups::check(state, &request, false) {
            Err(refused) => *refused,
            Ok(()) if operations.is_empty() => groups::not_found(&request),
            Ok(()) => not_allowed(&operations),
        },
    };
    Err(Box::new(match fault {
        Some(fault) => fault.spoil(refused),
        None => refused,
    }))
}

/// Returns the response, or the error of a request that takes too long.
async fn within(limit: Option<Duration>, request: &Request, response: impl Future<Output = Response>) -> Response {
    let Some(limit) = limit else { return response.await };
    tokio::time::timeout(limit, response).await.unwrap_or_else(|_| {
        let message = "Processing this request timed out, please retry after a moment.";
        ApiError::new(504, ErrorCode::RequestTimeout, message).into_response(request)
    })
}

/// Returns the response to a method that a path does not have. Each allowed one has a header of its own.
fn not_allowed(operations: &[&Operation]) -> Response {
    let mut response = Response::new(405);
    for operation in operations {
        response.headers.append(header::ALLOW, HeaderValue::from_static(operation.method));
    }
    response
}

/// Handles a request, after the calls of hooks and services that it needs.
async fn handle(state: &Shared, received: &Received) -> Response {
    let Received { request, operation, fault } = received;
    let run = |state: &mut State| call(state, request, operation).unwrap_or_else(|error| error.into_response(request));
    let mut hooked = state.lock().hooked_request();
    let response = loop {
        let result = state.lock().run_hooked(&hooked, request, run);
        match result {
            Ok(response) => break response,
            // The state is not locked meanwhile, so that a hook can call the server.
            Err(call) => hooked.add(call.send().await),
        }
    };
    match fault {
        Some(fault) => fault.spoil(response),
        None => response,
    }
}

fn call(state: &mut State, request: &Request, operation: &'static Operation) -> ApiResult {
    let response = operate(state, request, operation)?;
    state.after_user_created().map_err(|error| {
        // A refusal after a sign-up with an address loses its status and message.
        let is_named = operation.id == "sign_up" && !state.hook_run.is_anonymous;
        if is_named { ApiError::internal("Error invoking hook") } else { error }
    })?;
    Ok(response)
}

fn operate(state: &mut State, request: &Request, operation: &'static Operation) -> ApiResult {
    if let Err(refused) = groups::check(state, request, true) {
        return Ok(*refused);
    }
    captcha::check(state, request, operation.id)?;
    match operation.id {
        "health" => server_info::health(),
        "settings" => server_info::settings(state),
        "jwks" => Ok(server_info::jwks(state)),
        "openid_configuration" => Ok(discovery::configuration(state)),
        "oauth_server_metadata" => discovery::oauth_metadata(state),
        "sign_up" => sign_up::sign_up(state, request),
        "token" => token::token(state, request),
        "send_otp" => otp::send_otp(state, request),
        "send_magic_link" => otp::send_magic_link(state, request),
        "recover" => recover::recover(state, request),
        "resend" => resend::resend(state, request),
        "verify" => verify::verify(state, request),
        "verify_link" => verify::verify_link(state, request),
        "authorize" => authorize::authorize(state, request),
        "authorize_identity" => authorize::authorize_identity(state, request),
        "callback" | "callback_form" => Ok(callback::callback(state, request)),
        "get_user" => user::get_user(state, request),
        "update_user" => user::update_user(state, request),
        "reauthenticate" => user::reauthenticate(state, request),
        "sign_out" => sign_out::sign_out(state, request),
        "unlink_identity" => identities::unlink(state, request),
        "enroll_factor" => factors::enroll(state, request),
        "challenge_factor" => factors::challenge(state, request),
        "verify_factor" => factors::verify(state, request),
        "unenroll_factor" => factors::unenroll(state, request),
        "get_recovery_codes" => recovery_codes::status(state, request),
        "generate_recovery_codes" => recovery_codes::generate(state, request),
        "regenerate_recovery_codes" => recovery_codes::regenerate(state, request),
        "verify_recovery_code" => recovery_codes::verify(state, request),
        "delete_recovery_codes" => recovery_codes::delete(state, request),
        "passkey_registration_options" => passkeys::registration::options(state, request),
        "passkey_registration_verify" => passkeys::registration::register(state, request),
        "passkey_authentication_options" => passkeys::authentication::options(state),
        "passkey_authentication_verify" => passkeys::authentication::authenticate(state, request),
        "list_passkeys" => passkeys::own::list(state, request),
        "update_passkey" => passkeys::own::rename(state, request),
        "delete_passkey" => passkeys::own::delete(state, request),
        "oauth_register_client" => clients::register(state, request),
        "oauth_authorize" => oauth::authorize::authorize(state, request),
        "oauth_authorization" => consent::details(state, request),
        "oauth_consent" => consent::consent(state, request),
        "oauth_token" => oauth::token::token(state, request),
        "oauth_userinfo" => oauth::user_info::user_info(state, request),
        "list_oauth_grants" => grants::list(state, request),
        "revoke_oauth_grant" => grants::revoke(state, request),
        "sso" => sso::sign_in::sign_in(state, request),
        "saml_metadata" => sso::service_provider::metadata(state, request),
        "saml_acs" => Ok(sso::assertion::accept(state, request)),
        "scim_service_provider_config" => Ok(scim::service_provider_config(state)),
        "scim_resource_types" | "scim_schemas" => Ok(scim::empty_list()),
        "invite" => invite::invite(state, request),
        "admin_generate_link" => generate_link::generate(state, request),
        "admin_list_users" => users::list::list(state, request),
        "admin_create_user" => users::create::create(state, request),
        "admin_get_user" => users::get::get(state, request),
        "admin_update_user" => users::update::update(state, request),
        "admin_delete_user" => users::delete::delete(state, request),
        "admin_list_factors" => user_factors::list(state, request),
        "admin_update_factor" => user_factors::update(state, request),
        "admin_delete_factor" => user_factors::delete(state, request),
        "admin_list_passkeys" => user_passkeys::list(state, request),
        "admin_delete_passkey" => user_passkeys::delete(state, request),
        "admin_audit" => audit_log::list(state, request),
        "admin_list_sso_providers" => sso_providers::list(state, request),
        "admin_create_sso_provider" => sso_providers::create(state, request),
        "admin_get_sso_provider" => sso_providers::get(state, request),
        "admin_update_sso_provider" => sso_providers::update(state, request),
        "admin_delete_sso_provider" => sso_providers::delete(state, request),
        "admin_list_custom_providers" => custom_providers::list(state, request),
        "admin_create_custom_provider" => custom_providers::create(state, request),
        "admin_get_custom_provider" => custom_providers::get(state, request),
        "admin_update_custom_provider" => custom_providers::update(state, request),
        "admin_delete_custom_provider" => custom_providers::delete(state, request),
        "admin_list_oauth_clients" => clients::list(state, request),
        "admin_create_oauth_client" => clients::create(state, request),
        "admin_get_oauth_client" => clients::get(state, request),
        "admin_update_oauth_client" => clients::update(state, request),
        "admin_delete_oauth_client" => clients::delete(state, request),
        "admin_regenerate_oauth_client_secret" => clients::regenerate_secret(state, request),
        other => Ok(Response::new(501).body("text/plain", format!("the fake server does not implement {other}"))),
    }
}
