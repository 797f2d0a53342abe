//! Auth hooks: refuses sign-ups from other domains, prints emails instead of sending them, and adds a claim to each
//! access token.
//!
//! `cargo run --features axum,hooks --example hooks` starts a fake server that calls the hooks, and signs a user up. With
//! `HOOK_SECRETS`, it listens on port 3000 for a real server, whose `GOTRUE_HOOK_<NAME>_SECRETS` are the same and whose
//! `GOTRUE_HOOK_<NAME>_URI` are `http://localhost:3000/before-user-created`, `/send-email` and `/custom-access-token`.

use std::{
    env,
    error::Error,
    sync::{Arc, Mutex},
};

use axum::{Extension, Router, routing::post};
use gotrue::{
    Claims, Secret, SignUp, VerifyOtp,
    hooks::{
        Acknowledged, BeforeUserCreated, CustomAccessToken, Hook, HookClaims, HookSecrets, HookVerifier, Refusal,
        SendEmail,
    },
};
use gotrue_fake::FakeServer;

async fn before_user_created(hook: Hook<BeforeUserCreated>) -> Result<Acknowledged, Refusal> {
    let email = hook.user.email.as_deref().unwrap_or_default();
    if email.ends_with("@example.com") { Ok(Acknowledged) } else { Err(Refusal::new("Only example.com can sign up.")) }
}

/// The code of the last email.
type Outbox = Arc<Mutex<Option<Secret>>>;

async fn send_email(Extension(outbox): Extension<Outbox>, hook: Hook<SendEmail>) -> Acknowledged {
    let SendEmail { user, email_data, .. } = hook.into_payload();
    let code = email_data.token.unwrap_or_default();
    let to = user.email.unwrap_or_default();
    println!("To: {to}\nSubject: {}\nYour code is {}.", email_data.email_action_type, code.expose());
    if let Ok(mut last) = outbox.lock() {
        *last = Some(code);
    }
    Acknowledged
}

async fn custom_access_token(hook: Hook<CustomAccessToken>) -> Result<HookClaims, Refusal> {
    let mut claims = hook.into_payload().claims;
    claims.set("team", "blue")?;
    Ok(claims)
}

fn app(secrets: HookSecrets, outbox: Outbox) -> Router {
    Router::new()
        .route("/before-user-created", post(before_user_created))
        .route("/send-email", post(send_email))
        .route("/custom-access-token", post(custom_access_token))
        .layer(Extension(outbox))
        .with_state(HookVerifier::new(secrets))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Ok(secrets) = env::var("HOOK_SECRETS") {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
        println!("Serving on http://{}", listener.local_addr()?);
        return Ok(axum::serve(listener, app(secrets.parse()?, Outbox::default())).await?);
    }
    let (secrets, outbox) = (HookSecrets::generate()?, Outbox::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut fake = FakeServer::builder().confirm_addresses(true);
    for name in ["before-user-created", "send-email", "custom-access-token"] {
        let variable = format!("GOTRUE_HOOK_{}", name.replace('-', "_").to_uppercase());
        fake = fake.variables([
            (format!("{variable}_ENABLED"), "true".to_owned()),
            (format!("{variable}_URI"), format!("{url}/{name}")),
            (format!("{variable}_SECRETS"), secrets.setting().expose().to_owned()),
        ])?;
    }
    let fake = fake.start().await;
    let app = app(secrets, outbox.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = fake.client()?;
    let refused = client.sign_up(SignUp::email("ada@example.net", "correct-horse-7")).await;
    println!("ada@example.net: {}", refused.err().ok_or("the hook refuses other domains")?);
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
    let code = outbox.lock().map_err(|_| "a handler panicked")?.take().ok_or("the hook got a code")?;
    let outcome = client.verify_otp(VerifyOtp::email("ada@example.com", code)).await?;
    let session = outcome.session().ok_or("the code signs the user in")?;
    println!("The claim team is {:?}.", Claims::read_unverified(session.access_token())?.custom("team"));
    Ok(())
}
