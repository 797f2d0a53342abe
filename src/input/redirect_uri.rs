//! Where a browser may be sent back to.

use url::{Host, Url};

use crate::error::{Error, Result};

const WHAT: &str = "redirect URI";

/// What the server would refuse: none or more than ten, no host, a fragment, `http` to another machine.
pub(crate) fn check(uris: &[String]) -> Result<()> {
    match uris.len() {
        0 => Err(Error::invalid(WHAT, "is missing")),
        1..=10 => uris.iter().try_for_each(|uri| check_one(uri)),
        _ => Err(Error::invalid(WHAT, "is one of more than ten")),
    }
}

fn check_one(uri: &str) -> Result<()> {
    let uri = Url::parse(uri).map_err(|error| Error::invalid(WHAT, format!("is not valid: {error}")))?;
    if !uri.has_host() {
        return Err(Error::invalid(WHAT, "has no host"));
    }
    if uri.fragment().is_some_and(|fragment| !fragment.is_empty()) {
        return Err(Error::invalid(WHAT, "has a fragment"));
    }
    if uri.scheme() == "http" && !is_own_machine(&uri) {
        return Err(Error::invalid(WHAT, "is http, which is for the own machine only"));
    }
    Ok(())
}

fn is_own_machine(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}
