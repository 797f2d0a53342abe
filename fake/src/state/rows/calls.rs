//! What was called and sent, as far as it is limited.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};

use crate::settings::rates::Rate;

/// What was called and sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    /// The calls of each limited operation, by when they came.
    pub(crate) by_operation: HashMap<&'static str, Vec<DateTime<Utc>>>,
    /// A bucket for each limited operation and client.
    pub(crate) by_client: HashMap<(String, String), Bucket>,
    pub(crate) emails: Sent,
    pub(crate) text_messages: Sent,
}

/// A token bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    pub(crate) at: DateTime<Utc>,
}

impl Bucket {
    pub(crate) fn full(burst: f64, now: DateTime<Utc>) -> Self {
        Self { tokens: burst, at: now }
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, per_second: f64, burst: f64, now: DateTime<Utc>) -> bool {
        let passed = (now - self.at).as_seconds_f64().max(0.0);
        (self.tokens, self.at) = ((self.tokens + passed * per_second).min(burst), now);
        let is_allowed = self.tokens >= 1.0;
        if is_allowed {
            self.tokens -= 1.0;
        }
        is_allowed
    }
}

/// The messages that were sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    since: Option<DateTime<Utc>>,
    count: f64,
    bucket: Option<Bucket>,
}

impl Sent {
    /// Counts a message, unless the rate is reached.
    pub(crate) fn allows(&mut self, rate: Option<Rate>, now: DateTime<Utc>) -> bool {
        match rate {
            None => true,
            Some(Rate::Interval(events)) => {
                if self.since.is_none_or(|since| now - since >= Duration::hours(1)) {
                    (self.since, self.count) = (Some(now), 0.0);
                }
                self.count += 1.0;
                self.count <= events
            }
            Some(Rate::Burst(events, over)) => {
                let bucket = self.bucket.get_or_insert_with(|| Bucket::full(events, now));
                bucket.take(1.0 / over.as_seconds_f64(), events, now)
            }
        }
    }
}
