//! The generated models that are good as they are.

#[doc(inline)]
pub use crate::raw::{
    AssuranceLevel, AuditAction, AuditLogType, AuthenticationMethod, CustomProviderType, ErrorCode, FactorStatus,
    FactorType, LinkVerificationType, NameIdFormat, OAuthClientType, OAuthGrantType, OAuthRegistrationType, Provider,
    TokenEndpointAuthMethod, WeakPasswordReason, WebAuthnCeremony,
    types::{
        AuditLogEntry, AuditLogPayload, CredentialOptions, CustomProvider, EnrollFactorResponse, Factor, Health,
        Identity, Jwk, JwkSet, MessageChannel, MessageSent, OAuthAuthorization, OAuthAuthorizationResponse,
        OAuthClient, OAuthClientSummary, OAuthGrant, OAuthRedirect, OAuthServerMetadata, OAuthTokens, OAuthUserInfo,
        OAuthUserSummary, OidcDiscovery, OtpType, Passkey, PasskeyAuthenticationOptions, PasskeyRegistrationOptions,
        PublicKeyCredential, PublicKeyCredentialCreationOptions, PublicKeyCredentialOptions,
        PublicKeyCredentialRequestOptions, SamlAttribute, SamlAttributeMapping, SamlProvider, ScimListResponse,
        ScimServiceProviderConfig, Settings, SignOutScope, SsoDomain, SsoProvider, User, UserOrder, WeakPassword,
    },
};

impl Default for SignOutScope {
    /// This session only. The server's own default is all of the user's sessions, which surprises people.
    fn default() -> Self {
        Self::Local
    }
}

impl Provider {
    /// A provider that the server's owner has added, by its name with or without the prefix `custom:`.
    ///
    /// ```
    /// assert_eq!(gotrue::Provider::custom("acme").as_str(), "custom:acme");
    /// ```
    #[must_use]
    pub fn custom(name: &str) -> Self {
        Self::new(format!("custom:{}", name.strip_prefix("custom:").unwrap_or(name)))
    }
}
