//! `gotrue profile`: servers by name, with their keys.

use std::io::ErrorKind;

use clap::Subcommand;
use gotrue::{Client, serde_json::json};

use crate::{
    config_dir::{ConfigDir, SessionOf},
    context::Context,
    failure::{Failure, Result},
    keys::{KeyStorage, Keys},
    output::yes_no,
    profiles::{Profile as Stored, Profiles},
};

/// Servers by name, with their keys.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Keeps --url, --key and --service-key under a name; the first one is in use at once
    Add {
        name: String,
        /// Keeps the keys in a file that only you can read, not in the system's keychain
        #[arg(long)]
        no_keychain: bool,
    },
    /// Shows the profiles
    #[command(visible_alias = "ls")]
    List,
    /// Uses this profile from now on
    Use { name: String },
    /// Forgets a profile, its keys and its session
    #[command(visible_alias = "rm")]
    Remove { name: String },
}

impl Profile {
    pub fn run(self, context: &Context) -> Result<()> {
        let folder = ConfigDir::find()?;
        let config = Profiles::read(&folder)?;
        match self {
            Self::Add { name, no_keychain } => add(context, &folder, config, &name, !no_keychain),
            Self::List => list(context, &config),
            Self::Use { name } => switch(context, &folder, config, name),
            Self::Remove { name } => remove(context, &folder, config, &name),
        }
    }
}

fn add(context: &Context, folder: &ConfigDir, mut config: Profiles, name: &str, with_keychain: bool) -> Result<()> {
    let url = context.options.url.clone().ok_or_else(|| {
        Failure::usage("a profile needs the URL of its server")
            .hint(format!("gotrue profile add {name} --url https://project.supabase.co/auth/v1 --service-key -"))
    })?;
    // What cannot be used is not worth keeping.
    let client = Client::builder().base_url(&url).build()?;
    let keys = Keys { api_key: context.options.key.clone(), service_key: context.service_key()? };
    if let Some(old) = config.profiles.get(name) {
        old.keys.remove(folder, name)?;
        if old.url != client.base_url().as_str() {
            // The tokens of one server are not for another.
            forget_session(folder, name)?;
        }
    }
    let place = keys.save(folder, name, with_keychain)?;
    if place == KeyStorage::File && with_keychain {
        let file = folder.file("keys.toml");
        context
            .out
            .warning(format!("there is no keychain; the keys are in {}, which only you can read", file.display()));
    }
    config.profiles.insert(name.to_owned(), Stored { url: client.base_url().to_string(), keys: place });
    let is_first = config.current.is_none();
    config.current.get_or_insert_with(|| name.to_owned());
    config.write(folder)?;
    context.out.note(if is_first { format!("{name} is in use") } else { format!("gotrue profile use {name} uses it") });
    Ok(())
}

fn list(context: &Context, config: &Profiles) -> Result<()> {
    let describe = |(name, profile): (&String, &Stored)| {
        let in_use = config.current.as_ref() == Some(name);
        json!({ "name": name, "url": profile.url, "keys": profile.keys, "in_use": in_use })
    };
    let profiles: Vec<_> = config.profiles.iter().map(describe).collect();
    let text = |value: &gotrue::serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    context.out.list(&["NAME", "URL", "KEYS", "IN USE"], &profiles, |profile| {
        vec![text(&profile["name"]), text(&profile["url"]), text(&profile["keys"]), yes_no(profile["in_use"].as_bool())]
    })
}

fn switch(context: &Context, folder: &ConfigDir, mut config: Profiles, name: String) -> Result<()> {
    let url = config.profile(&name)?.url.clone();
    context.out.note(format!("{name} is in use: {url}"));
    config.current = Some(name);
    config.write(folder)
}

fn remove(context: &Context, folder: &ConfigDir, mut config: Profiles, name: &str) -> Result<()> {
    let profile = config.profile(name)?.clone();
    context.confirm(format!("Remove the profile {name}, its keys and its session?"))?;
    profile.keys.remove(folder, name)?;
    forget_session(folder, name)?;
    config.profiles.remove(name);
    config.current = config.current.filter(|current| current != name);
    config.write(folder)?;
    context.out.note("removed");
    if config.current.is_none() && !config.profiles.is_empty() {
        context.out.note("no profile is in use now: gotrue profile use");
    }
    Ok(())
}

fn forget_session(folder: &ConfigDir, name: &str) -> Result<()> {
    match std::fs::remove_file(folder.session_file(SessionOf::Profile(name))) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
