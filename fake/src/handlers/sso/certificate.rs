//! The certificate of the server as a SAML service provider.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    error::Unspecified,
    rsa::{self, KeySize},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, Error, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    SerialNumber, date_time_ymd,
};
use url::Url;

use crate::state::State;

/// Returns the key that signs SAML requests. It is generated when it is first used, as that takes a while, unless it is
/// set.
pub(super) fn key(state: &mut State) -> Result<rsa::KeyPair, Unspecified> {
    match (state.saml_key.take(), &state.settings.saml_private_key) {
        (Some(key), _) => Ok(key),
        (None, Some(key)) => key.pair(),
        (None, None) => rsa::KeyPair::generate(KeySize::Rsa2048),
    }
}

/// Returns the certificate of a key, in Base64, with the names and times of the real server.
pub(super) fn certificate(key: &rsa::KeyPair, base_url: &str, encrypts: bool) -> Result<String, Error> {
    let url = Url::parse(base_url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().map_err(|_| Error::CouldNotParseKeyPair)?;
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_ref().into(), &PKCS_RSA_SHA256)?;
    let mut parameters = CertificateParams::new([format!("_samlsp.{host}")])?;
    parameters.serial_number = Some(SerialNumber::from(vec![0]));
    parameters.not_before = date_time_ymd(1970, 1, 1);
    parameters.not_after = date_time_ymd(2170, 1, 1);
    parameters.distinguished_name = DistinguishedName::new();
    let name = format!("SAML 2.0 Certificate for {host}").try_into()?;
    parameters.distinguished_name.push(DnType::CommonName, DnValue::PrintableString(name));
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.key_usages.extend(encrypts.then_some(KeyUsagePurpose::DataEncipherment));
    Ok(STANDARD.encode(parameters.self_signed(&pair)?.der()))
}
