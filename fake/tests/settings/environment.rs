//! Where settings come from, and which are refused.

use gotrue_fake::{FakeServer, FakeServerBuilder};
use serde_json::json;

use crate::{World, refusal};

#[tokio::test]
async fn the_defaults_are_those_of_a_real_server() {
    let world = World::of(FakeServerBuilder::real(), &[]).await;
    let settings = world.get("/settings").await;
    assert_eq!(settings["external"].as_object().unwrap().values().filter(|on| **on == json!(true)).count(), 1);
    assert_eq!(settings["external"]["email"], true);
    for name in ["mailer_autoconfirm", "phone_autoconfirm", "saml_enabled", "passkeys_enabled"] {
        assert_eq!(settings[name], false, "{name}");
    }
    assert_eq!(refusal(&world.post("/signup", json!({})).await), (422, "anonymous_provider_disabled"));
}

#[tokio::test]
async fn a_file_is_read_as_the_real_server_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("auth.env");
    let text = "# a comment\nexport GOTRUE_DISABLE_SIGNUP=\"true\"\nGOTRUE_SITE_URL='https://app.example.com'\n\
                OTHER=1\nGOTRUE_DB_DRIVER=postgres\nGOTRUE_EXTERNAL_LINKEDIN_OIDC_ENABLED=true\n\
                GOTRUE_EXTERNAL_LINKEDIN_OIDC_CLIENT_ID=id\n";
    std::fs::write(&file, text).unwrap();
    let world = World::of(FakeServerBuilder::from_env_file(&file).unwrap(), &[]).await;
    let settings = world.get("/settings").await;
    assert_eq!(settings["disable_signup"], true);
    assert_eq!(
        (&settings["external"]["linkedin_oidc"], &settings["external"]["linkedin"]),
        (&json!(true), &json!(false))
    );
    let missing = FakeServerBuilder::from_env_file(directory.path().join("none.env")).unwrap_err();
    assert!(missing.to_string().contains("none.env"), "{missing}");
}

#[test]
fn every_problem_is_named() {
    let error = FakeServer::builder()
        .variables([
            ("GOTRUE_DISABLE_SIGN_UP", "true"),
            ("GOTRUE_JWT_EXP", "1h"),
            ("GOTRUE_EXTERNAL_EMAIL_ENABLED", "yes"),
            ("GOTRUE_SESSIONS_TIMEBOX", "0s"),
            ("GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION", "3"),
            ("GOTRUE_DB_MAX_POOL_SIZE", "many"),
            ("GOTRUE_EXTERNAL_UNKNOWN_ENABLED", "true"),
            ("GOTRUE_SMS_TEST_OTP", "1555"),
            ("GOTRUE_MFA_RECOVERY_CODES_COUNT", "3"),
        ])
        .unwrap_err();
    let expected = "unknown setting GOTRUE_DISABLE_SIGN_UP (did you mean GOTRUE_DISABLE_SIGNUP?); GOTRUE_JWT_EXP: expected a number of seconds; \
                    GOTRUE_EXTERNAL_EMAIL_ENABLED: expected true or false; \
                    GOTRUE_SESSIONS_TIMEBOX: expected a positive duration; \
                    GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION: expected a number from 0 to 2; \
                    GOTRUE_DB_MAX_POOL_SIZE: expected a whole number; \
                    unknown setting GOTRUE_EXTERNAL_UNKNOWN_ENABLED (did you mean GOTRUE_EXTERNAL_KAKAO_ENABLED?); \
                    GOTRUE_SMS_TEST_OTP: expected pairs of a phone number and a code, such as 15550000001:123456; \
                    GOTRUE_MFA_RECOVERY_CODES_COUNT: expected a number from 4 to 16";
    assert_eq!(error.to_string(), expected);
    let both = [("GOTRUE_MAILER_AUTOCONFIRM", "true"), ("GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS", "true")];
    assert!(FakeServer::builder().variables(both).is_err());
}

