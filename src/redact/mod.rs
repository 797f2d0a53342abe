//! Removal of secrets from text that came from outside.
//!
//! Two ways, always both: secrets that were sent are removed by their value ([`Redactor`]), and anything else that
//! looks like a token or a code is removed by its form ([`redact`]).

mod decoded;

use std::ops::Range;

use zeroize::Zeroizing;

use self::decoded::Decoded;

/// The maximum number of characters of a body that an error keeps.
const EXCERPT: usize = 200;

/// The minimum length of a word that may be a secret: the length of a refresh token.
const TOKEN: usize = 12;

/// The minimum length of a value that is removed wherever it occurs. A shorter one is removed only where it is a word,
/// so that a secret such as `a` does not remove a letter from every word.
const SHORT: usize = 4;

/// The longest escape of a character that is noticed at the end of a text: `\\\\\\\\u0022` is shorter, as is
/// `&#x1F600;`.
const LONGEST_ESCAPE: usize = 16;

const REDACTED: &str = "[redacted]";

/// Removes known values from text, in whatever way the text spells them, and then anything that looks like a secret.
#[derive(Default)]
pub(crate) struct Redactor {
    values: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Creates a redactor for these values. Also removes the parts of a JWT, in case a text contains only one of them,
    /// Base64 without its padding, and values that were decoded although they were not encoded.
    pub(crate) fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut all = Vec::new();
        for value in values {
            all.extend(
                value.split('.').filter(|part| part.len() >= TOKEN && part.len() < value.len()).map(str::to_owned),
            );
            let unpadded = value.trim_end_matches('=');
            if unpadded != value {
                all.push(unpadded.to_owned());
            }
            all.extend(Decoded::readings(&value).into_iter().map(|reading| reading.text));
        }
        all.retain(|value| !value.is_empty());
        Self { values: all.into_iter().map(Zeroizing::new).collect() }
    }

    /// Returns the text without the known values and without anything that looks like a secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        redact(&self.blank(text))
    }

    /// Returns the start of a body on one line, redacted.
    pub(crate) fn excerpt(&self, body: &[u8]) -> String {
        // The values first: a value that contains white space is no longer found once the lines are joined.
        let text = self.blank(&String::from_utf8_lossy(body));
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Redacted before it is cut: part of a token may no longer look like one.
        let clean = redact(&line);
        match clean.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}…", &clean[..end]),
            None => clean,
        }
    }

    /// Returns the text without the known values. For text such as request ids, which look like secrets but are not.
    pub(crate) fn blank(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        let mut at = 0;
        for found in self.find_all(text) {
            // One reading of the text may find more of a value than another.
            if found.start >= at {
                clean.push_str(&text[at..found.start]);
                clean.push_str(REDACTED);
            }
            at = at.max(found.end);
        }
        clean.push_str(&text[at..]);
        clean
    }

    /// Returns the places of the values, in order. They may overlap.
    fn find_all(&self, text: &str) -> Vec<Range<usize>> {
        if self.values.is_empty() {
            return Vec::new();
        }
        let mut all = Vec::new();
        for reading in Decoded::readings(text) {
            let mut at = 0;
            while let Some(found) = self.find(&reading.text, at) {
                at = found.end;
                all.push(reading.original(&found));
            }
        }
        all.sort_unstable_by_key(|found| (found.start, found.end));
        all
    }

    /// Returns the first place after `from` where one of the values is.
    fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let starts = text[from..].char_indices().map(|(offset, _)| from + offset);
        starts.into_iter().find_map(|start| {
            let ends = self.values.iter().filter_map(|value| {
                let end = start + spelled_at(&text[start..], value)?;
                (value.len() >= SHORT || is_whole_word(text, &(start..end))).then_some(end)
            });
            ends.max().map(|end| start..end)
        })
    }
}

fn is_whole_word(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].chars().next_back();
    let after = text[range.end..].chars().next();
    ![before, after].into_iter().flatten().any(char::is_alphanumeric)
}

/// Returns the length of the value at the start of the text, if it is there.
///
/// Each character may be spelled as itself, or escaped as in JSON; a space may be a plus sign, as in a form. A text
/// that ends within the value counts as well: a body may be cut off anywhere.
fn spelled_at(text: &str, value: &str) -> Option<usize> {
    // An escaped character may be read in more than one way: `\\` is one backslash in JSON and two elsewhere.
    let mut ends = vec![0];
    for (index, c) in value.chars().enumerate() {
        if index >= SHORT && ends.iter().any(|end| is_cut_off(&text[*end..])) {
            return Some(text.len());
        }
        let mut next: Vec<usize> = Vec::new();
        for end in ends {
            next.extend(spellings(&text[end..], c).into_iter().flatten().map(|length| end + length));
        }
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return None;
        }
        ends = next;
    }
    ends.last().copied()
}

