//! `gotrue settings`: what the server has enabled.

use clap::Subcommand;
use gotrue::{
    serde_json::{self, Value, json},
    types::Settings as ServerSettings,
};

use crate::{
    command::enabled::enabled,
    context::Context,
    failure::{Exit, Failure, Result},
    options::Options,
    output::{Field, yes_no},
};

/// Show what the server has enabled.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Settings {
    #[command(subcommand)]
    command: Option<Compare>,
}

#[derive(Debug, Subcommand)]
enum Compare {
    /// Compare the settings of two servers
    Diff {
        /// Profile or URL of the first server
        one: String,
        /// Profile or URL of the second server
        other: String,
    },
}

impl Settings {
    pub async fn run(self, context: &Context) -> Result<()> {
        match self.command {
            None => show(context, &context.client()?.settings().await?),
            Some(Compare::Diff { one, other }) => diff(context, &one, &other).await,
        }
    }
}

fn show(context: &Context, settings: &ServerSettings) -> Result<()> {
    let fields: [Field; 8] = [
        ("sign-in methods", enabled(settings).join(", ")),
        ("sign-ups", yes_no(settings.disable_signup.map(|is_disabled| !is_disabled))),
        ("email confirmation", yes_no(settings.mailer_autoconfirm.map(|is_automatic| !is_automatic))),
        ("phone confirmation", yes_no(settings.phone_autoconfirm.map(|is_automatic| !is_automatic))),
        ("SMS provider", settings.sms_provider.clone().unwrap_or_default()),
        ("SAML", yes_no(settings.saml_enabled)),
        ("MFA", yes_no(settings.mfa_enabled)),
        ("passkeys", yes_no(settings.passkeys_enabled)),
    ];
    context.out.record(settings, fields)
}

/// Prints the settings that differ.
async fn diff(context: &Context, one: &str, other: &str) -> Result<()> {
    let (ours, theirs) = (settings_of(context, one).await?, settings_of(context, other).await?);
    let mut names: Vec<_> = ours.keys().chain(theirs.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let differing: Vec<_> = names
        .into_iter()
        .map(|name| (name, ours.get(name), theirs.get(name)))
        .filter(|(_, ours, theirs)| ours != theirs)
        .map(|(name, ours, theirs)| json!({ "setting": name, "one": ours, "other": theirs }))
        .collect();
    if differing.is_empty() {
        context.out.note("the settings are the same");
        return Ok(());
    }
    let text = |value: &Value| match value {
        Value::Null => "not set".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    context.out.list(&["SETTING", one, other], &differing, |setting| {
        vec![text(&setting["setting"]), text(&setting["one"]), text(&setting["other"])]
    })
}

/// The settings of a profile or a URL, with those of `external` by their own names.
async fn settings_of(context: &Context, server: &str) -> Result<serde_json::Map<String, Value>> {
    let (url, profile) = if server.contains("://") { (Some(server), None) } else { (None, Some(server)) };
    let options = Options {
        url: url.map(str::to_owned),
        profile: profile.map(str::to_owned),
        json: context.options.json,
        ..Options::default()
    };
    let context = Context::new(options);
    let settings = match context.client()?.settings().await {
        Ok(settings) => settings,
        Err(error) => return Err(context.explain(error.into()).await.during(server)),
    };
    let settings = serde_json::to_value(settings);
    let settings = settings.map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
    let mut flat = serde_json::Map::new();
    for (name, value) in settings.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(members) => {
                flat.extend(members.iter().map(|(member, value)| (format!("{name}.{member}"), value.clone())));
            }
            None => _ = flat.insert(name.clone(), value.clone()),
        }
    }
    Ok(flat)
}
