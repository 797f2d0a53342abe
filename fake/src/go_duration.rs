//! Durations as Go writes them: `24h`, `1h30m`, `1.5s`.

use chrono::Duration;

use crate::wire::ApiError;

/// Parses a duration.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::zero());
    }
    let duration = std::time::Duration::try_from_secs_f64(seconds(text)?).ok()?;
    Duration::from_std(duration).ok()
}

/// Parses a duration that may have a sign.
pub(crate) fn signed(text: &str) -> Option<Duration> {
    match text.strip_prefix('-') {
        Some(text) => parse(text).map(|duration| -duration),
        None => parse(text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Parses the duration of a ban. `none` and zero lift a ban.
pub(crate) fn ban(text: &str) -> Result<Option<Duration>, ApiError> {
    if text == "none" {
        return Ok(None);
    }
    let bad =
        || ApiError::validation_failed(format!("invalid format for ban duration: time: invalid duration {text:?}"));
    parse(text).ok_or_else(bad).map(|duration| (!duration.is_zero()).then_some(duration))
}

fn seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * unit;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let read = |text| ban(text).ok().map(|duration| duration.map(|duration| duration.num_milliseconds()));
        assert_eq!(read("none"), Some(None));
        assert_eq!(read("0s"), Some(None));
        assert_eq!(read("24h"), Some(Some(86_400_000)));
        assert_eq!(read("1h30m0.5s"), Some(Some(5_400_500)));
        assert_eq!(read("90.500000000s"), Some(Some(90_500)));
        for bad in ["", "soon", "1", "1d", "h", "-1h", "1e9s", ".s"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
