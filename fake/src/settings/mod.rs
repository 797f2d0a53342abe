//! The settings of a server.

pub(crate) mod rates;
pub(crate) mod saml;
pub(crate) mod sms;
pub(crate) mod variables;
mod without_effect;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use gotrue::Secret;
use serde_json::Value;
use url::{Host, Url};

use crate::{
    hooks::Hooks,
    mailbox::Template,
    model::Provider,
    redirect_url::SITE_URL,
    settings::{
        rates::{Rate, RateLimits},
        saml::SamlKey,
        sms::SmsProvider,
    },
    url_pattern,
    webauthn::RelyingParty,
    wire::Request,
};

/// How a server is set up.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(crate) struct ServerSettings {
    // Signing up and in.
    pub(crate) disable_sign_up: bool,
    pub(crate) email: bool,
    pub(crate) magic_links: bool,
    pub(crate) phone: bool,
    pub(crate) anonymous_users: bool,
    pub(crate) solana: Web3,
    pub(crate) ethereum: Web3,
    pub(crate) manual_linking: bool,
    pub(crate) saml: bool,
    /// The URL below which the SAML endpoints are, if it is another one than that of the server.
    pub(crate) saml_url: Option<String>,
    /// The private key for SAML (PKCS #1). Without one, one is generated.
    pub(crate) saml_private_key: Option<SamlKey>,
    pub(crate) scim: bool,
    pub(crate) captcha: bool,
    pub(crate) disabled_providers: Vec<Provider>,
    /// What is set of single providers, by their names.
    pub(crate) providers: BTreeMap<String, ProviderSettings>,
    /// Issuers whose ID tokens are accepted without a provider.
    pub(crate) id_token_issuers: Vec<String>,
    /// Another client id at Apple.
    pub(crate) ios_bundle_id: String,
    pub(crate) custom_providers: bool,
    /// The maximum number of custom providers; 0 is no maximum.
    pub(crate) max_custom_providers: usize,
    /// Whether users may sign in with a provider that has not verified their address.
    pub(crate) allow_unverified_emails: bool,
    /// Whether the page of a provider asks which of its users signs in.
    pub(crate) choose_provider_user: bool,

    // Addresses and messages.
    pub(crate) autoconfirm_emails: bool,
    pub(crate) autoconfirm_phones: bool,
    pub(crate) secure_email_change: bool,
    /// The only addresses that messages are sent to, unless it is empty.
    pub(crate) authorized_addresses: Vec<String>,
    pub(crate) email_codes: Codes,
    pub(crate) phone_codes: Codes,
    pub(crate) test_codes: BTreeMap<String, Secret>,
    pub(crate) test_codes_until: Option<DateTime<Utc>>,
    pub(crate) sms_provider: SmsProvider,
    pub(crate) link_paths: LinkPaths,
    /// The notifications of changes that are sent.
    pub(crate) notifications: BTreeSet<Template>,
    /// The subjects of emails that are not the real server's.
    pub(crate) subjects: BTreeMap<Template, String>,

    // Passwords.
    pub(crate) min_password_length: usize,
    /// Sets of characters, of each of which a password must contain one.
    pub(crate) required_characters: Vec<String>,
    pub(crate) reauthenticate_for_password: bool,
    pub(crate) current_password_for_password: bool,
    /// Whether passwords that are known to have leaked are refused.
    pub(crate) refuse_leaked_passwords: bool,
    pub(crate) leaked_passwords: Vec<String>,
    /// Whether the first password of a user adds the email identity.
    pub(crate) email_identity_on_password: bool,

    // Second factors and passkeys.
    pub(crate) totp: FactorSwitch,
    pub(crate) phone_factors: FactorSwitch,
    pub(crate) webauthn_factors: FactorSwitch,
    pub(crate) factor_codes: Codes,
    pub(crate) recovery_codes: RecoveryCodeSettings,
    pub(crate) challenge_lifetime: Duration,
    pub(crate) factor_lifetime: Duration,
    pub(crate) max_factors: usize,
    pub(crate) max_verified_factors: usize,
    pub(crate) passkeys: bool,
    pub(crate) max_passkeys: usize,
    pub(crate) passkey_challenge_lifetime: Duration,
    pub(crate) relying_party: RelyingParty,

    // The OAuth server.
    pub(crate) oauth_server: bool,
    pub(crate) dynamic_registration: bool,
    /// The page of the site that asks for consent. Without one, authorization requests fail.
    pub(crate) consent_path: String,
    pub(crate) authorization_lifetime: Duration,
    pub(crate) default_scope: String,

    // Sessions and tokens.
    pub(crate) session_timebox: Option<Duration>,
    pub(crate) session_inactivity: Option<Duration>,
    pub(crate) low_aal_lifetime: Option<Duration>,
    pub(crate) single_session: bool,
    pub(crate) token_lifetime: Duration,
    pub(crate) issuer: Option<String>,
    pub(crate) audience: String,
    pub(crate) default_role: String,
    pub(crate) admin_roles: Vec<String>,
    pub(crate) hs256: bool,
    /// The shared secret for HS256. If it is `None` and `hs256` is set, one is derived from the seed.
    pub(crate) jwt_secret: Option<Secret>,
    pub(crate) jwt_key_id: String,
    /// The private keys (JWK), one of which signs.
    pub(crate) jwt_keys: Option<Value>,
    /// The algorithms of accepted tokens. `None` accepts those of the keys.
    pub(crate) jwt_methods: Option<Vec<String>>,
    /// 0 and 1 are random tokens, 2 signed ones.
    pub(crate) refresh_token_version: u8,
    pub(crate) refresh_token_upgrade_percentage: u8,
    pub(crate) rotate_refresh_tokens: bool,
    pub(crate) allow_refresh_token_reuse: bool,
    pub(crate) reuse_interval: Duration,
    pub(crate) flow_lifetime: Duration,

    // URLs and browsers.
    pub(crate) site_url: String,
    /// The patterns of allowed redirect URLs. `None` allows any URL.
    pub(crate) redirect_urls: Option<Vec<String>>,
    pub(crate) external_url: Option<String>,
    /// Headers that browsers may send in addition to the default ones, in lower case.
    pub(crate) cors_allowed_headers: Vec<String>,
    /// Whether the server plays the gateway of a Supabase project too.
    pub(crate) gateway: bool,
    /// Whether the gateway refuses requests without an API key.
    pub(crate) gateway_needs_key: bool,

    pub(crate) hooks: Hooks,

    // Limits.
    /// How many calls of an operation are accepted within five minutes.
    pub(crate) rate_limit: Option<usize>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) sent_emails: Option<Rate>,
    pub(crate) sent_text_messages: Option<Rate>,
    pub(crate) audit_log: bool,
}

