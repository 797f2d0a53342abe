//! Generated input from outside, derived from recorded exchanges: nothing panics, hangs, or prints the secrets in it,
//! in 100,000 cases each. Access tokens are in `jwt/anything.rs`, redirects also in `callback.rs`.

use std::{
    fmt::{Debug, Write as _},
    fs,
    path::Path,
    sync::LazyLock,
};

use futures::FutureExt;
use gotrue::{Callback, Error, raw, store::StoredSession, types};
use proptest::{prelude::*, sample::Index};
use reqwest_response::reply;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

const CASES: u32 = 100_000;

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: CASES, ..ProptestConfig::default() }
}

/// A token that stands in many places, and must stay there.
const PLANTED: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0YzdmNmYzIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The bodies that a real server has sent, a success and an error alike.
static BODIES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let exchanges = files.iter().filter_map(|file| serde_json::from_slice::<Value>(&fs::read(file).ok()?).ok());
    exchanges.filter_map(|mut exchange| Some(exchange["response"].get_mut("json")?.take())).collect()
});

/// One of the bodies, with some of its values changed.
fn changed_body() -> impl Strategy<Value = Value> {
    (any::<Index>(), changes()).prop_map(|(body, changes)| changed(&BODIES[body.index(BODIES.len())], changes))
}

/// Values, and where to put them.
fn changes() -> impl Strategy<Value = Vec<(Index, Value)>> {
    prop::collection::vec((any::<Index>(), any_value()), 0..4)
}

fn changed(value: &Value, changes: Vec<(Index, Value)>) -> Value {
    let mut value = value.clone();
    for (place, new) in changes {
        let places = places(&value, "");
        if let Some(there) = value.pointer_mut(&places[place.index(places.len())]) {
            *there = new;
        }
    }
    value
}

/// A value that a server might send where another is awaited.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(i64::MAX)),
        Just(json!("")),
        Just(json!(PLANTED)),
        Just(json!({})),
        Just(json!([])),
        Just(json!([PLANTED, { "access_token": PLANTED }])),
        Just(json!("9999-12-31T23:59:59.999999999Z")),
        "\\PC{0,20}".prop_map(Value::from),
    ]
}

/// The pointers to all values within a value.
fn places(value: &Value, here: &str) -> Vec<String> {
    let within: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.replace('/', "~1"), value)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let within = within.into_iter().flat_map(|(name, value)| places(value, &format!("{here}/{name}")));
    std::iter::once(here.to_owned()).chain(within).collect()
}

/// The text of a body, whole, cut off, or with something in its midst.
fn changed_text() -> impl Strategy<Value = Vec<u8>> {
    let whole = changed_body().prop_map(|body| body.to_string().into_bytes());
    let cut = (whole, any::<Index>(), prop::option::of(any::<Vec<u8>>()));
    cut.prop_map(|(mut text, at, inserted)| {
        let at = at.index(text.len());
        match inserted {
            Some(bytes) => drop(text.splice(at..at, bytes)),
            None => text.truncate(at),
        }
        text
    })
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => changed_body().prop_map(|body| body.to_string().into_bytes()),
        2 => changed_text(),
        1 => any::<Vec<u8>>(),
        1 => Just(format!("<html><body>token={PLANTED}</body></html>").into_bytes()),
    ]
}

#[track_caller]
fn assert_clean(text: &str) {
    for part in PLANTED.split('.') {
        assert!(!text.contains(part), "{text}");
    }
}

