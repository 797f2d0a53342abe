//! The models and operations of the OpenAPI document.
//!
//! Models are generated for this crate; open strings and the table of operations are those of the client.

pub(crate) use gotrue::{
    raw::{OPERATIONS, Operation, SECRETS},
    types::{
        AttestationConveyance, AuditAction, AuditLogType, AuthenticatorTransport, CustomProviderType, ErrorCode,
        FactorStatus, FactorType, NameIdFormat, OAuthClientType, OAuthGrantType, OAuthRegistrationType, OtpType,
        Provider, ResidentKey, TokenEndpointAuthMethod, UserVerification, WeakPasswordReason, WebAuthnCeremony,
    },
};

/// The generated models.
// Generated code is documented by the document; its style is the generator's.
#[allow(missing_docs, unused, rustdoc::all, clippy::all, clippy::pedantic, clippy::unwrap_used)]
pub(crate) mod types {
    include!(concat!(env!("OUT_DIR"), "/models.rs"));
}

impl types::Factor {
    pub(crate) fn is_verified(&self) -> bool {
        self.status == FactorStatus::Verified
    }
}
