//! The settings of a server.

use chrono::Duration;

use crate::{model::Provider, redirect_url::SITE_URL, webauthn::RelyingParty};

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
    /// Headers that browsers may send, besides the usual ones; in lower case.
    pub(crate) cors_allowed_headers: Vec<String>,
    pub(crate) disabled_providers: Vec<Provider>,
    /// How many calls of an operation pass within five minutes.
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
            cors_allowed_headers: Vec::new(),
            disabled_providers: Vec::new(),
            rate_limit: None,
            relying_party: RelyingParty { id: "localhost".to_owned(), origin: SITE_URL.to_owned() },
        }
    }
}

impl ServerSettings {
    /// # Panics
    /// If the version is greater than 2.
    pub(crate) fn set_refresh_token_version(&mut self, version: u8) {
        assert!(version <= 2, "expected version 0, 1 or 2");
        self.refresh_token_version = version;
    }
}
