//! `gotrue mfa`: the second factors of the signed-in user.

use clap::{Args, Subcommand};
use gotrue::{
    SessionManager, SetOptional,
    serde_json::json,
    types::{Factor, FactorType},
    user::{EnrollPhone, EnrollTotp},
    uuid::Uuid,
};
use qrcode::{QrCode, render::unicode::Dense1x2};

use crate::{
    command::{factor_code::factor_code, recovery_codes::RecoveryCodes},
    context::Context,
    failure::{Exit, Failure, Result},
    prompt, time,
};

const COLUMNS: [&str; 6] = ["ID", "TYPE", "NAME", "STATUS", "PHONE", "CREATED"];

/// Manage the second factors of the signed-in user.
#[derive(Debug, Subcommand)]
pub enum Mfa {
    /// Enroll an authenticator app, or a phone with --phone
    Enroll(Enroll),
    /// Verify a factor with its code; raises the session to aal2
    Verify(Verify),
    /// List factors
    #[command(visible_alias = "ls")]
    List,
    /// Remove a factor
    #[command(visible_alias = "rm")]
    Remove {
        /// ID of the factor
        factor: Uuid,
    },
    /// Manage recovery codes, for when the other factors are lost
    #[command(subcommand)]
    RecoveryCodes(RecoveryCodes),
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
            Self::RecoveryCodes(command) => command.run(context, &manager.user().mfa().recovery_codes()).await,
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

/// Enroll a second factor.
#[derive(Debug, Args)]
pub struct Enroll {
    /// Name of the factor
    #[arg(long)]
    name: Option<String>,
    /// Site name that the authenticator shows
    #[arg(long, conflicts_with = "phone")]
    issuer: Option<String>,
    /// Phone number that receives codes, instead of an authenticator app
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
            return verify(context, manager, Some(id)).await;
        }
        context.out.note(format!("verify the factor to activate it: gotrue mfa verify {id}"));
        Ok(())
    }

    async fn enroll_totp(&self, context: &Context, manager: &SessionManager) -> Result<Uuid> {
        let mut factor = EnrollTotp::new();
        factor =
            factor.maybe(self.name.as_ref(), EnrollTotp::friendly_name).maybe(self.issuer.as_ref(), EnrollTotp::issuer);
        let factor = manager.user().mfa().enroll_totp(factor).await?;
        if context.out.json {
            let shown = json!({ "id": factor.id, "secret": factor.secret, "uri": factor.uri });
            return context.out.json(&shown).map(|()| factor.id);
        }
        context.out.line(qr_code(factor.uri.expose())?)?;
        context.out.line(format!("Scan the QR code with an authenticator app, or enter {}", factor.secret.expose()))?;
        Ok(factor.id)
    }

    async fn enroll_phone(&self, context: &Context, manager: &SessionManager, phone: &str) -> Result<Uuid> {
        let mut factor = EnrollPhone::new(phone);
        factor = factor.maybe(self.name.as_ref(), EnrollPhone::friendly_name);
        let factor = manager.user().mfa().enroll_phone(factor).await?;
        if context.out.json {
            context.out.json(&json!({ "id": factor.id, "phone": phone }))?;
        }
        Ok(factor.id)
    }
}

/// Drawn light on dark, since most terminals are dark.
fn qr_code(text: &str) -> Result<String> {
    let code =
        QrCode::new(text).map_err(|error| Failure::new(Exit::Refused, format!("cannot draw the QR code: {error}")))?;
    Ok(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

/// Verify a factor with its code.
#[derive(Debug, Args)]
pub struct Verify {
    /// ID of the factor; may be omitted if there is only one
    factor: Option<Uuid>,
}

impl Verify {
    async fn run(self, context: &Context, manager: &SessionManager) -> Result<()> {
        verify(context, manager, self.factor).await
    }
}

/// Chooses the factor with this ID, or the only one that can be challenged.
fn choose(factors: &[Factor], id: Option<Uuid>) -> Result<&Factor> {
    let hint = "list the factors: gotrue mfa list";
    let factors: Vec<_> = factors.iter().filter(|factor| factor.factor_type != FactorType::RecoveryCode).collect();
    match (&factors[..], id) {
        (factors, Some(id)) => factors
            .iter()
            .copied()
            .find(|factor| factor.id == id)
            .ok_or_else(|| Failure::not_found(format!("there is no factor {id}")).hint(hint)),
        ([], None) => Err(Failure::not_found("no second factor is enrolled").hint("enroll one: gotrue mfa enroll")),
        ([factor], None) => Ok(factor),
        _ => Err(Failure::usage("several factors are enrolled; pass the ID of one").hint(hint)),
    }
}

async fn verify(context: &Context, manager: &SessionManager, id: Option<Uuid>) -> Result<()> {
    let mfa = manager.user().mfa();
    let factors = mfa.factors().await?;
    let factor = choose(factors.all(), id)?;
    let challenge = mfa.challenge(factor.id).await?;
    mfa.verify(&challenge, factor_code(context, factor)?).await?;
    context.out.note("verified; the session is now aal2");
    Ok(())
}
