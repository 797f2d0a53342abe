//! Settings that are risky, or contradict each other.

use gotrue::types::Settings;

use super::report::Report;
use crate::{command::enabled::enabled, failure::Result};

pub fn check(settings: &Settings, report: &mut Report) -> Result<()> {
    let enabled = enabled(settings);
    let is_enabled = |name: &str| enabled.contains(&name);
    let is_open = settings.disable_signup != Some(true);
    let mut is_fine = true;
    let mut warn = |message: &str, hint: &str| {
        is_fine = false;
        report.warning("settings", message, hint)
    };
    if is_open && is_enabled("email") && settings.mailer_autoconfirm == Some(true) {
        warn(
            "anyone can sign up with any email address",
            "set GOTRUE_MAILER_AUTOCONFIRM=false, unless this server is for tests",
        )?;
    }
    if is_open && is_enabled("phone") && settings.phone_autoconfirm == Some(true) {
        warn(
            "anyone can sign up with any phone number",
            "set GOTRUE_SMS_AUTOCONFIRM=false, unless this server is for tests",
        )?;
    }
    if is_enabled("phone") && settings.sms_provider.as_deref().unwrap_or_default().is_empty() {
        warn(
            "phones can sign in, but there is no SMS provider",
            "set GOTRUE_SMS_PROVIDER, or GOTRUE_EXTERNAL_PHONE_ENABLED=false",
        )?;
    }
    if !is_open && is_enabled("anonymous_users") {
        warn(
            "anonymous sign-ins are enabled, but sign-ups are not, so they fail",
            "set GOTRUE_DISABLE_SIGNUP=false, or GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED=false",
        )?;
    }
    if enabled.is_empty() && settings.saml_enabled != Some(true) {
        warn("no sign-in method is enabled", "enable one, such as GOTRUE_EXTERNAL_EMAIL_ENABLED=true")?;
    }
    if is_fine { report.ok("settings", "nothing risky or contradictory") } else { Ok(()) }
}
