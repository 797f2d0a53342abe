//! Settings of sign-up, sign-in, addresses and passwords.

use gotrue::Secret;

use crate::{builder::FakeServerBuilder, clock::duration, contact::plain_phone, model::Provider};

impl FakeServerBuilder {
    /// Sets whether new users must confirm their email address or phone number. Defaults to no.
    pub fn confirm_addresses(self, confirm: bool) -> Self {
        self.mailer_autoconfirm(!confirm).sms_autoconfirm(!confirm)
    }

    /// Sets whether sign-up is disabled (`GOTRUE_DISABLE_SIGNUP`). Defaults to no.
    pub fn disable_signup(mut self, enabled: bool) -> Self {
        self.settings.disable_sign_up = enabled;
        self
    }

    /// Sets whether users sign up and in by email (`GOTRUE_EXTERNAL_EMAIL_ENABLED`). Defaults to yes.
    pub fn email_provider(mut self, enabled: bool) -> Self {
        self.settings.email = enabled;
        self
    }

    /// Sets whether users sign in by a code or link in an email (`GOTRUE_EXTERNAL_EMAIL_MAGIC_LINK_ENABLED`). Defaults to
    /// yes.
    pub fn magic_links(mut self, enabled: bool) -> Self {
        self.settings.magic_links = enabled;
        self
    }

    /// Sets whether users sign up and in by phone (`GOTRUE_EXTERNAL_PHONE_ENABLED`). Defaults to yes.
    pub fn phone_provider(mut self, enabled: bool) -> Self {
        self.settings.phone = enabled;
        self
    }

    /// Sets whether users sign in anonymously (`GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED`). Defaults to yes.
    pub fn anonymous_users(mut self, enabled: bool) -> Self {
        self.settings.anonymous_users = enabled;
        self
    }

    /// Sets whether users sign in with a wallet (`GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED`,
    /// `GOTRUE_EXTERNAL_WEB3_ETHEREUM_ENABLED`). Defaults to yes for both.
    pub fn web3(mut self, solana: bool, ethereum: bool) -> Self {
        (self.settings.solana.enabled, self.settings.ethereum.enabled) = (solana, ethereum);
        self
    }

    /// Sets whether users link and unlink identities (`GOTRUE_SECURITY_MANUAL_LINKING_ENABLED`). Defaults to yes.
    pub fn manual_linking(mut self, enabled: bool) -> Self {
        self.settings.manual_linking = enabled;
        self
    }

    /// Sets whether users sign in by SAML (`GOTRUE_SAML_ENABLED`). Defaults to yes.
    pub fn saml(mut self, enabled: bool) -> Self {
        self.settings.saml = enabled;
        self
    }

    /// Sets whether sign-up, sign-in and messages need the response to a captcha (`GOTRUE_SECURITY_CAPTCHA_ENABLED`). The
    /// server accepts any response but `invalid`. Defaults to no.
    pub fn captcha(mut self, enabled: bool) -> Self {
        self.settings.captcha = enabled;
        self
    }

    /// Sets whether email addresses are confirmed at once (`GOTRUE_MAILER_AUTOCONFIRM`). Defaults to yes.
    pub fn mailer_autoconfirm(mut self, enabled: bool) -> Self {
        self.settings.autoconfirm_emails = enabled;
        self
    }

    /// Sets whether phone numbers are confirmed at once (`GOTRUE_SMS_AUTOCONFIRM`). Defaults to yes.
    pub fn sms_autoconfirm(mut self, enabled: bool) -> Self {
        self.settings.autoconfirm_phones = enabled;
        self
    }

    /// Sets whether both addresses confirm an email change (`GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED`), unless addresses
    /// are confirmed at once. Defaults to yes.
    pub fn secure_email_change(mut self, enabled: bool) -> Self {
        self.settings.secure_email_change = enabled;
        self
    }

