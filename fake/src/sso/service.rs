//! The server's own side of SAML. It has no key of RSA: it signs nothing, and can check nothing.

use crate::wire::{Request, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use miniz_oxide::deflate::compress_to_vec;

use crate::model::{NameIdFormat, Operation};
use crate::{
    provider::{SITE_URL, error_pairs, with_query},
    state::State,
};

const TIME: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

fn url(state: &State, operation: &str) -> String {
    format!("{}{}", state.base_url, Operation::by_id(operation).map_or("", |operation| operation.path))
}

/// What a company has to know of this server (`GET /sso/saml/metadata`).
pub(crate) fn metadata(state: &State) -> Response {
    let until = (state.now() + Duration::days(2)).format(TIME);
    let (entity, acs) = (url(state, "saml_metadata"), url(state, "saml_acs"));
    let protocol = "urn:oasis:names:tc:SAML:2.0:protocol";
    let binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    let format = NameIdFormat::Persistent;
    let xml = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" validUntil=\"{until}\" entityID=\"{entity}\">\
         <SPSSODescriptor protocolSupportEnumeration=\"{protocol}\" AuthnRequestsSigned=\"false\" \
         WantAssertionsSigned=\"true\"><NameIDFormat>{format}</NameIDFormat><AssertionConsumerService Binding=\"{binding}\" Location=\"{acs}\" \
         index=\"1\"></AssertionConsumerService></SPSSODescriptor></EntityDescriptor>"
    );
    Response::new(200).body("application/xml", xml).header("cache-control", "public, max-age=600")
}

/// A SAML request by the redirect binding. It is not signed, as this server has no key of RSA.
pub(super) fn authentication_request(state: &mut State, location: &str, format: Option<&NameIdFormat>) -> String {
    let (id, relay_state) = (state.draw_id(), state.draw_id());
    let now = state.now().format(TIME);
    let (acs, issuer) = (url(state, "saml_acs"), url(state, "saml_metadata"));
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
pub(crate) fn assertion(request: &Request) -> Response {
    let mut pairs = request.form_pairs();
    let answer = pairs.find(|(name, _)| name == "SAMLResponse").map(|(_, value)| value.into_owned());
    let why = match answer {
        None => "SAMLResponse is missing",
        Some(answer) if STANDARD.decode(&answer).is_err() => "SAMLResponse is not a valid Base64 string",
        Some(_) => "SAML Assertion is not valid",
    };
    let pairs = error_pairs("invalid_request", "validation_failed", why);
    let location = with_query(SITE_URL, &pairs);
    Response::new(303).header("location", location.as_str())
}
