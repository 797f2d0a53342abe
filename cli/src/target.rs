//! The server that a command talks to, and the keys it uses there.

use std::fmt;

use gotrue::{Client, Secret, url::Url};

use crate::{config_dir::ConfigDir, failure::Result, options::Options, profile_keys::Keys, profiles::Profiles};

/// A server, its keys, and where each value comes from.
#[derive(Debug)]
pub struct Target {
    pub url: Sourced<String>,
    pub api_key: Option<Sourced<Secret>>,
    pub service_key: Option<Sourced<Secret>>,
    /// The profile, if the server comes from one.
    pub profile: Option<String>,
    /// Variables with a key that is not used, since it belongs to another server.
    pub unused_keys: Vec<&'static str>,
}

/// A value and its source.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    pub value: T,
    pub source: Source,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An option or a variable, by name.
    Named(&'static str),
    Profile(String),
    Default,
}

impl<T> Sourced<T> {
    fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    fn named(value: T, name: &'static str) -> Self {
        Self::new(value, Source::Named(name))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Variables that belong together. Those of different families are never mixed.
struct Family {
    url: &'static str,
    /// What a client appends to the URL.
    path: &'static str,
    api_keys: &'static [&'static str],
    service_keys: &'static [&'static str],
}

const FAMILIES: [Family; 2] = [
    Family { url: "GOTRUE_URL", path: "", api_keys: &["GOTRUE_API_KEY"], service_keys: &["GOTRUE_SERVICE_KEY"] },
    Family {
        url: "SUPABASE_URL",
        path: "/auth/v1",
        api_keys: &["SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"],
        service_keys: &["SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY"],
    },
];

/// The server and keys of the environment. The URL is missing if only keys are set.
#[derive(Default)]
struct Environment {
    url: Option<Sourced<String>>,
    api_key: Option<Sourced<Secret>>,
    service_key: Option<Sourced<Secret>>,
}

impl Environment {
    /// Reads the first family with a URL, or else the first with a key.
    fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let families = || FAMILIES.iter().map(|family| Self::of(family, variable));
        let with_url = families().find(|found| found.url.is_some());
        with_url
            .or_else(|| families().find(|found| found.api_key.is_some() || found.service_key.is_some()))
            .unwrap_or_default()
    }

    fn of(family: &Family, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let key = |names: &'static [&'static str]| {
            names.iter().find_map(|name| variable(name).map(|key| Sourced::named(Secret::from(key), name)))
        };
        let url = variable(family.url)
            .map(|url| Sourced::named(format!("{}{}", url.trim_end_matches('/'), family.path), family.url));
        Self { url, api_key: key(family.api_keys), service_key: key(family.service_keys) }
    }
}

impl Target {
    /// Chooses the server and its keys from the options, the environment and the profiles. `variable` looks up a
    /// variable of the environment, and returns nothing for an empty one.
    pub fn resolve(options: &Options, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let environment = Environment::read(variable);
        let mut target = if let Some(url) = &options.url {
            Self::of_environment(Sourced::named(url.clone(), "--url"), environment)
        } else if let Some(name) = options.profile.clone().or_else(|| variable("GOTRUE_PROFILE")) {
            let directory = ConfigDir::find()?;
            Self::of_profile(&directory, &Profiles::read(&directory)?, name, &environment)?
        } else if let Some(url) = environment.url.clone() {
            Self::of_environment(url, environment)
        } else {
            let directory = ConfigDir::find()?;
            let mut profiles = Profiles::read(&directory)?;
            match profiles.current.take() {
                Some(name) => Self::of_profile(&directory, &profiles, name, &environment)?,
                None => Self::of_environment(default_url(), environment),
            }
        };
        if let Some(key) = &options.key {
            target.api_key = Some(Sourced::named(key.clone(), "--key"));
        }
        if let Some(key) = &options.service_key {
            target.service_key = Some(Sourced::named(key.clone(), "--service-key"));
        }
        Ok(target)
    }

    /// A server by its URL. The environment's keys are used unless they belong to another server.
    fn of_environment(url: Sourced<String>, environment: Environment) -> Self {
        let is_other = environment.url.as_ref().is_some_and(|own| !is_same_server(&own.value, &url.value));
        let mut target = Self { url, api_key: None, service_key: None, profile: None, unused_keys: Vec::new() };
        if is_other {
            target.unused_keys = names_of(&environment);
        } else {
            (target.api_key, target.service_key) = (environment.api_key, environment.service_key);
        }
        target
    }

