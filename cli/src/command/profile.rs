//! `gotrue profile`: servers by name, with their keys.

use std::{fs, io::ErrorKind};

use clap::Subcommand;
use gotrue::{
    Client,
    serde_json::{self, json},
};

use crate::{
    config_dir::{ConfigDir, SessionOwner},
    context::{Context, key_or_prompt},
    failure::{Failure, Result},
    output::yes_no,
    profile_keys::{self, KeyStorage, Keys},
    profiles::{Profile as Stored, Profiles},
    target::Sourced,
};

/// The length of the longest name of a profile in bytes. A byte takes up to three in the name of a session file, which
/// file systems limit to 255.
const MAX_NAME: usize = 64;

/// Manage profiles: servers by name, with their keys.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Store --url, --key and --service-key under a name, and keep the other keys of the same server; the first
    /// profile becomes the current one
    Add {
        /// Name of the profile
        name: String,
        /// Store the keys in a file that only you can read, not in the system's keychain
        #[arg(long)]
        no_keychain: bool,
    },
    /// List profiles
    #[command(visible_alias = "ls")]
    List,
    /// Show the server and the keys that commands use, and where each value comes from
    Show,
    /// Make a profile the current one
    Use {
        /// Name of the profile
        name: String,
    },
    /// Rename a profile; keeps its keys and its session
    Rename {
        /// Current name
        name: String,
        /// New name
        new_name: String,
    },
    /// Delete a profile, its keys and its session
    #[command(visible_alias = "rm")]
    Remove {
        /// Name of the profile
        name: String,
    },
}

impl Profile {
    pub fn run(self, context: &Context) -> Result<()> {
        let directory = ConfigDir::find()?;
        match self {
            Self::Add { name, no_keychain } => add(context, &directory, &name, !no_keychain),
            Self::List => list(context, &Profiles::read(&directory)?),
            Self::Show => show(context, &directory),
            Self::Use { name } => switch(context, &directory, name),
            Self::Rename { name, new_name } => rename(context, &directory, &name, &new_name),
            Self::Remove { name } => remove(context, &directory, &name),
        }
    }
}

fn add(context: &Context, directory: &ConfigDir, name: &str, use_keychain: bool) -> Result<()> {
    let url = context.options.url.clone().ok_or_else(|| {
        Failure::usage("a profile needs the URL of its server")
            .hint(format!("gotrue profile add {name} --url https://project.supabase.co/auth/v1 --service-key -"))
    })?;
    check_name(name)?;
    context.warn_of_visible_key();
    // Refuses a URL that no client would accept.
    let url = Client::builder().base_url(&url).build()?.base_url().to_string();
    if let Some(old) = Profiles::read(directory)?.by_name.get(name)
        && old.url != url
        && old.keys != KeyStorage::None
    {
        context.confirm(format!("Replace the profile {name} of {} and delete its keys?", old.url))?;
    }
    let options = &context.options;
    let prompted = |what, key: &Option<_>| key.as_ref().map(|key| key_or_prompt(what, key)).transpose();
    let mut keys = Keys {
        api_key: prompted("API key", &options.key)?,
        service_key: prompted("Service key", &options.service_key)?,
    };
    let lock = directory.lock()?;
    let mut profiles = Profiles::read(directory)?;
    if let Some(old) = profiles.by_name.get(name) {
        if old.url == url {
            // Keys that cannot be read are replaced.
            let kept = old.keys.load(directory, name).unwrap_or_default();
            keys = Keys { api_key: keys.api_key.or(kept.api_key), service_key: keys.service_key.or(kept.service_key) };
        } else {
            // The tokens of one server are not for another.
            remove_session(directory, name)?;
        }
    }
    let storage = keys.save(directory, name, use_keychain)?;
    let old = profiles.by_name.insert(name.to_owned(), Stored { url, keys: storage });
    let is_current = profiles.current.get_or_insert_with(|| name.to_owned()) == name;
    profiles.write(directory)?;
    // Last, so that the keys exist at any time.
    if let Some(old) = old.filter(|old| old.keys != storage) {
        old.keys.remove(directory, name)?;
    }
    drop(lock);
    if storage == KeyStorage::File && use_keychain {
        let file = directory.file(profile_keys::FILE);
        context
            .out
            .warning(format!("no keychain found; stored the keys in {}, which only you can read", file.display()));
    }
    let message =
        if is_current { format!("current profile: {name}") } else { format!("to use it: gotrue profile use {name}") };
    context.out.note(message);
    Ok(())
}

/// Refuses a name that cannot be typed or shown, or that is too long for the name of a session file.
fn check_name(name: &str) -> Result<()> {
    let is_valid = !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
    let expected = || format!("expected a name of 1 to {MAX_NAME} bytes without control characters");
    is_valid.then_some(()).ok_or_else(|| Failure::usage(expected()))
}

