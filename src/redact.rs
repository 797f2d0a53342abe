//! Removal of secrets from text that came from outside.
//!
//! Two ways, always both: secrets that were sent are removed by their value ([`Redactor`]), and anything else that
//! looks like a token or a code is removed by its form ([`redact`]).

use std::ops::Range;

use zeroize::Zeroizing;

/// The maximum number of characters of a body that an error keeps.
const EXCERPT: usize = 200;

/// The minimum length of a word that may be a secret: the length of a refresh token.
const TOKEN: usize = 12;

/// The minimum length of a value that is removed wherever it occurs. A shorter one is removed only where it is a word,
/// so that a secret such as `a` does not remove a letter from every word.
const SHORT: usize = 4;

const REDACTED: &str = "[redacted]";

/// Removes known values from text, in whatever way the text spells them, and then anything that looks like a secret.
#[derive(Default)]
pub(crate) struct Redactor {
    values: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// Creates a redactor for these values. Also removes the parts of a JWT, in case a text contains only one of them,
    /// and Base64 without its padding.
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
            all.push(value);
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
        while let Some(found) = self.find(text, at) {
            clean.push_str(&text[at..found.start]);
            clean.push_str(REDACTED);
            at = found.end;
        }
        clean.push_str(&text[at..]);
        clean
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
/// Each character may be spelled as itself, or escaped as in JSON, a URL or HTML. A text that ends within the value
/// counts as well: a body may be cut off anywhere.
fn spelled_at(text: &str, value: &str) -> Option<usize> {
    // An escaped character may be read in more than one way: `\\` is one backslash in JSON and two elsewhere.
    let mut ends = vec![0];
    for (index, c) in value.chars().enumerate() {
        if index >= SHORT && ends.contains(&text.len()) {
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

/// Returns the length of each spelling of the character at the start of the text.
fn spellings(text: &str, c: char) -> [Option<usize>; 8] {
    // A backslash is escaped by another one, and by three in JSON within JSON.
    let backslash = |escaped: &str| (c == '\\' && text.starts_with(escaped)).then_some(escaped.len());
    [
        text.chars().next().filter(|first| first.eq_ignore_ascii_case(&c)).map(char::len_utf8),
        (c == ' ' && text.starts_with('+')).then_some(1),
        backslash(r"\\"),
        backslash(r"\\\\"),
        backslash_escape(text, c),
        percent_escape(text, c, "%"),
        percent_escape(text, c, "%25"),
        html_entity(text, c),
    ]
}

/// JSON (RFC 8259, section 7), also within a JSON string: `\"`, `\n`, `\u003c`, `\\\"`, `\\u003c`.
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
    let mut rest = text;
    for unit in c.encode_utf16(&mut [0; 2]) {
        let digits = rest.strip_prefix(slashes)?.strip_prefix('u')?.get(..4)?;
        (u16::from_str_radix(digits, 16) == Ok(*unit)).then_some(())?;
        rest = &rest[slashes.len() + 5..];
    }
    Some(text.len() - rest.len())
}

/// A URL or a form, with this prefix of each byte: `%2B`, or `%252B` if it was encoded twice.
fn percent_escape(text: &str, c: char, prefix: &str) -> Option<usize> {
    let mut rest = text;
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let digits = rest.strip_prefix(prefix)?.get(..2)?;
        (u8::from_str_radix(digits, 16) == Ok(byte)).then_some(())?;
        rest = &rest[prefix.len() + 2..];
    }
    Some(text.len() - rest.len())
}

/// HTML: `&lt;`, `&#60;`, `&#x3c;`.
fn html_entity(text: &str, c: char) -> Option<usize> {
    let (name, _) = text.strip_prefix('&')?.split_once(';')?;
    let is_this = match name {
        "amp" => c == '&',
        "lt" => c == '<',
        "gt" => c == '>',
        "quot" => c == '"',
        "apos" => c == '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let parsed = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            parsed == Ok(c.into())
        }
    };
    is_this.then(|| name.len() + 2)
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
            "p%22w%20%3C%C3%A9%F0%9F%98%80%3E%26%5C%2B%25",
            "p%22w+%3c%c3%a9%f0%9f%98%80%3e%26%5c%2b%25",
            "p%2522w%2520%253C%25C3%25A9%25F0%259F%2598%2580%253E%2526%255C%252B%2525",
            "p&quot;w &lt;é😀&gt;&amp;\\+%",
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
        assert_eq!(blank("correct-horse", "you are correct"), "you are [redacted]");
        assert_eq!(blank("aaab", "aaaab"), "a[redacted]");
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0YzdmNmYzIn0.c2ln";
        assert_eq!(blank(jwt, "no JSON: eyJzdWIiOiI0YzdmNmYzIn0"), "no JSON: [redacted]");
        let both = Redactor::new(["horse".to_owned(), "horse-7".to_owned()]);
        assert_eq!(both.blank("a horse-7, a horse"), "a [redacted], a [redacted]");
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
