//! A service on axum: a route for everybody, one for who is signed in, one for who has used a second factor.
//!
//! `cargo run --features axum --example axum_service` starts a fake GoTrue in the process, and plays a user who asks for
//! all three. With `GOTRUE_URL` it verifies the tokens of that server and serves on port 3000.

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
    Router::new()
        .route("/", get(hello))
        .route("/me", get(me))
        .merge(safe)
        .layer(VerifyLayer::new(client.jwt_verifier()))
}

async fn hello(visitor: Option<Verified>) -> String {
    if visitor.is_some() { "hello again".to_owned() } else { "hello, whoever you are".to_owned() }
}

async fn me(user: Verified) -> String {
    format!("you are {}", user.email.as_deref().unwrap_or("somebody"))
}

async fn safe(user: Verified) -> String {
    format!("the safe is open, by {} ways to sign in", user.amr.len())
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

    ask(&url, "Nobody", None).await?;
    let ada = client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
    let session = ada.session().ok_or("the fake server confirms by itself")?;
    ask(&url, "Signed in", Some(session.access_token())).await?;
    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await?;
    let code = fake.totp_code(&factor.secret).ok_or("the secret is the fake server's")?;
    let session = mfa.challenge_and_verify(factor.id, code).await?;
    ask(&url, "By a second factor", Some(session.access_token())).await
}

async fn ask(url: &str, who: &str, token: Option<&Secret>) -> Result<(), Box<dyn Error>> {
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
