//! The settings of a server.

use chrono::Duration;
use gotrue::Secret;
use url::{Host, Url};

use crate::{model::Provider, redirect_url::SITE_URL, url_pattern, webauthn::RelyingParty, wire::Request};

/// How a server is set up.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub(crate) struct ServerSettings {
    pub(crate) confirm_addresses: bool,
    pub(crate) token_lifetime: Duration,
    /// 0 and 1 are random tokens, 2 signed ones.
    pub(crate) refresh_token_version: u8,
    pub(crate) refresh_token_upgrade_percentage: u8,
    pub(crate) rotate_refresh_tokens: bool,
    pub(crate) allow_refresh_token_reuse: bool,
    pub(crate) reuse_interval: Duration,
    pub(crate) message_interval: Duration,
    pub(crate) hs256: bool,
    /// The shared secret for HS256. If it is `None` and `hs256` is set, one is derived from the seed.
    pub(crate) jwt_secret: Option<Secret>,
    /// Whether the server plays the gateway of a Supabase project too.
    pub(crate) gateway: bool,
    /// Headers that browsers may send in addition to the default ones, in lower case.
    pub(crate) cors_allowed_headers: Vec<String>,
    pub(crate) site_url: String,
    /// The patterns of allowed redirect URLs. `None` allows any URL.
    pub(crate) redirect_urls: Option<Vec<String>>,
    pub(crate) disabled_providers: Vec<Provider>,
    /// How many calls of an operation are accepted within five minutes.
    pub(crate) rate_limit: Option<usize>,
    pub(crate) relying_party: RelyingParty,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            confirm_addresses: false,
            token_lifetime: Duration::hours(1),
            refresh_token_version: 0,
            refresh_token_upgrade_percentage: 0,
            rotate_refresh_tokens: true,
            allow_refresh_token_reuse: false,
            reuse_interval: Duration::seconds(10),
            message_interval: Duration::zero(),
            hs256: false,
            jwt_secret: None,
            gateway: false,
            cors_allowed_headers: Vec::new(),
            site_url: SITE_URL.to_owned(),
            redirect_urls: None,
            disabled_providers: Vec::new(),
            rate_limit: None,
            relying_party: RelyingParty { id: "localhost".to_owned(), origin: SITE_URL.to_owned() },
        }
    }
}

impl ServerSettings {
    /// Returns where a request wants to be redirected, if that is allowed: the header, query or form parameter
    /// `redirect_to`, or else the header `Referer`, or else the site URL.
    pub(crate) fn redirect_to(&self, request: &Request) -> String {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let in_form = || request.form_pairs().find(|(name, _)| name == "redirect_to").map(|(_, url)| url.into_owned());
        let header = |name: &str| given(request.header(name).map(str::to_owned));
        let parameter = header("redirect_to").or_else(|| given(request.query("redirect_to"))).or_else(in_form);
        let urls = [parameter, header("referer")];
        urls.into_iter().flatten().find(|url| self.allows_redirect(url)).unwrap_or_else(|| self.site_url.clone())
    }

    /// Returns whether a URL is on the site or matches one of the allowed patterns.
    pub(crate) fn allows_redirect(&self, url: &str) -> bool {
        let Some(patterns) = &self.redirect_urls else { return !url.is_empty() };
        let (Ok(site), Ok(target)) = (Url::parse(&self.site_url), Url::parse(url)) else { return false };
        let is_near = |url: &Url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if (site.host(), site.scheme()) == (target.host(), target.scheme())
            && (site.port() == target.port() || is_near(&target))
        {
            return true;
        }
        if matches!(target.host(), Some(Host::Ipv4(_) | Host::Ipv6(_))) {
            return is_near(&target);
        }
        let url = url.split('#').next().unwrap_or_default();
        patterns.iter().any(|pattern| url_pattern::matches(pattern, url))
    }

    /// # Panics
    /// If the version is greater than 2.
    pub(crate) fn set_refresh_token_version(&mut self, version: u8) {
        assert!(version <= 2, "expected version 0, 1 or 2");
        self.refresh_token_version = version;
    }
}
