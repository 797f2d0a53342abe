//! Long values in several cookies: `NAME.0`, `NAME.1` and so on, as `@supabase/ssr` cuts them.

use std::borrow::Cow;

use cookie::Cookie;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{RequestCookies, attributes::Attributes};

/// The longest value of a cookie, percent-encoded. Browsers accept 4096 bytes for the name and the value together.
const MAX_LENGTH: usize = 3180;

/// Proxies and servers often limit all headers of a request to 8 kB together.
const LARGE: usize = 6000;

/// All characters that JavaScript's `encodeURIComponent` escapes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Returns the value of one cookie or of its chunks, up to the first that is missing or empty.
pub(super) fn read<'a>(cookies: &'a RequestCookies, name: &str) -> Option<Cow<'a, str>> {
    let value = |name: &str| cookies.get(name).filter(|value| !value.is_empty());
    if let Some(whole) = value(name) {
        return Some(whole.into());
    }
    let mut joined = value(&chunk_name(name, 0))?.to_owned();
    for index in 1.. {
        let Some(chunk) = value(&chunk_name(name, index)) else { break };
        joined.push_str(chunk);
    }
    Some(joined.into())
}

/// Returns the cookies that replace the value, or remove it: only those that change, removals first.
pub(super) fn write(
    cookies: &RequestCookies,
    attributes: &Attributes,
    name: &str,
    value: Option<&str>,
) -> Vec<Cookie<'static>> {
    let chunks = value.map(|value| split(name, value)).unwrap_or_default();
    let length: usize = chunks.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > LARGE {
        tracing::warn!(name, length, "a session has long cookies, which a proxy may refuse");
    }
    let is_stale = |known: &&str| is_chunk_of(known, name) && !chunks.iter().any(|(name, _)| name == known);
    let mut stale: Vec<_> = cookies.names().filter(is_stale).collect();
    stale.dedup();
    let (with_domain, host_only): (Vec<_>, Vec<_>) =
        stale.into_iter().flat_map(|name| attributes.removals(name)).partition(|cookie| cookie.domain().is_some());
    let is_new = |(name, value): &(String, &str)| cookies.get(name) != Some(value);
    let new = chunks.into_iter().filter(is_new).map(|(name, value)| attributes.set(name, encoded(value)));
    host_only.into_iter().chain(with_domain).chain(new).collect()
}

/// Returns the value under its name if it fits, otherwise in chunks, each as long as possible without cutting a
/// character.
fn split<'a>(name: &str, value: &'a str) -> Vec<(String, &'a str)> {
    let mut chunks = Vec::new();
    let (mut start, mut length) = (0, 0);
    for (index, character) in value.char_indices() {
        let added = utf8_percent_encode(character.encode_utf8(&mut [0; 4]), ESCAPED).map(str::len).sum::<usize>();
        if length + added > MAX_LENGTH {
            chunks.push((chunk_name(name, chunks.len()), &value[start..index]));
            (start, length) = (index, 0);
        }
        length += added;
    }
    if chunks.is_empty() {
        return vec![(name.to_owned(), value)];
    }
    chunks.push((chunk_name(name, chunks.len()), &value[start..]));
    chunks
}

fn encoded(value: &str) -> String {
    utf8_percent_encode(value, ESCAPED).to_string()
}

fn chunk_name(name: &str, index: usize) -> String {
    format!("{name}.{index}")
}

/// Returns whether a cookie is the whole value or a chunk of it: `NAME`, or `NAME.` and a number without leading zeros.
fn is_chunk_of(cookie: &str, name: &str) -> bool {
    let Some(rest) = cookie.strip_prefix(name) else { return false };
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    rest.is_empty() || rest.strip_prefix('.').is_some_and(|index| !index.is_empty() && is_number(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_cut_where_javascript_cuts_them() {
        // The value; the lengths of its chunks in characters.
        let cases = [
            ("a".repeat(3180), vec![3180]),
            ("a".repeat(3181), vec![3180, 1]),
            ("%".repeat(1060), vec![1060]),
            ("%".repeat(1061), vec![1060, 1]),
            ("🦀".repeat(530), vec![265, 265]),
            (format!("{}李", "a".repeat(3178)), vec![3178, 1]),
            (format!("{}\"", "a".repeat(3179)), vec![3179, 1]),
            (String::new(), vec![0]),
        ];
        for (value, expected) in cases {
            let chunks = split("k", &value);
            let lengths: Vec<_> = chunks.iter().map(|(_, chunk)| chunk.chars().count()).collect();
            assert_eq!(lengths, expected, "{}", value.len());
            assert!(chunks.iter().all(|(_, chunk)| encoded(chunk).len() <= MAX_LENGTH));
            assert_eq!(chunks.iter().map(|(_, chunk)| *chunk).collect::<String>(), value);
            let names: Vec<_> = chunks.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, if expected.len() == 1 { vec!["k"] } else { vec!["k.0", "k.1"] });
        }
    }

    #[test]
    fn the_names_of_chunks() {
        for (cookie, expected) in [
            ("k", true),
            ("k.0", true),
            ("k.5", true),
            ("k.10", true),
            ("k.00", false),
            ("k.01", false),
            ("k.", false),
            ("k.x", false),
            ("k.1.1", false),
            ("k-code-verifier", false),
            ("kk", false),
            ("K", false),
        ] {
            assert_eq!(is_chunk_of(cookie, "k"), expected, "{cookie}");
        }
    }
}
