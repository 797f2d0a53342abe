//! The settings of a server.

mod defaults;
pub(crate) mod rates;
pub(crate) mod saml;
pub(crate) mod services;
pub(crate) mod sms;
pub(crate) mod variables;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use gotrue::Secret;
use serde_json::Value;
use url::{Host, Url};

use crate::{
    hooks::Hooks,
    mailbox::Template,
    model::Provider,
    settings::{
        rates::{Rate, RateLimits},
        saml::SamlKey,
        services::{EmailValidation, LeakedPasswords},
        sms::SmsProvider,
    },
    url_pattern,
    webauthn::RelyingParty,
    wire::Request,
};

/// The linking domain of providers without one of their own, and of email addresses.
pub(crate) const DEFAULT_DOMAIN: &str = "default";

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
    /// The private key for SAML that is to replace the other one.
    pub(crate) saml_next_private_key: Option<SamlKey>,
    /// How long a SAML provider may take.
    pub(crate) saml_validity: Duration,
    /// Whether SAML responses may be encrypted.
    pub(crate) saml_encryption: bool,
    pub(crate) scim: bool,
    pub(crate) captcha: bool,
    pub(crate) disabled_providers: Vec<Provider>,
    /// Whether the client id, secret and redirect URI of a provider must be set.
    pub(crate) providers_need_credentials: bool,
    /// What is set of single providers, by their names.
    pub(crate) providers: BTreeMap<String, ProviderSettings>,
    /// Issuers whose ID tokens are accepted without a provider.
    pub(crate) id_token_issuers: Vec<String>,
    /// Another client id at Apple.
    pub(crate) ios_bundle_id: String,
    pub(crate) custom_providers: bool,
    /// The maximum number of custom providers; 0 is no maximum.
    pub(crate) max_custom_providers: usize,
    /// The URL below which custom providers redirect back, if it is another one than that of the server.
    pub(crate) custom_provider_url: Option<String>,
    /// Where the callback of all providers leads instead of to the page that started the flow, unless it is empty.
    pub(crate) callback_target: String,
    /// The linking domains of providers: providers of the same one share accounts by email address.
    pub(crate) linking_domains: BTreeMap<String, String>,
    /// Providers each of which is a linking domain of its own.
    pub(crate) own_linking_domains: Vec<String>,
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
    /// The hosts that links in emails may have, as a proxy names them.
    pub(crate) external_hosts: Vec<String>,
    pub(crate) email_validation: EmailValidation,
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
    pub(crate) leaked_passwords: LeakedPasswords,
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

    /// The header with the id of a request. Without one, ids are generated.
    pub(crate) request_id_header: String,
    /// Whether users are listed by cursor, unless a page is asked for.
    pub(crate) cursor_pages: bool,

    pub(crate) hooks: Hooks,

    // Limits.
    /// How long a request may take.
    pub(crate) max_request_duration: Option<std::time::Duration>,
    /// Whether the header `Sb-Forwarded-For` names the address of a client.
    pub(crate) reads_sb_forwarded_for: bool,
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

impl RecoveryCodeSettings {
    /// Returns what the real server refuses on startup. It checks that only if recovery codes are enabled.
    fn problems(&self) -> Vec<String> {
        if !self.enroll && !self.verify {
            return Vec::new();
        }
        let checks = [
            ((4..=16).contains(&self.count), "COUNT: expected a number from 4 to 16"),
            ((13..=32).contains(&self.code_length), "CODE_LENGTH: expected a number from 13 to 32"),
            ((3..=15).contains(&self.max_verify_attempts), "MAX_VERIFY_ATTEMPTS: expected a number from 3 to 15"),
            (
                (Duration::minutes(1)..=Duration::days(1)).contains(&self.lockout),
                "LOCKOUT_DURATION: expected a duration from 1m to 24h",
            ),
        ];
        let failed = checks.into_iter().filter(|(passes, _)| !passes);
        failed.map(|(_, what)| format!("GOTRUE_MFA_RECOVERY_CODES_{what}")).collect()
    }
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
    pub(crate) has_secret: bool,
    /// Where the provider redirects back to. If it is empty, the callback of this server.
    pub(crate) redirect_uri: String,
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

impl ServerSettings {
    /// Returns where a request wants to be redirected, if that is allowed: the header, query or form parameter
    /// `redirect_to`, or else the header `Referer`, or else the site URL.
    pub(crate) fn redirect_to(&self, request: &Request) -> String {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let header = |name: &str| given(request.header(name).map(str::to_owned));
        let parameter = header("redirect_to").or_else(|| given(request.form_value("redirect_to")));
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

    /// Returns the linking domain of a provider: an identity is linked by its email address only to accounts of the same
    /// domain.
    pub(crate) fn linking_domain<'a>(&'a self, provider: &'a str) -> &'a str {
        let is_own = self.own_linking_domains.iter().any(|own| own == provider);
        match self.linking_domains.get(provider) {
            Some(domain) => domain,
            None if is_own || provider.starts_with("sso:") => provider,
            None => DEFAULT_DOMAIN,
        }
    }

    /// Returns whether handlers may need answers of hooks or of services elsewhere.
    pub(crate) fn needs_answers(&self) -> bool {
        self.hooks.values().any(|hook| hook.is_enabled)
            || self.email_validation.service.is_some()
            || self.leaked_passwords.refuse && self.leaked_passwords.service.is_some()
    }

    /// # Panics
    /// If the version is greater than 2.
    pub(crate) fn set_refresh_token_version(&mut self, version: u8) {
        assert!(version <= 2, "expected version 0, 1 or 2");
        self.refresh_token_version = version;
    }
}
