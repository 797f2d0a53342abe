//! Free-form data nested as deep as the server accepts it, which is 10,000 levels: it is decoded, kept and dropped, and
//! never costs what is beside it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::{
    Claims, MemoryStore, Password, SessionStore, SignUp, SignUpOutcome,
    serde_json::{Value, json},
};
use support::{SERVICE_KEY, client_of, server_that_answers, session, user};
use wiremock::ResponseTemplate;

const DEPTHS: [usize; 6] = [90, 100, 127, 130, 1000, 10_000];

/// The JSON of a value of that depth.
fn nested(depth: usize) -> [String; 3] {
    let of = |open: &str, innermost: &str, close: &str, levels: usize| {
        format!("{}{innermost}{}", open.repeat(depth / levels), close.repeat(depth / levels))
    };
    [of("[", "7", "]", 1), of(r#"{"a":"#, r#""text""#, "}", 1), of(r#"[1,{"a":"#, "{}", r#","b":[]}]"#, 2)]
}

/// A reply with a value in place of a marker.
fn reply(body: &Value, deep: &str) -> ResponseTemplate {
    let body = body.to_string().replace(r#""DEEP""#, deep);
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

/// A user with the marker in each free-form field.
fn odd_user() -> Value {
    let mut user = user();
    user["user_metadata"] = json!({ "deep": "DEEP", "name": "Ada" });
    user["app_metadata"] = json!({ "deep": "DEEP", "provider": "email" });
    user["identities"][0]["identity_data"] = json!({ "deep": "DEEP" });
    user["unknown"] = json!("DEEP");
    user
}

#[tokio::test]
async fn an_odd_user_never_costs_a_page() {
    for deep in DEPTHS.into_iter().flat_map(nested) {
        let server = server_that_answers(reply(&json!({ "users": [user(), odd_user(), user()] }), &deep)).await;
        let page = client_of(&server).admin(SERVICE_KEY).users().list().get().await.unwrap();
        assert_eq!(page.items.len(), 3);
        let metadata = page.items[1].user_metadata.as_ref().unwrap();
        assert_eq!(metadata["name"], "Ada");
        // It can be cloned, compared, printed and written.
        assert_eq!(page.items[1].clone().user_metadata.as_ref(), Some(metadata));
        assert!(format!("{metadata:?}").contains("Ada"));
        let written = gotrue::serde_json::to_string(metadata).unwrap();
        let innermost = ["7", "text", "{}"].into_iter().any(|innermost| written.contains(innermost));
        assert!(innermost, "{written}");
    }
}

#[tokio::test]
async fn a_session_of_an_odd_user_is_kept() {
    for deep in DEPTHS.into_iter().flat_map(nested) {
        let mut body = session();
        body["user"] = odd_user();
        let server = server_that_answers(reply(&body, &deep)).await;
        let client = client_of(&server);
        let signed_up = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
        assert!(matches!(signed_up, SignUpOutcome::Session(_)));
        let store = MemoryStore::new();
        let manager = client.session_manager(store.clone()).await.unwrap();
        manager.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let record = store.load().await.unwrap().unwrap().to_json().unwrap();
        gotrue::store::StoredSession::from_json(&record).unwrap();

        let server = server_that_answers(reply(&odd_user(), &deep)).await;
        let outcome = client_of(&server).sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let SignUpOutcome::ConfirmationRequired(user) = outcome else { panic!("{outcome:?}") };
        assert_eq!(user.user_metadata.unwrap()["name"], "Ada");
    }
}

#[tokio::test]
async fn odd_traits_never_cost_an_audit_log() {
    let entry = json!({
        "id": "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896", "created_at": "2026-11-24T00:25:33Z", "ip_address": "",
        "payload": { "action": "login", "traits": { "deep": "DEEP" }, "log_type": "account" },
    });
    for deep in DEPTHS.into_iter().flat_map(nested) {
        let server = server_that_answers(reply(&json!([entry, entry]), &deep)).await;
        let page = client_of(&server).admin(SERVICE_KEY).audit_log().get().await.unwrap();
        assert_eq!(page.items.len(), 2);
    }
}

#[test]
fn odd_claims_are_read() {
    for deep in DEPTHS.into_iter().flat_map(nested) {
        let claims = json!({
            "sub": user()["id"], "exp": 1_795_483_533, "custom": "DEEP", "user_metadata": { "deep": "DEEP" },
        });
        let claims = claims.to_string().replace(r#""DEEP""#, &deep);
        let [header, claims] = [r#"{"alg":"HS256"}"#, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let token = format!("{header}.{claims}.c2ln");
        let claims = Claims::read_unverified(&token.into()).unwrap();
        assert!(claims.custom("custom").is_some());
        let _ = claims.clone();
    }
}

#[tokio::test]
async fn free_form_data_that_is_not_odd_keeps_its_structure() {
    let deep = nested(90)[0].clone();
    let server = server_that_answers(reply(&odd_user(), &deep)).await;
    let user = client_of(&server).user("token").get().await.unwrap();
    let expected: Value = gotrue::serde_json::from_str(&deep).unwrap();
    assert_eq!(user.user_metadata.unwrap()["deep"], expected);
}

#[tokio::test]
async fn a_deeper_value_becomes_text() {
    let deep = nested(10_000)[1].clone();
    let server = server_that_answers(reply(&odd_user(), &deep)).await;
    let user = client_of(&server).user("token").get().await.unwrap();
    let metadata = user.user_metadata.unwrap();
    let (mut innermost, mut depth) = (&metadata["deep"], 0);
    while let Some(inner) = innermost.get("a") {
        innermost = inner;
        depth += 1;
    }
    let text = innermost.as_str().unwrap();
    assert!((90..=100).contains(&depth) && text.starts_with(r#"{"a":"#), "{depth}");
    assert_eq!(text.matches('{').count() + depth, 10_000);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_and_not_followed() {
    for body in ["[".repeat(1_000_000), r#"{"a":"#.repeat(100_000)] {
        let server = server_that_answers(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let error = client_of(&server).user("token").get().await.unwrap_err();
        assert!(matches!(error, gotrue::Error::UnreadableResponse(_)), "{error:?}");
    }
}
