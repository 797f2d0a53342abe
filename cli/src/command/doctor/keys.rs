//! The keys: those that the command uses, and those that the server signs with.

use gotrue::{
    Client, Secret,
    chrono::{TimeDelta, Utc},
};

use super::report::Report;
use crate::{context::Context, failure::Result, time, unverified_jwt::UnverifiedJwt};

/// A key that expires within this time gets a warning.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(30);

pub async fn check(context: &Context, client: &Client, report: &mut Report) -> Result<()> {
    let target = context.target()?;
    for name in &target.unused_keys {
        report.warning("variables", format!("{name} is not used"), "set the URL of its server as well, or unset it")?;
    }
    match &target.api_key {
        Some(key) => api_key(&key.value, report)?,
        None => report.ok("API key", "none")?,
    }
    match &target.service_key {
        Some(key) => service_key(context, &key.value, report).await?,
        None => report.warning("service key", "none, so admin commands do not work", "see gotrue keys --help")?,
    }
    signing_keys(client, report).await
}

fn api_key(key: &Secret, report: &mut Report) -> Result<()> {
    let is_secret = role(key).as_deref() == Some("service_role") || key.expose().starts_with("sb_secret_");
    if is_secret {
        let hint = "use the anon or publishable key; a service key belongs into --service-key";
        return report.failure("API key", "it is a service key, which is sent with every request", hint);
    }
    expiry("API key", key, report)
}

async fn service_key(context: &Context, key: &Secret, report: &mut Report) -> Result<()> {
    if let Err(error) = context.admin()?.users().list().per_page(1).get().await {
        let hint = "mint one with gotrue keys mint service-role, or copy it from the project's API settings";
        return report.failure("service key", format!("does not work: {error}"), hint);
    }
    expiry("service key", key, report)
}

fn expiry(name: &str, key: &Secret, report: &mut Report) -> Result<()> {
    let Some(token) = UnverifiedJwt::read(key.expose()) else { return report.ok(name, "works") };
    let now = Utc::now();
    let hint = "mint another with gotrue keys mint";
    match token.expires_at() {
        None => report.warning(name, "never expires", hint),
        Some(end) if end <= now => report.failure(name, format!("expired {}", time::from_now(end, now)), hint),
        Some(end) if end <= now + EXPIRES_SOON => {
            report.warning(name, format!("expires {}", time::from_now(end, now)), hint)
        }
        Some(end) => report.ok(name, format!("expires {}", time::from_now(end, now))),
    }
}

async fn signing_keys(client: &Client, report: &mut Report) -> Result<()> {
    let keys = client.jwks().await?.keys;
    if keys.is_empty() {
        let hint = "services cannot verify tokens without the secret: generate a key pair with gotrue keys generate";
        return report.warning("signing keys", "none are published", hint);
    }
    let ids: Vec<_> = keys.iter().map(|key| key.kid.as_deref().unwrap_or("?")).collect();
    report.ok("signing keys", format!("published: {}", ids.join(", ")))
}

fn role(key: &Secret) -> Option<String> {
    Some(UnverifiedJwt::read(key.expose())?.claims.get("role")?.as_str()?.to_owned())
}
