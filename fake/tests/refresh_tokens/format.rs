//! Malformed refresh tokens, and those of another server.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::world::{NOT_FOUND, World};

const INVALID: (u16, &str, &str) = (400, "validation_failed", "Refresh token is not valid");

/// Changes a byte of a signed token, and makes its checksum right again.
fn forged(token: &str, change: impl FnOnce(&mut [u8])) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
    let end = bytes.len() - 4;
    change(&mut bytes[..end]);
    let checksum = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum[..4]);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn malformed_tokens_are_refused() {
    for version in [0, 2] {
        let world = World::start(|builder| builder.refresh_token_version(version)).await;
        let signed = World::start(|builder| builder.refresh_token_version(2)).await.sign_up().await;
        let good = signed.refresh_token();
        let other_version = forged(good, |bytes| bytes[0] = 1);
        let changed = format!("{}{}", &good[..20], if &good[20..21] == "x" { "y" } else { "x" }) + &good[21..];
        let padded = format!("{good}=");
        let bad =
            ["", "abcdefghijk", "ABCDEFGHIJKL", "abcdefghij-2", "abcdefghijklm", &padded, &changed, &other_version];
        for token in bad {
            assert_eq!(world.refresh(token).await.error(), INVALID, "{token}");
        }
        let absent = world.post("/token?grant_type=refresh_token", None, serde_json::json!({})).await;
        assert_eq!(absent.error(), INVALID);
    }
}

#[tokio::test]
async fn tokens_of_nobody_are_not_found() {
    let world = World::start(|builder| builder.refresh_token_version(2)).await;
    let session = world.sign_up().await;
    let good = session.refresh_token();
    let wrong_signature = forged(good, |bytes| bytes[20] ^= 1);
    let forged_counter = forged(good, |bytes| bytes[17] = 7);
    let other_session = forged(good, |bytes| bytes[5] ^= 1);
    for token in ["abcdefghij12", &wrong_signature, &forged_counter, &other_session] {
        let refused = world.refresh(token).await;
        assert_eq!(refused.error(), NOT_FOUND, "{token}");
        assert_eq!((refused.header("user-id"), refused.header("session-id")), (None, None));
    }
    assert_eq!(world.refresh(good).await.status, 200);
}

#[tokio::test]
async fn a_signed_token_tells_its_session_and_counter() {
    let world = World::start(|builder| builder.refresh_token_version(2)).await;
    let mut session = world.sign_up().await;
    for counter in 0..130_u32 {
        let token = session.refresh_token();
        assert_eq!(token.len(), if counter < 128 { 51 } else { 52 });
        assert!(token.starts_with('A'));
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap();
        let id = uuid::Uuid::from_slice(&bytes[1..17]).unwrap();
        assert_eq!(session.claim("session_id"), id.to_string());
        assert_eq!(u32::from(bytes[17] & 0x7f) + if counter < 128 { 0 } else { u32::from(bytes[18]) << 7 }, counter);
        session = world.refresh(token).await.expect_session();
    }
}

#[tokio::test]
async fn a_counter_ahead_was_not_issued_by_this_server() {
    // Two servers of the same course have the same keys: one of them plays a database that was restored.
    let [newer, restored] = [
        World::start(|builder| builder.refresh_token_version(2).seed(1)).await,
        World::start(|builder| builder.refresh_token_version(2).seed(1)).await,
    ];
    let session = restored.sign_up().await;
    let refreshed = newer.refresh(newer.sign_up().await.refresh_token()).await;
    let refused = restored.refresh(refreshed.refresh_token()).await;
    assert_eq!(refused.error(), (400, "validation_failed", "Invalid Refresh Token: Not Issued By This Server"));
    assert_eq!(refused.header("session-id").map(Into::into), Some(session.claim("session_id")));
    assert_eq!(refused.token_headers(), [None; 5]);
    assert_eq!(restored.refresh(session.refresh_token()).await.status, 200);
}