/// The settings of recovery codes (`GOTRUE_MFA_RECOVERY_CODES_…`).
#[derive(Clone, Debug)]
pub(crate) struct RecoveryCodeSettings {
    pub(crate) enroll: bool,
    pub(crate) verify: bool,
    pub(crate) count: usize,
    pub(crate) code_length: usize,
    pub(crate) max_verify_attempts: u32,
    pub(crate) lockout: Duration,
}

/// Whether second factors of a type can be enrolled and used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FactorSwitch {
    pub(crate) enroll: bool,
    pub(crate) verify: bool,
}

/// A provider, apart from whether it is enabled.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProviderSettings {
    /// The client ids of this server at the provider. If the list is empty, a built-in id is used.
    pub(crate) client_ids: Vec<String>,
    pub(crate) email_optional: bool,
    pub(crate) skip_nonce_check: bool,
}

/// Codes sent to an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codes {
    pub(crate) lifetime: Duration,
    pub(crate) length: usize,
    /// The minimum time between two messages to a user.
    pub(crate) interval: Duration,
}

/// Sign-in with the wallets of a blockchain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Web3 {
    pub(crate) enabled: bool,
    /// The maximum difference between the time a message was issued and now.
    pub(crate) validity: Duration,
}

/// The paths of links in emails.
#[derive(Clone, Debug)]
pub(crate) struct LinkPaths {
    pub(crate) invite: String,
    pub(crate) confirmation: String,
    pub(crate) recovery: String,
    pub(crate) email_change: String,
}

/// Passwords that have leaked countless times.
const LEAKED_PASSWORDS: [&str; 12] = [
    "123456",
    "123456789",
    "12345678",
    "password",
    "password1",
    "password123",
    "Password123!",
    "qwerty",
    "qwerty123",
    "abc123",
    "iloveyou",
    "letmein",
];

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
            scim: true,
            captcha: false,
            disabled_providers: Vec::new(),
            providers: BTreeMap::new(),
            id_token_issuers: Vec::new(),
            ios_bundle_id: String::new(),
            custom_providers: true,
            max_custom_providers: 10,
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
            notifications: BTreeSet::new(),
            subjects: BTreeMap::new(),
            min_password_length: 6,
            required_characters: Vec::new(),
            reauthenticate_for_password: false,
            current_password_for_password: false,
            refuse_leaked_passwords: false,
            leaked_passwords: LEAKED_PASSWORDS.map(str::to_owned).to_vec(),
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
            relying_party: RelyingParty { id: "localhost".to_owned(), origin: SITE_URL.to_owned() },
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
            hooks: Hooks::new(),
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

    /// Returns where a request wants to be redirected, if that is allowed: the header, query or form parameter
    /// `redirect_to`, or else the header `Referer`, or else the site URL.
    pub(crate) fn redirect_to(&self, request: &Request) -> String {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let in_form = || request.form_pairs().find(|(name, _)| name == "redirect_to").map(|(_, url)| url.into_owned());
        let header = |name: &str| given(request.header(name).map(str::to_owned));
        let parameter = header("redirect_to").or_else(|| given(request.query("redirect_to"))).or_else(in_form);
        let urls = [parameter, header("referer")];
        urls.into_iter().flatten().find(|url| self.allows_redirect(url)).unwrap_or_else(|| self.site_url.clone())
    }

    /// Returns whether a URL is on the site or matches one of the allowed patterns.
    pub(crate) fn allows_redirect(&self, url: &str) -> bool {
        let Some(patterns) = &self.redirect_urls else { return !url.is_empty() };
        let (Ok(site), Ok(target)) = (Url::parse(&self.site_url), Url::parse(url)) else { return false };
        let is_near = |url: &Url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if (site.host(), site.scheme()) == (target.host(), target.scheme())
            && (site.port() == target.port() || is_near(&target))
        {
            return true;
        }
        if matches!(target.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
            return is_near(&target);
        }
        let url = url.split('#').next().unwrap_or_default();
        patterns.iter().any(|pattern| url_pattern::matches(pattern, url))
    }

    /// # Panics
    /// If the version is greater than 2.
    pub(crate) fn set_refresh_token_version(&mut self, version: u8) {
        assert!(version <= 2, "expected version 0, 1 or 2");
        self.refresh_token_version = version;
    }
}
