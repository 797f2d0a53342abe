//! The HTTP client: which proxies and root certificates it uses.

use std::{
    env,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use reqwest::ClientBuilder;
use url::{Host, Url};

use crate::{
    error::{Error, HttpClientError, Result},
    platform::http,
};

/// The schemes of proxies that are supported. The HTTP client silently ignores others.
const PROXY_SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// Builds the HTTP client for a server, from the application's own builder if it passes one.
pub(super) fn build(own: Option<ClientBuilder>, base_url: &Url, connect_timeout: Duration) -> Result<reqwest::Client> {
    let is_direct = is_loopback(base_url);
    if own.is_none() && !is_direct {
        check_proxies(|name| env::var(name).ok())?;
    }
    let built = http::build(own.unwrap_or_default(), connect_timeout, is_direct, base_url.scheme() != "http");
    built.map_err(|error| Error::HttpClient(Arc::new(HttpClientError::new(error))))
}

/// Returns whether the URL is that of a server on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            // A name may end with the dot of the root.
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => is_local(address),
        Some(Host::Ipv6(address)) => {
            [Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED].contains(&address)
                || address.to_ipv4_mapped().is_some_and(is_local)
        }
        None => false,
    }
}

fn is_local(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// Rejects proxies in the environment that are not supported.
fn check_proxies(lookup: impl Fn(&str) -> Option<String>) -> Result<()> {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        let Some(value) = lookup(name) else { continue };
        if let Some((scheme, _)) = value.trim().split_once("://")
            && !PROXY_SCHEMES.contains(&scheme.to_ascii_lowercase().as_str())
        {
            let why = format!("in {name} must have one of the schemes {}", PROXY_SCHEMES.join(", "));
            return Err(Error::invalid("proxy", why));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known() {
        for (host, expected) in [
            ("127.0.0.1:9999", true),
            ("127.8.7.6", true),
            ("0.0.0.0:9999", true),
            ("[::1]:9999", true),
            ("[::]", true),
            ("[::ffff:127.0.0.1]", true),
            ("localhost:54321", true),
            ("LOCALHOST", true),
            ("localhost.:54321", true),
            ("app.localhost", true),
            ("app.localhost.", true),
            ("2130706433", true),
            ("localhost.example.com", false),
            ("10.0.0.1", false),
            ("[2001:db8::1]", false),
            ("example.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(&format!("http://{host}/")).unwrap()), expected, "{host}");
        }
    }

    #[test]
    fn a_proxy_that_would_be_ignored_is_refused() {
        let check = |name: &str, value: &str| check_proxies(|wanted| (wanted == name).then(|| value.to_owned()));
        for scheme in ["", "http://", "https://", "socks4://", "socks4a://", "SOCKS5://", "socks5h://"] {
            check("ALL_PROXY", &format!("{scheme}127.0.0.1:1080")).unwrap();
        }
        for (name, scheme) in [("ALL_PROXY", "socks"), ("https_proxy", "socks6"), ("http_proxy", "quic")] {
            let error = check(name, &format!("{scheme}://ada:secret@127.0.0.1:1080")).unwrap_err().to_string();
            let schemes = "http, https, socks4, socks4a, socks5, socks5h";
            assert_eq!(error, format!("proxy in {name} must have one of the schemes {schemes}"));
        }
        check("NO_PROXY", "x://").unwrap();
    }
}
