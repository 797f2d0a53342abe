//! `gotrue health` and `gotrue settings`: the server itself.

use crate::{
    context::Context,
    failure::Result,
    output::{Field, yes_no},
};

/// Whether the server is up, and its version.
#[derive(Debug, clap::Args)]
pub struct Health;

impl Health {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let health = client.health().await?;
        let url = client.base_url().to_string();
        let version = health.version.clone().unwrap_or_default();
        context.out.record(&health, [("server", url), ("name", health.name.clone()), ("version", version)])
    }
}

/// What the server has switched on.
#[derive(Debug, clap::Args)]
pub struct Settings;

impl Settings {
    pub async fn run(self, context: &Context) -> Result<()> {
        let settings = context.client()?.settings().await?;
        let mut on: Vec<_> =
            settings.external.keys().map(String::as_str).filter(|name| settings.is_enabled(name)).collect();
        on.sort_unstable();
        let fields: [Field; 8] = [
            ("sign in with", on.join(", ")),
            ("sign-ups", yes_no(settings.disable_signup.map(|off| !off))),
            ("addresses need confirming", yes_no(settings.mailer_autoconfirm.map(|auto| !auto))),
            ("phones need confirming", yes_no(settings.phone_autoconfirm.map(|auto| !auto))),
            ("text messages by", settings.sms_provider.clone().unwrap_or_default()),
            ("SAML", yes_no(settings.saml_enabled)),
            ("second factors", yes_no(settings.mfa_enabled)),
            ("passkeys", yes_no(settings.passkeys_enabled)),
        ];
        context.out.record(&settings, fields)
    }
}
