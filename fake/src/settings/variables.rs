//! Settings by the names of the real server's environment variables.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use chrono::{DateTime, Duration};
use gotrue::Secret;

use crate::{
    go_duration, hooks, keys,
    mailbox::Template,
    model::Provider,
    settings::{
        Codes, ServerSettings,
        rates::Rate,
        without_effect::{NOT_IMPLEMENTED, RETIRED, WITHOUT_EFFECT},
    },
};

/// An environment variable that the server does not know, or whose value it does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    problems: Vec<String>,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for SettingError {}

impl SettingError {
    pub(crate) fn new(problem: String) -> Self {
        Self { problems: vec![problem] }
    }
}

type Problem = String;

/// Sets a setting from the value of its variable.
type Setter = fn(&mut ServerSettings, &str) -> Result<(), Problem>;

/// The variables that change a response, apart from those of providers.
const VARIABLES: &[(&str, Setter)] = &[
    ("API_EXTERNAL_URL", |s, v| url(v).map(|v| s.external_url = v)),
    ("GOTRUE_AUDIT_LOG_DISABLE_POSTGRES", |s, v| flag(v).map(|v| s.audit_log = !v)),
    ("GOTRUE_CORS_ALLOWED_HEADERS", |s, v| {
        s.cors_allowed_headers = list(v).iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(())
    }),
    ("GOTRUE_CUSTOM_OAUTH_ENABLED", |s, v| flag(v).map(|v| s.custom_providers = v)),
    ("GOTRUE_CUSTOM_OAUTH_MAX_PROVIDERS", |s, v| number(v).map(|v| s.max_custom_providers = v)),
    ("GOTRUE_DISABLE_SIGNUP", |s, v| flag(v).map(|v| s.disable_sign_up = v)),
    ("GOTRUE_EXPERIMENTAL_CREATE_EMAIL_IDENTITY_ON_PASSWORD_SET_ENABLED", |s, v| {
        flag(v).map(|v| s.email_identity_on_password = v)
    }),
    ("GOTRUE_EXPERIMENTAL_SCIM_ENABLED", |s, v| flag(v).map(|v| s.scim = v)),
    ("GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED", |s, v| flag(v).map(|v| s.anonymous_users = v)),
    ("GOTRUE_EXTERNAL_ALLOWED_ID_TOKEN_ISSUERS", |s, v| {
        s.id_token_issuers = list(v);
        Ok(())
    }),
    ("GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES", |s, v| {
        s.authorized_addresses = list(v);
        Ok(())
    }),
    ("GOTRUE_EXTERNAL_EMAIL_ENABLED", |s, v| flag(v).map(|v| s.email = v)),
    ("GOTRUE_EXTERNAL_EMAIL_MAGIC_LINK_ENABLED", |s, v| flag(v).map(|v| s.magic_links = v)),
    ("GOTRUE_EXTERNAL_FLOW_STATE_EXPIRY_DURATION", |s, v| {
        duration(v).map(|v| s.flow_lifetime = v.max(Duration::seconds(300)))
    }),
    ("GOTRUE_EXTERNAL_IOS_BUNDLE_ID", |s, v| text(v).map(|v| s.ios_bundle_id = v)),
    ("GOTRUE_EXTERNAL_PHONE_ENABLED", |s, v| flag(v).map(|v| s.phone = v)),
    ("GOTRUE_EXTERNAL_WEB3_ETHEREUM_ENABLED", |s, v| flag(v).map(|v| s.ethereum.enabled = v)),
    ("GOTRUE_EXTERNAL_WEB3_ETHEREUM_MAXIMUM_VALIDITY_DURATION", |s, v| duration(v).map(|v| s.ethereum.validity = v)),
    ("GOTRUE_EXTERNAL_WEB3_SOLANA_ENABLED", |s, v| flag(v).map(|v| s.solana.enabled = v)),
    ("GOTRUE_EXTERNAL_WEB3_SOLANA_MAXIMUM_VALIDITY_DURATION", |s, v| duration(v).map(|v| s.solana.validity = v)),
    ("GOTRUE_JWT_ADMIN_ROLES", |s, v| {
        if !v.is_empty() {
            s.admin_roles = list(v);
        }
        Ok(())
    }),
    ("GOTRUE_JWT_AUD", |s, v| text(v).map(|v| s.audience = v)),
    ("GOTRUE_JWT_DEFAULT_GROUP_NAME", |s, v| text(v).map(|v| s.default_role = v)),
    ("GOTRUE_JWT_EXP", |s, v| seconds(v).map(|v| s.token_lifetime = or_default(v, Duration::hours(1)))),
    ("GOTRUE_JWT_ISSUER", |s, v| text(v).map(|v| s.issuer = Some(v))),
    ("GOTRUE_JWT_KEYS", |s, v| {
        s.jwt_keys = if v.is_empty() { None } else { Some(keys::parse(v)?) };
        Ok(())
    }),
    ("GOTRUE_JWT_KEY_ID", |s, v| text(v).map(|v| s.jwt_key_id = v)),
    ("GOTRUE_JWT_SECRET", |s, v| {
        s.hs256 = true;
        s.jwt_secret = Some(v.into());
        Ok(())
    }),
    ("GOTRUE_JWT_VALID_METHODS", |s, v| {
        s.jwt_methods = Some(list(v)).filter(|methods| !methods.is_empty());
        Ok(())
    }),
    ("GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS", |s, v| flag(v).map(|v| s.allow_unverified_emails = v)),
    ("GOTRUE_MAILER_AUTOCONFIRM", |s, v| flag(v).map(|v| s.autoconfirm_emails = v)),
    ("GOTRUE_MAILER_OTP_EXP", |s, v| seconds(v).map(|v| s.email_codes.lifetime = or_default(v, Duration::days(1)))),
    ("GOTRUE_MAILER_OTP_LENGTH", |s, v| code_length(v).map(|v| s.email_codes.length = v)),
    ("GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED", |s, v| flag(v).map(|v| s.secure_email_change = v)),
    ("GOTRUE_MAILER_URLPATHS_CONFIRMATION", |s, v| path(v).map(|v| s.link_paths.confirmation = v)),
    ("GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE", |s, v| path(v).map(|v| s.link_paths.email_change = v)),
    ("GOTRUE_MAILER_URLPATHS_INVITE", |s, v| path(v).map(|v| s.link_paths.invite = v)),
    ("GOTRUE_MAILER_URLPATHS_RECOVERY", |s, v| path(v).map(|v| s.link_paths.recovery = v)),
    ("GOTRUE_MFA_CHALLENGE_EXPIRY_DURATION", |s, v| {
        seconds(v).map(|v| s.challenge_lifetime = v.max(Duration::seconds(300)))
    }),
    ("GOTRUE_MFA_FACTOR_EXPIRY_DURATION", |s, v| {
        duration(v).map(|v| s.factor_lifetime = v.max(Duration::seconds(300)))
    }),
    ("GOTRUE_MFA_MAX_ENROLLED_FACTORS", |s, v| number(v).map(|v| s.max_factors = v)),
    ("GOTRUE_MFA_MAX_VERIFIED_FACTORS", |s, v| number(v).map(|v| s.max_verified_factors = v)),
    ("GOTRUE_MFA_PHONE_ENROLL_ENABLED", |s, v| flag(v).map(|v| s.phone_factors.enroll = v)),
    ("GOTRUE_MFA_PHONE_MAX_FREQUENCY", |s, v| interval(&mut s.factor_codes, v)),
    ("GOTRUE_MFA_PHONE_OTP_LENGTH", |s, v| code_length(v).map(|v| s.factor_codes.length = v)),
    ("GOTRUE_MFA_PHONE_VERIFY_ENABLED", |s, v| flag(v).map(|v| s.phone_factors.verify = v)),
    ("GOTRUE_MFA_RATE_LIMIT_CHALLENGE_AND_VERIFY", |s, v| events(v).map(|v| s.rate_limits.factors = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_CODE_LENGTH", |s, v| {
        within(number(v)?, 13..=32).map(|v| s.recovery_codes.code_length = v)
    }),
    ("GOTRUE_MFA_RECOVERY_CODES_COUNT", |s, v| within(number(v)?, 4..=16).map(|v| s.recovery_codes.count = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_ENROLL_ENABLED", |s, v| flag(v).map(|v| s.recovery_codes.enroll = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_LOCKOUT_DURATION", |s, v| {
        let range = Duration::minutes(1)..=Duration::days(1);
        duration(v).map(|v| range.contains(&v).then_some(v)).and_then(|v| {
            s.recovery_codes.lockout = v.ok_or("expected a duration from 1m to 24h")?;
            Ok(())
        })
    }),
    ("GOTRUE_MFA_RECOVERY_CODES_MAX_VERIFY_ATTEMPTS", |s, v| {
        let attempts = within(number(v)?, 3..=15)?;
        s.recovery_codes.max_verify_attempts = u32::try_from(attempts).unwrap_or_default();
        Ok(())
    }),
    ("GOTRUE_MFA_RECOVERY_CODES_VERIFY_ENABLED", |s, v| flag(v).map(|v| s.recovery_codes.verify = v)),
    ("GOTRUE_MFA_TOTP_ENROLL_ENABLED", |s, v| flag(v).map(|v| s.totp.enroll = v)),
    ("GOTRUE_MFA_TOTP_VERIFY_ENABLED", |s, v| flag(v).map(|v| s.totp.verify = v)),
    ("GOTRUE_MFA_WEB_AUTHN_ENROLL_ENABLED", |s, v| flag(v).map(|v| s.webauthn_factors.enroll = v)),
    ("GOTRUE_MFA_WEB_AUTHN_VERIFY_ENABLED", |s, v| flag(v).map(|v| s.webauthn_factors.verify = v)),
    ("GOTRUE_OAUTH_SERVER_ALLOW_DYNAMIC_REGISTRATION", |s, v| flag(v).map(|v| s.dynamic_registration = v)),
    ("GOTRUE_OAUTH_SERVER_AUTHORIZATION_PATH", |s, v| text(v).map(|v| s.consent_path = v)),
    ("GOTRUE_OAUTH_SERVER_AUTHORIZATION_TTL", |s, v| duration(v).map(|v| s.authorization_lifetime = v)),
    ("GOTRUE_OAUTH_SERVER_DEFAULT_SCOPE", |s, v| text(v).map(|v| s.default_scope = v)),
    ("GOTRUE_OAUTH_SERVER_ENABLED", |s, v| flag(v).map(|v| s.oauth_server = v)),
    ("GOTRUE_PASSKEY_ENABLED", |s, v| flag(v).map(|v| s.passkeys = v)),
    ("GOTRUE_PASSKEY_MAX_PASSKEYS_PER_USER", |s, v| number(v).map(|v| s.max_passkeys = v)),
    ("GOTRUE_PASSWORD_HIBP_ENABLED", |s, v| flag(v).map(|v| s.refuse_leaked_passwords = v)),
    ("GOTRUE_PASSWORD_MIN_LENGTH", |s, v| number(v).map(|v| s.min_password_length = v.max(6))),
    ("GOTRUE_PASSWORD_REQUIRED_CHARACTERS", |s, v| {
        s.required_characters = character_sets(v);
        Ok(())
    }),
    ("GOTRUE_RATE_LIMIT_ANONYMOUS_USERS", |s, v| events(v).map(|v| s.rate_limits.anonymous_users = v)),
    ("GOTRUE_RATE_LIMIT_EMAIL_SENT", |s, v| rate(v).map(|v| s.sent_emails = Some(v))),
    ("GOTRUE_RATE_LIMIT_HEADER", |s, v| text(v).map(|v| s.rate_limits.header = v)),
    ("GOTRUE_RATE_LIMIT_OTP", |s, v| events(v).map(|v| s.rate_limits.otp = v)),
    ("GOTRUE_RATE_LIMIT_O_AUTH_DYNAMIC_CLIENT_REGISTER", |s, v| {
        events(v).map(|v| s.rate_limits.client_registration = v)
    }),
    ("GOTRUE_RATE_LIMIT_PASSKEY", |s, v| events(v).map(|v| s.rate_limits.passkey = v)),
    ("GOTRUE_RATE_LIMIT_SMS_SENT", |s, v| rate(v).map(|v| s.sent_text_messages = Some(v))),
    ("GOTRUE_RATE_LIMIT_SSO", |s, v| events(v).map(|v| s.rate_limits.sso = v)),
    ("GOTRUE_RATE_LIMIT_TOKEN_REFRESH", |s, v| events(v).map(|v| s.rate_limits.token = v)),
    ("GOTRUE_RATE_LIMIT_VERIFY", |s, v| events(v).map(|v| s.rate_limits.verify = v)),
    ("GOTRUE_RATE_LIMIT_WEB3", |s, v| events(v).map(|v| s.rate_limits.web3 = v)),
    ("GOTRUE_SAML_ENABLED", |s, v| flag(v).map(|v| s.saml = v)),
    ("GOTRUE_SAML_EXTERNAL_URL", |s, v| {
        s.saml_url = if v.is_empty() { None } else { url(v)? };
        Ok(())
    }),
    ("GOTRUE_SAML_RATE_LIMIT_ASSERTION", |s, v| events(v).map(|v| s.rate_limits.saml_assertion = v)),
    ("GOTRUE_SECURITY_CAPTCHA_ENABLED", |s, v| flag(v).map(|v| s.captcha = v)),
    ("GOTRUE_SECURITY_MANUAL_LINKING_ENABLED", |s, v| flag(v).map(|v| s.manual_linking = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION", |s, v| {
        at_most(v, 2).map(|version| s.refresh_token_version = version)
    }),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE", |s, v| flag(v).map(|v| s.allow_refresh_token_reuse = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL", |s, v| seconds(v).map(|v| s.reuse_interval = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED", |s, v| flag(v).map(|v| s.rotate_refresh_tokens = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_UPGRADE_PERCENTAGE", |s, v| {
        at_most(v, 100).map(|percentage| s.refresh_token_upgrade_percentage = percentage)
    }),
    ("GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD", |s, v| {
        flag(v).map(|v| s.current_password_for_password = v)
    }),
    ("GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION", |s, v| {
        flag(v).map(|v| s.reauthenticate_for_password = v)
    }),
    ("GOTRUE_SESSIONS_ALLOW_LOW_AAL", |s, v| positive(v).map(|v| s.low_aal_lifetime = v)),
    ("GOTRUE_SESSIONS_INACTIVITY_TIMEOUT", |s, v| positive(v).map(|v| s.session_inactivity = v)),
    ("GOTRUE_SESSIONS_SINGLE_PER_USER", |s, v| flag(v).map(|v| s.single_session = v)),
    ("GOTRUE_SESSIONS_TIMEBOX", |s, v| positive(v).map(|v| s.session_timebox = v)),
    ("GOTRUE_SITE_URL", |s, v| text(v).map(|v| s.site_url = v)),
    ("GOTRUE_SMS_AUTOCONFIRM", |s, v| flag(v).map(|v| s.autoconfirm_phones = v)),
    ("GOTRUE_SMS_MAX_FREQUENCY", |s, v| interval(&mut s.phone_codes, v)),
    ("GOTRUE_SMS_OTP_EXP", |s, v| seconds(v).map(|v| s.phone_codes.lifetime = or_default(v, Duration::seconds(60)))),
    ("GOTRUE_SMS_OTP_LENGTH", |s, v| code_length(v).map(|v| s.phone_codes.length = v)),
    ("GOTRUE_SMS_PROVIDER", |s, v| text(v).map(|v| s.sms_provider.name = v)),
    ("GOTRUE_SMS_TEST_OTP", |s, v| test_codes(v).map(|v| s.test_codes = v)),
    ("GOTRUE_SMS_TEST_OTP_VALID_UNTIL", |s, v| {
        let until = |v: &str| DateTime::parse_from_rfc3339(v).map_err(|_| "expected a time (RFC 3339)".to_owned());
        s.test_codes_until = if v.is_empty() { None } else { Some(until(v)?.to_utc()) };
        Ok(())
    }),
    ("GOTRUE_SMTP_MAX_FREQUENCY", |s, v| interval(&mut s.email_codes, v)),
    ("GOTRUE_URI_ALLOW_LIST", |s, v| {
        s.redirect_urls = Some(list(v));
        Ok(())
    }),
    ("GOTRUE_WEBAUTHN_CHALLENGE_EXPIRY_DURATION", |s, v| duration(v).map(|v| s.passkey_challenge_lifetime = v)),
    ("GOTRUE_WEBAUTHN_RP_ID", |s, v| text(v).map(|v| s.relying_party.id = v)),
    ("GOTRUE_WEBAUTHN_RP_ORIGINS", |s, v| {
        if let Some(origin) = list(v).into_iter().next() {
            s.relying_party.origin = origin;
        }
        Ok(())
    }),
];

/// The full name of the external URL, which the real server accepts too.
const EXTERNAL_URL: (&str, &str) = ("GOTRUE_API_API_EXTERNAL_URL", "API_EXTERNAL_URL");

/// What the environment says about each provider. Those that name the provider's own endpoints change no response.
const PROVIDER_VARIABLES: &[&str] =
    &["ENABLED", "CLIENT_ID", "SECRET", "REDIRECT_URI", "URL", "API_URL", "EMAIL_OPTIONAL", "SKIP_NONCE_CHECK"];

impl ServerSettings {
    /// Sets what an environment variable of the real server sets.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let name = if name == EXTERNAL_URL.0 { EXTERNAL_URL.1 } else { name };
        if let Some((_, setter)) = VARIABLES.iter().find(|(known, _)| *known == name) {
            return setter(self, value.trim()).map_err(|why| SettingError::new(format!("{name}: {why}")));
        }
        if let Some((provider, what)) = provider_variable(name) {
            let result = self.set_provider(provider, what, value.trim());
            return result.map_err(|why| SettingError::new(format!("{name}: {why}")));
        }
        if let Some(template) = name.strip_prefix("GOTRUE_MAILER_SUBJECTS_").and_then(Template::by_name) {
            self.subjects.remove(&template);
            self.subjects.extend(Some(value).filter(|text| !text.is_empty()).map(|text| (template, text.to_owned())));
            return Ok(());
        }
        if self.sms_provider.set(name, value.trim()).is_some() {
            return Ok(());
        }
        if let Some(notification) = notification(name) {
            let enabled = flag(value.trim()).map_err(|why| SettingError::new(format!("{name}: {why}")))?;
            self.notifications.remove(&notification);
            self.notifications.extend(enabled.then_some(notification));
            return Ok(());
        }
        if let Some((event, what)) = hooks::variable(name) {
            let hook = self.hooks.entry(event).or_default();
            let result = match what {
                "ENABLED" => flag(value.trim()).map(|enabled| hook.is_enabled = enabled),
                "URI" => hooks::url(value).map(|url| hook.url = url),
                "SECRETS" => hooks::secrets(value).map(|secrets| hook.secrets = secrets),
                _ => return Err(SettingError::new(format!("unknown setting {name}"))),
            };
            return result.map_err(|why| SettingError::new(format!("{name}: {why}")));
        }
        if WITHOUT_EFFECT.contains(&name) || RETIRED.contains(&name) {
            return Ok(());
        }
        if NOT_IMPLEMENTED.contains(&name) {
            let is_off = value.trim().is_empty() || flag(value.trim()) == Ok(false);
            let refused = || SettingError::new(format!("{name}: the fake server does not implement this setting"));
            return if is_off { Ok(()) } else { Err(refused()) };
        }
        Err(SettingError::new(format!("unknown setting {name}")))
    }

    fn set_provider(&mut self, provider: Provider, what: &str, value: &str) -> Result<(), Problem> {
        let settings = self.providers.entry(provider.to_string()).or_default();
        match what {
            "ENABLED" => {
                let enabled = flag(value)?;
                self.disabled_providers.retain(|disabled| *disabled != provider);
                if !enabled {
                    self.disabled_providers.push(provider);
                }
            }
            "CLIENT_ID" => settings.client_ids = list(value),
            "EMAIL_OPTIONAL" => settings.email_optional = flag(value)?,
            "SKIP_NONCE_CHECK" => settings.skip_nonce_check = flag(value)?,
            _ => {}
        }
        Ok(())
    }

    /// Sets what several variables set, or fails with all problems.
    pub(crate) fn set_all(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), SettingError> {
        let results = variables.into_iter().map(|(name, value)| self.set(&name, &value));
        let mut problems: Vec<String> = results.filter_map(Result::err).flat_map(|error| error.problems).collect();
        if self.autoconfirm_emails && self.allow_unverified_emails {
            let both = "GOTRUE_MAILER_AUTOCONFIRM and GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS exclude each other";
            return Err(SettingError::new(both.to_owned()));
        }
        let lost = self.hooks.iter().filter(|(_, hook)| hook.is_enabled && hook.url.is_none());
        problems.extend(lost.map(|(event, _)| format!("GOTRUE_HOOK_{}_URI is missing", event.variable())));
        if problems.is_empty() { Ok(()) } else { Err(SettingError { problems }) }
    }
}

