//! Every recorded request verifies and decodes without loss, and any change of it is noticed.

use chrono::Duration;
use gotrue::hooks::{AnyHook, Hook, HookError, HookSecrets, HookVerifier};
use gotrue_fake::ManualClock;
use serde::Serialize;
use serde_json::Value;
use support::same::same;

use crate::recording::Recording;

#[test]
fn every_request_verifies_and_decodes() {
    let recordings = Recording::all();
    assert_eq!(recordings.len(), 42);
    for (file, recording) in recordings {
        let hook = recording.verifier().verify(&recording.headers(), recording.body()).expect(&file);
        let (variant, decoded) = match hook {
            AnyHook::BeforeUserCreated(hook) => ("before_user_created", decoded(&hook)),
            AnyHook::AfterUserCreated(hook) => ("after_user_created", decoded(&hook)),
            AnyHook::SendEmail(hook) => ("send_email", decoded(&hook)),
            AnyHook::SendSms(hook) => ("send_sms", decoded(&hook)),
            AnyHook::CustomAccessToken(hook) => ("custom_access_token", decoded(&hook)),
            AnyHook::PasswordVerificationAttempt(hook) => ("password_verification_attempt", decoded(&hook)),
            AnyHook::MfaVerificationAttempt(hook) => ("mfa_verification_attempt", decoded(&hook)),
            other => panic!("{file}: {other:?}"),
        };
        assert_eq!(variant, recording.hook, "{file}");
        let sent: Value = serde_json::from_slice(recording.body()).unwrap();
        assert_eq!(same(&decoded, &sent), Ok(()), "{file}: the models lack a field");
    }
}

/// Returns a payload as its model serializes it, after a check of what is common to all hooks.
fn decoded<T: gotrue::hooks::Payload + Serialize>(hook: &Hook<T>) -> Value {
    let metadata = &hook.json()["metadata"];
    assert_eq!(hook.name(), T::HOOK);
    assert_eq!(hook.name(), metadata["name"].as_str());
    assert_eq!(hook.event_id().map(|id| id.to_string()).as_deref(), metadata["uuid"].as_str());
    serde_json::to_value(&**hook).unwrap()
}

#[test]
fn each_secret_of_a_rotation_verifies_alone() {
    for (file, recording) in Recording::all() {
        for index in [0, 1] {
            let verifier = recording.verifier_with(recording.secret(index));
            verifier.verify(&recording.headers(), recording.body()).expect(&file);
        }
    }
}

#[test]
fn another_secret_does_not_verify() {
    for (file, recording) in Recording::all() {
        let verifier = recording.verifier_with(HookSecrets::generate().unwrap());
        let error = verifier.verify(&recording.headers(), recording.body()).expect_err(&file);
        assert!(matches!(error, HookError::Signature), "{file}: {error}");
    }
}

#[test]
fn one_changed_bit_does_not_verify() {
    for (file, recording) in Recording::all() {
        let (verifier, headers) = (recording.verifier(), recording.headers());
        for position in 0..recording.body().len() {
            let mut body = recording.body().to_vec();
            body[position] ^= 1 << (position % 8);
            let error = verifier.verify(&headers, &body).expect_err(&file);
            assert!(matches!(error, HookError::Signature), "{file}, byte {position}: {error}");
        }
    }
}

#[test]
fn the_id_and_the_timestamp_are_signed() {
    let recording = Recording::of("send_email");
    let timestamp = recording.time().timestamp();
    for (header, value) in [
        ("webhook-id", "0d7c3a00-187d-4c62-8ae4-d788ad131f36".to_owned()),
        ("webhook-timestamp", (timestamp + 1).to_string()),
        ("webhook-timestamp", format!("{timestamp} ")),
        ("webhook-timestamp", format!("+{timestamp}")),
    ] {
        let mut headers = recording.headers();
        headers.insert(header, value.parse().unwrap());
        let error = recording.verifier().verify(&headers, recording.body()).unwrap_err();
        assert!(matches!(error, HookError::Signature), "{header} {value}: {error}");
    }
}

#[test]
fn a_request_from_another_time_does_not_verify() {
    for (file, recording) in Recording::all() {
        for (offset, is_accepted) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            let clock = ManualClock::at(recording.time() + Duration::seconds(offset));
            let verifier = HookVerifier::new(recording.secrets()).clock(clock);
            match verifier.verify(&recording.headers(), recording.body()) {
                Ok(_) => assert!(is_accepted, "{file}, {offset}"),
                Err(HookError::Time { seconds }) => assert!(!is_accepted && seconds == -offset, "{file}, {offset}"),
                Err(error) => panic!("{file}: {error}"),
            }
        }
    }
}

#[test]
fn a_request_for_another_hook_is_named() {
    let recording = Recording::of("send_sms");
    let verifier = recording.verifier();
    let error = verifier.verify_as::<gotrue::hooks::SendEmail>(&recording.headers(), recording.body()).unwrap_err();
    assert_eq!(error.to_string(), "the request is for the hook `send-sms`, not for `send-email`");
    verifier.verify_as::<gotrue::hooks::SendSms>(&recording.headers(), recording.body()).unwrap();
    verifier.verify_as::<Value>(&recording.headers(), recording.body()).unwrap();
}

/// Hooks are printed while services are developed, and by the traces of frameworks.
#[test]
fn codes_are_not_printed() {
    let mut codes = 0;
    for (file, recording) in Recording::all() {
        let verify = || recording.verifier().verify(&recording.headers(), recording.body()).expect(&file);
        let any = recording.verifier().verify_as::<Value>(&recording.headers(), recording.body()).expect(&file);
        let printed = [format!("{:?}", verify()), format!("{:#?}", verify()), format!("{any:?}")];
        let sent: Value = serde_json::from_slice(recording.body()).unwrap();
        for path in [
            "/sms/otp",
            "/email_data/token",
            "/email_data/token_hash",
            "/email_data/token_new",
            "/email_data/token_hash_new",
        ] {
            let Some(code) = sent.pointer(path).and_then(Value::as_str).filter(|code| !code.is_empty()) else {
                continue;
            };
            codes += 1;
            assert!(printed.iter().all(|text| !text.contains(code)), "{file}: {path} is printed");
        }
        let name = sent["metadata"]["name"].as_str().unwrap();
        assert!(printed.iter().all(|text| text.contains(name)), "{file}");
    }
    assert!(codes > 10, "{codes}");
}
