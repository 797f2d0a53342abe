//! `gotrue jwt`: what a token says, and whether it is true.

use std::{io::Read, time::Duration};

use clap::Subcommand;
use gotrue::{
    Secret,
    chrono::{DateTime, Utc},
    serde_json::{Map, Value, json},
};

use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
    output::Field,
    time,
};

/// Whatever ends within this time is about to.
const SOON: Duration = Duration::from_secs(5 * 60);

/// What a token says, and whether it is true.
#[derive(Debug, Subcommand)]
pub enum Jwt {
    /// Shows the claims of a token, without verifying it
    Inspect {
        /// The token; - reads it from standard input; without one, that of the session
        token: Option<Secret>,
    },
    /// Verifies a user's access token, by the server's keys or by the server itself
    Verify {
        /// The token; - reads it from standard input; without one, that of the session
        token: Option<Secret>,
        /// For whom it must be, mostly authenticated
        #[arg(long)]
        audience: Option<String>,
        /// Who must have issued it
        #[arg(long)]
        issuer: Option<String>,
    },
}

impl Jwt {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Inspect { token } => inspect(context, &the_token(context, token).await?),
            Self::Verify { token, audience, issuer } => {
                verify(context, &the_token(context, token).await?, audience, issuer).await
            }
        }
    }
}

async fn the_token(context: &Context, token: Option<Secret>) -> Result<Secret> {
    match token {
        None => Ok(context.session().await?.access_token().await?),
        Some(token) if token.expose() == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            Ok(text.trim().into())
        }
        Some(token) => Ok(token),
    }
}

/// Any JWT, also the keys of a project, which no user has.
fn inspect(context: &Context, token: &Secret) -> Result<()> {
    let token = jsonwebtoken::dangerous::insecure_decode::<Map<String, Value>>(token.expose())
        .map_err(|error| Failure::new(Exit::Refused, format!("this is no JWT: {error}")))?;
    if context.out.json {
        return context.out.json(&json!({ "header": token.header, "claims": token.claims }));
    }
    let mut fields = vec![("algorithm".to_owned(), format!("{:?}", token.header.alg))];
    fields.extend(token.header.kid.map(|kid| ("key".to_owned(), kid)));
    let claims = token.claims.iter().map(|(name, value)| (name.clone(), words(name, value)));
    fields.extend(claims.filter(|(_, words)| !words.is_empty()));
    context.out.pairs(&fields)?;
    let now = Utc::now();
    match moment(token.claims.get("exp")) {
        None => context.out.warning("it never expires"),
        Some(end) if end <= now => context.out.warning(format!("it expired {}", time::from_now(end, now))),
        Some(end) if end <= now + SOON => context.out.warning(format!("it expires {}", time::from_now(end, now))),
        Some(_) => {}
    }
    Ok(())
}

fn words(claim: &str, value: &Value) -> String {
    match (claim, value) {
        ("exp" | "iat" | "nbf" | "auth_time", value) if moment(Some(value)).is_some() => {
            time::full(moment(Some(value)))
        }
        ("amr", Value::Array(steps)) => steps.iter().map(step).collect::<Vec<_>>().join(", "),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// A way of authentication, and when.
fn step(step: &Value) -> String {
    let method = step["method"].as_str().or(step.as_str()).unwrap_or_default();
    match moment(step.get("timestamp")) {
        Some(moment) => format!("{method} {}", time::from_now(moment, Utc::now())),
        None => method.to_owned(),
    }
}

fn moment(value: Option<&Value>) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(value?.as_i64()?, 0)
}

async fn verify(context: &Context, token: &Secret, audience: Option<String>, issuer: Option<String>) -> Result<()> {
    let mut verifier = context.client()?.jwt_verifier();
    if let Some(audience) = audience {
        verifier = verifier.audience(audience);
    }
    if let Some(issuer) = issuer {
        verifier = verifier.issuer(issuer);
    }
    let claims = verifier.verify(token).await?.into_claims();
    let fields: [Field; 6] = [
        ("verified", "yes".to_owned()),
        ("user", claims.sub.to_string()),
        ("e-mail", claims.email.clone().unwrap_or_default()),
        ("role", claims.role.clone().unwrap_or_default()),
        ("level", claims.aal.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("expires", time::full(Some(claims.exp))),
    ];
    context.out.record(&claims, fields)
}