/// Returns whether a name is one of the real server's, rather than of another program.
pub(crate) fn is_setting(name: &str) -> bool {
    name.starts_with("GOTRUE_") || name == "API_EXTERNAL_URL"
}

fn notification(name: &str) -> Option<Template> {
    let change = name.strip_prefix("GOTRUE_MAILER_NOTIFICATIONS_")?.strip_suffix("_ENABLED")?;
    Template::by_name(&format!("{change}_NOTIFICATION"))
}

fn provider_variable(name: &str) -> Option<(Provider, &'static str)> {
    let rest = name.strip_prefix("GOTRUE_EXTERNAL_")?;
    Provider::KNOWN.iter().find_map(|provider| {
        let what = rest.strip_prefix(&provider.as_str().to_uppercase())?.strip_prefix('_')?;
        PROVIDER_VARIABLES.iter().find(|known| **known == what).map(|what| (provider.clone(), *what))
    })
}

/// Parses a boolean as Go does.
fn flag(value: &str) -> Result<bool, Problem> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of the other parsers")]
fn text<T: From<String>>(value: &str) -> Result<T, Problem> {
    Ok(value.to_owned().into())
}

fn list(value: &str) -> Vec<String> {
    value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn number(value: &str) -> Result<usize, Problem> {
    value.parse().map_err(|_| "expected a number".to_owned())
}

fn within(number: usize, range: RangeInclusive<usize>) -> Result<usize, Problem> {
    let problem = || format!("expected a number from {} to {}", range.start(), range.end());
    if range.contains(&number) { Ok(number) } else { Err(problem()) }
}

fn at_most(value: &str, most: u8) -> Result<u8, Problem> {
    value.parse().ok().filter(|number| *number <= most).ok_or_else(|| format!("expected a number from 0 to {most}"))
}

fn events(value: &str) -> Result<f64, Problem> {
    value.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| "expected a number".to_owned())
}