    /// Sets the code of a phone number (`GOTRUE_SMS_TEST_OTP`), to which no message is sent then.
    pub fn sms_test_otp(mut self, phone: &str, code: impl Into<Secret>) -> Self {
        self.settings.test_codes.insert(plain_phone(phone), code.into());
        self
    }

    /// Sets the minimum time between two messages to a user (`GOTRUE_SMTP_MAX_FREQUENCY`, `GOTRUE_SMS_MAX_FREQUENCY`,
    /// `GOTRUE_MFA_PHONE_MAX_FREQUENCY`). Defaults to none; the real server's default is one minute.
    pub fn message_interval(mut self, interval: std::time::Duration) -> Self {
        for codes in [&mut self.settings.email_codes, &mut self.settings.phone_codes, &mut self.settings.factor_codes] {
            codes.interval = duration(interval);
        }
        self
    }

    /// Sets the rules for passwords: the minimum length, which is at least 6 (`GOTRUE_PASSWORD_MIN_LENGTH`), and sets of
    /// characters, of each of which a password must contain one (`GOTRUE_PASSWORD_REQUIRED_CHARACTERS`). Defaults to 6
    /// and none.
    pub fn password_rules<S: Into<String>>(
        mut self,
        min_length: usize,
        required_characters: impl IntoIterator<Item = S>,
    ) -> Self {
        self.settings.min_password_length = min_length.max(6);
        self.settings.required_characters = required_characters.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether a new password needs a reauthentication if the session is a day old
    /// (`GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION`). Defaults to no.
    pub fn reauthenticate_for_password(mut self, enabled: bool) -> Self {
        self.settings.reauthenticate_for_password = enabled;
        self
    }

    /// Sets whether a new password needs the current one
    /// (`GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD`). Defaults to no.
    pub fn current_password_for_password(mut self, enabled: bool) -> Self {
        self.settings.current_password_for_password = enabled;
        self
    }

    /// Refuses these passwords as leaked (`GOTRUE_PASSWORD_HIBP_ENABLED`), which the real server looks up at Have I Been
    /// Pwned. Defaults to none; the variable alone refuses a dozen well-known ones.
    pub fn leaked_passwords<S: Into<String>>(mut self, passwords: impl IntoIterator<Item = S>) -> Self {
        self.settings.leaked_passwords.refuse = true;
        self.settings.leaked_passwords.list = passwords.into_iter().map(Into::into).collect();
        self
    }

    /// Refuses passwords that a service knows as leaked (`GOTRUE_PASSWORD_HIBP_ENABLED`), such as a stub of your own: it is
    /// asked as the real server asks Have I Been Pwned, by `GET {url}/range/{prefix}` with five digits of the SHA-1 hash,
    /// and returns the rest of the hashes. Defaults to none.
    pub fn leaked_passwords_at(mut self, url: impl Into<String>) -> Self {
        self.settings.leaked_passwords.refuse = true;
        self.settings.leaked_passwords.service = Some(url.into());
        self
    }

    /// Disables a provider. By default, all providers that the real server knows are enabled.
    pub fn without_provider(mut self, provider: impl Into<Provider>) -> Self {
        self.settings.disabled_providers.push(provider.into());
        self
    }

    /// Enables only these providers (`GOTRUE_EXTERNAL_GITHUB_ENABLED` and so on).
    pub fn providers<P: Into<Provider>>(mut self, providers: impl IntoIterator<Item = P>) -> Self {
        let enabled: Vec<Provider> = providers.into_iter().map(Into::into).collect();
        self.settings.disabled_providers =
            Provider::KNOWN.iter().filter(|provider| !enabled.contains(provider)).cloned().collect();
        self
    }

    /// Sets whether the page of a provider asks which of its users signs in, instead of redirecting back at once. Defaults
    /// to no.
    pub fn choose_provider_user(mut self, enabled: bool) -> Self {
        self.settings.choose_provider_user = enabled;
        self
    }
}
