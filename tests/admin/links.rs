//! Generated links.

use gotrue::{admin::GenerateLink, types::LinkVerificationType};
use serde_json::{Value, json};
use support::{client_of, header, last_request, server_that_answers, session};

use crate::recorded::Recorded;

const REDIRECT: &str = "http://localhost:3000/x";

#[tokio::test]
async fn recorded_links_of_a_sign_up_and_of_both_sides_of_a_change() {
    let recorded = Recorded::new("145-admin_generate_link-signup").await;
    let link = GenerateLink::sign_up("gl-5615942f@example.com", "correct-horse-7").redirect_to(REDIRECT);
    let link = recorded.admin.generate_link(link).await.unwrap();
    recorded.assert_sent().await;
    assert_eq!(link.verification_type, LinkVerificationType::Signup);
    assert_eq!(link.redirect_to, REDIRECT);
    assert_eq!(link.user.email.as_deref(), Some("gl-5615942f@example.com"));
    assert!(link.user.identities.is_some_and(|identities| !identities.is_empty()));
    assert_eq!(link.email_otp.expose().len(), 6);

    let recorded = Recorded::new("149-admin_generate_link-email-change-current").await;
    let (old, new) = ("gl-5615942f@example.com", "gl2-5615942f@example.com");
    let link = GenerateLink::email_change_current(old, new).redirect_to(REDIRECT);
    let link = recorded.admin.generate_link(link).await.unwrap();
    recorded.assert_sent().await;
    assert_eq!(link.token_hash(), link.hashed_token);

    let recorded = Recorded::new("150-admin_generate_link-email-change-new").await;
    let link = GenerateLink::email_change_new(old, new).redirect_to(REDIRECT);
    let link = recorded.admin.generate_link(link).await.unwrap();
    recorded.assert_sent().await;
    // The hash that works is the one in the link.
    assert_ne!(link.token_hash(), link.hashed_token);
    assert!(link.action_link.expose().contains(&format!("token={}&", link.token_hash().expose())));

    let recorded = Recorded::new("152-admin_generate_link-unknown-user").await;
    recorded.assert_error(recorded.admin.generate_link(GenerateLink::recovery("glx-5615942f@example.com")).await);
    recorded.assert_sent().await;
}

#[tokio::test]
async fn all_kinds_are_asked_for_as_the_server_reads_them() {
    let (ada, new) = ("ada@example.com", "new@example.com");
    let data = json!({ "team": "blue" });
    for (link, body) in [
        (
            GenerateLink::sign_up(ada, "password").data(data.clone()),
            json!({ "type": "signup", "email": ada, "password": "password", "data": data }),
        ),
        (GenerateLink::magic_link(ada), json!({ "type": "magiclink", "email": ada })),
        (GenerateLink::recovery(ada), json!({ "type": "recovery", "email": ada })),
        (GenerateLink::invite(ada).data(data.clone()), json!({ "type": "invite", "email": ada, "data": data })),
        (
            GenerateLink::email_change_current(ada, new),
            json!({ "type": "email_change_current", "email": ada, "new_email": new }),
        ),
        (
            GenerateLink::email_change_new(ada, new),
            json!({ "type": "email_change_new", "email": ada, "new_email": new }),
        ),
    ] {
        let recorded = Recorded::new("145-admin_generate_link-signup").await;
        recorded.admin.generate_link(link).await.unwrap();
        recorded.assert_sent_body(body).await;
    }
}

#[tokio::test]
async fn a_link_is_verified_by_the_hash_in_it() {
    for (sent, wanted) in [
        ("signup", "signup"),
        ("magiclink", "magiclink"),
        ("recovery", "recovery"),
        ("invite", "invite"),
        ("email_change_current", "email_change"),
        ("email_change_new", "email_change"),
        ("of-tomorrow", "email"),
    ] {
        let mut reply = support::user();
        for (name, value) in [
            ("action_link", "http://localhost:9999/verify?token=in-the-link&type=x&redirect_to=http://x/"),
            ("email_otp", "123456"),
            ("hashed_token", "beside-the-link"),
            ("verification_type", sent),
            ("redirect_to", "http://x/"),
        ] {
            reply[name] = value.into();
        }
        let server = server_that_answers(wiremock::ResponseTemplate::new(200).set_body_json(reply)).await;
        let admin = client_of(&server).admin("service-key");
        let link = GenerateLink::magic_link("ada@example.com").audience("staff");
        let link = admin.generate_link(link).await.unwrap();
        assert_eq!(header(&last_request(&server).await, "x-jwt-aud"), Some("staff"));

        let server = server_that_answers(wiremock::ResponseTemplate::new(200).set_body_json(session())).await;
        client_of(&server).verify_otp(link.verify_otp()).await.unwrap();
        let body: Value = last_request(&server).await.body_json().unwrap();
        assert_eq!(body, json!({ "type": wanted, "token_hash": "in-the-link" }));
    }
}
