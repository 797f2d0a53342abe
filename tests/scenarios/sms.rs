//! Codes by text message. Real servers have two test numbers with fixed codes.

use gotrue::{Password, Resend, SignInMessage, SignUp, SignUpOutcome, VerifyOtp};

use crate::{
    code,
    world::{PASSWORD, World},
};

pub async fn a_code_by_phone(world: &World) {
    let (client, phone) = (&world.client, "15550000001");
    client.send_otp(SignInMessage::phone(phone)).await.unwrap();
    let wrong = client.verify_otp(VerifyOtp::phone(phone, "999999")).await;
    assert_eq!(code(wrong), "otp_expired");
    let sent = world.sms_code(phone);
    let session = client.verify_otp(VerifyOtp::phone(format!("+{phone}"), &sent)).await.unwrap().session().unwrap();
    assert_eq!(session.user().phone.as_deref(), Some(phone));
    assert!(session.user().phone_confirmed_at.is_some());
    let unknown = client.send_otp(SignInMessage::phone(World::phone()).create_user(false)).await;
    assert_eq!(code(unknown), "otp_disabled");
}

pub async fn a_number_is_confirmed(world: &World) {
    let (client, phone) = (&world.client, "15550000002");
    // The user who had the number before.
    client.send_otp(SignInMessage::phone(phone)).await.unwrap();
    let before = client.verify_otp(VerifyOtp::phone(phone, world.sms_code(phone))).await.unwrap().session().unwrap();
    world.admin().users().delete(before.user().id).await.unwrap();

    let outcome = client.sign_up(SignUp::phone(format!("+{phone}"), PASSWORD)).await.unwrap();
    assert!(matches!(outcome, SignUpOutcome::ConfirmationRequired(_)), "{outcome:?}");
    assert_eq!(code(client.sign_in(Password::phone(phone, PASSWORD)).await), "phone_not_confirmed");
    client.resend(Resend::sms(phone)).await.unwrap();
    let session = client.verify_otp(VerifyOtp::phone(phone, world.sms_code(phone))).await.unwrap().session().unwrap();
    assert_eq!(session.user().identities.as_ref().unwrap()[0].provider, "phone");
    client.sign_in(Password::phone(phone, PASSWORD)).await.unwrap();
}