#[test]
fn values_have_the_forms_of_the_real_server() {
    for (name, accepted, refused) in [
        ("GOTRUE_DISABLE_SIGNUP", &["1", "T", "False"][..], &["", "yes", " true"][..]),
        ("GOTRUE_JWT_EXP", &["0x10", "1_000", "010", "-5"], &["", "1h", "09", "1__0", " 5"]),
        ("GOTRUE_MAILER_OTP_EXP", &["60", "0x1_0"], &["-1", "+1", "1.5"]),
        ("GOTRUE_SESSIONS_TIMEBOX", &["+1h", ".5h", "1h30m"], &["", "0s", "-1h", "1d"]),
        ("GOTRUE_SMTP_MAX_FREQUENCY", &["-1s", "0"], &["1"]),
        ("GOTRUE_SMS_TEST_OTP", &["", "  ", "1:2,3:4"], &["1", "1:2:3", "1:2,", ","]),
        ("GOTRUE_RATE_LIMIT_EMAIL_SENT", &["1e2", "1/1h", "1/0s"], &["1/", "1.5/1h", "1/1h/2"]),
        ("GOTRUE_MFA_MAX_ENROLLED_FACTORS", &["2.5"], &["many"]),
        ("GOTRUE_EXPERIMENTAL_PROVIDER_LINKING_DOMAINS", &["", "google=a, github = b"], &["google", "google=", "a=b,"]),
        ("GOTRUE_SECURITY_CAPTCHA_PROVIDER", &["hcaptcha", "turnstile"], &["", "recaptcha"]),
        ("GOTRUE_DB_CONN_MAX_LIFETIME", &["5s"], &["5"]),
        ("GOTRUE_TRACING_TAGS", &["a:1,b:2"], &["a", "a:1:2"]),
        ("GOTRUE_PASSWORD_HIBP_BLOOM_ITEMS", &["100"], &["-1"]),
    ] {
        for value in accepted {
            let set = FakeServer::builder().variables([(name, *value)]);
            assert!(set.is_ok(), "{name}={value:?}: {}", set.unwrap_err());
        }
        for value in refused {
            let error = FakeServer::builder().variables([(name, *value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: expected ")), "{name}={value:?}: {error}");
        }
    }
}

#[test]
fn errors_do_not_contain_values() {
    for name in [
        "GOTRUE_JWT_KEYS",
        "GOTRUE_SAML_PRIVATE_KEY",
        "GOTRUE_SAML_PRIVATE_KEY_NEXT",
        "GOTRUE_SMS_TEST_OTP",
        "GOTRUE_HOOK_SEND_SMS_SECRETS",
        "GOTRUE_HOOK_SEND_SMS_URI",
        "GOTRUE_MAILER_EMAIL_VALIDATION_SERVICE_URL",
        "GOTRUE_DB_MAX_POOL_SIZE",
        "GOTRUE_SECRET",
    ] {
        let error = FakeServer::builder().variables([(name, "s3cret-value")]).unwrap_err().to_string();
        assert!(error.contains(name) && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn an_unknown_setting_is_named_with_the_nearest_one() {
    for (name, nearest) in [
        ("GOTRUE_SITEURL", "GOTRUE_SITE_URL"),
        ("GOTRUE_MAILER_SECURE_EMAIL_CHANGE", "GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED"),
        ("GOTRUE_EXTERNAL_GITUHB_ENABLED", "GOTRUE_EXTERNAL_GITHUB_ENABLED"),
        ("GOTRUE_HOOK_SEND_EMAIL_SECRET", "GOTRUE_HOOK_SEND_EMAIL_SECRETS"),
        ("GOTRUE_MAILER_SUBJECT_INVITE", "GOTRUE_MAILER_SUBJECTS_INVITE"),
        ("GOTRUE_SMS_TWILIO_ACCOUNT_ID", "GOTRUE_SMS_TWILIO_ACCOUNT_SID"),
        ("GOTRUE_LOGGING_LEVEL", "GOTRUE_LOG_LEVEL"),
    ] {
        let error = FakeServer::builder().variables([(name, "1")]).unwrap_err().to_string();
        assert_eq!(error, format!("unknown setting {name} (did you mean {nearest}?)"));
    }
    let error = FakeServer::builder().variables([("GOTRUE_QUANTUM_FLUX", "1")]).unwrap_err().to_string();
    assert_eq!(error, "unknown setting GOTRUE_QUANTUM_FLUX");
}

#[test]
fn settings_without_effect_are_accepted() {
    let accepted = [
        ("GOTRUE_DB_MAX_POOL_SIZE", "10"),
        ("GOTRUE_SMTP_HOST", "mail.example.com"),
        ("GOTRUE_MAILER_TEMPLATES_INVITE", "https://example.com/invite.html"),
        ("GOTRUE_HOOK_SEND_EMAIL_ENABLED", "false"),
        ("GOTRUE_EXTERNAL_GITHUB_SECRET", "secret"),
        ("GOTRUE_JWT_KEYS", "[]"),
        ("PORT", "9999"),
        // Variables of earlier versions.
        ("GOTRUE_COOKIE_KEY", "sb"),
        ("GOTRUE_MFA_ENABLED", "true"),
        ("GOTRUE_MAX_VERIFIED_FACTORS", "10"),
    ];
    drop(FakeServer::builder().variables(accepted).unwrap());
}
