//! Addresses that no email is sent to.

use crate::{lookup::Lookup, state::store::State, wire::ApiError};

/// Domains that are reserved for documentation and tests (RFC 2606), or that are not those of mail servers.
const INVALID_DOMAINS: [&str; 13] = [
    "anonymous.com",
    "email.com",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "gamai.com",
    "gamil.com",
    "invalid",
    "local",
    "localhost",
    "test",
    "test.com",
];

/// The top-level domains that are reserved.
const INVALID_SUFFIXES: [&str; 5] = [".example", ".invalid", ".local", ".localhost", ".test"];

/// Addresses that people make up.
const INVALID_ADDRESSES: [&str; 4] = ["example@gmail.com", "someone@gmail.com", "test@email.com", "test@gmail.com"];

/// The minimum length of the name of a Gmail address.
const GMAIL_NAME: usize = 6;

impl State {
    /// Returns whether emails may be sent to an address. The real server also looks up the domain in the DNS.
    pub(crate) fn is_valid_address(&mut self, address: &str) -> Result<bool, ApiError> {
        let validation = &self.settings.email_validation;
        if validation.in_background {
            return Ok(true);
        }
        if validation.extended && !is_plausible(address) {
            return Ok(false);
        }
        let Some(service) = validation.service.clone() else { return Ok(true) };
        let (headers, address) = (validation.headers.clone(), address.to_owned());
        Ok(self.look_up(Lookup::EmailAddress { service, headers, address })? != Some(false))
    }
}

fn is_plausible(address: &str) -> bool {
    let Some((name, domain)) = address.rsplit_once('@') else { return false };
    !INVALID_ADDRESSES.contains(&address)
        && !INVALID_DOMAINS.contains(&domain)
        && !INVALID_SUFFIXES.iter().any(|suffix| domain.ends_with(suffix))
        && (domain != "gmail.com" || name.len() >= GMAIL_NAME)
        && domain.contains('.')
}
