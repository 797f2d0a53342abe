//! Reading of timestamps (RFC 3339). A user has about ten, and each response with one is read.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{
    Deserializer,
    de::{Error, Visitor},
};

/// Deserializes an optional timestamp.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    deserializer.deserialize_option(Optional)
}

/// Deserializes a timestamp.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    deserializer.deserialize_str(Required)
}

struct Optional;

impl<'de> Visitor<'de> for Optional {
    type Value = Option<DateTime<Utc>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Required.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        required(deserializer).map(Some)
    }
}

struct Required;

impl Visitor<'_> for Required {
    type Value = DateTime<Utc>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 formatted date and time string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        utc(text.as_bytes()).map_or_else(|| text.parse().map_err(E::custom), Ok)
    }
}

/// Reads a timestamp as Go writes it in UTC: `2026-11-24T00:25:34.110125Z`, with up to nine digits of a fraction or
/// none. Returns `None` for anything else, which chrono reads, in about five times as long.
fn utc(text: &[u8]) -> Option<DateTime<Utc>> {
    let (whole, rest) = text.split_first_chunk::<19>()?;
    let [.., b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', _, _] = whole else { return None };
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(&whole[..4])?).ok()?,
        number(&whole[5..7])?,
        number(&whole[8..10])?,
    )?;
    let fraction = match rest.strip_suffix(b"Z")? {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            number(digits)? * 10_u32.pow(u32::try_from(9 - digits.len()).ok()?)
        }
        _ => return None,
    };
    let [hour, minute, second] = [number(&whole[11..13])?, number(&whole[14..16])?, number(&whole[17..])?];
    Some(date.and_hms_nano_opt(hour, minute, second, fraction)?.and_utc())
}

/// Reads at most nine digits, so that the number fits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Model {
        #[serde(default, deserialize_with = "optional")]
        at: Option<DateTime<Utc>>,
        #[serde(deserialize_with = "required")]
        since: DateTime<Utc>,
    }

    #[test]
    fn fields_may_be_null_or_absent() {
        let text = "2026-11-24T00:25:34.110125Z";
        for absent in [json!({ "since": text }), json!({ "at": null, "since": text })] {
            assert_eq!(Model::deserialize(absent).unwrap().at, None);
        }
        let both = Model::deserialize(json!({ "at": text, "since": text })).unwrap();
        assert_eq!(
            (both.at, both.since.to_rfc3339()),
            (Some(both.since), "2026-11-24T00:25:34.110125+00:00".to_owned())
        );
        for wrong in [json!({ "at": text }), json!({ "since": null }), json!({ "at": 5, "since": text })] {
            Model::deserialize(wrong).unwrap_err();
        }
    }

    #[test]
    fn times_are_read_as_by_chrono() {
        for text in [
            "2026-11-24T00:25:34Z",
            "2026-11-24T00:25:34.1Z",
            "2026-11-24T00:25:34.123456789Z",
            "2024-02-29T23:59:59.999Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-11-24T00:25:34.110125+02:00",
            "2026-11-24 00:25:34Z",
            "2026-11-24t00:25:34z",
            "2016-12-31T23:59:60Z",
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-24T24:00:00Z",
            "2026-11-24T00:25:34.Z",
            "2026-11-24T00:25:34.1234567891Z",
            "2026-11-24T00:25:34",
            "2026-11-24",
            "+026-11-24T00:25:34Z",
            "",
        ] {
            let read = Model::deserialize(json!({ "since": text })).map(|model| model.since).ok();
            assert_eq!(read, text.parse::<DateTime<Utc>>().ok(), "{text}");
        }
        assert!(utc(b"2026-11-24T00:25:34.110125Z").is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_time_that_is_read_is_the_one_of_chrono(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?Z") {
            if let Some(time) = utc(text.as_bytes()) {
                prop_assert_eq!(Ok(time), text.parse::<DateTime<Utc>>());
            }
        }
    }
}