/// Returns whether a text ends here, or within the escape of a character.
fn is_cut_off(rest: &str) -> bool {
    let of_escape = |rest: &str, others: &str| rest.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c));
    match rest.as_bytes() {
        [] | [b'%'] | [b'%', _] => true,
        [b'\\', ..] => of_escape(rest.trim_start_matches('\\'), "{") && rest.len() <= LONGEST_ESCAPE,
        [b'&', ..] => of_escape(&rest[1..], "#") && rest.len() <= LONGEST_ESCAPE,
        _ => false,
    }
}

/// Returns the length of each spelling of the character at the start of the text.
fn spellings(text: &str, c: char) -> [Option<usize>; 8] {
    // JSON within JSON doubles each backslash again.
    let backslashes = |count: usize| (c == '\\' && text.bytes().take(count).eq([b'\\'].repeat(count))).then_some(count);
    [
        text.chars().next().filter(|first| first.eq_ignore_ascii_case(&c)).map(char::len_utf8),
        // A form has a plus sign in place of a space, and one that was not encoded is read as a space.
        (c == ' ' && text.starts_with('+')).then_some(1),
        (c == '+' && text.starts_with(' ')).then_some(1),
        backslashes(2),
        backslashes(4),
        backslashes(8),
        backslashes(16),
        backslash_escape(text, c),
    ]
}

/// JSON (RFC 8259, section 7), also within a JSON string: `\"`, `\n`, `\u003c`, `\\\"`, `\\u003c`. Rust and ECMAScript
/// also write `\u{3c}`.
fn backslash_escape(text: &str, c: char) -> Option<usize> {
    let slashes = text.bytes().take_while(|byte| *byte == b'\\').count();
    let (slashes, escaped) = text.split_at(slashes);
    if slashes.is_empty() {
        return None;
    }
    let short = match c {
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        c if c.is_ascii_punctuation() && c != '\\' => Some(c),
        _ => None,
    };
    if short.is_some_and(|short| escaped.starts_with(short)) {
        return Some(slashes.len() + 1);
    }
    if let Some((digits, _)) = escaped.strip_prefix("u{").and_then(|escaped| escaped.split_once('}')) {
        return (u32::from_str_radix(digits, 16) == Ok(c.into())).then(|| slashes.len() + digits.len() + 3);
    }
    let mut rest = text;
    for unit in c.encode_utf16(&mut [0; 2]) {
        let digits = rest.strip_prefix(slashes)?.strip_prefix('u')?.get(..4)?;
        (u16::from_str_radix(digits, 16) == Ok(*unit)).then_some(())?;
        rest = &rest[slashes.len() + 5..];
    }
    Some(text.len() - rest.len())
}

