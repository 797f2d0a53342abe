//! The server as a SAML service provider: its metadata, and its signed requests.

use aws_lc_rs::{error::Unspecified, rand::SystemRandom, signature::RSA_PKCS1_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Duration;
use miniz_oxide::deflate::compress_to_vec;
use uuid::Uuid;

use crate::{
    handlers::sso::certificate,
    model::{NameIdFormat, Operation},
    redirect_url::with_query,
    state::State,
    wire::{ApiError, ApiResult, Response},
};

/// The real server signs with SHA-1 by default, which the library does not offer.
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// The namespace of XML signatures.
const SIGNATURES: &str = "http://www.w3.org/2000/09/xmldsig#";

const TIME: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

pub(crate) fn url(state: &State, operation: &str) -> String {
    format!(
        "{}{}",
        state.settings.saml_url.as_ref().unwrap_or(&state.base_url),
        Operation::by_id(operation).map_or("", |operation| operation.path)
    )
}

/// `GET /sso/saml/metadata`.
pub(crate) fn metadata(state: &mut State) -> ApiResult {
    let key = certificate::key(state).map_err(|_| ApiError::unforeseen())?;
    let certificate = certificate::certificate(&key, &state.base_url).map_err(|_| ApiError::unforeseen())?;
    state.saml_key = Some(key);
    let until = (state.now() + Duration::days(2)).format(TIME);
    let (entity, acs) = (url(state, "saml_metadata"), url(state, "saml_acs"));
    let protocol = "urn:oasis:names:tc:SAML:2.0:protocol";
    let binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
    let format = NameIdFormat::Persistent;
    let xml = format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" validUntil=\"{until}\" entityID=\"{entity}\">\
         <SPSSODescriptor protocolSupportEnumeration=\"{protocol}\" WantAssertionsSigned=\"true\">\
         <KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"{SIGNATURES}\"><X509Data><X509Certificate>{certificate}\
         </X509Certificate></X509Data></KeyInfo></KeyDescriptor>\
         <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>\
         <NameIDFormat>{format}</NameIDFormat><AssertionConsumerService Binding=\"{binding}\" Location=\"{acs}\" \
         index=\"1\"></AssertionConsumerService></SPSSODescriptor></EntityDescriptor>"
    );
    Ok(Response::new(200).body("application/xml", xml).header("cache-control", "public, max-age=600"))
}

/// Returns the id of the SAML request with this relay state.
pub(crate) fn request_id(relay_state: Uuid) -> String {
    format!("id-{relay_state}")
}

/// Returns a signed SAML request for the redirect binding.
pub(crate) fn authentication_request(
    state: &mut State,
    location: &str,
    format: Option<&str>,
    relay_state: Uuid,
) -> Result<String, ApiError> {
    let id = request_id(relay_state);
    let now = state.now().format(TIME);
    let (acs, issuer) = (url(state, "saml_acs"), url(state, "saml_metadata"));
    let format = format.unwrap_or(NameIdFormat::Persistent.as_str());
    let target = location.replace('&', "&amp;");
    let xml = format!(
        "<samlp:AuthnRequest xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"{id}\" Version=\"2.0\" IssueInstant=\"{now}\" \
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

/// Signs the parameters.
fn sign(state: &mut State, parameters: &str) -> Result<String, Unspecified> {
    let key = certificate::key(state)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), parameters.as_bytes(), &mut signature)?;
    state.saml_key = Some(key);
    Ok(STANDARD.encode(signature))
}
