//! The variables that change a response.

use chrono::{DateTime, Duration};

use crate::{
    keys,
    settings::{
        ServerSettings,
        saml::SamlKey,
        variables::{
            Problem,
            values::{
                at_most, ceiling, character_sets, code_length, duration, events, flag, integer, interval,
                linking_domains, list, not_negative, number, optional_url, or_default, path, positive, rate, seconds,
                service_headers, test_codes, text, url,
            },
        },
    },
};

/// Sets a setting from the value of its variable.
pub(super) type Setter = fn(&mut ServerSettings, &str) -> Result<(), Problem>;

/// The variables that change a response, apart from those of providers, hooks, emails and text message providers.
pub(super) const VARIABLES: &[(&str, Setter)] = &[
    ("API_EXTERNAL_URL", |s, v| url(v).map(|v| s.external_url = v)),
    ("GOTRUE_API_MAX_REQUEST_DURATION", |s, v| duration(v).map(|v| s.max_request_duration = v.to_std().ok())),
    ("GOTRUE_API_REQUEST_ID_HEADER", |s, v| text(v).map(|v| s.request_id_header = v)),
    ("GOTRUE_AUDIT_LOG_DISABLE_POSTGRES", |s, v| flag(v).map(|v| s.audit_log = !v)),
    ("GOTRUE_CORS_ALLOWED_HEADERS", |s, v| {
        s.cors_allowed_headers = list(v).iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(())
    }),
    ("GOTRUE_CUSTOM_OAUTH_ENABLED", |s, v| flag(v).map(|v| s.custom_providers = v)),
    ("GOTRUE_CUSTOM_OAUTH_EXTERNAL_URL", |s, v| optional_url(v).map(|v| s.custom_provider_url = v)),
    ("GOTRUE_CUSTOM_OAUTH_MAX_PROVIDERS", |s, v| number(v).map(|v| s.max_custom_providers = v)),
    ("GOTRUE_DISABLE_SIGNUP", |s, v| flag(v).map(|v| s.disable_sign_up = v)),
    ("GOTRUE_EXPERIMENTAL_CREATE_EMAIL_IDENTITY_ON_PASSWORD_SET_ENABLED", |s, v| {
        flag(v).map(|v| s.email_identity_on_password = v)
    }),
    ("GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED", |s, v| flag(v).map(|v| s.cursor_pages = v)),
    ("GOTRUE_EXPERIMENTAL_PROVIDERS_WITH_OWN_LINKING_DOMAIN", |s, v| {
        s.own_linking_domains = list(v);
        Ok(())
    }),
    ("GOTRUE_EXPERIMENTAL_PROVIDER_LINKING_DOMAINS", |s, v| linking_domains(v).map(|v| s.linking_domains = v)),
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
    ("GOTRUE_EXTERNAL_REDIRECTURL", |s, v| text(v).map(|v| s.callback_target = v)),
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
    ("GOTRUE_JWT_EXP", |s, v| {
        let seconds = integer(v).ok().and_then(Duration::try_seconds);
        let lifetime = seconds.ok_or("expected a number of seconds")?;
        s.token_lifetime = or_default(lifetime, Duration::hours(1));
        Ok(())
    }),
    ("GOTRUE_JWT_ISSUER", |s, v| text(v).map(|v| s.issuer = Some(v))),
    ("GOTRUE_JWT_KEYS", |s, v| {
        s.jwt_keys = if v.trim() == "[]" { None } else { Some(keys::parse(v)?) };
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
    ("GOTRUE_MAILER_EMAIL_BACKGROUND_SENDING", |s, v| flag(v).map(|v| s.email_validation.in_background = v)),
    ("GOTRUE_MAILER_EMAIL_VALIDATION_EXTENDED", |s, v| flag(v).map(|v| s.email_validation.extended = v)),
    ("GOTRUE_MAILER_EMAIL_VALIDATION_SERVICE_HEADERS", |s, v| {
        s.email_validation.headers = service_headers(v);
        Ok(())
    }),
    ("GOTRUE_MAILER_EMAIL_VALIDATION_SERVICE_URL", |s, v| optional_url(v).map(|v| s.email_validation.service = v)),
    ("GOTRUE_MAILER_EXTERNAL_HOSTS", |s, v| {
        s.external_hosts = list(v);
        Ok(())
    }),
    ("GOTRUE_MAILER_OTP_EXP", |s, v| seconds(v).map(|v| s.email_codes.lifetime = or_default(v, Duration::days(1)))),
    ("GOTRUE_MAILER_OTP_LENGTH", |s, v| code_length(v).map(|v| s.email_codes.length = v)),
    ("GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED", |s, v| flag(v).map(|v| s.secure_email_change = v)),
    ("GOTRUE_MAILER_URLPATHS_CONFIRMATION", |s, v| path(v).map(|v| s.link_paths.confirmation = v)),
    ("GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE", |s, v| path(v).map(|v| s.link_paths.email_change = v)),
    ("GOTRUE_MAILER_URLPATHS_INVITE", |s, v| path(v).map(|v| s.link_paths.invite = v)),
    ("GOTRUE_MAILER_URLPATHS_RECOVERY", |s, v| path(v).map(|v| s.link_paths.recovery = v)),
    ("GOTRUE_MFA_CHALLENGE_EXPIRY_DURATION", |s, v| {
        let seconds = events(v)?.clamp(300.0, 1e9);
        s.challenge_lifetime = Duration::from_std(std::time::Duration::from_secs_f64(seconds)).unwrap_or_default();
        Ok(())
    }),
    ("GOTRUE_MFA_FACTOR_EXPIRY_DURATION", |s, v| {
        duration(v).map(|v| s.factor_lifetime = v.max(Duration::seconds(300)))
    }),
    ("GOTRUE_MFA_MAX_ENROLLED_FACTORS", |s, v| ceiling(v).map(|v| s.max_factors = v)),
    ("GOTRUE_MFA_MAX_VERIFIED_FACTORS", |s, v| number(v).map(|v| s.max_verified_factors = v)),
    ("GOTRUE_MFA_PHONE_ENROLL_ENABLED", |s, v| flag(v).map(|v| s.phone_factors.enroll = v)),
    ("GOTRUE_MFA_PHONE_MAX_FREQUENCY", |s, v| interval(&mut s.factor_codes, v)),
    ("GOTRUE_MFA_PHONE_OTP_LENGTH", |s, v| code_length(v).map(|v| s.factor_codes.length = v)),
    ("GOTRUE_MFA_PHONE_VERIFY_ENABLED", |s, v| flag(v).map(|v| s.phone_factors.verify = v)),
    ("GOTRUE_MFA_RATE_LIMIT_CHALLENGE_AND_VERIFY", |s, v| events(v).map(|v| s.rate_limits.factors = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_CODE_LENGTH", |s, v| number(v).map(|v| s.recovery_codes.code_length = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_COUNT", |s, v| number(v).map(|v| s.recovery_codes.count = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_ENROLL_ENABLED", |s, v| flag(v).map(|v| s.recovery_codes.enroll = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_LOCKOUT_DURATION", |s, v| duration(v).map(|v| s.recovery_codes.lockout = v)),
    ("GOTRUE_MFA_RECOVERY_CODES_MAX_VERIFY_ATTEMPTS", |s, v| {
        number(v).map(|v| s.recovery_codes.max_verify_attempts = u32::try_from(v).unwrap_or(u32::MAX))
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
    ("GOTRUE_PASSWORD_HIBP_ENABLED", |s, v| flag(v).map(|v| s.leaked_passwords.refuse = v)),
    ("GOTRUE_PASSWORD_HIBP_FAIL_CLOSED", |s, v| flag(v).map(|v| s.leaked_passwords.fail_closed = v)),
    ("GOTRUE_PASSWORD_HIBP_USER_AGENT", |s, v| text(v).map(|v| s.leaked_passwords.user_agent = v)),
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
    ("GOTRUE_SAML_ALLOW_ENCRYPTED_ASSERTIONS", |s, v| flag(v).map(|v| s.saml_encryption = v)),
    ("GOTRUE_SAML_ENABLED", |s, v| flag(v).map(|v| s.saml = v)),
    ("GOTRUE_SAML_EXTERNAL_URL", |s, v| {
        s.saml_url = if v.is_empty() { None } else { url(v)? };
        Ok(())
    }),
    ("GOTRUE_SAML_PRIVATE_KEY", |s, v| {
        s.saml_private_key = if v.is_empty() { None } else { Some(SamlKey::parse(v)?) };
        Ok(())
    }),
    ("GOTRUE_SAML_PRIVATE_KEY_NEXT", |s, v| {
        s.saml_next_private_key = if v.is_empty() { None } else { Some(SamlKey::parse(v)?) };
        Ok(())
    }),
    ("GOTRUE_SAML_RELAY_STATE_VALIDITY_PERIOD", |s, v| {
        not_negative(v).map(|v| s.saml_validity = or_default(v, Duration::minutes(2)))
    }),
    ("GOTRUE_SAML_RATE_LIMIT_ASSERTION", |s, v| events(v).map(|v| s.rate_limits.saml_assertion = v)),
    ("GOTRUE_SECURITY_CAPTCHA_ENABLED", |s, v| flag(v).map(|v| s.captcha = v)),
    ("GOTRUE_SECURITY_CAPTCHA_PROVIDER", |_, v| match v {
        "hcaptcha" | "turnstile" => Ok(()),
        _ => Err("expected hcaptcha or turnstile".to_owned()),
    }),
    ("GOTRUE_SECURITY_MANUAL_LINKING_ENABLED", |s, v| flag(v).map(|v| s.manual_linking = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION", |s, v| {
        at_most(v, 2).map(|version| s.refresh_token_version = version)
    }),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE", |s, v| flag(v).map(|v| s.allow_refresh_token_reuse = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL", |s, v| {
        let seconds = integer(v).ok().and_then(Duration::try_seconds);
        s.reuse_interval = seconds.ok_or("expected a number of seconds")?;
        Ok(())
    }),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED", |s, v| flag(v).map(|v| s.rotate_refresh_tokens = v)),
    ("GOTRUE_SECURITY_REFRESH_TOKEN_UPGRADE_PERCENTAGE", |s, v| {
        at_most(v, 100).map(|percentage| s.refresh_token_upgrade_percentage = percentage)
    }),
    ("GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED", |s, v| flag(v).map(|v| s.reads_sb_forwarded_for = v)),
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
        s.test_codes_until = if v.trim().is_empty() { None } else { Some(until(v.trim())?.to_utc()) };
        Ok(())
    }),
    ("GOTRUE_SMTP_MAX_FREQUENCY", |s, v| interval(&mut s.email_codes, v)),
    ("GOTRUE_URI_ALLOW_LIST", |s, v| {
        s.redirect_urls = Some(list(v));
        Ok(())
    }),
    ("GOTRUE_WEBAUTHN_CHALLENGE_EXPIRY_DURATION", |s, v| duration(v).map(|v| s.passkey_challenge_lifetime = v)),
    ("GOTRUE_WEBAUTHN_RP_DISPLAY_NAME", |s, v| text(v).map(|v| s.relying_party.name = v)),
    ("GOTRUE_WEBAUTHN_RP_ID", |s, v| text(v).map(|v| s.relying_party.id = v)),
    ("GOTRUE_WEBAUTHN_RP_ORIGINS", |s, v| {
        s.relying_party.origins = list(v);
        Ok(())
    }),
];
