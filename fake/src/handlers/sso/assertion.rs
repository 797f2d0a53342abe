//! The response of a SAML provider.

use base64::{Engine, engine::general_purpose::STANDARD};
use roxmltree::{Document, Node};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::{
    handlers::{callback, sso::service_provider::request_id},
    model::ErrorCode,
    redirect_url::{error_pairs, session_fragment, with_fragment, with_query},
    state::{State, profiles::Profile, rows::sso::SsoRow, table::Key},
    wire::{ApiError, ApiResult, Request, Response, redirect},
};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// The names of the attribute with the email address, the best first.
const EMAIL: [&str; 5] = [
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "http://schemas.xmlsoap.org/claims/EmailAddress",
    "mail",
    "email",
];

/// `POST /sso/saml/acs`: signs in the user whom the response names. It has to be for the request that its relay state
/// belongs to. Its signature is not verified, and a response to no request is rejected.
pub(crate) fn accept(state: &mut State, request: &Request) -> Response {
    sign_in(state, request).unwrap_or_else(|refusal| {
        let code = refusal.code_in_url();
        let pairs = error_pairs(callback::name_of(refusal.status, &code), &code, &refusal.message);
        Response::new(303).header("location", with_query(&state.settings.site_url, &pairs).as_str())
    })
}

fn sign_in(state: &mut State, request: &Request) -> ApiResult {
    let field = |name: &str| request.form_value(name).unwrap_or_default();
    let (relay_state, answer) = (field("RelayState"), field("SAMLResponse"));
    let id = Uuid::try_parse(&relay_state).ok().filter(|id| !id.is_nil());
    let id = id.ok_or_else(|| unrequested(state, &relay_state, &answer, !field("SAMLart").is_empty()))?;
    let place = state.flows.place(&Key::Id(id)).filter(|place| state.flows[*place].sso_provider.is_some());
    let place = place.ok_or_else(|| {
        let message = "SAML RelayState does not exist, try logging in again?";
        ApiError::new(404, ErrorCode::SamlRelayStateNotFound, message)
    })?;
    // A relay state is good for one response.
    let mut flow = state.flows.remove(place);
    flow.id = None;
    if state.now() >= flow.begun_at + state.settings.saml_validity {
        let message = "SAML RelayState has expired. Try logging in again?";
        return Err(ApiError::new(422, ErrorCode::SamlRelayStateExpired, message));
    }
    let provider = state.sso.iter().find(|row| Some(row.provider.id) == flow.sso_provider).map(|row| &row.provider);
    let provider = provider.filter(|provider| provider.disabled != Some(true)).ok_or_else(|| {
        let message = "SSO Provider assigned for this domain is currently disabled";
        ApiError::new(404, ErrorCode::SsoProviderDisabled, message)
    })?;
    let entity_id = provider.saml.as_ref().and_then(|saml| saml.entity_id.clone()).unwrap_or_default();
    let name = format!("sso:{}", provider.id);
    let xml = STANDARD.decode(&answer).ok().and_then(|xml| String::from_utf8(xml).ok());
    let document = xml.as_deref().and_then(|xml| Document::parse(xml).ok());
    let profile = document.and_then(|document| profile_in(&document, &name, &entity_id, &request_id(id)));
    let profile = profile.ok_or_else(invalid)?;
    let aud = state.request_aud(request);
    let user_id = state.user_of(&profile, &aud)?;

    let target = flow.redirect_to.clone();
    let target = if state.settings.allows_redirect(&target) { target } else { state.settings.site_url.clone() };
    if flow.challenge.is_some() {
        flow.user_id = Some(user_id);
        let method = flow.method;
        state.flows.push(flow);
        let code = state.code_for(user_id, method)?;
        state.after_user_created()?;
        return Ok(redirect(302, &with_query(&target, &[("code".to_owned(), code)])));
    }
    let issued = state.start_session(user_id, flow.method, None)?;
    state.after_user_created()?;
    let response = redirect(302, &with_fragment(&target, &session_fragment(&issued.session)));
    Ok(issued.add_headers(response))
}

fn invalid() -> ApiError {
    ApiError::validation_failed("SAML Assertion is not valid")
}

/// Returns the refusal of a response to no request, whose relay state may be the URL to redirect to.
fn unrequested(state: &State, relay_state: &str, answer: &str, has_artifact: bool) -> ApiError {
    let is_url = relay_state.starts_with('/') || Url::parse(relay_state).is_ok();
    if !relay_state.is_empty() && !is_url {
        return ApiError::validation_failed("SAML RelayState is not a valid UUID or URL");
    }
    if has_artifact {
        return ApiError::validation_failed("SAML Artifact response can only be used with SP initiated flow");
    }
    if answer.is_empty() {
        return ApiError::validation_failed("SAMLResponse is missing");
    }
    let Ok(xml) = STANDARD.decode(answer) else {
        return ApiError::validation_failed("SAMLResponse is not a valid Base64 string");
    };
    let xml = String::from_utf8_lossy(&xml);
    let Ok(document) = Document::parse(&xml) else {
        return ApiError::validation_failed("SAMLResponse is not a valid XML SAML assertion");
    };
    let issuer = child(document.root_element(), "Issuer").map(text).unwrap_or_default();
    let is_from = |row: &SsoRow| row.provider.saml.as_ref().and_then(|saml| saml.entity_id.as_deref()) == Some(issuer);
    if state.sso.iter().any(is_from) {
        return invalid();
    }
    let message = "A SAML connection has not been established with this Identity Provider";
    ApiError::new(404, ErrorCode::SamlIdpNotFound, message)
}

/// Returns the user whom a response of this provider to this request names.
fn profile_in(response: &Document<'_>, provider: &str, entity_id: &str, request: &str) -> Option<Profile> {
    let named = |name: &'static str| response.descendants().filter(move |node| node.tag_name().name() == name);
    let assertion = named("Assertion").next()?;
    let is_success = named("StatusCode").next()?.attribute("Value") == Some(SUCCESS);
    let is_from_provider = text(child(assertion, "Issuer")?) == entity_id;
    let is_answer = named("SubjectConfirmationData").any(|data| data.attribute("InResponseTo") == Some(request));
    if !is_success || !is_from_provider || !is_answer {
        return None;
    }
    let subject = text(named("NameID").next()?).to_owned();
    let attribute = |name: &str| named("Attribute").find(|attribute| attribute.attribute("Name") == Some(name));
    let email = EMAIL.into_iter().find_map(attribute).and_then(|found| child(found, "AttributeValue")).map(text);
    let email = email.unwrap_or(&subject).to_owned();
    let data =
        json!({ "sub": subject, "email": email, "email_verified": true, "phone_verified": false, "iss": entity_id });
    Some(Profile { provider: provider.to_owned(), subject, email, email_verified: true, data })
}

fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}
