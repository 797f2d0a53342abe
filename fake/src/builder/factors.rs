//! Settings of second factors, passkeys and the OAuth server.

use crate::{builder::FakeServerBuilder, clock::duration, settings::FactorSwitch};

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
        self.settings.relying_party.id = id.into();
        self.settings.relying_party.origins = vec![origin.into()];
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

    /// Sets whether recovery codes can be generated (`GOTRUE_MFA_RECOVERY_CODES_ENROLL_ENABLED`). Defaults to yes; the
    /// real server's default is no.
    pub fn recovery_code_enrollment(mut self, enabled: bool) -> Self {
        self.settings.recovery_codes.enroll = enabled;
        self
    }

    /// Sets whether recovery codes can be verified (`GOTRUE_MFA_RECOVERY_CODES_VERIFY_ENABLED`). Defaults to yes; the
    /// real server's default is no.
    pub fn recovery_code_verification(mut self, enabled: bool) -> Self {
        self.settings.recovery_codes.verify = enabled;
        self
    }

    /// Sets how many recovery codes are generated at once (`GOTRUE_MFA_RECOVERY_CODES_COUNT`), and how long they are
    /// (`GOTRUE_MFA_RECOVERY_CODES_CODE_LENGTH`). Defaults to 10 codes of 16 characters.
    ///
    /// # Panics
    /// If the number is not 4 to 16 or the length not 13 to 32, which the real server rejects on startup.
    pub fn recovery_codes(mut self, count: usize, length: usize) -> Self {
        assert!((4..=16).contains(&count), "expected 4 to 16 codes");
        assert!((13..=32).contains(&length), "expected a length of 13 to 32");
        self.settings.recovery_codes.count = count;
        self.settings.recovery_codes.code_length = length;
        self
    }

    /// Sets how many wrong recovery codes lock the verification (`GOTRUE_MFA_RECOVERY_CODES_MAX_VERIFY_ATTEMPTS`), and
    /// for how long (`GOTRUE_MFA_RECOVERY_CODES_LOCKOUT_DURATION`). Defaults to 5 and 15 minutes.
    ///
    /// # Panics
    /// If the number is not 3 to 15 or the time not one minute to one day, which the real server rejects on startup.
    pub fn recovery_code_lockout(mut self, attempts: u32, time: std::time::Duration) -> Self {
        let time = duration(time);
        assert!((3..=15).contains(&attempts), "expected 3 to 15 attempts");
        let range = chrono::Duration::minutes(1)..=chrono::Duration::days(1);
        assert!(range.contains(&time), "expected one minute to one day");
        self.settings.recovery_codes.max_verify_attempts = attempts;
        self.settings.recovery_codes.lockout = time;
        self
    }
}
