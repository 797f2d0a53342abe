//! Snapshots of the state, to store it or to return to it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::store::State;

/// The version of the format.
const VERSION: u32 = 1;

/// Everything that the server remembers, apart from its settings and keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    version: u32,
    /// The positions in the sequences of random values, so that no id is issued twice.
    drawn: [u64; 2],
    tables: Value,
}

impl State {
    /// Returns a snapshot.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let tables = serde_json::to_value(self).unwrap_or_default();
        Snapshot { version: VERSION, drawn: [self.random.drawn(), self.audit_ids.drawn()], tables }
    }

    /// Returns to a snapshot. Settings, keys, requests and faults stay as they are.
    pub(crate) fn restore(&mut self, snapshot: Snapshot) -> Result<(), String> {
        if snapshot.version != VERSION {
            return Err(format!("expected a snapshot of version {VERSION}"));
        }
        let tables: Self = serde_json::from_value(snapshot.tables).map_err(|error| error.to_string())?;
        let old = std::mem::replace(self, tables);
        self.settings = old.settings;
        self.base_url = old.base_url;
        self.keys = old.keys;
        self.provider_keys = old.provider_keys;
        self.api_keys = old.api_keys;
        self.selected = old.selected;
        self.setups = old.setups;
        self.requests = old.requests;
        self.counts = old.counts;
        self.received = old.received;
        self.calls = old.calls;
        self.faults = old.faults;
        self.clock = old.clock;
        self.random = old.random.at(snapshot.drawn[0]);
        self.audit_ids = old.audit_ids.at(snapshot.drawn[1]);
        Ok(())
    }
}
