//! Other values in the place of secrets.
//!
//! Secrets are found by the names that the document marks with `format: password`, in bodies and in URLs. Each gets one
//! replacement, so that it is still seen where a value is used again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::Url;

/// The shortest secret that is replaced within longer text. A shorter one, such as a code, may be there by chance.
const LONG: usize = 12;

/// The shortest value that is taken for a secret. A shorter one is a request that is wrong on purpose.
const SHORT: usize = 4;

pub struct Redaction {
    names: BTreeSet<String>,
    replacements: BTreeMap<String, String>,
}

impl Redaction {
    pub fn new(document: &Value) -> Self {
        let names = gotrue_openapi::secrets::names(document).into_iter().map(str::to_owned).collect();
        Self { names, replacements: BTreeMap::new() }
    }

    /// Remembers a secret.
    pub fn add(&mut self, secret: &str) {
        if secret.len() >= SHORT && !self.replacements.contains_key(secret) {
            let replacement = replacement(secret, self.replacements.len() + 1);
            self.replacements.insert(secret.to_owned(), replacement);
        }
    }

    /// Remembers the secrets in a value.
    pub fn find(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if self.names.contains(name) {
                        let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                        let secrets = texts.iter().filter(|text| !is_url(text)).filter_map(Value::as_str);
                        secrets.for_each(|secret| self.add(secret));
                    }
                    self.find(value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.find(element)),
            Value::String(text) => self.find_in_url(text),
            _ => {}
        }
    }

    fn find_in_url(&mut self, text: &str) {
        let Ok(url) = Url::parse(text) else { return };
        for parameters in [url.query(), url.fragment()].into_iter().flatten() {
            for (name, value) in url::form_urlencoded::parse(parameters.as_bytes()) {
                if self.names.contains(name.as_ref()) {
                    self.add(&value);
                }
            }
        }
    }

    /// Replaces the secrets in a value.
    pub fn replace(&self, value: &mut Value) {
        match value {
            Value::Object(members) => members.values_mut().for_each(|value| self.replace(value)),
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.replace(element)),
            Value::String(text) => *text = self.replaced(text),
            _ => {}
        }
    }

    fn replaced(&self, text: &str) -> String {
        if let Some(replacement) = self.replacements.get(text) {
            return replacement.clone();
        }
        let mut text = text.to_owned();
        // A secret may be part of another; the longer one comes first.
        let mut secrets: Vec<_> = self.replacements.iter().filter(|(secret, _)| secret.len() >= LONG).collect();
        secrets.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        for (secret, replacement) in secrets {
            text = text.replace(secret, replacement);
            text = text.replace(&encoded(secret), &encoded(replacement));
        }
        self.replaced_parameters(text)
    }

    /// Replaces the short secrets in the parameters of a URL.
    fn replaced_parameters(&self, text: String) -> String {
        let Ok(url) = Url::parse(&text) else { return text };
        let mut text = text;
        for parameters in [url.query(), url.fragment()].into_iter().flatten() {
            for (name, value) in url::form_urlencoded::parse(parameters.as_bytes()) {
                if let Some(replacement) = self.replacements.get(value.as_ref()) {
                    text = text
                        .replace(&format!("{name}={}", encoded(&value)), &format!("{name}={}", encoded(replacement)));
                }
            }
        }
        text
    }
}

fn is_url(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Returns what stands for a secret: a token with the same claims and no valid signature, digits for a code of digits,
/// or text.
fn replacement(secret: &str, number: usize) -> String {
    match secret.rsplit_once('.') {
        Some((claims, _)) if secret.starts_with("eyJ") && claims.contains('.') => {
            format!("{claims}.c2lnbmF0dXJl-{number}")
        }
        _ if secret.chars().all(|digit| digit.is_ascii_digit()) => format!("{number:0width$}", width = secret.len()),
        _ => format!("replaced-secret-{number}"),
    }
}
