//! Settings of second factors, passkeys and the OAuth server.

use crate::{builder::FakeServerBuilder, settings::FactorSwitch, webauthn::RelyingParty};

impl FakeServerBuilder {
    /// Sets whether authenticator apps can be enrolled and used (`GOTRUE_MFA_TOTP_ENROLL_ENABLED`,
    /// `GOTRUE_MFA_TOTP_VERIFY_ENABLED`). Defaults to yes for both.
    pub fn mfa_totp(mut self, enroll: bool, verify: bool) -> Self {
        self.settings.totp = FactorSwitch { enroll, verify };
        self
    }

    /// Sets whether phones can be enrolled and used as second factors (`GOTRUE_MFA_PHONE_ENROLL_ENABLED`,
    /// `GOTRUE_MFA_PHONE_VERIFY_ENABLED`). Defaults to yes for both.
    pub fn mfa_phone(mut self, enroll: bool, verify: bool) -> Self {
        self.settings.phone_factors = FactorSwitch { enroll, verify };
        self
    }

    /// Sets whether security keys can be enrolled and used (`GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED`,
    /// `GOTRUE_MFA_WEB_AUTHN_VERIFY_ENABLED`). Defaults to yes for both.
    pub fn mfa_webauthn(mut self, enroll: bool, verify: bool) -> Self {
        self.settings.webauthn_factors = FactorSwitch { enroll, verify };
        self
    }

    /// Sets whether users have passkeys (`GOTRUE_PASSKEY_ENABLED`). Defaults to yes.
    pub fn passkeys(mut self, enabled: bool) -> Self {
        self.settings.passkeys = enabled;
        self
    }

    /// Sets the relying party of passkeys and WebAuthn factors: its id, which is a domain, and its origin. Defaults to
    /// `localhost` and `http://localhost:3000`.
    pub fn relying_party(mut self, id: impl Into<String>, origin: impl Into<String>) -> Self {
        self.settings.relying_party = RelyingParty { id: id.into(), origin: origin.into() };
        self
    }

    /// Sets whether the server is an OAuth server (`GOTRUE_OAUTH_SERVER_ENABLED`). Defaults to yes.
    pub fn oauth_server(mut self, enabled: bool) -> Self {
        self.settings.oauth_server = enabled;
        self
    }

    /// Sets whether OAuth clients register themselves (`GOTRUE_OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION`). Defaults to yes.
    pub fn dynamic_client_registration(mut self, enabled: bool) -> Self {
        self.settings.dynamic_registration = enabled;
        self
    }
}
