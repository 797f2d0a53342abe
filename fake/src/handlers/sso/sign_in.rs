//! Sign-in with a SAML provider.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    code_challenge::Challenge,
    handlers::sso::service_provider::authentication_request,
    model::ErrorCode,
    state::{State, rows::flow::Flow, storable::check_text},
    wire::{ApiError, ApiResult, Request, Response, json_body, ok},
};

#[derive(Default, Deserialize)]
#[serde(default, rename = "SingleSignOnParams")]
struct SignIn {
    provider_id: Option<Uuid>,
    domain: Option<String>,
    redirect_to: String,
    skip_http_redirect: Option<bool>,
    code_challenge: String,
    code_challenge_method: String,
}

/// `POST /sso`.
pub(crate) fn sign_in(state: &mut State, request: &Request) -> ApiResult {
    let sign_in: SignIn = json_body(request)?;
    let domain = sign_in.domain.unwrap_or_default();
    check_text(&domain, "Unable to find SSO provider by domain")?;
    let not_found = |message| ApiError::new(404, ErrorCode::SsoProviderNotFound, message);
    let row = match sign_in.provider_id.filter(|id| !id.is_nil()) {
        Some(_) if !domain.is_empty() => {
            return Err(ApiError::validation_failed("Only one of provider_id or domain supported"));
        }
        None if domain.is_empty() => {
            return Err(ApiError::validation_failed("A provider_id or domain needs to be provided"));
        }
        Some(id) => state.sso.iter().find(|row| row.provider.id == id).ok_or_else(|| not_found("No such SSO provider")),
        None => state.sso_of(&domain).ok_or_else(|| not_found("No SSO provider assigned for this domain")),
    }?;
    if row.provider.disabled == Some(true) {
        let message = "SSO Provider is currently disabled";
        return Err(ApiError::new(404, ErrorCode::SsoProviderDisabled, message));
    }
    let challenge = Challenge::new(sign_in.code_challenge, sign_in.code_challenge_method).check()?;
    let challenge = challenge.map(|challenge| challenge.hash_for_browser()).transpose()?;
    let (provider_id, location) = (row.provider.id, row.location.clone());
    let format = row.provider.saml.as_ref().and_then(|saml| saml.name_id_format.clone());
    let (relay_state, begun_at) = (state.random.id(), state.now());
    let url = authentication_request(state, &location, format.as_deref(), relay_state)?;
    state.flows.push(Flow {
        id: Some(relay_state),
        begun_at,
        provider: None,
        sso_provider: Some(provider_id),
        method: "sso/saml",
        linking: None,
        redirect_to: sign_in.redirect_to,
        challenge,
        user_id: None,
        code: None,
        invite_token: None,
    });
    if sign_in.skip_http_redirect == Some(true) { ok(&json!({ "url": url })) } else { Ok(redirect_plainly(&url)) }
}

/// Returns a redirect without an HTML page, which Go sends only in response to a GET.
fn redirect_plainly(url: &str) -> Response {
    Response::new(303).header("location", url)
}
