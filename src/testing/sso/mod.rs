//! Companies: their SAML identity providers, and the way to them.

mod admin;
mod metadata;

use base64::{Engine, engine::general_purpose::STANDARD};
use miniz_oxide::deflate::compress_to_vec;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use wiremock::{Request, ResponseTemplate};

pub(super) use admin::{create, delete, get, list, update};

use super::{
    provider::{SITE_URL, error_pairs, with_query},
    reply::{Refusal, Reply, ok, redirect},
    router::body,
    state::State,
};
use crate::raw::{ErrorCode, NameIdFormat, Operation, types::SsoProvider};

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
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// The URL of a company's sign-in (`POST /sso`). Nobody is there: what a company would answer is not played.
pub(super) fn sign_in(state: &mut State, request: &Request) -> Reply {
    let sign_in: SignIn = body(request)?;
    let domain = sign_in.domain.unwrap_or_default();
    let not_found = |message| Refusal::new(404, ErrorCode::SSO_PROVIDER_NOT_FOUND, message);
    let row = match sign_in.provider_id {
        Some(_) if !domain.is_empty() => {
            return Err(Refusal::validation_failed("Only one of provider_id or domain supported"));
        }
        None if domain.is_empty() => {
            return Err(Refusal::validation_failed("A provider_id or domain needs to be provided"));
        }
        Some(id) => state.sso.iter().find(|row| row.provider.id == id).ok_or_else(|| not_found("No such SSO provider")),
        None => state.sso_of(&domain).ok_or_else(|| not_found("No SSO provider assigned for this domain")),
    }?;
    if row.provider.disabled == Some(true) {
        let message = "SSO Provider is currently disabled";
        return Err(Refusal::new(404, ErrorCode::SSO_PROVIDER_DISABLED, message));
    }
    if sign_in.code_challenge.is_some() != sign_in.code_challenge_method.is_some() {
        let message = "PKCE flow requires code_challenge_method and code_challenge";
        return Err(Refusal::validation_failed(message));
    }
    let location = row.location.clone();
    let format = row.provider.saml.as_ref().and_then(|saml| saml.name_id_format.clone());
    let url = authentication_request(state, &location, format.as_ref());
    if sign_in.skip_http_redirect == Some(true) { ok(&json!({ "url": url })) } else { redirect_plainly(&url) }
}

/// A redirect after a POST has no page.
fn redirect_plainly(url: &str) -> Reply {
    redirect(303, url).map(|reply| reply.set_body_bytes(Vec::new()))
}

/// A SAML request by the redirect binding. It is not signed, as this server has no key of RSA.
fn authentication_request(state: &mut State, location: &str, format: Option<&NameIdFormat>) -> String {
    let (id, relay_state) = (state.draw_id(), state.draw_id());
    let path = |id: &str| Operation::by_id(id).map_or("", |operation| operation.path);
    let (base, now) = (&state.base_url, state.now().format("%Y-%m-%dT%H:%M:%S.%3fZ"));
    let (acs, issuer) = (format!("{base}{}", path("saml_acs")), format!("{base}{}", path("saml_metadata")));
    let format = format.map_or("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", NameIdFormat::as_str);
    let target = location.replace('&', "&amp;");
    let xml = format!(
        "<samlp:AuthnRequest xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"id-{id}\" Version=\"2.0\" IssueInstant=\"{now}\" \
         Destination=\"{target}\" AssertionConsumerServiceURL=\"{acs}\" \
         ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"><saml:Issuer>{issuer}</saml:Issuer>\
         <samlp:NameIDPolicy Format=\"{format}\" AllowCreate=\"true\"/></samlp:AuthnRequest>"
    );
    let request = STANDARD.encode(compress_to_vec(xml.as_bytes(), 6));
    let pairs = [("SAMLRequest", request), ("RelayState", relay_state.to_string())];
    with_query(location, &pairs.map(|(name, value)| (name.to_owned(), value)))
}

/// The SAML answer of a company, which is never right here (`POST /sso/saml/acs`).
pub(super) fn assertion(request: &Request) -> ResponseTemplate {
    let mut pairs = url::form_urlencoded::parse(&request.body);
    let answer = pairs.find(|(name, _)| name == "SAMLResponse").map(|(_, value)| value.into_owned());
    let why = match answer {
        None => "SAMLResponse is missing",
        Some(answer) if STANDARD.decode(&answer).is_err() => "SAMLResponse is not a valid Base64 string",
        Some(_) => "SAML Assertion is not valid",
    };
    let pairs = error_pairs("invalid_request", "validation_failed", why);
    let location = with_query(SITE_URL, &pairs);
    ResponseTemplate::new(303).insert_header("location", location.as_str())
}

impl State {
    fn sso_of(&self, domain: &str) -> Option<&SsoRow> {
        let has = |row: &&SsoRow| row.provider.domains.iter().flatten().any(|it| it.domain == domain);
        self.sso.iter().find(has)
    }
}
