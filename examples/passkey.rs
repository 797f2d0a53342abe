//! A user registers a passkey, and signs in with the passkey alone.
//!
//! `cargo run --example passkey` starts a fake server in the process. With `GOTRUE_URL` (and `GOTRUE_API_KEY`) it runs
//! against that server, which should confirm new users automatically and have passkeys enabled for `localhost`, with
//! the origin `http://localhost:3000`. A software authenticator, the crate `passkey`, replaces the browser and the
//! device.

use std::{env, error::Error, time::SystemTime};

use gotrue::{Client, PasskeyAssertion, SignUp, SignUpOutcome};
use gotrue_fake::FakeServer;
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client as Browser, DefaultClientData},
    crypto::aws_lc_rs::AwsLcRsBackend,
    types::{
        Passkey,
        ctap2::{Aaguid, Ctap2Error},
    },
};
use serde_json::{Value, json};
use url::Url;

/// The origin of the site that the user visits.
const ORIGIN: &str = "http://localhost:3000";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let fake = if env::var("GOTRUE_URL").is_ok() { None } else { Some(FakeServer::start().await) };
    let client = fake.as_ref().map_or_else(Client::from_env, FakeServer::client)?;
    let kind = if fake.is_some() { "a fake server in this process" } else { "a real server" };
    println!("Server      {} ({kind})", client.base_url());

    let origin = Url::parse(ORIGIN)?;
    let device = Authenticator::new(Aaguid::new_empty(), None::<Passkey>, Consent, AwsLcRsBackend);
    let mut browser = Browser::new(device).allows_insecure_localhost(true);

    // A different address in each run, so that it is new to a real server.
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let email = format!("ada-{}@example.com", since_1970.as_millis());
    let SignUpOutcome::Session(session) = client.sign_up(SignUp::email(&email, "correct-horse-7")).await? else {
        println!(
            "Sign up     a message is on its way to {email}; this example needs a server that confirms new users at once"
        );
        return Ok(());
    };
    println!("Sign up     {email} has the id {}", session.user().id);

    let passkeys = client.user(session.access_token()).passkeys();
    let challenge = passkeys.registration_options().await?;
    let options = json!({ "publicKey": Value::from(challenge.options) });
    let made = browser.register(&origin, serde_json::from_value(options)?, DefaultClientData).await;
    let made = made.map_err(|error| format!("the authenticator made no passkey: {error:?}"))?;
    let passkey = passkeys.register(challenge.challenge_id, made).await?;
    println!("Register    a passkey, which the server calls {:?}", passkey.friendly_name.unwrap_or_default());
    let passkey = passkeys.rename(passkey.id, "Ada's laptop").await?;
    println!("Rename      now it is {:?}", passkey.friendly_name.unwrap_or_default());

    // The request contains no user name: the passkey identifies the user.
    let challenge = client.passkey_options().await?;
    let options = json!({ "publicKey": Value::from(challenge.options) });
    let used = browser.authenticate(&origin, serde_json::from_value(options)?, DefaultClientData).await;
    let used = used.map_err(|error| format!("the authenticator did not answer: {error:?}"))?;
    let assertion = PasskeyAssertion::new(challenge.challenge_id, used);
    let session = client.sign_in(assertion.clone()).await?;
    println!("Sign in     {} is back, without a password", session.user().email.as_deref().unwrap_or_default());

    let again = client.sign_in(assertion).await;
    println!(
        "Sign in     the same response again: {}",
        again.err().map_or_else(String::new, |error| error.to_string())
    );

    let passkeys = client.user(session.access_token()).passkeys();
    for passkey in passkeys.list().await? {
        passkeys.delete(passkey.id).await?;
        println!("Delete      {:?}", passkey.friendly_name.unwrap_or_default());
    }
    println!("            {} passkeys are left", passkeys.list().await?.len());
    Ok(())
}

/// Simulates a user who is present and gives consent.
struct Consent;

#[async_trait::async_trait]
impl UserValidationMethod for Consent {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}
