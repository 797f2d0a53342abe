//! A user enrolls a second factor, and enters a code at the next sign-in.
//!
//! `cargo run --example mfa` starts a fake server in the process, which also acts as the authenticator app.

use std::error::Error;

use gotrue::{Password, SignUp, SignUpOutcome, user::EnrollTotp};
use gotrue_fake::FakeServer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = FakeServer::start().await;
    let client = server.client()?;
    let (email, password) = ("ada@example.com", "correct-horse-7");
    let SignUpOutcome::Session(session) = client.sign_up(SignUp::email(email, password)).await? else {
        return Err("the fake server confirms by itself".into());
    };

    let mfa = client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone").issuer("Acme")).await?;
    let picture = factor.qr_code_data_uri();
    println!("Enroll      scan a picture of {} bytes, or type a secret", picture.expose().len());

    let wrong = mfa.challenge_and_verify(factor.id, "000000").await;
    println!("Verify      {}", wrong.err().map_or_else(String::new, |error| error.to_string()));
    let code = server.totp_code(&factor.secret).ok_or("no code")?;
    let session = mfa.challenge_and_verify(factor.id, code).await?;
    let assurance = client.user(session.access_token()).mfa().assurance().await?;
    println!("Verify      the session is of level {}", assurance.current.ok_or("no level")?);

    let session = client.sign_in(Password::email(email, password)).await?;
    let mfa = client.user(session.access_token()).mfa();
    println!("Sign in     a code is needed: {}", mfa.assurance().await?.needs_second_factor());
    for factor in mfa.factors().await?.verified() {
        println!("            by {} {:?}", factor.factor_type, factor.friendly_name.as_deref().unwrap_or_default());
    }
    let session = mfa.challenge_and_verify(factor.id, server.totp_code(&factor.secret).ok_or("no code")?).await?;

    let mfa = client.user(session.access_token()).mfa();
    mfa.unenroll(factor.id).await?;
    println!("Unenrol     {} factors are left", mfa.factors().await?.all().len());
    Ok(())
}
