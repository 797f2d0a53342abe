//! `gotrue login`: a new session, which is kept when it is whole and not before.

use clap::ArgGroup;
use gotrue::{
    AuthorizationCode, Callback, Client, Error, Password, SignInMessage, SignInMessage, Session, SignOutScope, VerifyOtp,
    user::{Assurance, Factors},
};

use crate::{
    command::browser::Browser,
    context::Context,
    failure::{Exit, Failure, Result},
    prompt,
};

/// Signs in: by password, code, link or provider.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("method").args(["otp", "magic_link", "provider"]))]
pub struct Login {
    /// An e-mail address or a phone number; it is asked for when it is missing
    #[arg(conflicts_with = "provider")]
    address: Option<String>,
    /// Sends a code to the address, and asks for it
    #[arg(long)]
    otp: bool,
    /// Mails a link, and waits until it is opened on this machine
    #[arg(long)]
    magic_link: bool,
    /// Makes a user of somebody unknown, with --otp
    #[arg(long, requires = "otp")]
    sign_up: bool,
    /// Signs in with a provider, such as github, in the browser
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// What to ask the provider for besides
    #[arg(long, value_name = "SCOPE", requires = "provider")]
    scope: Vec<String>,
    #[command(flatten)]
    browser: Browser,
}

impl Login {
    pub async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        let client = manager.client();
        let session = self.sign_in(context, client).await?;
        let session = with_second_factor(context, client, session).await?;
        let session = manager.set(session).await?;
        let user = session.user();
        let name = user.email.clone().or(user.phone.clone()).filter(|name| !name.is_empty());
        context.out.note(format!("signed in as {}", name.unwrap_or(user.id.to_string())));
        if session.weak_password().is_some() {
            context.out.warning("the password no longer meets the server's rules: gotrue user update --password");
        }
        Ok(())
    }

    async fn sign_in(&self, context: &Context, client: &Client) -> Result<Session> {
        if let Some(provider) = &self.provider {
            return self.by_provider(context, client, provider).await;
        }
        let address = match &self.address {
            Some(address) => address.clone(),
            None => prompt::line("E-mail address or phone number")?,
        };
        match (self.otp, self.magic_link) {
            (true, _) => self.by_code(context, client, &address).await,
            (_, true) => self.by_link(context, client, &address).await,
            _ => by_password(client, &address).await,
        }
    }

    async fn by_code(&self, context: &Context, client: &Client, address: &str) -> Result<Session> {
        let otp = if is_phone(address) { SignInMessage::phone(address) } else { SignInMessage::email(address) };
        client.send_otp(otp.create_user(self.sign_up)).await?;
        context.out.note(format!("a code is on its way to {address}"));
        let code = prompt::line("Code")?;
        let verify = if is_phone(address) { VerifyOtp::phone(address, code) } else { VerifyOtp::email(address, code) };
        let session = client.verify_otp(verify).await?.session();
        session.ok_or_else(|| Failure::new(Exit::Refused, "the code confirmed an address, but signs nobody in"))
    }

    async fn by_link(&self, context: &Context, client: &Client, address: &str) -> Result<Session> {
        let loopback = self.browser.listen().await?;
        let verifier = gotrue::PkceVerifier::generate()?;
        let link = SignInMessage::email(address).redirect_to(loopback.redirect_to()).pkce(&verifier);
        client.send_magic_link(link).await?;
        context.out.note(format!("a link is on its way to {address}; open it on this machine"));
        exchange(client, self.browser.wait(loopback).await?, verifier).await
    }

    async fn by_provider(&self, context: &Context, client: &Client, provider: &str) -> Result<Session> {
        let loopback = self.browser.listen().await?;
        let authorize = client.authorize(provider).scopes(&self.scope).redirect_to(loopback.redirect_to());
        let (url, verifier) = authorize.pkce()?;
        self.browser.open(context.out, &url);
        exchange(client, self.browser.wait(loopback).await?, verifier).await
    }
}

async fn by_password(client: &Client, address: &str) -> Result<Session> {
    let password = prompt::secret("Password")?;
    let grant = if is_phone(address) { Password::phone(address, password) } else { Password::email(address, password) };
    Ok(client.sign_in(grant).await?)
}

async fn exchange(client: &Client, callback: Callback, verifier: gotrue::PkceVerifier) -> Result<Session> {
    match callback {
        Callback::Code { code, .. } => Ok(client.sign_in(AuthorizationCode::new(code, verifier)).await?),
        Callback::Error(error) => Err(Error::from(error).into()),
        // A session that somebody else could have put there.
        _ => Err(Failure::new(Exit::Refused, "the browser came back without a code")),
    }
}

/// Asks for the code of a second factor when the user has one. A session that does not get there is ended.
async fn with_second_factor(context: &Context, client: &Client, session: Session) -> Result<Session> {
    if !Assurance::of(session.access_token(), session.user()).needs_second_factor() {
        return Ok(session);
    }
    let verified = second_factor(context, client, &session).await;
    if verified.is_err() {
        // It expires by itself when this fails.
        let _ = client.user(session.access_token()).sign_out(SignOutScope::Local).await;
    }
    verified
}

async fn second_factor(context: &Context, client: &Client, session: &Session) -> Result<Session> {
    let factors = Factors::of(session.user());
    let factor = factors.totp().chain(factors.phone()).find(|factor| factor.is_verified()).ok_or_else(|| {
        Failure::new(Exit::Unauthorized, "the second factor is a security key, which only a browser can ask for")
    })?;
    let mfa = client.user(session.access_token()).mfa();
    let challenge = mfa.challenge(factor.id).await?;
    if let Some(phone) = &factor.phone {
        context.out.note(format!("a code is on its way to {phone}"));
    }
    let name = factor.friendly_name.as_deref().filter(|name| !name.is_empty());
    let code = prompt::line(&name.map_or("Code".to_owned(), |name| format!("Code of {name}")))?;
    Ok(mfa.verify(&challenge, code).await?)
}

/// A number in digits, with or without a plus.
fn is_phone(address: &str) -> bool {
    let digits = address.strip_prefix('+').unwrap_or(address);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}
