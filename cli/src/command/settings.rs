//! `gotrue settings`: what the server has enabled.

use crate::{
    context::Context,
    failure::Result,
    output::{Field, yes_no},
};

/// Show what the server has enabled.
#[derive(Debug, clap::Args)]
pub struct Settings;

impl Settings {
    pub async fn run(self, context: &Context) -> Result<()> {
        let settings = context.client()?.settings().await?;
        let mut enabled: Vec<_> =
            settings.external.iter().filter(|(_, is_enabled)| **is_enabled).map(|(name, _)| name.as_str()).collect();
        enabled.sort_unstable();
        let fields: [Field; 8] = [
            ("sign-in methods", enabled.join(", ")),
            ("sign-ups", yes_no(settings.disable_signup.map(|is_disabled| !is_disabled))),
            ("e-mail confirmation", yes_no(settings.mailer_autoconfirm.map(|is_automatic| !is_automatic))),
            ("phone confirmation", yes_no(settings.phone_autoconfirm.map(|is_automatic| !is_automatic))),
            ("SMS provider", settings.sms_provider.clone().unwrap_or_default()),
            ("SAML", yes_no(settings.saml_enabled)),
            ("MFA", yes_no(settings.mfa_enabled)),
            ("passkeys", yes_no(settings.passkeys_enabled)),
        ];
        context.out.record(&settings, fields)
    }
}
