//! From a request to the handler of its operation. The paths are the document's.

use wiremock::{Request, ResponseTemplate};

use super::{
    admin_link, admin_list, admin_users, factor, message, passkey, provider,
    reply::{self, Refusal, Reply, ok},
    sign_up,
    state::State,
    token, user, verify,
};
use crate::raw::{
    OPERATIONS, Operation,
    types::{Health, Settings},
};

/// A request that came to the server. Its parameters and body, which hold secrets, are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// The id of the operation. Nothing for a request that no operation fits.
    pub operation: Option<&'static str>,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
}

pub(super) fn answer(state: &mut State, request: &Request) -> ResponseTemplate {
    let path = request.url.path();
    let there: Vec<&'static Operation> = OPERATIONS.iter().filter(|operation| is_at(operation, path)).collect();
    let operation = there.iter().find(|operation| operation.method == request.method.as_str());
    state.requests.push(ReceivedRequest {
        operation: operation.map(|operation| operation.id),
        method: request.method.to_string(),
        path: path.to_owned(),
    });
    let fault = state.faults.next(operation.map(|operation| operation.id));
    let now = state.now();
    let mut own = || match operation {
        Some(operation) => handle(state, request, operation).unwrap_or_else(|refusal| refusal.into_reply(request)),
        None if there.is_empty() => {
            ResponseTemplate::new(404).set_body_raw("404 page not found\n", "text/plain; charset=utf-8")
        }
        None => ResponseTemplate::new(405)
            .insert_header("allow", there.iter().map(|operation| operation.method).collect::<Vec<_>>().join(", ")),
    };
    let reply = match fault {
        Some(fault) => fault.answer(request, own),
        None => own(),
    };
    reply::dated(reply, now)
}

fn handle(state: &mut State, request: &Request, operation: &Operation) -> Reply {
    match operation.id {
        "health" => ok(&health()),
        "settings" => ok(&settings(state)),
        "jwks" => Ok(reply::json(200, &state.keys.published()).insert_header("cache-control", "public, max-age=600")),
        "sign_up" => sign_up::sign_up(state, request),
        "invite" => sign_up::invite(state, request),
        "admin_create_user" => admin_users::create(state, request),
        "admin_get_user" => admin_users::get(state, request),
        "admin_update_user" => admin_users::update(state, request),
        "admin_delete_user" => admin_users::delete(state, request),
        "admin_list_factors" => admin_users::factors(state, request),
        "admin_list_passkeys" => admin_users::passkeys(state, request),
        "admin_delete_passkey" => admin_users::delete_passkey(state, request),
        "admin_list_users" => admin_list::list(state, request),
        "admin_generate_link" => admin_link::generate(state, request),
        "token" => token::token(state, request),
        "send_otp" => message::send_otp(state, request),
        "send_magic_link" => message::send_magic_link(state, request),
        "recover" => message::recover(state, request),
        "resend" => message::resend(state, request),
        "verify" => verify::verify(state, request),
        "verify_link" => verify::verify_link(state, request),
        "authorize" => provider::authorize(state, request),
        "callback" => provider::callback(state, request),
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
        other => Ok(ResponseTemplate::new(501).set_body_string(format!("the fake server does not play {other}"))),
    }
}

/// Whether a path is that of the operation, with something for each parameter.
fn is_at(operation: &Operation, path: &str) -> bool {
    let fits =
        |(wanted, there): (&str, &str)| if wanted.starts_with('{') { !there.is_empty() } else { wanted == there };
    operation.path.split('/').count() == path.split('/').count()
        && operation.path.split('/').zip(path.split('/')).all(fits)
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
    let external = ["anonymous_users", "email", "phone", "github", "google", "keycloak"];
    Settings {
        external: external.into_iter().map(|name| (name.to_owned(), true)).collect(),
        disable_signup: Some(false),
        mailer_autoconfirm: Some(!confirm),
        phone_autoconfirm: Some(!confirm),
        sms_provider: Some("twilio".to_owned()),
        saml_enabled: Some(false),
        saml_private_key_next_configured: Some(false),
        passkeys_enabled: Some(true),
        mfa_enabled: None,
    }
}

/// The body of a request, as the type that the document says.
pub(super) fn body<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    let bad_json = |error| {
        let message = format!("Could not parse request body as JSON: {error}");
        Refusal::new(400, crate::raw::ErrorCode::BAD_JSON, message)
    };
    serde_json::from_slice(&request.body).map_err(bad_json)
}

/// A parameter in the query.
pub(super) fn query(request: &Request, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A part of the path, by its place.
pub(super) fn segment(request: &Request, place: usize) -> &str {
    request.url.path().split('/').nth(place).unwrap_or_default()
}
