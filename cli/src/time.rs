//! Times as text.

use std::time::Duration;

use gotrue::chrono::{DateTime, Utc};

/// Formats a time for a table: to the minute, UTC.
pub fn short(time: Option<DateTime<Utc>>) -> String {
    time.map(|time| time.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// Formats a time for a log: to the second, UTC.
pub fn exact(time: Option<DateTime<Utc>>) -> String {
    time.map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// Formats a time for a record: to the second, with the distance from now.
pub fn full(time: Option<DateTime<Utc>>) -> String {
    time.map(|time| full_at(time, Utc::now())).unwrap_or_default()
}

fn full_at(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} ({})", time.format("%Y-%m-%d %H:%M:%S UTC"), from_now(time, now))
}

/// Formats the distance between two times in its two largest units.
pub fn from_now(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    match (time - now).num_seconds() {
        0 => "now".to_owned(),
        seconds if seconds > 0 => format!("in {}", duration(seconds.unsigned_abs())),
        seconds => format!("{} ago", duration(seconds.unsigned_abs())),
    }
}

fn duration(seconds: u64) -> String {
    let whole = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    whole.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_have_two_units() {
        let now = DateTime::UNIX_EPOCH;
        let distance = |seconds| from_now(DateTime::from_timestamp(seconds, 0).unwrap(), now);
        assert_eq!(distance(0), "now");
        assert_eq!(distance(59), "in 59s");
        assert_eq!(distance(3_601), "in 1h 1s");
        assert_eq!(distance(-90_061), "1day 1h ago");
        assert_eq!(full_at(now, now), "1970-01-01 00:00:00 UTC (now)");
    }
}
