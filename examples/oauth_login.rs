//! A desktop application signs its user in with the browser.
//!
//! `cargo run --features loopback --example oauth_login` starts a fake server in the process, whose provider consents
//! immediately: open the URL that is printed. If `GOTRUE_URL` (and `GOTRUE_API_KEY`) is set, it uses that server, with
//! the provider from `GOTRUE_PROVIDER`, which defaults to GitHub. The argument `implicit` selects the implicit flow
//! instead of PKCE; with `alone`, the program opens the URL itself.

use std::{env, error::Error, time::Duration};

use gotrue::{AuthorizationCode, Callback, Client, Loopback, Provider};
use gotrue_fake::FakeServer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let fake = if env::var("GOTRUE_URL").is_ok() { None } else { Some(FakeServer::start().await) };
    let client = fake.as_ref().map_or_else(Client::from_env, FakeServer::client)?;
    let provider = env::var("GOTRUE_PROVIDER").map_or(Provider::Github, Provider::from);

    let loopback = Loopback::bind().await?;
    let authorize = client.authorize(provider).redirect_to(loopback.redirect_to());
    let (url, verifier) = if env::args().any(|argument| argument == "implicit") {
        (authorize.url()?, None)
    } else {
        let (url, verifier) = authorize.pkce()?;
        (url, Some(verifier))
    };
    println!("Open this in your browser:\n{url}");
    if env::args().any(|argument| argument == "alone") {
        tokio::spawn(gotrue::reqwest::get(url));
    }

    let session = match (loopback.wait(Duration::from_secs(300)).await?, verifier) {
        (Callback::Code { code, .. }, Some(verifier)) => client.sign_in(AuthorizationCode::new(code, verifier)).await?,
        (Callback::Session(tokens), None) => client.session_from_callback(tokens).await?,
        (Callback::Error(error), _) => return Err(error.into()),
        (other, _) => return Err(format!("unexpected callback: {other:?}").into()),
    };
    println!("Signed in as {}", session.user().email.as_deref().unwrap_or("a user without an email address"));
    Ok(())
}
