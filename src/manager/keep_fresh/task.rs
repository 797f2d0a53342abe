//! The task that refreshes many sessions, a few at a time.

use std::{
    collections::HashSet,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::schedule::Schedule;
use crate::{
    clock::Clock,
    manager::membership::{Member, MemberMessage},
    platform::BoxFuture,
};

/// The minimum time between two refreshes of a session, however short-lived its tokens are.
const PAUSE: Duration = Duration::from_secs(1);

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why the task continues.
enum Woken {
    Message(MemberMessage),
    /// The refresh of the session with this id has ended.
    Refreshed(u64),
    /// A session may be due.
    Due,
    /// There will be no more messages.
    Closed,
}

pub(super) struct RefreshTask {
    clock: Arc<dyn Clock>,
    at_once: usize,
    messages: mpsc::UnboundedReceiver<MemberMessage>,
    schedule: Schedule<Weak<dyn Member>>,
    refreshes: FuturesUnordered<BoxFuture<'static, u64>>,
    /// The sessions whose refresh is in flight.
    refreshing: HashSet<u64>,
}

impl RefreshTask {
    pub(super) fn new(clock: Arc<dyn Clock>, at_once: usize, messages: mpsc::UnboundedReceiver<MemberMessage>) -> Self {
        let (schedule, refreshes) = (Schedule::new(), FuturesUnordered::new());
        Self { clock, at_once, messages, schedule, refreshes, refreshing: HashSet::new() }
    }

    /// Runs until it is aborted.
    pub(super) async fn run(mut self) {
        loop {
            self.start_due();
            let mut wait = self.wait();
            let woken = poll_fn(|cx| self.poll_woken(&mut wait, cx)).await;
            match woken {
                Woken::Message(message) => self.handle(message),
                Woken::Refreshed(id) => self.refreshed(id),
                Woken::Due => {}
                Woken::Closed => return,
            }
        }
    }

    /// Messages take precedence, because they may change what is due.
    fn poll_woken(&mut self, wait: &mut Sleep, cx: &mut Context<'_>) -> Poll<Woken> {
        if let Poll::Ready(message) = self.messages.poll_recv(cx) {
            return Poll::Ready(message.map_or(Woken::Closed, Woken::Message));
        }
        // Without refreshes in flight, this is ready with `None`.
        if let Poll::Ready(Some(id)) = self.refreshes.poll_next_unpin(cx) {
            return Poll::Ready(Woken::Refreshed(id));
        }
        wait.as_mut().poll(cx).map(|()| Woken::Due)
    }

    /// Waits until the next session is due, or forever if no more refreshes may run.
    fn wait(&self) -> Sleep {
        match self.schedule.next_at().filter(|_| self.has_room()) {
            Some(at) => self.clock.sleep(at.saturating_sub(self.clock.uptime())),
            None => Box::pin(std::future::pending()),
        }
    }

    fn has_room(&self) -> bool {
        self.refreshing.len() < self.at_once
    }

    /// Starts the refreshes that are due, up to the limit.
    fn start_due(&mut self) {
        while self.has_room() {
            let Some(id) = self.schedule.pop(self.clock.uptime()) else { return };
            let Some(member) = self.schedule.get(id).and_then(Weak::upgrade) else { continue };
            self.refreshing.insert(id);
            self.refreshes.push(Box::pin(async move {
                member.refresh().await;
                id
            }));
        }
    }

    fn handle(&mut self, message: MemberMessage) {
        match message {
            MemberMessage::Joined(id, member) => {
                self.schedule.add(id, member);
                self.schedule_next(id, Duration::ZERO);
            }
            // It is scheduled again after its refresh.
            MemberMessage::Changed(id) if self.refreshing.contains(&id) => {}
            MemberMessage::Changed(id) => self.schedule_next(id, Duration::ZERO),
            MemberMessage::Left(id) => self.schedule.remove(id),
        }
    }

    fn refreshed(&mut self, id: u64) {
        self.refreshing.remove(&id);
        self.schedule_next(id, self.clock.uptime().saturating_add(PAUSE));
    }

    /// Schedules the next refresh of a session, unless it has ended.
    fn schedule_next(&mut self, id: u64, not_before: Duration) {
        let next = self.schedule.get(id).and_then(Weak::upgrade).and_then(|member| member.next_refresh());
        self.schedule.set(id, next.map(|next| next.max(not_before)));
    }
}
