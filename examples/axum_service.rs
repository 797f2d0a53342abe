//! An axum service with a public route, one for signed-in users, and one that requires a second factor.
//!
//! `cargo run --features axum --example axum_service` starts a fake server in the process and requests the three routes
//! as a user. With `GOTRUE_URL` it verifies the tokens of that server and listens on port 3000.

use std::{env, error::Error};

use axum::{Router, routing::get};
use gotrue::{
    Client, Secret, SignUp,
    axum::{RequireLayer, Verified, VerifyLayer},
    reqwest,
    types::AssuranceLevel,
    user::EnrollTotp,
};
use gotrue_fake::FakeServer;

fn app(client: &Client) -> Router {
    let second_factor = RequireLayer::new().assurance_level(AssuranceLevel::Aal2);
    let safe = Router::new().route("/safe", get(safe)).route_layer(second_factor);
    // The server also signs tokens for other audiences, such as the ID tokens of OAuth clients.
    let verifier = client.jwt_verifier().audience("authenticated");
    Router::new().route("/", get(hello)).route("/me", get(me)).merge(safe).layer(VerifyLayer::new(verifier))
}

async fn hello(visitor: Option<Verified>) -> String {
    if visitor.is_some() { "hello again".to_owned() } else { "hello, visitor".to_owned() }
}

async fn me(user: Verified) -> String {
    format!("you are {}", user.email.as_deref().unwrap_or("a user without an email address"))
}

async fn safe(user: Verified) -> String {
    format!("the safe is open, after {} authentication steps", user.amr.len())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if env::var("GOTRUE_URL").is_ok() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
        println!("Serving on http://{}", listener.local_addr()?);
        return Ok(axum::serve(listener, app(&Client::from_env()?)).await?);
    }
    let fake = FakeServer::start().await;
    let client = fake.client()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = app(&client);
    tokio::spawn(async move { axum::serve(listener, app).await });

    request_all(&url, "Not signed in", None).await?;
    let ada = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
    let session = ada.session().ok_or("the fake server confirms sign-ups itself")?;
    request_all(&url, "Signed in", Some(session.access_token())).await?;
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await?;
    let code = fake.totp_code(&factor.secret).ok_or("the secret is not from the fake server")?;
    let session = mfa.challenge_and_verify(factor.id, code).await?;
    request_all(&url, "Signed in with a second factor", Some(session.access_token())).await
}

async fn request_all(url: &str, who: &str, token: Option<&Secret>) -> Result<(), Box<dyn Error>> {
    println!("{who}");
    for path in ["/", "/me", "/safe"] {
        let mut request = reqwest::Client::new().get(format!("{url}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let reply = request.send().await?;
        println!("  {path:6} {} {}", reply.status().as_u16(), reply.text().await?);
    }
    Ok(())
}
