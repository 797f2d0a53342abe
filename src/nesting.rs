//! A bound on the nesting of JSON from outside.
//!
//! The server stores free-form data nested up to 10,000 levels deep. `serde_json` refuses more than 128 levels, and a
//! deep [`Value`](serde_json::Value) overflows the stack when it is dropped, cloned or printed. Therefore a value more
//! than [`MAX_DEPTH`] levels deep is replaced by a string that contains its JSON text, before the document is decoded:
//! nothing is lost, and everything afterwards is bounded.

use std::borrow::Cow;

use memchr::memchr2;

/// The number of levels that keep their structure. It leaves room below the 128 levels of `serde_json` for a document
/// in which the value is nested.
pub(crate) const MAX_DEPTH: usize = 100;

/// Returns the document with every value below [`MAX_DEPTH`] levels as a string of its JSON text. Returns anything that
/// is not a complete JSON array or object unchanged.
pub(crate) fn bounded(json: &[u8]) -> Cow<'_, [u8]> {
    // Most documents have fewer brackets than that. Counting them is much faster than following them.
    if opening_brackets(json) <= MAX_DEPTH {
        return Cow::Borrowed(json);
    }
    let mut out = Vec::new();
    // Up to where the document is in `out`, and where the value starts that is too deep.
    let (mut copied, mut start) = (0, 0);
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = after_string(json, at + 1);
                continue;
            }
            b'[' | b'{' => {
                depth += 1;
                if depth == MAX_DEPTH + 1 {
                    start = at;
                }
            }
            b']' | b'}' => {
                if depth == MAX_DEPTH + 1 {
                    let Some(text) = as_string(&json[start..=at]) else { return Cow::Borrowed(json) };
                    out.extend_from_slice(&json[copied..start]);
                    out.extend_from_slice(text.as_bytes());
                    copied = at + 1;
                }
                let Some(outer) = depth.checked_sub(1) else { return Cow::Borrowed(json) };
                depth = outer;
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 || depth > 0 {
        return Cow::Borrowed(json);
    }
    out.extend_from_slice(&json[copied..]);
    Cow::Owned(out)
}

/// Returns the position after the string whose text starts at this position. Most of a document is in strings, which are
/// searched much faster than the rest.
fn after_string(json: &[u8], mut at: usize) -> usize {
    while let Some(found) = json.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if json[at - 1] == b'"' {
            return at;
        }
        // The escaped character.
        at += 1;
    }
    json.len()
}

/// Returns the number of opening brackets and braces, including those in strings.
fn opening_brackets(json: &[u8]) -> usize {
    // The two characters differ in one bit. A count in bytes is one that the compiler turns into vector instructions.
    let in_chunk = |chunk: &[u8]| chunk.iter().fold(0_u8, |count, byte| count + u8::from(byte | 0x20 == b'{'));
    json.chunks(usize::from(u8::MAX)).map(|chunk| usize::from(in_chunk(chunk))).sum()
}

fn as_string(json: &[u8]) -> Option<String> {
    serde_json::to_string(std::str::from_utf8(json).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// A document of that depth, with something in its midst.
    fn nested(depth: usize, open: &str, close: &str) -> String {
        format!("{}\"[{{\\\"\"{}", open.repeat(depth), close.repeat(depth))
    }

    #[test]
    fn a_document_that_is_not_too_deep_stays() {
        let documents = ["", "null", "{}", r#"{"a":"]}]\\","b":[1,2,{}]}"#, "[[", "]]", "\"[[[[", "{\"a\\"];
        let deep = [nested(MAX_DEPTH, "[", "]"), nested(MAX_DEPTH, r#"{"a":"#, "}")];
        let broken = ["[".repeat(100_000), "]".repeat(100_000), format!("{}]", "[".repeat(MAX_DEPTH + 1))];
        for document in documents.map(str::to_owned).into_iter().chain(deep).chain(broken) {
            let bounded = bounded(document.as_bytes());
            assert!(matches!(bounded, Cow::Borrowed(_)), "{document}");
            assert_eq!(bounded, document.as_bytes());
        }
    }

    #[test]
    fn a_value_that_is_too_deep_becomes_its_text() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]"), ("[1,{},[", "]]"), ("\n[ ", " ]\n")] {
            for depth in [MAX_DEPTH + 1, 130, 10_000, 100_000] {
                let document = nested(depth, open, close);
                let bounded = bounded(document.as_bytes());
                let value: Value = serde_json::from_slice(&bounded).unwrap();
                let mut innermost = &value;
                while let Some(inner) = innermost.get("a").or_else(|| innermost.as_array()?.last()) {
                    innermost = inner;
                }
                let text = innermost.as_str().unwrap();
                // Nothing is lost.
                assert!(document.contains(text) && text.contains(r#""[{\"""#), "{text}");
            }
        }
    }

    #[test]
    fn values_beside_it_stay() {
        let deep = nested(500, "[", "]");
        let document = format!(r#"{{"before":[1],"deep":{deep},"deeper":[{deep}],"after":{{"b":2}}}}"#);
        let value: Value = serde_json::from_slice(&bounded(document.as_bytes())).unwrap();
        assert_eq!((&value["before"], &value["after"]), (&json!([1]), &json!({ "b": 2 })));
        assert!(value["deep"].is_array() && value["deeper"].is_array());
    }

    #[test]
    fn text_that_is_not_utf_8_stays() {
        let document = [nested(130, "[", "]").as_bytes(), b"\xff"].concat();
        let mut inside = document.clone();
        inside[130] = 0xff;
        assert_eq!(bounded(&inside), inside);
    }

    /// Returns the document with every value that [`bounded`] turned into a string as it was before. No other string at
    /// that level starts with a bracket.
    fn unbounded(bounded: &str) -> String {
        let mut document = String::new();
        let (mut depth, mut rest) = (0, bounded);
        while let Some(c) = rest.chars().next() {
            let mut length = c.len_utf8();
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth -= 1,
                '"' => {
                    let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                    let string = strings.next().unwrap().unwrap();
                    length = strings.byte_offset();
                    if depth == MAX_DEPTH && string.starts_with(['[', '{']) {
                        document.push_str(&string);
                        rest = &rest[length..];
                        continue;
                    }
                }
                _ => {}
            }
            document.push_str(&rest[..length]);
            rest = &rest[length..];
        }
        document
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_lost_whatever_the_levels(
            levels in prop::collection::vec(prop::sample::select(vec![
                ("[", "]"),
                (" [ 1, \"]{\" ,", ", [[]] ]\n"),
                ("{\"a\\\"[\":", ",\"b\":{\"c\":\"\\\\\"}}"),
                ("[{\"\":\"\u{1f600}\",\"}\":", "}]"),
            ]), 0..300),
            leaf in prop::sample::select(vec!["7", "\"text\"", "{}", "[[[[]]]]", "null", "\"\\\"]\""]),
        ) {
            let document = levels.iter().fold(leaf.to_owned(), |inner, (open, close)| format!("{open}{inner}{close}"));
            let bounded = String::from_utf8(bounded(document.as_bytes()).into_owned()).unwrap();
            // It can be read, and reading and writing it changes nothing more.
            let value: Value = serde_json::from_str(&bounded).unwrap();
            let written = value.to_string();
            prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
            prop_assert!(matches!(super::bounded(written.as_bytes()), Cow::Borrowed(_)));
            prop_assert_eq!(unbounded(&bounded), document);
        }
    }
}
