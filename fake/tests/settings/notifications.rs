//! Emails about changes of an account, and the subjects of emails.

use gotrue::reqwest::Method;
use serde_json::{Value, json};

use crate::{EMAIL, PASSWORD, World, token};

const ALL: [&str; 7] = [
    "PASSWORD_CHANGED",
    "EMAIL_CHANGED",
    "PHONE_CHANGED",
    "IDENTITY_LINKED",
    "IDENTITY_UNLINKED",
    "MFA_FACTOR_ENROLLED",
    "MFA_FACTOR_UNENROLLED",
];

impl World {
    async fn put_user(&self, session: &Value, change: Value) {
        let (status, body) = self.send(Method::PUT, "/user", token(session), change).await;
        assert_eq!(status, 200, "{body}");
    }

    /// Returns the subjects of the emails to an address that have no code, and are thus notifications.
    fn notifications(&self, address: &str) -> Vec<String> {
        let messages = self.server.messages_to(address).into_iter();
        messages.filter(|message| message.code.is_empty()).map(|message| message.subject).collect()
    }

    /// Changes everything that a notification tells about.
    async fn change_everything(&self) {
        let session = self.sign_up().await;
        self.put_user(&session, json!({ "password": "another-horse-8" })).await;
        for phone in ["15550000001", "15550000002"] {
            self.put_user(&session, json!({ "phone": phone })).await;
        }
        let path = "/user/identities/authorize?provider=github&skip_http_redirect=true";
        let (_, url) = self.send(Method::GET, path, token(&session), json!({})).await;
        let callback = url["url"].as_str().unwrap().replace(&self.server.url(), "");
        self.send(Method::GET, &callback, "", json!({})).await;
        let (_, user) = self.send(Method::GET, "/user", token(&session), json!({})).await;
        let identities = user["identities"].as_array().unwrap();
        let github = identities.iter().find(|identity| identity["provider"] == "github").unwrap();
        let path = format!("/user/identities/{}", github["identity_id"].as_str().unwrap());
        assert_eq!(self.send(Method::DELETE, &path, token(&session), json!({})).await.0, 200);

        let factor = json!({ "factor_type": "totp", "friendly_name": "app" });
        let (_, factor) = self.send(Method::POST, "/factors", token(&session), factor).await;
        let path = format!("/factors/{}", factor["id"].as_str().unwrap());
        let (_, challenge) = self.send(Method::POST, &format!("{path}/challenge"), token(&session), json!({})).await;
        let code = self.server.totp_code(&factor["totp"]["secret"].as_str().unwrap().into()).unwrap();
        let body = json!({ "challenge_id": challenge["id"], "code": code });
        let (_, raised) = self.send(Method::POST, &format!("{path}/verify"), token(&session), body).await;
        assert_eq!(self.send(Method::DELETE, &path, token(&raised), json!({})).await.0, 200);

        self.put_user(&raised, json!({ "email": "grace@example.com" })).await;
        let hash = self.server.last_message_to("grace@example.com").unwrap().token_hash.unwrap();
        let body = json!({ "type": "email_change", "token_hash": hash });
        assert_eq!(self.post("/verify", body).await.0, 200);
    }
}

#[tokio::test]
async fn changes_are_told() {
    let names = ALL.map(|name| format!("GOTRUE_MAILER_NOTIFICATIONS_{name}_ENABLED"));
    let settings: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "true")).collect();
    let world = World::with(&settings).await;
    world.change_everything().await;
    // The old address is told about the new one.
    let expected = [
        "Your password was changed",
        "A new sign-in method was linked to your account",
        "Your phone number was changed",
        "A new sign-in method was linked to your account",
        "A sign-in method was removed from your account",
        "A new verification method was added to your account",
        "A verification method was removed from your account",
        "Your email address was changed",
    ];
    assert_eq!(world.notifications(EMAIL), expected);
    assert!(world.notifications("grace@example.com").is_empty());
}

#[tokio::test]
async fn changes_are_told_only_if_it_is_set() {
    let world = World::with(&[("GOTRUE_MAILER_NOTIFICATIONS_PHONE_CHANGED_ENABLED", "true")]).await;
    world.change_everything().await;
    assert_eq!(world.notifications(EMAIL), ["Your phone number was changed"]);
}

#[tokio::test]
async fn notifications_count_as_emails() {
    let settings = [
        ("GOTRUE_MAILER_NOTIFICATIONS_PASSWORD_CHANGED_ENABLED", "true"),
        ("GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES", "bob@example.com"),
    ];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    // The password changes all the same.
    world.put_user(&session, json!({ "password": "another-horse-8" })).await;
    assert!(world.notifications(EMAIL).is_empty());
}

#[tokio::test]
async fn subjects_are_chosen() {
    let settings = [("GOTRUE_MAILER_SUBJECTS_CONFIRMATION", "Welcome, {{ .Email }}: {{ .Token }}")];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    world.send(Method::GET, "/reauthenticate", token(&session), json!({})).await;
    let message = world.server.last_message_to(EMAIL).unwrap();
    assert_eq!(message.subject, format!("{} is your verification code", message.code.expose()));
    let world = World::with(&[&settings[..], &[("GOTRUE_MAILER_AUTOCONFIRM", "false")]].concat()).await;
    world.post("/signup", json!({ "email": EMAIL, "password": PASSWORD })).await;
    let message = world.server.last_message_to(EMAIL).unwrap();
    assert_eq!(message.subject, format!("Welcome, {EMAIL}: {}", message.code.expose()));
}
