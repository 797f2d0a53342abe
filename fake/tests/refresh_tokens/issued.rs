//! Which calls issue refresh tokens, and which leave them as they are.

use gotrue::{Provider, reqwest::Method};
use serde_json::{Value, json};

use super::world::{NOT_FOUND, World};

async fn start() -> World {
    World::start(|builder| builder.refresh_token_version(2)).await
}

#[tokio::test]
async fn each_sign_in_starts_a_session_at_zero() {
    let world = start().await;
    let first = world.sign_up().await;
    let id_token = world.server.id_token(Provider::Google, &json!({})).unwrap();
    let all = [
        world.sign_in().await,
        world.post("/signup", None, json!({})).await,
        world.post("/token?grant_type=id_token", None, json!({ "provider": "google", "id_token": id_token })).await,
        {
            world.post("/otp", None, json!({ "email": "ada@example.com" })).await;
            let code = world.server.last_message_to("ada@example.com").unwrap().code;
            let body = json!({ "type": "email", "email": "ada@example.com", "token": code });
            world.post("/verify", None, body).await
        },
    ];
    for session in all {
        let session = session.expect_session();
        assert_eq!(session.token_headers(), [Some("0"), None, None, None, None]);
        assert_eq!(session.header("user-id").map(Into::into), Some(session.body["user"]["id"].clone()));
        assert_eq!(session.header("session-id").map(Into::into), Some(session.claim("session_id")));
        assert_ne!(session.claim("session_id"), first.claim("session_id"));
    }
}

#[tokio::test]
async fn linking_by_id_token_starts_another_session() {
    let world = start().await;
    let first = world.sign_up().await;
    let id_token = world.server.id_token(Provider::Google, &json!({})).unwrap();
    let body = json!({ "provider": "google", "id_token": id_token, "link_identity": true });
    let linked = world.post("/token?grant_type=id_token", Some(first.access_token()), body).await.expect_session();
    assert_eq!(linked.body["user"]["id"], first.body["user"]["id"]);
    assert_ne!(linked.claim("session_id"), first.claim("session_id"));
    assert_eq!(linked.token_headers()[0], Some("0"));
    // The response has the identities from before.
    assert_eq!(linked.body["user"]["identities"].as_array().unwrap().len(), 1);
    let user = world.send(Method::GET, "/user", Some(linked.access_token()), Value::Null).await.body;
    assert_eq!(user["identities"].as_array().unwrap().len(), 2);
    // The first session stays.
    assert_eq!(world.refresh(first.refresh_token()).await.token_headers()[0], Some("1"));
}

#[tokio::test]
async fn an_update_of_the_user_leaves_the_counter() {
    let world = start().await;
    let (other, session) = (world.sign_up().await, world.sign_in().await);
    for change in [json!({ "data": { "color": "blue" } }), json!({ "password": "another-horse-8" })] {
        let updated = world.send(Method::PUT, "/user", Some(session.access_token()), change).await;
        assert_eq!((updated.status, updated.token_headers()), (200, [None; 5]), "{:?}", updated.body);
    }
    // A new password ends the other sessions.
    assert_eq!(world.refresh(other.refresh_token()).await.error(), NOT_FOUND);
    assert_eq!(world.refresh(session.refresh_token()).await.token_headers()[0], Some("1"));
}

#[tokio::test]
async fn sign_out_deletes_the_session() {
    let world = start().await;
    let session = world.sign_up().await;
    assert_eq!(world.post("/logout", Some(session.access_token()), json!({})).await.status, 204);
    assert_eq!(world.refresh(session.refresh_token()).await.error(), NOT_FOUND);
}

#[tokio::test]
async fn a_banned_user_is_told_so() {
    for version in [0, 2] {
        let world = World::start(|builder| builder.refresh_token_version(version)).await;
        let session = world.sign_up().await;
        let path = format!("/admin/users/{}", session.body["user"]["id"].as_str().unwrap());
        let key = world.server.service_key();
        world.send(Method::PUT, &path, Some(key.expose()), json!({ "ban_duration": "1h" })).await;
        let refused = world.refresh(session.refresh_token()).await;
        assert_eq!(refused.error(), (400, "user_banned", "Invalid Refresh Token: User Banned"));
        // The user is looked up before the session.
        assert_eq!(refused.header("user-id"), session.header("user-id"));
        assert_eq!((refused.header("session-id"), refused.token_headers()), (None, [None; 5]));
    }
}