    /// A profile with its own keys only: those of the environment belong to another server, as far as is known.
    fn of_profile(directory: &ConfigDir, profiles: &Profiles, name: String, environment: &Environment) -> Result<Self> {
        let profile = profiles.get(&name)?;
        let Keys { api_key, service_key } = profile.keys.load(directory, &name)?;
        let sourced = |key: Option<Secret>| key.map(|key| Sourced::new(key, Source::Profile(name.clone())));
        Ok(Self {
            url: Sourced::new(profile.url.clone(), Source::Profile(name.clone())),
            api_key: sourced(api_key),
            service_key: sourced(service_key),
            unused_keys: names_of(environment),
            profile: Some(name),
        })
    }
}

fn default_url() -> Sourced<String> {
    // A client without a URL is always valid.
    let url = Client::builder().build().map(|client| client.base_url().to_string()).unwrap_or_default();
    Sourced::new(url, Source::Default)
}

fn names_of(environment: &Environment) -> Vec<&'static str> {
    let keys = [&environment.api_key, &environment.service_key].into_iter().flatten();
    keys.filter_map(|key| if let Source::Named(name) = key.source { Some(name) } else { None }).collect()
}

/// Returns whether two URLs name the same server, whatever their spelling.
fn is_same_server(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let url = Url::parse(text.trim()).ok()?;
        Some((url.origin(), url.path().trim_end_matches('/').to_owned()))
    };
    one == other || parts(one).is_some_and(|parts_of_one| Some(parts_of_one) == parts(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: Option<&str>, variables: &[(&str, &str)]) -> Target {
        let options = Options { url: url.map(str::to_owned), ..Options::default() };
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Target::resolve(&options, &variable).unwrap()
    }

    fn key(key: Option<&Sourced<Secret>>) -> Option<&str> {
        key.map(|key| key.value.expose())
    }

    #[test]
    fn keys_are_not_sent_to_another_server() {
        let variables = [("GOTRUE_URL", "https://a.example"), ("GOTRUE_API_KEY", "k"), ("GOTRUE_SERVICE_KEY", "s")];
        for other in ["https://b.example", "http://a.example", "https://a.example:8443", "https://a.example/auth/v1"] {
            let target = resolve(Some(other), &variables);
            assert!(target.api_key.is_none() && target.service_key.is_none(), "{other}");
            assert_eq!(target.unused_keys, ["GOTRUE_API_KEY", "GOTRUE_SERVICE_KEY"]);
        }
        for same in ["https://a.example", "https://a.example/", "HTTPS://A.example:443"] {
            let target = resolve(Some(same), &variables);
            assert_eq!(
                (key(target.api_key.as_ref()), key(target.service_key.as_ref())),
                (Some("k"), Some("s")),
                "{same}"
            );
        }
    }

    #[test]
    fn the_two_families_are_never_mixed() {
        let target = resolve(
            None,
            &[("GOTRUE_URL", "https://a.example"), ("SUPABASE_URL", "https://b.example"), ("SUPABASE_SECRET_KEY", "s")],
        );
        assert_eq!(target.url.value, "https://a.example");
        assert!(target.service_key.is_none());
        let target = resolve(
            None,
            &[("SUPABASE_URL", "https://b.example/"), ("GOTRUE_SERVICE_KEY", "s"), ("SUPABASE_PUBLISHABLE_KEY", "p")],
        );
        assert_eq!(target.url.value, "https://b.example/auth/v1");
        assert_eq!((key(target.api_key.as_ref()), key(target.service_key.as_ref())), (Some("p"), None));
    }

    #[test]
    fn a_key_without_a_server_is_used_for_the_server_of_the_command_line() {
        let target = resolve(Some("https://a.example"), &[("GOTRUE_SERVICE_KEY", "s")]);
        assert_eq!(key(target.service_key.as_ref()), Some("s"));
        assert_eq!(target.service_key.unwrap().source.to_string(), "GOTRUE_SERVICE_KEY");
        assert_eq!(target.url.source.to_string(), "--url");
    }
}
