//! `gotrue mfa`: the second factors of whoever is signed in.

use clap::{Args, Subcommand};
use gotrue::{
    SessionManager,
    serde_json::json,
    types::Factor,
    user::{EnrollPhone, EnrollTotp},
    uuid::Uuid,
};
use qrcode::{QrCode, render::unicode::Dense1x2};

use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
    prompt, time,
};

const COLUMNS: [&str; 6] = ["ID", "TYPE", "NAME", "STATUS", "PHONE", "CREATED"];

/// The second factors of whoever is signed in.
#[derive(Debug, Subcommand)]
pub enum Mfa {
    /// Adds an authenticator application, or a phone with --phone
    Enroll(Enroll),
    /// Answers a factor with its code; the session gets to level aal2
    Verify(Verify),
    /// Shows the factors
    #[command(visible_alias = "ls")]
    List,
    /// Removes a factor
    #[command(visible_alias = "rm")]
    Remove { factor: Uuid },
}

impl Mfa {
    pub async fn run(self, context: &Context) -> Result<()> {
        let manager = context.session().await?;
        match self {
            Self::Enroll(command) => command.run(context, &manager).await,
            Self::Verify(command) => command.run(context, &manager).await,
            Self::List => {
                let factors = manager.user().mfa().factors().await?;
                context.out.list(&COLUMNS, factors.all(), row)
            }
            Self::Remove { factor } => {
                context.confirm(format!("Remove the factor {factor}?"))?;
                manager.user().mfa().unenroll(factor).await?;
                context.out.note("removed");
                Ok(())
            }
        }
    }
}

fn row(factor: &Factor) -> Vec<String> {
    vec![
        factor.id.to_string(),
        factor.factor_type.to_string(),
        factor.friendly_name.clone().unwrap_or_default(),
        factor.status.to_string(),
        factor.phone.clone().unwrap_or_default(),
        time::short(factor.created_at),
    ]
}

/// Adds a second factor.
#[derive(Debug, Args)]
pub struct Enroll {
    /// What you call it
    #[arg(long)]
    name: Option<String>,
    /// What the authenticator shows as the site
    #[arg(long, conflicts_with = "phone")]
    issuer: Option<String>,
    /// A phone that gets codes, instead of an authenticator application
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
}

impl Enroll {
    async fn run(self, context: &Context, manager: &SessionManager) -> Result<()> {
        let id = match &self.phone {
            Some(phone) => self.enroll_phone(context, manager, phone).await?,
            None => self.enroll_totp(context, manager).await?,
        };
        if !context.out.json && prompt::is_interactive() {
            return verify(context, manager, id).await;
        }
        context.out.note(format!("it counts once it is verified: gotrue mfa verify {id}"));
        Ok(())
    }

    async fn enroll_totp(&self, context: &Context, manager: &SessionManager) -> Result<Uuid> {
        let mut factor = EnrollTotp::new();
        if let Some(name) = &self.name {
            factor = factor.friendly_name(name);
        }
        if let Some(issuer) = &self.issuer {
            factor = factor.issuer(issuer);
        }
        let factor = manager.user().mfa().enroll_totp(factor).await?;
        if context.out.json {
            let shown = json!({ "id": factor.id, "secret": factor.secret, "uri": factor.uri });
            return context.out.json(&shown).map(|()| factor.id);
        }
        context.out.line(qr_code(factor.uri.expose())?)?;
        context.out.line(format!("Scan this with an authenticator, or type {}", factor.secret.expose()))?;
        Ok(factor.id)
    }

    async fn enroll_phone(&self, context: &Context, manager: &SessionManager, phone: &str) -> Result<Uuid> {
        let mut factor = EnrollPhone::new(phone);
        if let Some(name) = &self.name {
            factor = factor.friendly_name(name);
        }
        let factor = manager.user().mfa().enroll_phone(factor).await?;
        if context.out.json {
            context.out.json(&json!({ "id": factor.id, "phone": phone }))?;
        }
        Ok(factor.id)
    }
}

/// Light on dark, as most terminals are.
fn qr_code(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(|error| Failure::new(Exit::Refused, format!("no QR code: {error}")))?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// Answers a factor with its code.
#[derive(Debug, Args)]
pub struct Verify {
    /// The factor; the only one when it is left out
    factor: Option<Uuid>,
}

impl Verify {
    async fn run(self, context: &Context, manager: &SessionManager) -> Result<()> {
        let factor = match self.factor {
            Some(factor) => factor,
            None => the_only_one(manager).await?,
        };
        verify(context, manager, factor).await
    }
}

async fn the_only_one(manager: &SessionManager) -> Result<Uuid> {
    let factors = manager.user().mfa().factors().await?;
    match factors.all() {
        [] => Err(Failure::not_found("there is no second factor").hint("gotrue mfa enroll adds one")),
        [factor] => Ok(factor.id),
        _ => Err(Failure::usage("there are several factors; name one").hint("gotrue mfa list shows them")),
    }
}

async fn verify(context: &Context, manager: &SessionManager, factor: Uuid) -> Result<()> {
    let challenge = manager.user().mfa().challenge(factor).await?;
    manager.user().mfa().verify(&challenge, prompt::line("Code")?).await?;
    context.out.note("verified; this session has level aal2");
    Ok(())
}
