//! Verification of access tokens.

use gotrue::{Error, Secret, Session, SignOutScope, error::TokenError, jwt::VerifiedClaims, types::AssuranceLevel};

use crate::{code, world::World};

fn check(claims: &VerifiedClaims, session: &Session, email: &str) {
    assert_eq!((claims.sub, claims.email.as_deref()), (session.user().id, Some(email)));
    assert!(claims.aud.contains("authenticated"));
    assert_eq!((claims.role.as_deref(), claims.is_anonymous), (Some("authenticated"), false));
    assert_eq!(claims.aal, Some(AssuranceLevel::Aal1));
    // The claim counts from the last full second when the server issued the token, the session from before the request.
    let later = session.expires_at() - claims.exp;
    assert!((-5000..1000).contains(&later.num_milliseconds()), "{later}");
    assert!(claims.session_id.is_some());
    assert_eq!(claims.amr.len(), 1);
}

/// The same token with another signature.
fn forged(token: &Secret) -> Secret {
    let (signed, signature) = token.expose().rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    let other = if first == "A" { "B" } else { "A" };
    format!("{signed}.{other}{rest}").into()
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> TokenError {
    result.unwrap_err().token().expect("about a token")
}

pub async fn by_public_key(world: &World) {
    let (email, session) = world.new_user("ada").await;
    let verifier = || world.client.jwt_verifier();
    let token = session.access_token();
    check(&verifier().audience("authenticated").verify(token).await.unwrap(), &session, &email);
    assert_eq!(refusal(verifier().verify(&forged(token)).await), TokenError::BadSignature);
    assert!(verifier().audience("staff").verify(token).await.unwrap_err().token().is_some());
    // The key does not tell whether the session exists.
    world.client.user(token).sign_out(SignOutScope::Local).await.unwrap();
    verifier().verify(token).await.unwrap();
}

pub async fn by_shared_secret(world: &World) {
    let (email, session) = world.new_user("ada").await;
    let token = session.access_token();
    let by_secret = world.client.jwt_verifier().hs256_secret(world.hs256_secret());
    check(&by_secret.verify(token).await.unwrap(), &session, &email);
    assert_eq!(refusal(by_secret.verify(&forged(token)).await), TokenError::BadSignature);
    let wrong = world.client.jwt_verifier().hs256_secret("another-secret-of-at-least-32-characters");
    assert_eq!(refusal(wrong.verify(token).await), TokenError::BadSignature);

    // Without the secret, the verifier asks the server, which also checks the session.
    let by_asking = world.client.jwt_verifier().ask_server_for_hs256(true);
    check(&by_asking.verify(token).await.unwrap(), &session, &email);
    assert_eq!(refusal(by_asking.verify(&forged(token)).await), TokenError::BadSignature);
    world.client.user(token).sign_out(SignOutScope::Local).await.unwrap();
    assert_eq!(code(by_asking.verify(token).await), "session_not_found");
    by_secret.verify(token).await.unwrap();
}
