//! A small web application that signs people in, with pages from the server and no JavaScript.
//!
//! `cargo run --features axum,web --example web_app` starts it at <http://localhost:3000>, with a fake server in the
//! process that sends no email: its page shows them. See the README in this directory.

mod app;

use std::{env, error::Error};

use app::App;
use gotrue::{Client, web::SealedCookies};
use gotrue_fake::FakeServer;
use tokio::net::TcpListener;

const SITE: &str = "http://localhost:3000";
const ADDRESS: &str = "127.0.0.1:3000";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let fake = if env::var("GOTRUE_URL").is_ok() { None } else { Some(start_fake().await?) };
    let client = fake.as_ref().map_or_else(Client::from_env, FakeServer::client)?;
    let mailbox = fake.as_ref().and_then(FakeServer::control_url).map(str::to_owned);

    // Sessions end with the process, since the key is new. A service reads the key from its secrets.
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    // Safari sends secure cookies over TLS only, even to this machine.
    let cookies = SealedCookies::new(&key)?.secure(SITE.starts_with("https://"));

    let listener = TcpListener::bind(ADDRESS).await.map_err(|error| format!("cannot listen on {ADDRESS}: {error}"))?;
    println!("Serving {SITE} with the server at {}", client.base_url());
    if let Some(mailbox) = &mailbox {
        println!("Read the emails, and the codes of authenticator apps, at {mailbox}");
    }
    Ok(axum::serve(listener, app::router(App { client, site: SITE.to_owned(), mailbox }, cookies)?).await?)
}

/// Starts a fake server that confirms email addresses, and whose providers ask who signs in.
async fn start_fake() -> std::io::Result<FakeServer> {
    let builder = FakeServer::builder().confirm_addresses(true).choose_provider_user(true);
    builder.site_url(SITE).control(([127, 0, 0, 1], 0)).try_start().await
}