fn list(context: &Context, profiles: &Profiles) -> Result<()> {
    let describe = |(name, profile): (&String, &Stored)| {
        let is_current = profiles.current.as_ref() == Some(name);
        json!({ "name": name, "url": profile.url, "keys": profile.keys, "current": is_current })
    };
    let profiles: Vec<_> = profiles.by_name.iter().map(describe).collect();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    context.out.list(&["NAME", "URL", "KEYS", "CURRENT"], &profiles, |profile| {
        vec![
            text(&profile["name"]),
            text(&profile["url"]),
            text(&profile["keys"]),
            yes_no(profile["current"].as_bool()),
        ]
    })
}

/// Shows the sources of the keys, never the keys.
fn show(context: &Context, directory: &ConfigDir) -> Result<()> {
    let target = context.target()?;
    let client = Client::builder().base_url(&target.url.value).build()?;
    let url = client.base_url().as_str();
    let owner = target.profile.as_deref().map_or(SessionOwner::Server(url), SessionOwner::Profile);
    let session =
        Some(directory.session_file(owner)).filter(|file| file.exists()).map(|file| file.display().to_string());
    let source = |key: &Option<Sourced<_>>| key.as_ref().map(|key| key.source.to_string());
    let (api_key, service_key) = (source(&target.api_key), source(&target.service_key));
    let described = json!({
        "url": url,
        "url_source": target.url.source.to_string(),
        "profile": target.profile,
        "api_key_source": api_key,
        "service_key_source": service_key,
        "unused_variables": target.unused_keys,
        "session_file": session,
        "config_directory": directory.path().to_string_lossy(),
    });
    let from = |source: Option<String>| source.map_or_else(|| "none".to_owned(), |source| format!("from {source}"));
    context.out.record(
        &described,
        [
            ("server", format!("{url} (from {})", target.url.source)),
            ("profile", target.profile.clone().unwrap_or_else(|| "none".to_owned())),
            ("API key", from(api_key)),
            ("service key", from(service_key)),
            ("not used", target.unused_keys.join(", ")),
            ("session", session.unwrap_or_else(|| "none".to_owned())),
            ("directory", directory.path().display().to_string()),
        ],
    )
}

fn switch(context: &Context, directory: &ConfigDir, name: String) -> Result<()> {
    let _lock = directory.lock()?;
    let mut profiles = Profiles::read(directory)?;
    let url = profiles.get(&name)?.url.clone();
    context.out.note(format!("current profile: {name} ({url})"));
    profiles.current = Some(name);
    profiles.write(directory)
}

fn rename(context: &Context, directory: &ConfigDir, name: &str, new_name: &str) -> Result<()> {
    check_name(new_name)?;
    let _lock = directory.lock()?;
    let mut profiles = Profiles::read(directory)?;
    let mut profile = profiles.get(name)?.clone();
    if profiles.by_name.contains_key(new_name) {
        return Err(Failure::usage(format!("there is already a profile {new_name}")));
    }
    let keys = profile.keys.load(directory, name)?;
    let old_storage = profile.keys;
    profile.keys = keys.save(directory, new_name, old_storage == KeyStorage::Keychain)?;
    let session = |name| directory.session_file(SessionOwner::Profile(name));
    match fs::rename(session(name), session(new_name)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    profiles.by_name.remove(name);
    profiles.by_name.insert(new_name.to_owned(), profile);
    if profiles.current.as_deref() == Some(name) {
        profiles.current = Some(new_name.to_owned());
    }
    profiles.write(directory)?;
    // Last, so that the keys exist under one of the names at any time.
    old_storage.remove(directory, name)?;
    context.out.note("renamed");
    Ok(())
}

fn remove(context: &Context, directory: &ConfigDir, name: &str) -> Result<()> {
    Profiles::read(directory)?.get(name)?;
    context.confirm(format!("Remove the profile {name}, its keys and its session?"))?;
    let _lock = directory.lock()?;
    let mut profiles = Profiles::read(directory)?;
    profiles.get(name)?.keys.remove(directory, name)?;
    remove_session(directory, name)?;
    profiles.by_name.remove(name);
    profiles.current = profiles.current.filter(|current| current != name);
    profiles.write(directory)?;
    context.out.note("removed");
    if profiles.current.is_none() && !profiles.by_name.is_empty() {
        context.out.note("there is no current profile any more: gotrue profile use");
    }
    Ok(())
}

fn remove_session(directory: &ConfigDir, name: &str) -> Result<()> {
    match fs::remove_file(directory.session_file(SessionOwner::Profile(name))) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
