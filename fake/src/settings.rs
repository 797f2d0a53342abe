//! The settings of a server.

use chrono::Duration;

use crate::{model::Provider, redirect_url::SITE_URL, webauthn::RelyingParty};

/// How a server is set up.
#[derive(Clone, Debug)]
pub(crate) struct ServerSettings {
    pub(crate) confirm_addresses: bool,
    pub(crate) token_lifetime: Duration,
    pub(crate) reuse_interval: Duration,
    pub(crate) message_interval: Duration,
    pub(crate) hs256: bool,
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
            reuse_interval: Duration::seconds(10),
            message_interval: Duration::zero(),
            hs256: false,
            disabled_providers: Vec::new(),
            rate_limit: None,
            relying_party: RelyingParty { id: "localhost".to_owned(), origin: SITE_URL.to_owned() },
        }
    }
}
