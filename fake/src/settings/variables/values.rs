//! The values of variables, in the forms that Go reads.

use std::collections::BTreeMap;

use chrono::Duration;
use gotrue::Secret;

use crate::{
    go_duration,
    settings::{Codes, rates::Rate, variables::Problem},
};

/// The form of a value that changes no response.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Text,
    Flag,
    Integer,
    /// An integer that is not negative.
    Number,
    Decimal,
    Duration,
    /// Names and values, such as `a:1,b:2`.
    Pairs,
}

impl Form {
    pub(super) fn check(self, value: &str) -> Result<(), Problem> {
        match self {
            Self::Text => Ok(()),
            Self::Flag => flag(value).map(drop),
            Self::Integer => integer(value).map(drop),
            Self::Number => natural(value).map(drop),
            Self::Decimal => events(value).map(drop),
            Self::Duration => duration(value).map(drop),
            Self::Pairs => pairs(value).map(drop).ok_or_else(|| "expected pairs such as a:1,b:2".to_owned()),
        }
    }
}

/// Parses a boolean as Go does.
pub(super) fn flag(value: &str) -> Result<bool, Problem> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of the other parsers")]
pub(super) fn text<T: From<String>>(value: &str) -> Result<T, Problem> {
    Ok(value.to_owned().into())
}

/// Parses values that are separated by commas.
pub(super) fn list(value: &str) -> Vec<String> {
    if value.trim().is_empty() {
        return Vec::new();
    }
    value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Parses an integer: decimal, or with the prefix `0x`, `0o`, `0b` or `0`; underscores may separate digits.
pub(super) fn integer(value: &str) -> Result<i64, Problem> {
    read_integer(value).ok_or_else(|| "expected a whole number".to_owned())
}

fn read_integer(value: &str) -> Option<i64> {
    let (sign, digits) = match value.as_bytes().first()? {
        b'-' => ("-", &value[1..]),
        b'+' => ("", &value[1..]),
        _ => ("", value),
    };
    let lower = digits.to_ascii_lowercase();
    let radixes = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)];
    let prefixed = radixes.iter().find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, *radix)));
    let (digits, radix) = match prefixed {
        Some((digits, radix)) if !digits.is_empty() => (digits.strip_prefix('_').unwrap_or(digits), radix),
        _ => (lower.as_str(), 10),
    };
    let is_grouped = digits.split('_').all(|group| !group.is_empty());
    let is_plain = digits.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_grouped && is_plain).then(|| i64::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), radix).ok())?
}

/// Parses an integer that is not negative.
fn natural(value: &str) -> Result<i64, Problem> {
    let is_signed = value.starts_with(['-', '+']);
    read_integer(value).filter(|_| !is_signed).ok_or_else(|| "expected a whole number that is not negative".to_owned())
}

/// Parses a limit. A negative one is 0.
pub(super) fn number(value: &str) -> Result<usize, Problem> {
    integer(value).map(|number| usize::try_from(number.max(0)).unwrap_or(usize::MAX))
}

/// Parses names and values, separated by colons.
fn pairs(value: &str) -> Option<Vec<(&str, &str)>> {
    if value.trim().is_empty() {
        return Some(Vec::new());
    }
    value.split(',').map(|pair| pair.split_once(':').filter(|(_, value)| !value.contains(':'))).collect()
}

pub(super) fn at_most(value: &str, most: u8) -> Result<u8, Problem> {
    let number = read_integer(value).and_then(|number| u8::try_from(number).ok()).filter(|number| *number <= most);
    number.ok_or_else(|| format!("expected a number from 0 to {most}"))
}

pub(super) fn events(value: &str) -> Result<f64, Problem> {
    value.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| "expected a number".to_owned())
}

pub(super) fn rate(value: &str) -> Result<Rate, Problem> {
    Rate::parse(value).ok_or_else(|| "expected a number of messages per hour, or a rate such as 30/1h".to_owned())
}

