//! Headers of every form: what the server sends, what Standard Webhooks describes, and what neither does.

use chrono::{DateTime, Utc};
use gotrue::hooks::{AnyHook, BeforeUserCreated, HookError, HookSecrets, HookVerifier, SendSms};
use gotrue_fake::ManualClock;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::recording::Recording;

const BODY: &[u8] = br#"{"metadata":{"name":"hook-of-tomorrow"},"new":[1]}"#;
const ID: &str = "msg_1";

struct Signer {
    secrets: HookSecrets,
    now: DateTime<Utc>,
}

impl Signer {
    fn new() -> Self {
        Self { secrets: HookSecrets::generate().unwrap(), now: DateTime::from_timestamp(1_800_000_000, 0).unwrap() }
    }

    fn signature(&self) -> String {
        self.secrets.sign(ID, self.now.timestamp(), BODY)
    }

    fn headers(&self, signature: &str) -> HeaderMap {
        let timestamp = self.now.timestamp().to_string();
        [("webhook-id", ID), ("webhook-timestamp", &timestamp), ("webhook-signature", signature)]
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect::<HeaderMap>()
    }

    fn verify(&self, headers: &HeaderMap) -> Result<AnyHook, HookError> {
        HookVerifier::new(self.secrets.clone()).clock(ManualClock::at(self.now)).verify(headers, BODY)
    }
}

#[test]
fn the_signature_may_stand_among_others() {
    let signer = Signer::new();
    let (right, wrong) = (signer.signature(), "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    for header in [
        right.clone(),
        format!("{wrong}, {right}"),
        format!("{right}, {wrong}"),
        format!("{wrong} {right}"),
        format!("{wrong},{right}"),
        format!("v1a,AAAA {right}"),
        format!("  {right}  "),
    ] {
        signer.verify(&signer.headers(&header)).unwrap_or_else(|error| panic!("{header}: {error}"));
    }
    for header in
        [wrong.to_owned(), right.replace("v1,", "v2,"), right.replace("v1,", "v1a,"), right.replace("v1,", "")]
    {
        let error = signer.verify(&signer.headers(&header)).unwrap_err();
        assert!(matches!(error, HookError::Signature), "{header}: {error}");
    }
}

#[test]
fn several_headers_of_signatures_are_one_list() {
    let signer = Signer::new();
    let mut headers = signer.headers("v1,AAAA");
    headers.append("webhook-signature", signer.signature().parse().unwrap());
    signer.verify(&headers).unwrap();
}

#[test]
fn a_header_that_is_missing_empty_or_repeated_is_named() {
    let signer = Signer::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let whole = signer.headers(&signer.signature());
        let mut missing = whole.clone();
        missing.remove(name);
        let mut empty = whole.clone();
        empty.insert(name, HeaderValue::from_static(""));
        let mut unreadable = whole.clone();
        unreadable.insert(name, HeaderValue::from_bytes(b"\xff").unwrap());
        let mut repeated = whole.clone();
        repeated.append(name, whole[name].clone());
        let cases = [("missing", missing), ("empty", empty), ("unreadable", unreadable), ("repeated", repeated)];
        for (case, headers) in cases.iter().filter(|(case, _)| name != "webhook-signature" || *case != "repeated") {
            match signer.verify(headers) {
                Err(HookError::Header { header }) => assert_eq!(header, name, "{case}"),
                other => panic!("{name} is {case}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_time_that_is_no_number_is_refused_even_if_signed() {
    let signer = Signer::new();
    let mut headers = signer.headers("");
    headers.insert("webhook-timestamp", HeaderValue::from_static("9223372036854775808"));
    assert!(matches!(signer.verify(&headers), Err(HookError::Header { header: "webhook-signature" })));
    for time in [i64::MAX, i64::MIN] {
        let signature = signer.secrets.sign(ID, time, BODY);
        let mut headers = signer.headers(&signature);
        headers.insert("webhook-timestamp", time.to_string().parse().unwrap());
        assert!(matches!(signer.verify(&headers), Err(HookError::Time { .. })));
    }
}

#[test]
fn an_unknown_hook_is_kept_whole() {
    let signer = Signer::new();
    match signer.verify(&signer.headers(&signer.signature())).unwrap() {
        AnyHook::Other(hook) => {
            assert_eq!(hook.name(), Some("hook-of-tomorrow"));
            assert_eq!(hook.json()["new"][0], 1);
        }
        other => panic!("{other:?}"),
    }
}

/// A user can store metadata that is nested as deep as the server takes, and must still be able to sign in.
#[test]
fn a_payload_of_any_depth_verifies() {
    let signer = Signer::new();
    let verifier = HookVerifier::new(signer.secrets.clone()).clock(ManualClock::at(signer.now));
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [90, 130, 5_000] {
            let deep = format!("{}7{}", open.repeat(depth), close.repeat(depth));
            let metadata = format!("\"user_metadata\":{{\"deep\":{deep}}}");
            let body = Recording::of("before_user_created").request.body.replace("\"user_metadata\":{}", &metadata);
            let headers = signer.headers(&signer.secrets.sign(ID, signer.now.timestamp(), body.as_bytes()));
            let hook = verifier.verify_as::<BeforeUserCreated>(&headers, body.as_bytes());
            let hook = hook.unwrap_or_else(|error| panic!("{depth}: {error:?}"));
            assert!(hook.json()["user"]["user_metadata"]["deep"].to_string().contains('7'));
        }
    }
}

/// A code of another type would be quoted by the error of the JSON.
#[test]
fn an_error_of_the_payload_quotes_no_value() {
    let signer = Signer::new();
    let verifier = HookVerifier::new(signer.secrets.clone()).clock(ManualClock::at(signer.now));
    for (sms, problem) in [
        (json!({ "otp": 573_194 }), "expected a string"),
        (json!({ "otp": ["573194"] }), "expected a string"),
        (json!("573194, expected nothing"), "expected struct SmsData"),
    ] {
        let mut body: Value = serde_json::from_slice(Recording::of("send_sms").body()).unwrap();
        body["sms"] = sms;
        let body = body.to_string();
        let headers = signer.headers(&signer.secrets.sign(ID, signer.now.timestamp(), body.as_bytes()));
        let error = verifier.verify_as::<SendSms>(&headers, body.as_bytes()).unwrap_err();
        let printed = format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(printed.contains(problem) && !printed.contains("573"), "{printed}");
    }
}