fn rate(value: &str) -> Result<Rate, Problem> {
    Rate::parse(value).ok_or_else(|| "expected a number of messages per hour, or a rate such as 30/1h".to_owned())
}

fn duration(value: &str) -> Result<Duration, Problem> {
    go_duration::parse(value).ok_or_else(|| "expected a duration such as 1h30m".to_owned())
}

fn seconds(value: &str) -> Result<Duration, Problem> {
    value.parse().map(Duration::seconds).map_err(|_| "expected a number of seconds".to_owned())
}

fn positive(value: &str) -> Result<Option<Duration>, Problem> {
    let duration = duration(value)?;
    if duration > Duration::zero() { Ok(Some(duration)) } else { Err("expected a positive duration".to_owned()) }
}

fn or_default(duration: Duration, default: Duration) -> Duration {
    if duration.is_zero() { default } else { duration }
}

/// Codes have six digits, unless a length from 6 to 10 is set.
fn code_length(value: &str) -> Result<usize, Problem> {
    number(value).map(|length| if (6..=10).contains(&length) { length } else { 6 })
}

fn interval(codes: &mut Codes, value: &str) -> Result<(), Problem> {
    codes.interval = or_default(duration(value)?, Duration::minutes(1));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of the other parsers")]
fn path(value: &str) -> Result<String, Problem> {
    Ok(if value.is_empty() { "/verify".to_owned() } else { value.to_owned() })
}

fn url(value: &str) -> Result<Option<String>, Problem> {
    match url::Url::parse(value) {
        Ok(_) => Ok(Some(value.trim_end_matches('/').to_owned())),
        Err(_) => Err("expected a URL".to_owned()),
    }
}

/// Parses sets of characters, separated by colons. `\:` is a colon in a set.
fn character_sets(value: &str) -> Vec<String> {
    let sets = value.replace("\\:", "\0");
    sets.split(':').filter(|set| !set.is_empty()).map(|set| set.replace('\0', ":")).collect()
}

/// Parses pairs of a phone number and a code, separated by colons.
fn test_codes(value: &str) -> Result<BTreeMap<String, Secret>, Problem> {
    let pair = |pair: &str| {
        let (phone, code) = pair.split_once(':')?;
        Some((crate::contact::plain_phone(phone), Secret::from(code)))
    };
    let pairs: Option<_> = list(value).iter().map(|text| pair(text)).collect();
    pairs.ok_or_else(|| "expected pairs of a phone number and a code, such as 15550000001:123456".to_owned())
}
