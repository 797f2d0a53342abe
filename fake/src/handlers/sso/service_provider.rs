//! The server as a SAML service provider. It signs requests, and verifies no response.

use aws_lc_rs::{
    error::Unspecified,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use miniz_oxide::deflate::compress_to_vec;

use crate::{
    model::{NameIdFormat, Operation},
    redirect_url::{error_pairs, with_query},
    state::State,
    wire::{ApiError, Request, Response},
};

/// The real server signs with SHA-1 by default, which the library does not offer.
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

const TIME: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

pub(crate) fn url(state: &State, operation: &str) -> String {
    format!(
        "{}{}",
        state.settings.saml_url.as_ref().unwrap_or(&state.base_url),
        Operation::by_id(operation).map_or("", |operation| operation.path)
    )
}

/// `GET /sso/saml/metadata`.
pub(crate) fn metadata(state: &State) -> Response {
    let until = (state.now() + Duration::days(2)).format(TIME);
    let (entity, acs) = (url(state, "saml_metadata"), url(state, "saml_acs"));
    let protocol = "urn:oasis:names:tc:SAML:2.0:protocol";
    let binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    let format = NameIdFormat::Persistent;
    let xml = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" validUntil=\"{until}\" entityID=\"{entity}\">\
         <SPSSODescriptor protocolSupportEnumeration=\"{protocol}\" WantAssertionsSigned=\"true\">\
         <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>\
         <NameIDFormat>{format}</NameIDFormat><AssertionConsumerService Binding=\"{binding}\" Location=\"{acs}\" \
         index=\"1\"></AssertionConsumerService></SPSSODescriptor></EntityDescriptor>"
    );
    Response::new(200).body("application/xml", xml).header("cache-control", "public, max-age=600")
}

/// Returns a signed SAML request for the redirect binding.
pub(crate) fn authentication_request(
    state: &mut State,
    location: &str,
    format: Option<&NameIdFormat>,
) -> Result<String, ApiError> {
    let (id, relay_state) = (state.random.id(), state.random.id());
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
    let pairs = [("SAMLRequest", request), ("RelayState", relay_state.to_string()), ("SigAlg", RSA_SHA256.to_owned())];
    let mut pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let signed = with_query("", &pairs);
    pairs.push((
        "Signature".to_owned(),
        sign(state, signed.trim_start_matches('?')).map_err(|_| ApiError::unforeseen())?,
    ));
    Ok(with_query(location, &pairs))
}

/// Signs the parameters. The key is generated when it is first used, as that takes a while.
fn sign(state: &mut State, parameters: &str) -> Result<String, Unspecified> {
    let key = match state.saml_key.take() {
        Some(key) => key,
        None => KeyPair::generate(KeySize::Rsa2048)?,
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), parameters.as_bytes(), &mut signature)?;
    state.saml_key = Some(key);
    Ok(STANDARD.encode(signature))
}

/// `POST /sso/saml/acs`: rejects every SAML response.
pub(crate) fn assertion(state: &State, request: &Request) -> Response {
    let mut pairs = request.form_pairs();
    let answer = pairs.find(|(name, _)| name == "SAMLResponse").map(|(_, value)| value.into_owned());
    let why = match answer {
        None => "SAMLResponse is missing",
        Some(answer) if STANDARD.decode(&answer).is_err() => "SAMLResponse is not a valid Base64 string",
        Some(_) => "SAML Assertion is not valid",
    };
    let pairs = error_pairs("invalid_request", "validation_failed", why);
    let location = with_query(&state.settings.site_url, &pairs);
    Response::new(303).header("location", location.as_str())
}
