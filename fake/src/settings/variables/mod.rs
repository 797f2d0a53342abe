//! Settings by the names of the real server's environment variables.

mod table;
mod values;
mod without_effect;

use std::fmt;

use crate::{
    hooks,
    mailbox::Template,
    model::Provider,
    settings::{
        ServerSettings, sms,
        variables::{
            table::VARIABLES,
            values::{flag, list},
            without_effect::{RETIRED, WITHOUT_EFFECT},
        },
    },
};

/// An environment variable that the server does not know, or whose value it does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    problems: Vec<String>,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for SettingError {}

impl SettingError {
    pub(crate) fn new(problem: String) -> Self {
        Self { problems: vec![problem] }
    }
}

/// What is wrong with a value. It does not contain the value, which may be a secret.
type Problem = String;

/// Other names of variables, which the real server accepts too.
const ALIASES: &[(&str, &str)] = &[
    ("GOTRUE_API_API_EXTERNAL_URL", "API_EXTERNAL_URL"),
    ("REQUEST_ID_HEADER", "GOTRUE_API_REQUEST_ID_HEADER"),
    ("RP_ID", "GOTRUE_WEBAUTHN_RP_ID"),
];

/// What the environment says about each provider.
const PROVIDER_VARIABLES: [&str; 8] =
    ["ENABLED", "CLIENT_ID", "SECRET", "REDIRECT_URI", "URL", "API_URL", "EMAIL_OPTIONAL", "SKIP_NONCE_CHECK"];

/// What the environment says about each hook.
const HOOK_VARIABLES: [&str; 3] = ["ENABLED", "URI", "SECRETS"];

const SUBJECTS: &str = "GOTRUE_MAILER_SUBJECTS_";
const NOTIFICATIONS: &str = "GOTRUE_MAILER_NOTIFICATIONS_";
const PROVIDERS: &str = "GOTRUE_EXTERNAL_";

impl ServerSettings {
    /// Sets what an environment variable of the real server sets.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
        match self.try_set(name, value) {
            Some(set) => set.map_err(|why| SettingError::new(format!("{name}: {why}"))),
            None => Err(SettingError::new(unknown(name))),
        }
    }

    /// Sets what a variable sets. `None` if it is unknown.
    fn try_set(&mut self, name: &str, value: &str) -> Option<Result<(), Problem>> {
        if let Some((_, setter)) = VARIABLES.iter().find(|(known, _)| *known == name) {
            return Some(setter(self, value));
        }
        if let Some((provider, what)) = provider_variable(name) {
            return Some(self.set_provider(provider, what, value));
        }
        if let Some(template) = name.strip_prefix(SUBJECTS).and_then(Template::by_name) {
            self.subjects.remove(&template);
            self.subjects.extend(Some(value).filter(|text| !text.is_empty()).map(|text| (template, text.to_owned())));
            return Some(Ok(()));
        }
        if self.sms_provider.set(name, value).is_some() {
            return Some(Ok(()));
        }
        if let Some(notification) = notification(name) {
            return Some(flag(value).map(|enabled| {
                self.notifications.remove(&notification);
                self.notifications.extend(enabled.then_some(notification));
            }));
        }
        if let Some((event, what)) = hooks::variable(name).filter(|(_, what)| HOOK_VARIABLES.contains(what)) {
            let hook = self.hooks.entry(event).or_default();
            return Some(match what {
                "ENABLED" => flag(value).map(|enabled| hook.is_enabled = enabled),
                "URI" => hooks::url(value).map(|url| hook.url = url),
                _ => hooks::secrets(value).map(|secrets| hook.secrets = secrets),
            });
        }
        let without_effect = WITHOUT_EFFECT.iter().find(|(known, _)| *known == name);
        without_effect.map(|(_, form)| form.check(value)).or_else(|| RETIRED.contains(&name).then_some(Ok(())))
    }

    fn set_provider(&mut self, provider: Provider, what: &str, value: &str) -> Result<(), Problem> {
        let settings = self.providers.entry(provider.to_string()).or_default();
        match what {
            "ENABLED" => {
                let enabled = flag(value)?;
                self.disabled_providers.retain(|disabled| *disabled != provider);
                if !enabled {
                    self.disabled_providers.push(provider);
                }
            }
            "CLIENT_ID" => settings.client_ids = list(value),
            "SECRET" => settings.has_secret = !value.is_empty(),
            "REDIRECT_URI" => value.clone_into(&mut settings.redirect_uri),
            "EMAIL_OPTIONAL" => settings.email_optional = flag(value)?,
            "SKIP_NONCE_CHECK" => settings.skip_nonce_check = flag(value)?,
            // The endpoints of the provider change no response.
            _ => {}
        }
        Ok(())
    }

    /// Sets what several variables set, or fails with all problems.
    pub(crate) fn set_all(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), SettingError> {
        let results = variables.into_iter().map(|(name, value)| self.set(&name, &value));
        let mut problems: Vec<String> = results.filter_map(Result::err).flat_map(|error| error.problems).collect();
        if self.autoconfirm_emails && self.allow_unverified_emails {
            let both = "GOTRUE_MAILER_AUTOCONFIRM and GOTRUE_MAILER_ALLOW_UNVERIFIED_EMAIL_SIGN_INS exclude each other";
            problems.push(both.to_owned());
        }
        problems.extend(self.recovery_codes.problems());
        let lost = self.hooks.iter().filter(|(_, hook)| hook.is_enabled && hook.url.is_none());
        problems.extend(lost.map(|(event, _)| format!("GOTRUE_HOOK_{}_URI is missing", event.variable())));
        if problems.is_empty() { Ok(()) } else { Err(SettingError { problems }) }
    }
}

