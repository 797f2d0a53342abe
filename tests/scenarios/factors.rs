//! Multi-factor authentication.

use gotrue::{Anonymous, ErrorCode, MemoryStore, Password, ProfileUpdate, types::AssuranceLevel, user::EnrollTotp};

use crate::{
    code,
    world::{PASSWORD, World, totp},
};

pub async fn an_authenticator(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let elsewhere = client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone").issuer("Acme")).await.unwrap();
    assert!(factor.uri.expose().starts_with("otpauth://totp/Acme:"));
    assert_eq!(code(mfa.enroll_totp(EnrollTotp::new().friendly_name("phone")).await), "mfa_factor_name_conflict");
    assert!(!mfa.assurance().await.unwrap().needs_second_factor());
    assert_eq!(code(mfa.challenge_and_verify(factor.id, "000000").await), "mfa_verification_failed");
    let strong = mfa.challenge_and_verify(factor.id, totp(&factor.secret)).await.unwrap();
    let assurance = client.user(strong.access_token()).mfa().assurance().await.unwrap();
    assert_eq!(assurance.current, Some(AssuranceLevel::Aal2));
    // Sessions without the factor have ended.
    assert_eq!(code(client.user(elsewhere.access_token()).get().await), "session_not_found");

    let weak = client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let user = client.user(weak.access_token());
    assert!(user.mfa().assurance().await.unwrap().needs_second_factor());
    assert_eq!(user.mfa().factors().await.unwrap().totp().filter(|factor| factor.is_verified()).count(), 1);
    assert_eq!(code(user.update(ProfileUpdate::new().password("better-horse-8")).await), "insufficient_aal");
    assert_eq!(code(user.mfa().unenroll(factor.id).await), "insufficient_aal");
    let strong = user.mfa().challenge_and_verify(factor.id, totp(&factor.secret)).await.unwrap();
    // A refresh keeps the level.
    let strong = client.refresh(strong.refresh_token()).await.unwrap();
    let mfa = client.user(strong.access_token()).mfa();
    assert_eq!(mfa.assurance().await.unwrap().current, Some(AssuranceLevel::Aal2));

    let by_admin = world.admin().users().factors(strong.user().id);
    assert_eq!(by_admin.list().await.unwrap().len(), 1);
    assert_eq!(by_admin.rename(factor.id, "laptop").await.unwrap().friendly_name.as_deref(), Some("laptop"));
    mfa.unenroll(factor.id).await.unwrap();
    assert!(mfa.factors().await.unwrap().all().is_empty());
    assert_eq!(code(mfa.unenroll(factor.id).await), "mfa_factor_not_found");
    let anonymous = client.sign_in(Anonymous::new()).await.unwrap();
    assert!(client.user(anonymous.access_token()).mfa().enroll_totp(EnrollTotp::new()).await.is_err());
}

/// A user has lost the phone. Skipped on servers that have no recovery codes or where they are disabled.
pub async fn recovery_codes(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let mfa = client.user(session.access_token()).mfa();
    // Servers before v2.197.0 find no operation at this path.
    let absent = mfa.recovery_codes().status().await.unwrap_err();
    if absent.code() != Some(&ErrorCode::MfaFactorNotFound) {
        return;
    }
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone")).await.unwrap();
    let strong = mfa.challenge_and_verify(factor.id, totp(&factor.secret)).await.unwrap();
    let mfa = client.user(strong.access_token()).mfa();
    let set = match mfa.recovery_codes().generate().await {
        Err(error) if error.code() == Some(&ErrorCode::MfaRecoveryCodesEnrollNotEnabled) => return,
        set => set.unwrap(),
    };
    assert_eq!(code(mfa.unenroll(factor.id).await), "mfa_recovery_codes_sole_factor");

    let weak = client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let codes = client.user(weak.access_token()).mfa().recovery_codes();
    assert_eq!(code(codes.regenerate().await), "insufficient_aal");
    assert_eq!(code(codes.verify("aaaa-bbbb-cccc-dddd").await), "mfa_verification_failed");
    let raised = codes.verify(set.codes[0].expose().to_uppercase()).await.unwrap();
    let user = client.user(raised.access_token());
    assert_eq!(user.mfa().assurance().await.unwrap().current, Some(AssuranceLevel::Aal2));
    let codes = user.mfa().recovery_codes();
    assert_eq!(code(codes.verify(set.codes[0].clone()).await), "mfa_verification_failed");
    let status = codes.status().await.unwrap();
    assert_eq!((status.id, status.total - status.remaining), (set.id, 1));
    assert_eq!(codes.regenerate().await.unwrap().id, set.id);

    codes.delete().await.unwrap();
    assert_eq!(code(user.mfa().unenroll(factor.id).await), "insufficient_aal");
    let lowered = client.refresh(raised.refresh_token()).await.unwrap();
    let assurance = client.user(lowered.access_token()).mfa().assurance().await.unwrap();
    assert_eq!(assurance.current, Some(AssuranceLevel::Aal1));
    mfa.unenroll(factor.id).await.unwrap();
}

pub async fn removed_by_an_administrator(world: &World) {
    let client = &world.client;
    let (email, session) = world.new_user("ada").await;
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
    let strong = mfa.challenge_and_verify(factor.id, totp(&factor.secret)).await.unwrap();
    let factors = world.admin().users().factors(session.user().id);
    assert_eq!(factors.delete(factor.id).await.unwrap().id, factor.id);
    assert_eq!(code(factors.delete(factor.id).await), "mfa_factor_not_found");
    let renewed = client.refresh(strong.refresh_token()).await.unwrap();
    let assurance = client.user(renewed.access_token()).mfa().assurance().await.unwrap();
    assert_eq!(assurance.current, Some(AssuranceLevel::Aal1));
    client.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
}

/// Verifications with refreshes and other calls beside them, on a server with refresh tokens of any version.
pub async fn verified_while_refreshing(world: &World) {
    let (email, _) = world.new_user("ada").await;
    let auth = world.client.session_manager(MemoryStore::new()).await.unwrap();
    auth.sign_in(Password::email(&email, PASSWORD)).await.unwrap();
    let mfa = auth.user().mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
    for _ in 0..100 {
        let (verified, refreshed, user) =
            futures::join!(mfa.challenge_and_verify(factor.id, totp(&factor.secret)), auth.refresh(), async {
                auth.user().get().await
            },);
        verified.unwrap();
        refreshed.unwrap();
        user.unwrap();
        auth.refresh().await.unwrap();
        assert_eq!(mfa.assurance().await.unwrap().current, Some(AssuranceLevel::Aal2));
    }
}