pub(super) fn duration(value: &str) -> Result<Duration, Problem> {
    go_duration::signed(value).ok_or_else(|| "expected a duration such as 1h30m".to_owned())
}

pub(super) fn not_negative(value: &str) -> Result<Duration, Problem> {
    let duration = duration(value)?;
    if duration < Duration::zero() { Err("expected a duration that is not negative".to_owned()) } else { Ok(duration) }
}

pub(super) fn seconds(value: &str) -> Result<Duration, Problem> {
    let seconds = natural(value).ok().and_then(Duration::try_seconds);
    seconds.ok_or_else(|| "expected a number of seconds".to_owned())
}

pub(super) fn positive(value: &str) -> Result<Option<Duration>, Problem> {
    let duration = duration(value)?;
    if duration > Duration::zero() { Ok(Some(duration)) } else { Err("expected a positive duration".to_owned()) }
}

pub(super) fn or_default(duration: Duration, default: Duration) -> Duration {
    if duration.is_zero() { default } else { duration }
}

/// Codes have six digits, unless a length from 6 to 10 is set.
pub(super) fn code_length(value: &str) -> Result<usize, Problem> {
    number(value).map(|length| if (6..=10).contains(&length) { length } else { 6 })
}

pub(super) fn interval(codes: &mut Codes, value: &str) -> Result<(), Problem> {
    codes.interval = or_default(duration(value)?, Duration::minutes(1));
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of the other parsers")]
pub(super) fn path(value: &str) -> Result<String, Problem> {
    Ok(if value.is_empty() { "/verify".to_owned() } else { value.to_owned() })
}

pub(super) fn url(value: &str) -> Result<Option<String>, Problem> {
    match url::Url::parse(value) {
        Ok(_) => Ok(Some(value.trim_end_matches('/').to_owned())),
        Err(_) => Err("expected a URL".to_owned()),
    }
}

/// Parses sets of characters, separated by colons. `\:` is a colon in a set.
pub(super) fn character_sets(value: &str) -> Vec<String> {
    let sets = value.replace("\\:", "\0");
    sets.split(':').filter(|set| !set.is_empty()).map(|set| set.replace('\0', ":")).collect()
}

/// Parses pairs of a phone number and a code, separated by colons.
pub(super) fn test_codes(value: &str) -> Result<BTreeMap<String, Secret>, Problem> {
    let problem = || "expected pairs of a phone number and a code, such as 15550000001:123456".to_owned();
    let pairs = pairs(value).ok_or_else(problem)?;
    Ok(pairs.into_iter().map(|(phone, code)| (crate::contact::plain_phone(phone), Secret::from(code))).collect())
}

/// Parses pairs of a provider and a linking domain, separated by equals signs.
pub(super) fn linking_domains(value: &str) -> Result<BTreeMap<String, String>, Problem> {
    if value.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let pair = |pair: &str| {
        let (provider, domain) = pair.split_once('=')?;
        let (provider, domain) = (provider.trim(), domain.trim());
        (!provider.is_empty() && !domain.is_empty()).then(|| (provider.to_owned(), domain.to_owned()))
    };
    let pairs: Option<_> = value.split(',').map(pair).collect();
    pairs.ok_or_else(|| "expected pairs of a provider and a domain, such as google=social,github=social".to_owned())
}

/// Parses a URL. Returns `None` for an empty value.
pub(super) fn optional_url(value: &str) -> Result<Option<String>, Problem> {
    if value.is_empty() { Ok(None) } else { url(value) }
}

/// Parses a number that a count must stay below. Fractions are allowed.
pub(super) fn ceiling(value: &str) -> Result<usize, Problem> {
    let text = events(value)?.max(0.0).ceil().to_string();
    Ok(text.parse().unwrap_or(usize::MAX))
}

/// Parses headers: a JSON object of lists. The real server ignores anything else.
pub(super) fn service_headers(value: &str) -> BTreeMap<String, Vec<Secret>> {
    serde_json::from_str(value).unwrap_or_default()
}
