//! Text from outside, made fit to print.

/// The most characters of a body that are kept.
const EXCERPT: usize = 200;

/// The fewest characters of a word that may be a secret: the length of a refresh token.
const TOKEN: usize = 12;

/// The text with each word that looks like a token, code or password taken out.
///
/// A word is a run of base64url characters. It looks secret with a digit in it, or when it is longer than words are;
/// UUIDs are let pass, since they name users and requests.
pub(crate) fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_word(c)).map_or(rest, |end| &rest[..end]);
        clean.push_str(if looks_secret(word) { "[redacted]" } else { word });
        rest = &rest[word.len()..];
        let gap = rest.find(is_word).map_or(rest, |end| &rest[..end]);
        clean.extend(gap.chars().map(|c| if c.is_control() { ' ' } else { c }));
        rest = &rest[gap.len()..];
    }
    clean
}

/// The beginning of a body, redacted, on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Redacted first: a token that is cut in two may no longer look like one.
    let clean = redact(&line);
    match clean.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
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
    fn tokens_are_taken_out_and_words_stay() {
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
        let long = "wörd ".repeat(1000);
        assert_eq!(excerpt(long.as_bytes()).chars().count(), EXCERPT + 1);
        assert_eq!(excerpt(b"<html>\n  <h1>502</h1>\n\xff"), "<html> <h1>502</h1> \u{fffd}");
        assert_eq!(excerpt(b""), "");
    }

    #[test]
    fn a_token_at_the_cut_is_not_shown_in_part() {
        let text = format!("{} abcdefghij1234567890", "x ".repeat(95));
        assert!(!excerpt(text.as_bytes()).contains("abcdef"));
    }
}
