//! Companies: their SAML identity providers, and the way to them.

mod admin;
mod metadata;
mod service;

use crate::wire::{ApiError, ApiResult, Request, Response, json_body, ok};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

pub(super) use admin::{create, delete, get, list, update};
pub(super) use service::{assertion, metadata as service_metadata};

use super::{flow, state::State};
use crate::model::{ErrorCode, types::SsoProvider};

/// A provider, and where it signs people in.
#[derive(Debug)]
pub(super) struct SsoRow {
    provider: SsoProvider,
    location: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignIn {
    provider_id: Option<Uuid>,
    domain: Option<String>,
    skip_http_redirect: Option<bool>,
}

/// The URL of a company's sign-in (`POST /sso`). Nobody is there: what a company would answer is not played.
pub(super) fn sign_in(state: &mut State, request: &Request) -> ApiResult {
    let sign_in: SignIn = json_body(request)?;
    let domain = sign_in.domain.unwrap_or_default();
    let not_found = |message| ApiError::new(404, ErrorCode::SsoProviderNotFound, message);
    let row = match sign_in.provider_id {
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
    flow::challenge_in_body(request)?;
    let location = row.location.clone();
    let format = row.provider.saml.as_ref().and_then(|saml| saml.name_id_format.clone());
    let url = service::authentication_request(state, &location, format.as_ref());
    if sign_in.skip_http_redirect == Some(true) { ok(&json!({ "url": url })) } else { Ok(redirect_plainly(&url)) }
}

/// A redirect after a POST has no page.
fn redirect_plainly(url: &str) -> Response {
    Response::new(303).header("location", url)
}

impl State {
    fn sso_of(&self, domain: &str) -> Option<&SsoRow> {
        let has = |row: &&SsoRow| row.provider.domains.iter().flatten().any(|it| it.domain == domain);
        self.sso.iter().find(has)
    }
}
