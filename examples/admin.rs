//! An administrator creates users, finds them, bans one and generates a sign-in link.
//!
//! `cargo run --example admin` starts a fake server in the process. With `GOTRUE_URL` and `GOTRUE_SERVICE_KEY` it runs
//! against that server, and deletes the users that it created.

use std::{env, error::Error, time::Duration};

use gotrue::{
    Client, Secret,
    admin::{CreateUser, GenerateLink},
    futures_util::TryStreamExt,
    types::UserOrder,
};
use gotrue_fake::FakeServer;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let fake = if env::var("GOTRUE_URL").is_ok() { None } else { Some(FakeServer::start().await) };
    let client = fake.as_ref().map_or_else(Client::from_env, FakeServer::client)?;
    let service_key = match &fake {
        Some(fake) => fake.service_key(),
        None => Secret::from(env::var("GOTRUE_SERVICE_KEY")?),
    };
    let admin = client.admin(service_key);
    let users = admin.users();

    let mut made = Vec::new();
    for number in 1..=12 {
        let user = CreateUser::email(format!("example-{number}@example.com")).confirm_email();
        made.push(users.create(user.app_metadata(json!({ "plan": "pro" }))).await?.id);
    }
    let list = || users.list().filter("example-").sort(UserOrder::CreatedAtAsc).per_page(5);
    let page = list().page(2).get().await?;
    println!("Page 2      {} of {:?}, the last page is {:?}", page.items.len(), page.total, page.last_page);

    let Some(user) = users.get_by_email("example-7@example.com").await? else { return Err("not found".into()) };
    println!("Found       {}", user.id);

    let link = admin.generate_link(GenerateLink::magic_link("example-7@example.com")).await?;
    println!("Link        {:?}, for {}", link.action_link, link.verification_type);
    let session = client.verify_otp(link.verify_otp()).await?.session();
    println!("Signed in   {}", session.is_some());

    let banned = users.ban(user.id, Duration::from_secs(24 * 60 * 60)).await?;
    println!("Locked out  until {:?}", banned.banned_until);

    let mut all = list().stream();
    let mut confirmed = 0;
    while let Some(user) = all.try_next().await? {
        confirmed += usize::from(user.email_confirmed_at.is_some());
    }
    println!("Confirmed   {confirmed}");

    for id in &made {
        users.delete(*id).await?;
    }
    println!("Deleted     {}", made.len());
    Ok(())
}
