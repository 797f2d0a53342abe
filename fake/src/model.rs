//! The code generated from the document: operations, open strings, and the models of requests and responses.

pub(crate) use gotrue::raw::{OPERATIONS, Operation, SECRETS};
pub(crate) use gotrue::types::{
    AttestationConveyance, AuditAction, AuditLogType, AuthenticatorTransport, CustomProviderType, ErrorCode,
    FactorStatus, FactorType, NameIdFormat, OAuthClientType, OAuthGrantType, OAuthRegistrationType, OtpType, Provider,
    ResidentKey, TokenEndpointAuthMethod, UserVerification, WeakPasswordReason, WebAuthnCeremony,
};
use types::{CredentialOptions, Factor, PublicKeyCredentialCreationOptions, PublicKeyCredentialRequestOptions};

/// The types of `gotrue`, except that its `#[non_exhaustive]` response models are replaced with ones that can be
/// constructed.
#[allow(missing_docs, unused, clippy::all, clippy::pedantic)]
pub(crate) mod types {
    pub(crate) use gotrue::types::*;

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

impl Factor {
    /// Returns whether the factor is in use.
    pub(crate) fn is_verified(&self) -> bool {
        self.status == FactorStatus::Verified
    }
}

impl From<PublicKeyCredentialCreationOptions> for CredentialOptions {
    fn from(options: PublicKeyCredentialCreationOptions) -> Self {
        Self { public_key: options.into(), mediation: None }
    }
}

impl From<PublicKeyCredentialRequestOptions> for CredentialOptions {
    fn from(options: PublicKeyCredentialRequestOptions) -> Self {
        Self { public_key: options.into(), mediation: None }
    }
}
