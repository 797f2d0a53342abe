//! The order in which sessions are refreshed.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

/// Members by id, each scheduled at an uptime of the clock, or not scheduled.
pub(super) struct Schedule<T> {
    members: HashMap<u64, (T, Option<Duration>)>,
    order: BTreeSet<(Duration, u64)>,
}

impl<T> Schedule<T> {
    pub(super) fn new() -> Self {
        Self { members: HashMap::new(), order: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, id: u64, member: T) {
        self.members.insert(id, (member, None));
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.set(id, None);
        self.members.remove(&id);
    }

    pub(super) fn get(&self, id: u64) -> Option<&T> {
        self.members.get(&id).map(|(member, _)| member)
    }

    /// Reschedules a member, or unschedules it.
    pub(super) fn set(&mut self, id: u64, at: Option<Duration>) {
        let Some((_, place)) = self.members.get_mut(&id) else { return };
        if let Some(before) = std::mem::replace(place, at) {
            self.order.remove(&(before, id));
        }
        self.order.extend(at.map(|at| (at, id)));
    }

    /// Returns the uptime at which the first member is due.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Returns the first member that is due, and unschedules it.
    pub(super) fn pop(&mut self, now: Duration) -> Option<u64> {
        let (_, id) = *self.order.first().filter(|(at, _)| *at <= now)?;
        self.set(id, None);
        Some(id)
    }
}
