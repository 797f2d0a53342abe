//! Redirect URIs of OAuth clients.

use url::{Host, Url};

use crate::error::{Error, Result};

const WHAT: &str = "redirect URI";

/// Rejects what the server would refuse: no or more than ten URIs, no host, a fragment, `http` to another machine.
pub(crate) fn check(uris: &[String]) -> Result<()> {
    match uris.len() {
        0 => Err(Error::invalid("redirect URIs", "must not be empty")),
        1..=10 => uris.iter().try_for_each(|uri| check_one(uri)),
        _ => Err(Error::invalid("redirect URIs", "must have at most ten entries")),
    }
}

fn check_one(uri: &str) -> Result<()> {
    let uri = Url::parse(uri).map_err(|error| Error::invalid(WHAT, format!("is invalid: {error}")))?;
    if !uri.has_host() {
        return Err(Error::invalid(WHAT, "must have a host"));
    }
    if uri.fragment().is_some_and(|fragment| !fragment.is_empty()) {
        return Err(Error::invalid(WHAT, "must not have a fragment"));
    }
    if uri.scheme() == "http" && !is_this_machine(&uri) {
        return Err(Error::invalid(WHAT, "must not be http, except on this machine"));
    }
    Ok(())
}

fn is_this_machine(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}
