//! Times in words.

use std::time::Duration;

use gotrue::chrono::{DateTime, Utc};

/// A moment for a list: to the minute, UTC.
pub fn short(moment: Option<DateTime<Utc>>) -> String {
    moment.map(|moment| moment.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// A moment for a log: to the second, UTC.
pub fn exact(moment: Option<DateTime<Utc>>) -> String {
    moment.map(|moment| moment.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// A moment for a record: to the second, and how far it is from now.
pub fn full(moment: Option<DateTime<Utc>>) -> String {
    moment.map(|moment| full_at(moment, Utc::now())).unwrap_or_default()
}

fn full_at(moment: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ({})", moment.format("%Y-%m-%d %H:%M:%S UTC"), from_now(moment, now))
}

/// How far a moment is from another, in its two greatest units.
pub fn from_now(moment: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (moment - now).num_seconds() {
        0 => "now".to_owned(),
        seconds if seconds > 0 => format!("in {}", length(seconds.unsigned_abs())),
        seconds => format!("{} ago", length(seconds.unsigned_abs())),
    }
}

fn length(seconds: u64) -> String {
    let whole = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    whole.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_two_units() {
        let now = DateTime::UNIX_EPOCH;
        let words = |seconds| from_now(DateTime::from_timestamp(seconds, 0).unwrap(), now);
        assert_eq!(words(0), "now");
        assert_eq!(words(59), "in 59s");
        assert_eq!(words(3_601), "in 1h 1s");
        assert_eq!(words(-90_061), "1day 1h ago");
        assert_eq!(full_at(now, now), "1970-01-01 00:00:00 UTC (now)");
    }
}
