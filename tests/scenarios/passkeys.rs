//! Passkeys and security keys, with an authenticator in software.

use gotrue::{PasskeyAssertion, types::AssuranceLevel};
use support::authenticator::{Device, ORIGIN};

use crate::{code, world::World};

pub async fn registered_and_used(world: &World) {
    let client = &world.client;
    let (_, session) = world.somebody("ada").await;
    let passkeys = client.user(session.access_token()).passkeys();
    let mut device = Device::default();
    let challenge = passkeys.registration_options().await.unwrap();
    let credential = device.create(challenge.options, ORIGIN).await.unwrap();
    let passkey = passkeys.register(challenge.challenge_id, &credential).await.unwrap();
    assert_eq!(passkey.friendly_name.as_deref(), Some("Passkey"));
    let again = passkeys.register(challenge.challenge_id, &credential).await;
    assert_eq!(code(again), "webauthn_challenge_not_found");

    let challenge = client.passkey_options().await.unwrap();
    let used = device.get(challenge.options, ORIGIN).await.unwrap();
    let signed_in = client.sign_in(PasskeyAssertion::new(challenge.challenge_id, &used)).await.unwrap();
    assert_eq!(signed_in.user().id, session.user().id);
    let other = client.passkey_options().await.unwrap();
    let stale = client.sign_in(PasskeyAssertion::new(other.challenge_id, &used)).await;
    assert_eq!(code(stale), "webauthn_verification_failed");

    passkeys.rename(passkey.id, "Ada's key").await.unwrap();
    let mine = passkeys.list().await.unwrap();
    assert_eq!((mine.len(), mine[0].friendly_name.as_deref()), (1, Some("Ada's key")));
    assert!(mine[0].last_used_at.is_some());
    let by_admin = world.admin().users().passkeys(session.user().id);
    assert_eq!(by_admin.list().await.unwrap().len(), 1);
    passkeys.delete(passkey.id).await.unwrap();
    assert!(passkeys.list().await.unwrap().is_empty());
    assert_eq!(passkeys.delete(passkey.id).await.unwrap_err().status().unwrap().as_u16(), 404);
}

pub async fn as_second_factor(world: &World) {
    let client = &world.client;
    let (_, session) = world.somebody("ada").await;
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_webauthn("key").await.unwrap();
    let mut device = Device::default();
    let challenge = mfa.challenge_webauthn(factor.id).await.unwrap();
    let made = device.create(challenge.options.clone(), ORIGIN).await.unwrap();
    let strong = mfa.verify_webauthn(&challenge, made).await.unwrap();
    let mfa = client.user(strong.access_token()).mfa();
    assert_eq!(mfa.assurance().await.unwrap().current, Some(AssuranceLevel::Aal2));

    let challenge = mfa.challenge_webauthn(factor.id).await.unwrap();
    let used = device.get(challenge.options.clone(), ORIGIN).await.unwrap();
    mfa.verify_webauthn(&challenge, used).await.unwrap();
    mfa.unenroll(factor.id).await.unwrap();
    assert!(mfa.factors().await.unwrap().all().is_empty());
}