/// Returns the text without the words that look like a token, code or password.
///
/// A word is a run of base64url characters. It looks secret if it contains a digit, or if it is longer than words are.
/// UUIDs stay, since they name users and requests.
pub(crate) fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_word(c)).map_or(rest, |end| &rest[..end]);
        clean.push_str(if looks_secret(word) { REDACTED } else { word });
        rest = &rest[word.len()..];
        let gap = rest.find(is_word).map_or(rest, |end| &rest[..end]);
        clean.extend(gap.chars().map(|c| if c.is_control() { ' ' } else { c }));
        rest = &rest[gap.len()..];
    }
    clean
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn looks_secret(word: &str) -> bool {
    let has_digit = word.bytes().any(|b| b.is_ascii_digit());
    let is_long = word.len() >= 2 * TOKEN && !word.contains('_');
    (word.len() >= TOKEN && has_digit || is_long) && uuid::Uuid::try_parse(word).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_removed_and_words_stay() {
        let jwt =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NSJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let clean = redact(&format!("invalid JWT: {jwt} is expired (code bad_jwt)"));
        assert_eq!(clean, "invalid JWT: [redacted].[redacted].[redacted] is expired (code bad_jwt)");
        assert_eq!(redact("refresh f5pr2ljsaq5q!"), "refresh [redacted]!");
        assert_eq!(redact("refresh_token_already_used"), "refresh_token_already_used");
        assert_eq!(redact("user 4c7ff6f3-c42b-4426-a6b0-bd65e88e3896"), "user 4c7ff6f3-c42b-4426-a6b0-bd65e88e3896");
        assert_eq!(redact("a\r\nb"), "a  b");
        assert_eq!(redact("ünï 1234567890123 çödé"), "ünï [redacted] çödé");
    }

    #[test]
    fn an_excerpt_is_short_and_one_line() {
        let excerpt = |body: &[u8]| Redactor::default().excerpt(body);
        let long = "wörd ".repeat(1000);
        assert_eq!(excerpt(long.as_bytes()).chars().count(), EXCERPT + 1);
        assert_eq!(excerpt(b"<html>\n  <h1>502</h1>\n\xff"), "<html> <h1>502</h1> \u{fffd}");
        assert_eq!(excerpt(b""), "");
    }

    #[test]
    fn a_token_at_the_cut_is_not_shown_in_part() {
        let text = format!("{} abcdefghij1234567890", "x ".repeat(95));
        assert!(!Redactor::default().excerpt(text.as_bytes()).contains("abcdef"));
    }

    fn blank(value: &str, text: &str) -> String {
        Redactor::new([value.to_owned()]).blank(text)
    }

    #[test]
    fn a_value_is_removed_however_it_is_spelled() {
        let secret = "p\"w <é😀>&\\+%";
        for spelled in [
            r#"p"w <é😀>&\+%"#,
            r#"p\"w <é😀>&\\+%"#,
            r"p\u0022w\u0020\u003c\u00e9\ud83d\ude00\u003E\u0026\u005c\u002b\u0025",
            r#"p\\\"w \\u003cé😀>&\\\\+%"#,
            r#"p\"w\u{20}\u{3c}\\u{e9}\u{1F600}>&\\\\\\\\+%"#,
            "p%22w%20%3C%C3%A9%F0%9F%98%80%3E%26%5C%2B%25",
            "p%22w+%3c%c3%a9%f0%9f%98%80%3e%26%5c%2b%25",
            "p%2522w%2520%253C%25C3%25A9%25F0%259F%2598%2580%253E%2526%255C%252B%2525",
            "p&quot;w &lt;é😀&gt;&amp;\\+%",
            // Escapes within escapes: JSON in HTML and in a URL, and a URL in HTML.
            "p\\&#34;w &lt;é😀&gt;&amp;\\\\+%",
            "p\\u0022w \\u003cé😀\\u003e&amp;\\\\+%",
            "p%5C%22w+%3Cé😀%3E%26%5C%5C%2B%25",
            "p%5C%5C%5C%22w+%3Cé😀%3E%26%5C%5C%5C%5C%2B%25",
            "p&#37;22w%20%3C%C3%A9%F0%9F%98%80%3E%26%5C%2B%25",
            "p%26quot%3Bw+%26lt%3Bé😀%26gt%3B%26amp%3B%5C%2B%25",
            "p&#34;w &#60;&#xe9;&#x1F600;&#62;&#38;&#92;&#43;&#37;",
            r#"P"W <é😀>&\+%"#,
        ] {
            assert_eq!(
                blank(secret, &format!("you sent {spelled}, which is wrong")),
                "you sent [redacted], which is wrong"
            );
        }
    }

    #[test]
    fn a_value_is_removed_everywhere() {
        assert_eq!(
            blank("correct-horse", "correct-horsecorrect-horse: correct-horse!"),
            "[redacted][redacted]: [redacted]!"
        );
        // The end of the text is that of a body that was cut off.
        assert_eq!(blank("correct-horse", "you sent correct-ho"), "you sent [redacted]");
        for cut_off in ["\\", "\\\\\\", "\\u00", "\\u{2", "%", "%2", "&", "&quo", "&#3"] {
            assert_eq!(
                blank("correct\"horse", &format!("you sent correct{cut_off}")),
                "you sent [redacted]",
                "{cut_off}"
            );
        }
        assert_eq!(blank("correct\"horse", "you sent correct \\ or not"), "you sent correct \\ or not");
        assert_eq!(blank("correct-horse", "you are correct"), "you are [redacted]");
        assert_eq!(blank("aaab", "aaaab"), "a[redacted]");
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0YzdmNmYzIn0.c2ln";
        assert_eq!(blank(jwt, "no JSON: eyJzdWIiOiI0YzdmNmYzIn0"), "no JSON: [redacted]");
        let both = Redactor::new(["horse".to_owned(), "horse-7".to_owned()]);
        assert_eq!(both.blank("a horse-7, a horse"), "a [redacted], a [redacted]");
    }

    #[test]
    fn white_space_is_found_however_it_is_spelled() {
        for (c, short) in [('\n', "\\n"), ('\r', "\\r"), ('\t', "\\t")] {
            let code = u32::from(c);
            let spellings = [
                c.to_string(),
                short.to_owned(),
                format!("\\{short}"),
                format!("\\u{code:04x}"),
                format!("%{code:02X}"),
                format!("&#{code};"),
            ];
            for spelled in spellings {
                let text = format!("you sent correct{spelled}horse");
                assert_eq!(blank(&format!("correct{c}horse"), &text), "you sent [redacted]", "{text}");
            }
        }
    }

    #[test]
    fn a_short_value_is_removed_as_a_word() {
        assert_eq!(blank("no", "no, not now: no"), "[redacted], not now: [redacted]");
        assert_eq!(blank("", "nothing"), "nothing");
    }

    #[test]
    fn a_value_of_several_lines_is_not_in_an_excerpt() {
        let clean = Redactor::new(["two\n  lines".to_owned()]).excerpt(b"you sent two\n  lines");
        assert_eq!(clean, "you sent [redacted]");
    }
}