/// All texts of an error and its causes.
fn all_of(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn error_bodies(
        status in prop_oneof![400u16..600, 200u16..600],
        code in prop::option::of(prop_oneof![Just("over_request_rate_limit"), Just(PLANTED), Just("")]),
        retry_after in prop::option::of("[0-9]{1,25}|-1|[A-Z][a-z]{2}, [0-9]{2} Nov 2026 [0-9]{2}:00:00 GMT"),
        body in any_bytes(),
    ) {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(code.map(|code| ("x-sb-error-code", code.to_owned())));
        headers.extend(retry_after.map(|value| ("retry-after", value)));
        let error = raw::Error::UnexpectedResponse(reply(status, &headers, body));
        let error = Error::from_raw(error).now_or_never().expect("the body is there");
        prop_assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        let _ = (error.is_retryable(), error.ends_session(), error.retry_after(), error.weak_password_reasons());
        assert_clean(&all_of(&error));
    }

    #[test]
    fn server_replies(body in changed_body()) {
        let decoders = [
            decode::<types::Session>, decode::<types::User>, decode::<types::SignUpResult>,
            decode::<types::VerifyResult>, decode::<types::Settings>, decode::<types::JwkSet>,
            decode::<types::UserList>, decode::<types::Factor>, decode::<Vec<types::Factor>>,
            decode::<types::EnrollFactorResult>, decode::<types::ChallengeFactorResult>,
            decode::<types::UnenrollFactorResult>, decode::<types::Passkey>, decode::<Vec<types::Passkey>>,
            decode::<types::PasskeyRegistrationOptions>, decode::<types::PasskeyAuthenticationOptions>,
            decode::<types::GenerateLinkResult>, decode::<Vec<types::AuditLogEntry>>,
            decode::<types::SsoProvider>, decode::<types::SsoProviderList>, decode::<types::CustomProvider>,
            decode::<types::CustomProviderList>, decode::<types::OAuthClient>, decode::<types::OAuthClientList>,
            decode::<types::OAuthAuthorizationResult>, decode::<types::OAuthTokens>,
            decode::<types::OAuthUserInfo>, decode::<types::OAuthServerMetadata>, decode::<Vec<types::OAuthGrant>>,
            decode::<types::Error>,
        ];
        for decode in decoders {
            decode(&body);
        }
    }

    #[test]
    fn stored_records(record in any_record()) {
        match StoredSession::from_json(&record) {
            Ok(read) => {
                let text = format!("{read:?}");
                prop_assert!(!text.contains("access-secret") && !text.contains("refresh-secret"), "{}", text);
                // What was read can be kept, and is the same then.
                let again = StoredSession::from_json(&read.to_json().unwrap()).unwrap();
                prop_assert_eq!(again.revision(), read.revision());
            }
            Err(error) => prop_assert!(!error.to_string().contains("-secret"), "{}", error),
        }
    }

    #[test]
    fn redirects(
        query in prop::option::of(pairs()),
        fragment in prop::option::of(pairs()),
        base in prop::sample::select(vec!["https://app.example.com/cb", "app://cb", "http://127.0.0.1:1/", "app:"]),
    ) {
        let part = |sign: &str, pairs: Option<String>| pairs.map(|pairs| format!("{sign}{pairs}")).unwrap_or_default();
        if let Ok(url) = Url::parse(&format!("{base}{}{}", part("?", query), part("#", fragment))) {
            assert_clean(&format!("{:?}", Callback::parse(&url)));
        }
    }
}

/// Decodes or refuses, and prints no secret of a session either way.
fn decode<T: DeserializeOwned + Debug>(body: &Value) {
    let secret = body["access_token"].as_str().filter(|token| token.starts_with("eyJ") && *token != PLANTED);
    if let (Ok(value), Some(secret)) = (T::deserialize(body), secret) {
        let text = format!("{value:?}");
        // Types without the field keep nothing of it.
        assert!(!text.contains(secret), "{text}");
    }
}

/// A record as it is stored, with some of its values changed, or cut off.
fn any_record() -> impl Strategy<Value = Vec<u8>> {
    static RECORD: LazyLock<Value> = LazyLock::new(|| serde_json::from_slice(&record()).unwrap());
    let whole = changes().prop_map(|changes| changed(&RECORD, changes).to_string().into_bytes()).boxed();
    let cut = (whole.clone(), any::<Index>()).prop_map(|(mut record, at)| {
        record.truncate(at.index(record.len()));
        record
    });
    prop_oneof![4 => whole, 1 => cut, 1 => any::<Vec<u8>>()]
}

/// A record as a manager writes it.
fn record() -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let body = json!({
            "access_token": "access-secret", "refresh_token": "refresh-secret", "token_type": "bearer",
            "expires_in": 3600, "expires_at": 1_767_225_600, "provider_token": "provider-secret",
            "user": support::user(),
        });
        let server = support::server_that_answers(wiremock::ResponseTemplate::new(200).set_body_json(body)).await;
        let store = gotrue::MemoryStore::new();
        let manager = support::client_of(&server).session_manager(store.clone()).await.unwrap();
        manager.sign_in(gotrue::RefreshToken::new("first")).await.unwrap();
        gotrue::SessionStore::load(&store).await.unwrap().unwrap().to_json().unwrap()
    })
}

/// A query or fragment as a server or an attacker might write it.
fn pairs() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "code",
        "access_token",
        "refresh_token",
        "provider_token",
        "expires_in",
        "expires_at",
        "type",
        "error",
        "error_code",
        "error_description",
        "message",
        "sb",
        "sb_flow",
        "x",
    ]);
    let value = prop_oneof![
        Just(PLANTED.to_owned()),
        Just("recovery".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "\\PC{0,12}",
        "(%[0-9a-f]{0,2}|[&=#+;]){0,8}",
    ];
    prop::collection::vec((name, value), 0..8).prop_map(|pairs| {
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    })
}

/// A reply that came over no network.
pub mod reqwest_response {
    use gotrue::reqwest::Response;

    pub fn reply(status: u16, headers: &[(&str, String)], body: Vec<u8>) -> Response {
        let mut reply = http::Response::builder().status(status);
        for (name, value) in headers {
            reply = reply.header(*name, value);
        }
        reply.body(body).unwrap().into()
    }
}
