//! The tables of the server, its keys and its clock.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use gotrue::Clock;

use crate::{
    api_keys::ApiKeys,
    fault::Faults,
    keys::Keys,
    mailbox::Message,
    model::types::{AuditLogEntry, CustomProvider},
    random::Random,
    received::ReceivedRequest,
    settings::ServerSettings,
    state::rate_limits::Calls,
    state::rows::{
        account::Account,
        factor::FactorRow,
        flow::Flow,
        oauth::OAuth,
        passkey::{PasskeyChallenge, PasskeyRow},
        session::SessionRow,
        sso::SsoRow,
    },
};

/// Everything that the server remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: ServerSettings,
    pub(crate) base_url: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) factors: Vec<FactorRow>,
    pub(crate) passkeys: Vec<PasskeyRow>,
    pub(crate) passkey_challenges: Vec<PasskeyChallenge>,
    pub(crate) oauth: OAuth,
    pub(crate) sso: Vec<SsoRow>,
    pub(crate) custom_providers: Vec<CustomProvider>,
    pub(crate) audit_log: Vec<AuditLogEntry>,
    pub(crate) mailbox: Vec<Message>,
    pub(crate) keys: Keys,
    /// The keys that the gateway accepts.
    pub(crate) api_keys: ApiKeys,
    pub(crate) provider_keys: Keys,
    /// The key that signs SAML requests, once there was one.
    pub(crate) saml_key: Option<aws_lc_rs::rsa::KeyPair>,
    pub(crate) requests: Vec<ReceivedRequest>,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    pub(crate) random: Random,
    /// A separate sequence, so that writing to the audit log does not change other ids.
    pub(crate) audit_ids: Random,
    clock: Arc<dyn Clock>,
}

impl State {
    pub(crate) fn new(settings: ServerSettings, clock: Arc<dyn Clock>, base_url: String, seed: u64) -> Self {
        let shared_secret = settings.hs256.then(|| {
            let derived = || Random::new("shared secret", seed).challenge().into();
            settings.jwt_secret.clone().unwrap_or_else(derived)
        });
        let keys = match (&settings.jwt_keys, shared_secret) {
            (Some(list), secret) => Keys::listed(list, secret, seed),
            (None, Some(secret)) => Keys::shared(secret, &settings.jwt_key_id, seed),
            (None, None) => Keys::derived("keys", seed),
        };
        Self {
            api_keys: ApiKeys::new(&keys),
            keys,
            provider_keys: Keys::derived("provider keys", seed),
            saml_key: None,
            settings,
            base_url,
            accounts: Vec::new(),
            sessions: Vec::new(),
            flows: Vec::new(),
            factors: Vec::new(),
            passkeys: Vec::new(),
            passkey_challenges: Vec::new(),
            oauth: OAuth::default(),
            sso: Vec::new(),
            custom_providers: Vec::new(),
            audit_log: Vec::new(),
            mailbox: Vec::new(),
            requests: Vec::new(),
            calls: Calls::default(),
            faults: Faults::default(),
            random: Random::new("state", seed),
            audit_ids: Random::new("audit log", seed),
            clock,
        }
    }

    /// Returns the path of the external URL, unless it is that of the root.
    pub(crate) fn external_path(&self) -> Option<&str> {
        let url = self.settings.external_url.as_deref()?;
        let (_, rest) = url.split_once("://")?;
        rest.find('/').map(|at| &rest[at..])
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
