//! The tables of the server, its keys and its clock.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Duration, Utc};
use gotrue::{Clock, SystemClock};
use serde::{Deserialize, Serialize};

use crate::{
    api_keys::ApiKeys,
    fault::Faults,
    hooks::HookRun,
    keys::Keys,
    mailbox::Message,
    model::types::{AuditLogEntry, CustomProvider},
    random::Random,
    received::ReceivedRequest,
    settings::ServerSettings,
    state::{
        rows::{
            account::Account,
            calls::Calls,
            factor::FactorRow,
            flow::Flow,
            oauth::OAuth,
            passkey::{PasskeyChallenge, PasskeyRow},
            recovery_codes::RecoveryCodesRow,
            session::SessionRow,
            sso::SsoRow,
        },
        setup::OwnSetup,
        table::{Table, Transaction},
    },
};

/// Everything that the server remembers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    #[serde(skip)]
    pub(crate) settings: ServerSettings,
    #[serde(skip)]
    pub(crate) base_url: String,
    pub(crate) accounts: Table<Account>,
    pub(crate) sessions: Table<SessionRow>,
    pub(crate) flows: Table<Flow>,
    pub(crate) factors: Table<FactorRow>,
    pub(crate) recovery_codes: Table<RecoveryCodesRow>,
    pub(crate) passkeys: Table<PasskeyRow>,
    pub(crate) passkey_challenges: Table<PasskeyChallenge>,
    pub(crate) oauth: OAuth,
    pub(crate) sso: Table<SsoRow>,
    pub(crate) custom_providers: Table<CustomProvider>,
    pub(crate) audit_log: Table<AuditLogEntry>,
    pub(crate) mailbox: Table<Message>,
    #[serde(skip)]
    pub(crate) keys: Keys,
    /// The keys that the gateway accepts.
    #[serde(skip)]
    pub(crate) api_keys: ApiKeys,
    /// The server whose settings and keys these are.
    #[serde(skip)]
    pub(crate) selected: usize,
    /// The settings and keys of all other servers, by their numbers.
    #[serde(skip)]
    pub(crate) setups: Vec<OwnSetup>,
    #[serde(skip)]
    pub(crate) provider_keys: Keys,
    /// The key that signs SAML requests, once there was one.
    #[serde(skip)]
    pub(crate) saml_key: Option<aws_lc_rs::rsa::KeyPair>,
    #[serde(skip)]
    pub(crate) requests: VecDeque<ReceivedRequest>,
    #[serde(skip)]
    pub(crate) calls: Calls,
    #[serde(skip)]
    pub(crate) faults: Faults,
    /// The hooks of the current request.
    #[serde(skip)]
    pub(crate) hook_run: HookRun,
    #[serde(skip)]
    pub(crate) random: Random,
    /// A separate sequence, so that writing to the audit log does not change other ids.
    #[serde(skip)]
    pub(crate) audit_ids: Random,
    #[serde(skip, default = "system_clock")]
    pub(crate) clock: Arc<dyn Clock>,
    /// How far the time of the server is ahead of its clock.
    #[serde(with = "seconds")]
    pub(crate) clock_offset: Duration,
    /// How many messages were sent.
    pub(crate) messages_sent: u64,
    /// How many requests each operation received.
    #[serde(skip)]
    pub(crate) counts: HashMap<&'static str, usize>,
    /// How many requests were received.
    #[serde(skip)]
    pub(crate) received: u64,
}

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// A duration as a number of seconds.
mod seconds {
    use chrono::Duration;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        duration.num_seconds().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        i64::deserialize(deserializer).map(Duration::seconds)
    }
}

impl State {
    pub(crate) fn new(setup: OwnSetup, clock: Arc<dyn Clock>, seed: u64) -> Self {
        let OwnSetup { settings, base_url, keys, api_keys } = setup;
        Self {
            api_keys,
            selected: 0,
            setups: vec![OwnSetup::default()],
            keys,
            provider_keys: Keys::derived("provider keys", seed),
            saml_key: None,
            settings,
            base_url,
            accounts: Table::default(),
            sessions: Table::default(),
            flows: Table::default(),
            factors: Table::default(),
            recovery_codes: Table::default(),
            passkeys: Table::default(),
            passkey_challenges: Table::default(),
            oauth: OAuth::default(),
            sso: Table::default(),
            custom_providers: Table::default(),
            audit_log: Table::default(),
            mailbox: Table::default(),
            requests: VecDeque::new(),
            calls: Calls::default(),
            faults: Faults::default(),
            hook_run: HookRun::default(),
            random: Random::new("state", seed),
            audit_ids: Random::new("audit log", seed),
            clock,
            clock_offset: Duration::zero(),
            messages_sent: 0,
            counts: HashMap::new(),
            received: 0,
        }
    }

    /// Returns the path of the external URL, unless it is that of the root.
    pub(crate) fn external_path(&self) -> Option<&str> {
        let url = self.settings.external_url.as_deref()?;
        let (_, rest) = url.split_once("://")?;
        rest.find('/').map(|at| &rest[at..])
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now() + self.clock_offset
    }

    /// Returns the tables.
    pub(crate) fn tables(&mut self) -> [&mut dyn Transaction; 14] {
        [
            &mut self.accounts,
            &mut self.sessions,
            &mut self.flows,
            &mut self.factors,
            &mut self.recovery_codes,
            &mut self.passkeys,
            &mut self.passkey_challenges,
            &mut self.oauth.clients,
            &mut self.oauth.authorizations,
            &mut self.oauth.consents,
            &mut self.sso,
            &mut self.custom_providers,
            &mut self.audit_log,
            &mut self.mailbox,
        ]
    }
}
