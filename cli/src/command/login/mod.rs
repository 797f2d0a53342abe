//! `gotrue login`: a new session, stored once it is complete.

mod code;
mod second_factor;

use clap::ArgGroup;
use gotrue::{
    Anonymous, AuthorizationCode, Callback, Client, Error, Password, PkceVerifier, Session, SignInMessage, Sso,
};

use self::second_factor::with_second_factor;
use crate::{
    command::{browser::Browser, enabled::enabled},
    context::Context,
    failure::{Exit, Failure, Result},
    phone, prompt,
};

/// Sign in with a password, code, link or provider.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("method").args(["otp", "code", "magic_link", "provider", "sso", "anonymous"]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Login {
    /// Email address or phone number; prompted for if omitted
    #[arg(conflicts_with_all = ["provider", "sso", "anonymous"])]
    address: Option<String>,
    /// Send a code to the address and prompt for it; a link from the mail can be pasted instead
    #[arg(long)]
    otp: bool,
    /// Prompt for a code or link that was sent before, without sending another
    #[arg(long)]
    code: bool,
    /// Send a link by email, and wait until it is opened on this machine
    #[arg(long)]
    magic_link: bool,
    /// Create the user if there is none, with --otp
    #[arg(long, requires = "otp")]
    sign_up: bool,
    /// Sign in with a provider, such as github, in the browser
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Scope to request from the provider; repeat for several
    #[arg(long, value_name = "SCOPE", requires = "provider")]
    scope: Vec<String>,
    /// Sign in with the SAML identity provider of a domain, in the browser
    #[arg(long, value_name = "DOMAIN")]
    sso: Option<String>,
    /// Sign in as a new anonymous user
    #[arg(long)]
    anonymous: bool,
    /// Prompt for a recovery code instead of the code of a second factor
    #[arg(long)]
    recovery_code: bool,
    #[command(flatten)]
    browser: Browser,
}

impl Login {
    pub async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        let client = manager.client();
        let session = self.sign_in(context, client).await?;
        let session = with_second_factor(context, client, session, self.recovery_code).await?;
        let session = manager.set(session).await?;
        let user = session.user();
        let name = user.email.clone().or(user.phone.clone()).filter(|name| !name.is_empty());
        context.out.note(format!("signed in as {}", name.unwrap_or(user.id.to_string())));
        if session.weak_password().is_some() {
            context.out.warning("the password does not meet the server's rules: gotrue user update --password");
        }
        Ok(())
    }

    async fn sign_in(&self, context: &Context, client: &Client) -> Result<Session> {
        if let Some(provider) = &self.provider {
            return self.with_provider(context, client, provider).await;
        }
        if let Some(domain) = &self.sso {
            return self.with_sso(context, client, domain).await;
        }
        if self.anonymous {
            return Ok(client.sign_in(Anonymous::new()).await?);
        }
        let address = match &self.address {
            Some(address) => address.clone(),
            None => prompt::line("Email address or phone number")?,
        };
        let address = phone::digits(&address).unwrap_or(address);
        if self.otp {
            let otp = if is_phone(&address) { SignInMessage::phone(&address) } else { SignInMessage::email(&address) };
            client.send_otp(otp.create_user(self.sign_up)).await?;
            context.out.note(format!("sent a message to {address}"));
        }
        if self.otp || self.code {
            return code::sign_in(client, &address, is_phone(&address)).await;
        }
        if self.magic_link {
            return self.with_link(context, client, &address).await;
        }
        with_password(client, &address).await
    }

    async fn with_link(&self, context: &Context, client: &Client, address: &str) -> Result<Session> {
        let loopback = self.browser.listen().await?;
        let verifier = PkceVerifier::generate()?;
        let link = SignInMessage::email(address).redirect_to(loopback.redirect_to()).pkce(&verifier);
        client.send_magic_link(link).await?;
        context.out.note(format!("sent a link to {address}; open it on this machine"));
        exchange(client, self.browser.wait(loopback).await?, verifier).await
    }

    async fn with_provider(&self, context: &Context, client: &Client, provider: &str) -> Result<Session> {
        check_provider(client, provider).await?;
        let loopback = self.browser.listen().await?;
        let authorize = client.authorize(provider).scopes(&self.scope).redirect_to(loopback.redirect_to());
        let (url, verifier) = authorize.pkce()?;
        self.browser.open(context.out, &url);
        exchange(client, self.browser.wait(loopback).await?, verifier).await
    }

    async fn with_sso(&self, context: &Context, client: &Client, domain: &str) -> Result<Session> {
        let loopback = self.browser.listen().await?;
        // An email address names its domain.
        let domain = domain.rsplit('@').next().unwrap_or(domain);
        let (url, verifier) = client.sso(Sso::domain(domain).redirect_to(loopback.redirect_to())).pkce().await?;
        self.browser.open(context.out, &url);
        exchange(client, self.browser.wait(loopback).await?, verifier).await
    }
}

async fn with_password(client: &Client, address: &str) -> Result<Session> {
    let password = prompt::secret("Password")?;
    let grant = if is_phone(address) { Password::phone(address, password) } else { Password::email(address, password) };
    Ok(client.sign_in(grant).await?)
}

/// Refuses a provider that the server does not offer: the browser would show an error page and never return.
async fn check_provider(client: &Client, provider: &str) -> Result<()> {
    /// Providers that the settings do not list.
    const UNLISTED: [&str; 2] = ["x", "vercel_marketplace"];
    /// Entries of the settings that are not OAuth providers.
    const NOT_OAUTH: [&str; 3] = ["email", "phone", "anonymous_users"];
    if provider.contains(':') || UNLISTED.contains(&provider) {
        return Ok(());
    }
    let settings = client.settings().await?;
    let names: Vec<_> = enabled(&settings).into_iter().filter(|name| !NOT_OAUTH.contains(name)).collect();
    if names.contains(&provider) {
        return Ok(());
    }
    let hint = if names.is_empty() {
        "the server has no provider enabled".to_owned()
    } else {
        format!("enabled providers: {}", names.join(", "))
    };
    Err(Failure::usage(format!("provider {provider} is not enabled on the server")).hint(hint))
}

async fn exchange(client: &Client, callback: Callback, verifier: PkceVerifier) -> Result<Session> {
    match callback {
        Callback::Code { code, .. } => Ok(client.sign_in(AuthorizationCode::new(code, verifier)).await?),
        Callback::Error(error) => Err(Error::from(error).into()),
        // Anyone can craft a URL with a session (login CSRF).
        _ => Err(Failure::new(Exit::Refused, "the browser returned without a code")),
    }
}

fn is_phone(address: &str) -> bool {
    phone::digits(address).is_some()
}
