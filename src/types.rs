//! The generated models that are good as they are.

#[doc(inline)]
pub use crate::raw::{
    ErrorCode, FactorStatus, FactorType, OAuthClientType, OAuthGrantType, OAuthRegistrationType, Provider,
    TokenEndpointAuthMethod, WeakPasswordReason, WebAuthnCeremony,
    types::{
        CredentialOptions, EnrollFactorResponse, Factor, Health, Identity, Jwk, JwkSet, MessageChannel, MessageSent,
        OAuthAuthorization, OAuthAuthorizationResponse, OAuthClient, OAuthClientSummary, OAuthGrant, OAuthRedirect,
        OAuthServerMetadata, OAuthTokens, OAuthUserInfo, OAuthUserSummary, OtpType, Passkey,
        PasskeyAuthenticationOptions, PasskeyRegistrationOptions, PublicKeyCredential,
        PublicKeyCredentialCreationOptions, PublicKeyCredentialOptions, PublicKeyCredentialRequestOptions,
        ScimListResponse, ScimServiceProviderConfig, Settings, SignOutScope, User, WeakPassword,
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
