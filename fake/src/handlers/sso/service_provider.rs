//! The server as a SAML service provider: its metadata, and its signed requests.

use aws_lc_rs::{error::Unspecified, rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{Duration, Months, SecondsFormat};
use miniz_oxide::deflate::compress_to_vec;
use uuid::Uuid;

use crate::{
    handlers::sso::certificate,
    model::{NameIdFormat, Operation},
    redirect_url::with_query,
    state::State,
    wire::{ApiError, ApiResult, Request, Response},
};

/// The real server signs with SHA-1 by default, which the library does not offer.
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// The namespace of XML signatures.
const SIGNATURES: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The algorithms with which SAML responses may be encrypted.
const ENCRYPTION_METHODS: [&str; 4] = ["aes128-cbc", "aes192-cbc", "aes256-cbc", "rsa-oaep-mgf1p"];

const TIME: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

pub(crate) fn url(state: &State, operation: &str) -> String {
    format!(
        "{}{}",
        state.settings.saml_url.as_ref().unwrap_or(&state.base_url),
        Operation::by_id(operation).map_or("", |operation| operation.path)
    )
}

/// `GET /sso/saml/metadata`.
pub(crate) fn metadata(state: &mut State, request: &Request) -> ApiResult {
    let keys = key_descriptors(state)?;
    let (now, is_download) = (state.now(), request.query("download").as_deref() == Some("true"));
    let keys_until = (now + Duration::days(2)).to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let until = if is_download { now + Months::new(60) } else { now + Duration::days(2) };
    let until = until.format(TIME);
    let is_replaced = state.settings.saml_next_private_key.is_some();
    let cached = if is_replaced { " cacheDuration=\"PT1H\"" } else { "" };
    let (entity, acs) = (url(state, "saml_metadata"), url(state, "saml_acs"));
    // The real server names it, but has no such page.
    let slo = acs.strip_suffix("acs").map(|start| format!("{start}slo")).unwrap_or_default();
    let metadata = "urn:oasis:names:tc:SAML:2.0:metadata";
    let protocol = "urn:oasis:names:tc:SAML:2.0:protocol";
    let bindings = "urn:oasis:names:tc:SAML:2.0:bindings";
    let format = NameIdFormat::Persistent;
    let xml = format!(
        "<EntityDescriptor xmlns=\"{metadata}\" validUntil=\"{until}\"{cached} entityID=\"{entity}\">\
         <SPSSODescriptor xmlns=\"{metadata}\" validUntil=\"{keys_until}\" protocolSupportEnumeration=\"{protocol}\" \
         WantAssertionsSigned=\"true\">{keys}\
         <SingleLogoutService Binding=\"{bindings}:HTTP-POST\" Location=\"{slo}\" ResponseLocation=\"{slo}\">\
         </SingleLogoutService>\
         <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>\
         <NameIDFormat>{format}</NameIDFormat>\
         <AssertionConsumerService Binding=\"{bindings}:HTTP-POST\" Location=\"{acs}\" index=\"1\">\
         </AssertionConsumerService>\
         <AssertionConsumerService Binding=\"{bindings}:HTTP-Artifact\" Location=\"{acs}\" index=\"2\">\
         </AssertionConsumerService></SPSSODescriptor></EntityDescriptor>"
    );
    let max_age = if is_replaced { "public, max-age=60" } else { "public, max-age=600" };
    let response = Response::new(200).body("application/xml", xml).header("cache-control", max_age);
    let name = "attachment; filename=\"metadata.xml\"";
    Ok(if is_download { response.header("content-disposition", name) } else { response })
}

/// Returns the certificates: for encryption if it is allowed, and for signatures; the next ones in the other order.
fn key_descriptors(state: &mut State) -> Result<String, ApiError> {
    let encrypts = state.settings.saml_encryption;
    let base_url = state.base_url.clone();
    let certificate =
        |key: &KeyPair| certificate::certificate(key, &base_url, encrypts).map_err(|_| ApiError::unforeseen());
    let key = certificate::key(state).map_err(|_| ApiError::unforeseen())?;
    let present = certificate(&key)?;
    state.saml_key = Some(key);
    let mut keys = String::new();
    if encrypts {
        let methods = ENCRYPTION_METHODS.map(|method| {
            format!("<EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#{method}\"></EncryptionMethod>")
        });
        keys += &key_descriptor("encryption", &present, &methods.concat());
    }
    keys += &key_descriptor("signing", &present, "");
    if let Some(next) = &state.settings.saml_next_private_key {
        let next = certificate(&next.pair().map_err(|_| ApiError::unforeseen())?)?;
        keys += &key_descriptor("signing", &next, "");
        if encrypts {
            keys += &key_descriptor("encryption", &next, "");
        }
    }
    Ok(keys)
}

fn key_descriptor(purpose: &str, certificate: &str, methods: &str) -> String {
    format!(
        "<KeyDescriptor use=\"{purpose}\"><KeyInfo xmlns=\"{SIGNATURES}\"><X509Data xmlns=\"{SIGNATURES}\">\
         <X509Certificate xmlns=\"{SIGNATURES}\">{certificate}\
         </X509Certificate></X509Data></KeyInfo>{methods}</KeyDescriptor>"
    )
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
