//! The sign-in methods that a server has enabled.

use gotrue::types::Settings;

/// Returns the names of the enabled sign-in methods, sorted.
pub fn enabled(settings: &Settings) -> Vec<&str> {
    let names = settings.external.keys().map(String::as_str);
    let mut names: Vec<_> = names.filter(|name| settings.is_enabled(name)).collect();
    names.sort_unstable();
    names
}
