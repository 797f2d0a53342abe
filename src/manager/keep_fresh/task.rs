//! The task: waits for who is next, and refreshes a few at once.

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::{News, schedule::Schedule};
use crate::{clock::Clock, manager::inner::Inner};

/// However short-lived the tokens are, a session is refreshed no more than once in this time.
const PAUSE: Duration = Duration::from_secs(1);

type Refresh = Pin<Box<dyn Future<Output = u64> + Send>>;

pub(super) struct Task {
    clock: Arc<dyn Clock>,
    at_once: usize,
    news: mpsc::UnboundedReceiver<News>,
    schedule: Schedule<Weak<Inner>>,
    refreshes: FuturesUnordered<Refresh>,
    /// Whose refresh is under way.
    refreshing: HashSet<u64>,
}

impl Task {
    pub(super) fn new(clock: Arc<dyn Clock>, at_once: usize, news: mpsc::UnboundedReceiver<News>) -> Self {
        let (schedule, refreshes) = (Schedule::new(), FuturesUnordered::new());
        Self { clock, at_once, news, schedule, refreshes, refreshing: HashSet::new() }
    }

    /// Runs until it is aborted.
    pub(super) async fn run(mut self) {
        loop {
            self.begin();
            let wait = self.wait();
            tokio::select! {
                // What has happened comes before what is due by it.
                biased;
                news = self.news.recv() => match news {
                    Some(news) => self.hear(news),
                    None => return,
                },
                Some(id) = self.refreshes.next() => self.refreshed(id),
                () = wait => {}
            }
        }
    }

    /// Until the next is due, if there is room for it.
    fn wait(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        match self.schedule.next_at().filter(|_| self.has_room()) {
            Some(at) => self.clock.sleep(at.saturating_sub(self.clock.uptime())),
            None => Box::pin(std::future::pending()),
        }
    }

    fn has_room(&self) -> bool {
        self.refreshing.len() < self.at_once
    }

    /// Begins the refreshes that are due, as far as there is room.
    fn begin(&mut self) {
        while self.has_room() {
            let Some(id) = self.schedule.pop(self.clock.uptime()) else { return };
            let Some(inner) = self.schedule.get(id).and_then(Weak::upgrade) else { continue };
            self.refreshing.insert(id);
            self.refreshes.push(Box::pin(async move {
                inner.flight_if_nearly_due().outcome().await;
                id
            }));
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Added(id, inner) => {
                self.schedule.add(id, inner);
                self.place(id, Duration::ZERO);
            }
            // After its refresh it is looked at anyway.
            News::Changed(id) if self.refreshing.contains(&id) => {}
            News::Changed(id) => self.place(id, Duration::ZERO),
            News::Gone(id) => self.schedule.remove(id),
        }
    }

    fn refreshed(&mut self, id: u64) {
        self.refreshing.remove(&id);
        self.place(id, self.clock.uptime().saturating_add(PAUSE));
    }

    /// Sets when a session is refreshed next, if it is not over.
    fn place(&mut self, id: u64, not_before: Duration) {
        let next = self.schedule.get(id).and_then(Weak::upgrade).and_then(|inner| inner.next_early_refresh());
        self.schedule.set(id, next.map(|next| next.max(not_before)));
    }
}
