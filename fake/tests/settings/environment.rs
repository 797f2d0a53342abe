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
