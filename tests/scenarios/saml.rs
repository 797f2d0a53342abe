//! A SAML identity provider.

use base64::{Engine, engine::general_purpose::STANDARD};
use gotrue::{
    chrono::{Duration, Utc},
    url::Url,
};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SigningKey};
use sha2::{Digest, Sha256};

use crate::browser::parameter;

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const TIME: &str = "%Y-%m-%dT%H:%M:%SZ";

/// An identity provider at `https://idp.example.com/NAME`.
pub struct IdentityProvider {
    key: KeyPair,
    certificate: String,
    pub entity: String,
}

/// A request of the server, as it arrives at the provider.
struct AuthnRequest {
    id: String,
    acs: String,
    audience: String,
}

impl IdentityProvider {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap();
        let certificate = STANDARD.encode(certificate.der());
        Self { key, certificate, entity: format!("https://idp.example.com/{name}") }
    }

    pub fn metadata(&self) -> String {
        let Self { certificate, entity, .. } = self;
        format!(
            "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{entity}\"><IDPSSODescriptor \
             protocolSupportEnumeration=\"{PROTOCOL}\"><KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"{SIGNATURE}\">\
             <X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>\
             <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
             Location=\"{entity}/sso\"/></IDPSSODescriptor></EntityDescriptor>"
        )
    }

    /// Signs in this user in response to the request in a URL. Returns the URL of the server to which the browser posts
    /// a form, and the form.
    pub fn sign_in(&self, url: &Url, email: &str) -> (String, Vec<(&'static str, String)>) {
        let request = read(&parameter(url, "SAMLRequest").unwrap());
        let response = self.response(&request, email);
        let form =
            vec![("SAMLResponse", STANDARD.encode(response)), ("RelayState", parameter(url, "RelayState").unwrap())];
        (request.acs, form)
    }

    fn response(&self, request: &AuthnRequest, email: &str) -> String {
        let now = Utc::now();
        let (issued, until) = (now.format(TIME), (now + Duration::minutes(5)).format(TIME));
        let Self { entity, certificate, .. } = self;
        let AuthnRequest { id, acs, audience } = request;
        // In the form of exclusive canonicalization, so that its digest is the one of the text.
        let start = format!(
            "<saml:Assertion xmlns:saml=\"{ASSERTION}\" ID=\"assertion\" IssueInstant=\"{issued}\" Version=\"2.0\">\
             <saml:Issuer>{entity}</saml:Issuer>"
        );
        let end = format!(
            "<saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">of {email}\
             </saml:NameID><saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
             <saml:SubjectConfirmationData InResponseTo=\"{id}\" NotOnOrAfter=\"{until}\" Recipient=\"{acs}\">\
             </saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{issued}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
             <saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{issued}\"><saml:AuthnContext><saml:AuthnContextClassRef>\
             urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>\
             </saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name=\"mail\"><saml:AttributeValue>{email}\
             </saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"
        );
        let digest = STANDARD.encode(Sha256::digest(format!("{start}{end}")));
        let signed = format!(
            "<ds:SignedInfo xmlns:ds=\"{SIGNATURE}\"><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">\
             </ds:CanonicalizationMethod><ds:SignatureMethod \
             Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#assertion\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{SIGNATURE}enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        );
        let signature = STANDARD.encode(self.key.sign(signed.as_bytes()).unwrap());
        format!(
            "<samlp:Response xmlns:samlp=\"{PROTOCOL}\" Destination=\"{acs}\" ID=\"response\" InResponseTo=\"{id}\" \
             IssueInstant=\"{issued}\" Version=\"2.0\"><saml:Issuer xmlns:saml=\"{ASSERTION}\">{entity}</saml:Issuer>\
             <samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>\
             {start}<ds:Signature xmlns:ds=\"{SIGNATURE}\">{signed}<ds:SignatureValue>{signature}</ds:SignatureValue>\
             <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             </ds:Signature>{end}</samlp:Response>"
        )
    }
}

fn read(request: &str) -> AuthnRequest {
    let xml = miniz_oxide::inflate::decompress_to_vec(&STANDARD.decode(request).unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let between = |start: &str, end: &str| {
        let rest = xml.split_once(start).unwrap_or_else(|| panic!("{xml}")).1;
        rest.split_once(end).unwrap().0.to_owned()
    };
    let issuer = between("Issuer", "</");
    AuthnRequest {
        id: between(" ID=\"", "\""),
        acs: between("AssertionConsumerServiceURL=\"", "\""),
        audience: issuer.split_once('>').unwrap().1.to_owned(),
    }
}
