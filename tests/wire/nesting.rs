//! Free-form data nested as deep as the server accepts it, which is 10,000 levels: it is decoded, kept and dropped, and
//! never costs what is beside it. The bound itself is tested in `src/nesting.rs`, with arbitrary documents.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::{
    Claims, MemoryStore, Password, ProfileUpdate, Session, SessionStore, SignUp, SignUpOutcome,
    admin::UpdateUser,
    serde_json::{self, Value, json},
};
use gotrue_fake::FakeServer;
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

/// A server with a user whose metadata has a member that is nested too deep.
async fn world() -> (FakeServer, Session, Value) {
    let deep = (0..110).fold(json!(7), |inner, _| json!({ "a": inner }));
    let server = FakeServer::start().await;
    let sign_up = SignUp::email("ada@example.com", "correct-horse-7").data(json!({ "deep": deep, "name": "Ada" }));
    let signed_up = server.client().unwrap().sign_up(sign_up).await.unwrap();
    let SignUpOutcome::Session(session) = signed_up else { panic!("{signed_up:?}") };
    (server, session, deep)
}

/// The metadata as the server has it.
async fn on_the_server(server: &FakeServer, session: &Session) -> Value {
    let token = session.access_token().expose();
    let request = gotrue::reqwest::Client::new().get(format!("{}/user", server.url())).bearer_auth(token);
    let user: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    user["user_metadata"].clone()
}

#[tokio::test]
async fn an_update_of_other_members_leaves_a_deep_one_as_it_is() {
    let (server, session, deep) = world().await;
    let user = server.client().unwrap().user(session.access_token());
    assert_eq!(on_the_server(&server, &session).await["deep"], deep);
    let updated = user.update(ProfileUpdate::new().data(json!({ "name": "Grace" }))).await.unwrap();
    assert_eq!(updated.user_metadata.unwrap()["name"], "Grace");
    let admin = server.client().unwrap().admin(server.service_key());
    admin.users().update(updated.id, UpdateUser::new().user_metadata(json!({ "year": 1815 }))).await.unwrap();
    let expected = json!({ "deep": deep, "name": "Grace", "year": 1815 });
    let metadata = on_the_server(&server, &session).await;
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&metadata[name], value);
    }
}

// This is documented in `gotrue::types`.
#[tokio::test]
async fn a_deep_member_that_is_written_back_becomes_text() {
    let (server, session, deep) = world().await;
    let user = server.client().unwrap().user(session.access_token());
    let metadata = user.get().await.unwrap().user_metadata.unwrap();
    user.update(ProfileUpdate::new().data(metadata.clone())).await.unwrap();
    assert_ne!(on_the_server(&server, &session).await["deep"], deep);
    // Once only: reading and writing it again changes nothing.
    assert_eq!(user.get().await.unwrap().user_metadata.unwrap(), metadata);
}

#[tokio::test]
async fn a_stored_session_is_read_as_it_was_written() {
    for deep in DEPTHS.into_iter().flat_map(nested) {
        let mut body = session();
        body["user"] = odd_user();
        let server = server_that_answers(reply(&body, &deep)).await;
        let store = MemoryStore::new();
        let manager = client_of(&server).session_manager(store.clone()).await.unwrap();
        manager.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
        let record = store.load().await.unwrap().unwrap();
        let written = record.to_json().unwrap();
        let read = gotrue::store::StoredSession::from_json(&written).unwrap();
        assert_eq!(read.to_json().unwrap(), written);
        assert_eq!(read.revision(), record.revision());
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_and_not_followed() {
    for body in ["[".repeat(1_000_000), r#"{"a":"#.repeat(100_000)] {
        let server = server_that_answers(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
        let error = client_of(&server).user("token").get().await.unwrap_err();
        assert!(matches!(error, gotrue::Error::UnreadableResponse(_)), "{error:?}");
    }
}
