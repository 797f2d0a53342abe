//! The sign-in methods that a server has enabled.

use gotrue::{serde_json::Value, types::Settings};

/// Returns the names of the enabled sign-in methods, sorted.
pub fn enabled(settings: &Settings) -> Vec<&str> {
    let enabled = settings.external.iter().filter(|(_, value)| **value == Value::Bool(true));
    let mut names: Vec<_> = enabled.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}
