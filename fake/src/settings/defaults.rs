//! The default settings.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use crate::{
    hooks::Hooks,
    model::Provider,
    redirect_url::SITE_URL,
    settings::{
        Codes, FactorSwitch, LinkPaths, RecoveryCodeSettings, ServerSettings, Web3,
        rates::{Rate, RateLimits},
        services::{EmailValidation, LeakedPasswords},
        sms::SmsProvider,
    },
    webauthn::RelyingParty,
};

/// How long a request of a server with the default settings may take.
const MAX_REQUEST_DURATION: std::time::Duration = std::time::Duration::from_secs(10);

const ON: FactorSwitch = FactorSwitch { enroll: true, verify: true };
const OFF: FactorSwitch = FactorSwitch { enroll: false, verify: false };

impl Default for ServerSettings {
    /// Everything is enabled, addresses are confirmed at once, and nothing is limited.
    #[expect(clippy::too_many_lines, reason = "a line for each setting")]
    fn default() -> Self {
        let codes = Codes { lifetime: Duration::hours(1), length: 6, interval: Duration::zero() };
        let web3 = Web3 { enabled: true, validity: Duration::minutes(10) };
        let verify = || "/verify".to_owned();
        Self {
            disable_sign_up: false,
            email: true,
            magic_links: true,
            phone: true,
            anonymous_users: true,
            solana: web3,
            ethereum: web3,
            manual_linking: true,
            saml: true,
            saml_url: None,
            saml_private_key: None,
            saml_next_private_key: None,
            saml_validity: Duration::minutes(2),
            saml_encryption: false,
            scim: true,
            captcha: false,
            disabled_providers: Vec::new(),
            providers_need_credentials: false,
            providers: BTreeMap::new(),
            id_token_issuers: Vec::new(),
            ios_bundle_id: String::new(),
            custom_providers: true,
            max_custom_providers: 10,
            custom_provider_url: None,
            callback_target: String::new(),
            linking_domains: BTreeMap::new(),
            own_linking_domains: Vec::new(),
            allow_unverified_emails: false,
            choose_provider_user: false,
            autoconfirm_emails: true,
            autoconfirm_phones: true,
            secure_email_change: true,
            authorized_addresses: Vec::new(),
            email_codes: codes,
            phone_codes: codes,
            test_codes: BTreeMap::new(),
            test_codes_until: None,
            sms_provider: SmsProvider::new("twilio", true),
            link_paths: LinkPaths {
                invite: verify(),
                confirmation: verify(),
                recovery: verify(),
                email_change: verify(),
            },
            external_hosts: Vec::new(),
            email_validation: EmailValidation::default(),
            notifications: BTreeSet::new(),
            subjects: BTreeMap::new(),
            min_password_length: 6,
            required_characters: Vec::new(),
            reauthenticate_for_password: false,
            current_password_for_password: false,
            leaked_passwords: LeakedPasswords::default(),
            email_identity_on_password: false,
            totp: ON,
            phone_factors: ON,
            webauthn_factors: ON,
            factor_codes: codes,
            recovery_codes: RecoveryCodeSettings {
                enroll: true,
                verify: true,
                count: 10,
                code_length: 16,
                max_verify_attempts: 5,
                lockout: Duration::minutes(15),
            },
            challenge_lifetime: Duration::seconds(300),
            factor_lifetime: Duration::seconds(300),
            max_factors: 10,
            max_verified_factors: 10,
            passkeys: true,
            max_passkeys: 10,
            passkey_challenge_lifetime: Duration::minutes(5),
            relying_party: RelyingParty {
                id: "localhost".to_owned(),
                name: "Test".to_owned(),
                origins: vec![SITE_URL.to_owned()],
            },
            oauth_server: true,
            dynamic_registration: true,
            consent_path: "/consent".to_owned(),
            authorization_lifetime: Duration::minutes(10),
            default_scope: "email".to_owned(),
            session_timebox: None,
            session_inactivity: None,
            low_aal_lifetime: None,
            single_session: false,
            token_lifetime: Duration::hours(1),
            issuer: None,
            audience: "authenticated".to_owned(),
            default_role: "authenticated".to_owned(),
            admin_roles: vec!["service_role".to_owned(), "supabase_admin".to_owned()],
            hs256: false,
            jwt_secret: None,
            jwt_key_id: String::new(),
            jwt_keys: None,
            jwt_methods: None,
            refresh_token_version: 0,
            refresh_token_upgrade_percentage: 0,
            rotate_refresh_tokens: true,
            allow_refresh_token_reuse: false,
            reuse_interval: Duration::seconds(10),
            flow_lifetime: Duration::minutes(5),
            site_url: SITE_URL.to_owned(),
            redirect_urls: None,
            external_url: None,
            cors_allowed_headers: Vec::new(),
            gateway: false,
            gateway_needs_key: true,
            request_id_header: String::new(),
            cursor_pages: false,
            hooks: Hooks::new(),
            max_request_duration: Some(MAX_REQUEST_DURATION),
            reads_sb_forwarded_for: false,
            rate_limit: None,
            rate_limits: RateLimits::default(),
            sent_emails: None,
            sent_text_messages: None,
            audit_log: true,
        }
    }
}

impl ServerSettings {
    /// Returns the settings of a real server whose environment sets nothing. What a real server requires to be set is
    /// as in [`Default`].
    pub(crate) fn of_real_server() -> Self {
        let base = Self::default();
        let with_interval = |lifetime| Codes { lifetime, length: 6, interval: Duration::minutes(1) };
        let no_web3 = Web3 { enabled: false, ..base.solana };
        Self {
            phone: false,
            anonymous_users: false,
            solana: no_web3,
            ethereum: no_web3,
            manual_linking: false,
            saml: false,
            scim: false,
            disabled_providers: Provider::KNOWN.to_vec(),
            providers_need_credentials: true,
            max_custom_providers: 0,
            autoconfirm_emails: false,
            autoconfirm_phones: false,
            email_codes: with_interval(Duration::days(1)),
            phone_codes: with_interval(Duration::minutes(1)),
            sms_provider: SmsProvider::new("", false),
            phone_factors: OFF,
            webauthn_factors: OFF,
            factor_codes: with_interval(base.challenge_lifetime),
            recovery_codes: RecoveryCodeSettings { enroll: false, verify: false, ..base.recovery_codes },
            passkeys: false,
            relying_party: RelyingParty { id: String::new(), name: String::new(), origins: Vec::new() },
            oauth_server: false,
            dynamic_registration: false,
            consent_path: String::new(),
            issuer: Some(String::new()),
            audience: String::new(),
            default_role: String::new(),
            hs256: true,
            reuse_interval: Duration::zero(),
            redirect_urls: Some(Vec::new()),
            sent_emails: Some(Rate::hourly(30)),
            sent_text_messages: Some(Rate::hourly(30)),
            rate_limits: RateLimits::of_real_server(),
            ..base
        }
    }
}
