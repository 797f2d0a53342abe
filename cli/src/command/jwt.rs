//! `gotrue jwt`: inspecting and verifying tokens.

use std::{io::Read, time::Duration};

use clap::Subcommand;
use gotrue::{
    Secret,
    chrono::Utc,
    serde_json::{Value, json},
};

use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
    output::Field,
    time,
    unverified_jwt::{UnverifiedJwt, timestamp},
};

/// A token that expires within this time gets a warning.
const EXPIRES_SOON: Duration = Duration::from_secs(5 * 60);

/// Inspect and verify tokens.
#[derive(Debug, Subcommand)]
pub enum Jwt {
    /// Show the claims of a token without verifying it
    Inspect {
        /// Token, or - to read it from standard input; the session's access token by default
        token: Option<Secret>,
    },
    /// Verify a user's access token with the server's keys, or by asking the server
    Verify {
        /// Token, or - to read it from standard input; the session's access token by default
        token: Option<Secret>,
        /// Required audience, usually "authenticated"
        #[arg(long)]
        audience: Option<String>,
        /// Required issuer
        #[arg(long)]
        issuer: Option<String>,
    },
}

impl Jwt {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Inspect { token } => inspect(context, &token_or_session(context, token).await?),
            Self::Verify { token, audience, issuer } => {
                verify(context, &token_or_session(context, token).await?, audience, issuer).await
            }
        }
    }
}

async fn token_or_session(context: &Context, token: Option<Secret>) -> Result<Secret> {
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

/// Shows any JWT, including a project's API keys, which belong to no user.
fn inspect(context: &Context, token: &Secret) -> Result<()> {
    let token = UnverifiedJwt::read(token.expose())
        .ok_or_else(|| Failure::new(Exit::Refused, "not a JWT: expected three parts of Base64, separated by dots"))?;
    if context.out.json {
        return context.out.json(&json!({ "header": token.header, "claims": token.claims }));
    }
    let header = [("algorithm", "alg"), ("key id", "kid")];
    let header = header.map(|(name, member)| (name.to_owned(), display_header(token.header.get(member))));
    let mut fields: Vec<_> = header.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    let claims = token.claims.iter().map(|(name, value)| (name.clone(), display_claim(name, value)));
    fields.extend(claims.filter(|(_, text)| !text.is_empty()));
    context.out.pairs(&fields)?;
    let now = Utc::now();
    match token.expires_at() {
        None if token.claims.contains_key("exp") => context.out.warning("the token has an invalid expiry"),
        None => context.out.warning("the token never expires"),
        Some(end) if end <= now => context.out.warning(format!("the token expired {}", time::from_now(end, now))),
        Some(end) if end <= now + EXPIRES_SOON => {
            context.out.warning(format!("the token expires {}", time::from_now(end, now)));
        }
        Some(_) => {}
    }
    Ok(())
}

fn display_header(value: Option<&Value>) -> String {
    value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}

fn display_claim(claim: &str, value: &Value) -> String {
    match (claim, value) {
        ("exp" | "iat" | "nbf" | "auth_time", value) if timestamp(Some(value)).is_some() => {
            time::full(timestamp(Some(value)))
        }
        ("amr", Value::Array(steps)) => steps.iter().map(display_step).collect::<Vec<_>>().join(", "),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// One entry of `amr`: an authentication method, and when it was used.
fn display_step(step: &Value) -> String {
    let method = step["method"].as_str().or(step.as_str()).unwrap_or_default();
    match timestamp(step.get("timestamp")) {
        Some(at) => format!("{method} {}", time::from_now(at, Utc::now())),
        None => method.to_owned(),
    }
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
        ("email", claims.email.clone().unwrap_or_default()),
        ("role", claims.role.clone().unwrap_or_default()),
        ("assurance level", claims.aal.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("expires", time::full(Some(claims.exp))),
    ];
    context.out.record(&claims, fields)
}