/// Returns what is wrong with an unknown name, with the known one that is most alike.
fn unknown(name: &str) -> Problem {
    let nearest = known_names().map(|known| (strsim::osa_distance(name, &known), known)).min();
    // Names that differ in more than a third of their letters are not alike.
    match nearest.filter(|(distance, _)| distance * 3 <= name.len()) {
        Some((_, known)) => format!("unknown setting {name} (did you mean {known}?)"),
        None => format!("unknown setting {name}"),
    }
}

/// Returns the names of all variables.
fn known_names() -> impl Iterator<Item = String> {
    let named = VARIABLES.iter().map(|(name, _)| *name);
    let named = named.chain(WITHOUT_EFFECT.iter().map(|(name, _)| *name)).chain(RETIRED.iter().copied());
    let providers = Provider::KNOWN.iter().flat_map(|provider| {
        let provider = provider.as_str().to_uppercase();
        PROVIDER_VARIABLES.into_iter().map(move |what| format!("{PROVIDERS}{provider}_{what}"))
    });
    let hooks = hooks::Event::ALL.into_iter().flat_map(|event| {
        HOOK_VARIABLES.into_iter().map(move |what| format!("{}{}_{what}", hooks::VARIABLES, event.variable()))
    });
    let subjects = Template::ALL.into_iter().map(|template| format!("{SUBJECTS}{}", template.name()));
    let notifications = Template::ALL.into_iter().filter_map(|template| template.name().strip_suffix("_NOTIFICATION"));
    named
        .map(str::to_owned)
        .chain(providers)
        .chain(hooks)
        .chain(subjects)
        .chain(notifications.map(|change| format!("{NOTIFICATIONS}{change}_ENABLED")))
        .chain(sms::variables())
}

/// Returns whether a name is one of the real server's, rather than of another program.
pub(crate) fn is_setting(name: &str) -> bool {
    name.starts_with("GOTRUE_") || name == "API_EXTERNAL_URL" || ALIASES.iter().any(|(alias, _)| *alias == name)
}

fn notification(name: &str) -> Option<Template> {
    let change = name.strip_prefix(NOTIFICATIONS)?.strip_suffix("_ENABLED")?;
    Template::by_name(&format!("{change}_NOTIFICATION"))
}

fn provider_variable(name: &str) -> Option<(Provider, &'static str)> {
    let rest = name.strip_prefix(PROVIDERS)?;
    Provider::KNOWN.iter().find_map(|provider| {
        let what = rest.strip_prefix(&provider.as_str().to_uppercase())?.strip_prefix('_')?;
        PROVIDER_VARIABLES.iter().find(|known| **known == what).map(|what| (provider.clone(), *what))
    })
}
