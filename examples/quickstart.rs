//! A user signs up, signs in, updates their profile, refreshes the session and signs out.
//!
//! `cargo run --example quickstart` starts a fake server in the process. With `GOTRUE_URL` (and `GOTRUE_API_KEY`) it
//! runs against that server, which should confirm new users automatically.

use std::{env, error::Error, time::SystemTime};

use gotrue::{Client, Password, ProfileUpdate, Session, SignOutScope, SignUp, SignUpOutcome};
use gotrue_fake::FakeServer;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let fake = if env::var("GOTRUE_URL").is_ok() { None } else { Some(FakeServer::start().await) };
    let client = fake.as_ref().map_or_else(Client::from_env, FakeServer::client)?;
    let kind = if fake.is_some() { "a fake server in this process" } else { "a real server" };
    println!("Server      {} ({kind})", client.base_url());
    println!("            {} is up", client.health().await?.name);
    let settings = client.settings().await?;
    println!(
        "            {} ways to sign in are on",
        settings.external.keys().filter(|name| settings.is_enabled(name)).count()
    );

    // A different address in each run, so that it is new to a real server.
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let email = format!("ada-{}@example.com", since_1970.as_millis());
    let password = "correct-horse-7";

    let ada = SignUp::email(&email, password).data(json!({ "favorite_language": "rust" }));
    let SignUpOutcome::Session(session) = client.sign_up(ada).await? else {
        println!("Sign up     a message is on its way to {email}; confirm it and sign in");
        return Ok(());
    };
    println!("Sign up     {email} has the id {}", session.user().id);

    let session = client.sign_in(Password::email(&email, password)).await?;
    println!("Sign in     {}", describe(&session));

    let user = client.user(session.access_token());
    let changed = user.update(ProfileUpdate::new().data(json!({ "favorite_language": "elixir" }))).await?;
    println!("Change      favorite language is now {}", changed.user_metadata.unwrap_or_default()["favorite_language"]);

    let wrong = client.sign_in(Password::email(&email, "wrong-horse-7")).await;
    if let Err(error) = wrong {
        println!("Mistake     {error}");
    }

    let session = client.refresh(session.refresh_token()).await?;
    println!("Refresh     {}", describe(&session));

    let user = client.user(session.access_token());
    user.sign_out(SignOutScope::Local).await?;
    match user.get().await {
        Ok(_) => println!("Sign out    the server still knows the session"),
        Err(error) => println!("Sign out    the session is over: {}", error.ends_session()),
    }
    Ok(())
}

fn describe(session: &Session) -> String {
    let (access, refresh) = (session.access_token(), session.refresh_token());
    format!("access token {access:?} until {}, refresh token {refresh:?}", session.expires_at().format("%H:%M:%S"))
}
