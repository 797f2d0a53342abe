//! One state, on which there may be several servers, as real servers may share a database.

use std::{
    mem::swap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::state::{setup::OwnSetup, store::State};

/// The state, as one of its servers sees it.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    state: Arc<Mutex<State>>,
    server: usize,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)), server: 0 }
    }

    /// Adds a server.
    pub(crate) fn join(&self, setup: OwnSetup) -> Self {
        let mut state = self.lock();
        state.setups.push(setup);
        Self { state: self.state.clone(), server: state.setups.len() - 1 }
    }

    /// Locks the state, with the settings and keys of this server. A panic in a handler leaves it usable for later
    /// requests.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.select(self.server);
        state
    }
}

impl State {
    /// Makes the settings and keys those of a server.
    fn select(&mut self, server: usize) {
        if self.selected != server {
            self.swap_setup(self.selected);
            self.swap_setup(server);
            self.selected = server;
        }
    }

    /// Exchanges what is selected for what is stored for a server: nothing, if it is the one that is selected.
    fn swap_setup(&mut self, server: usize) {
        let stored = &mut self.setups[server];
        swap(&mut self.settings, &mut stored.settings);
        swap(&mut self.base_url, &mut stored.base_url);
        swap(&mut self.keys, &mut stored.keys);
        swap(&mut self.api_keys, &mut stored.api_keys);
    }
}
