//! The syntax of JSON, with the error messages of Go's scanner.

use crate::wire::go_quote;

/// How many arrays and objects Go reads inside each other.
const MOST_NESTED: usize = 10_000;

/// A syntax error.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) message: String,
    /// Whether the text ends too early.
    pub(crate) is_at_end: bool,
}

/// Fails unless a text is one JSON value.
pub(crate) fn check(json: &[u8]) -> Result<(), SyntaxError> {
    let mut scanner = Scanner { json, at: end_of_first_value(json)? };
    scanner.skip_space();
    if scanner.at < json.len() { Err(scanner.invalid("after top-level value")) } else { Ok(()) }
}

/// Returns where the first JSON value of a text ends.
pub(crate) fn end_of_first_value(json: &[u8]) -> Result<usize, SyntaxError> {
    let mut scanner = Scanner { json, at: 0 };
    scanner.value()?;
    Ok(scanner.at)
}

struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

impl Scanner<'_> {
    /// Returns the byte to read. Go reads a space after the end of the text, which ends a number.
    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied().or((self.at == self.json.len()).then_some(b' '))
    }

    fn is_next(&self, byte: u8) -> bool {
        self.peek() == Some(byte)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| b" \t\r\n".contains(&byte)) {
            self.at += 1;
        }
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// Returns the error for the byte to read. `place` is what Go says about where it is.
    fn invalid(&self, place: &str) -> SyntaxError {
        let is_at_end = self.at >= self.json.len();
        let message = match self.peek() {
            Some(byte) => format!("invalid character '{}' {place}", shown(byte)),
            None => "unexpected end of JSON input".to_owned(),
        };
        SyntaxError { message, is_at_end }
    }

    /// Reads a value with all that it contains.
    fn value(&mut self) -> Result<(), SyntaxError> {
        let mut containers = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(open @ (b'[' | b'{')) => {
                    let (container, close) =
                        if open == b'[' { (Container::Array, b']') } else { (Container::Object, b'}') };
                    if containers.len() == MOST_NESTED {
                        return Err(self.invalid("exceeded max depth"));
                    }
                    self.at += 1;
                    self.skip_space();
                    if !self.is_next(close) {
                        if container == Container::Object {
                            self.key()?;
                        }
                        containers.push(container);
                        continue;
                    }
                    self.at += 1;
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return Err(self.invalid("looking for beginning of value")),
            }
            loop {
                let Some(container) = containers.last() else { return Ok(()) };
                self.skip_space();
                match (container, self.peek()) {
                    (Container::Array, Some(b']')) | (Container::Object, Some(b'}')) => {
                        containers.pop();
                        self.at += 1;
                    }
                    (Container::Array, Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (Container::Object, Some(b',')) => {
                        self.at += 1;
                        self.skip_space();
                        self.key()?;
                        break;
                    }
                    (Container::Array, _) => return Err(self.invalid("after array element")),
                    (Container::Object, _) => return Err(self.invalid("after object key:value pair")),
                }
            }
        }
    }

    /// Reads the name of a member, and the colon after it.
    fn key(&mut self) -> Result<(), SyntaxError> {
        if !self.is_next(b'"') {
            return Err(self.invalid("looking for beginning of object key string"));
        }
        self.string()?;
        self.skip_space();
        if !self.is_next(b':') {
            return Err(self.invalid("after object key"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => {}
                        Some(b'u') => {
                            for _ in 0..4 {
                                self.at += 1;
                                if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                                    return Err(self.invalid("in \\u hexadecimal character escape"));
                                }
                            }
                        }
                        _ => return Err(self.invalid("in string escape code")),
                    }
                }
                None | Some(0..=0x1f) => return Err(self.invalid("in string literal")),
                Some(_) => {}
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.is_next(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            _ => return Err(self.invalid("in numeric literal")),
        }
        if self.is_next(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if self.is_next(b'e') || self.is_next(b'E') {
            self.at += 1;
            if self.is_next(b'+') || self.is_next(b'-') {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    /// Reads at least one digit.
    fn digits(&mut self, place: &str) -> Result<(), SyntaxError> {
        let start = self.at;
        self.skip_digits();
        if self.at == start { Err(self.invalid(place)) } else { Ok(()) }
    }

    fn literal(&mut self, literal: &str) -> Result<(), SyntaxError> {
        for byte in literal.bytes() {
            if !self.is_next(byte) {
                return Err(self.invalid(&format!("in literal {literal} (expecting '{}')", char::from(byte))));
            }
            self.at += 1;
        }
        Ok(())
    }
}

/// Returns a byte as Go shows it in an error: as the character with its number.
fn shown(byte: u8) -> String {
    if byte == b'\'' { "\\'".to_owned() } else { go_quote::escaped(char::from(byte)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_go() {
        for (json, error) in [
            ("{} x", "invalid character 'x' after top-level value"),
            ("{'a':1}", r"invalid character '\'' looking for beginning of object key string"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("nul", "invalid character ' ' in literal null (expecting 'l')"),
            ("truex", "invalid character 'x' after top-level value"),
            ("falze", "invalid character 'z' in literal false (expecting 's')"),
            ("-", "invalid character ' ' in numeric literal"),
            ("01", "invalid character '1' after top-level value"),
            ("{\"a\":01}", "invalid character '1' after object key:value pair"),
            ("1.", "invalid character ' ' after decimal point in numeric literal"),
            ("1e+", "invalid character ' ' in exponent of numeric literal"),
            ("\"a\tb\"", r"invalid character '\t' in string literal"),
            ("\"\u{1}\"", r"invalid character '\x01' in string literal"),
            (r#""\x""#, "invalid character 'x' in string escape code"),
            (r#""\u12""#, r#"invalid character '"' in \u hexadecimal character escape"#),
            (r#""\"#, "invalid character ' ' in string escape code"),
            ("\u{b}1", r"invalid character '\v' looking for beginning of value"),
            ("\u{a0}", "invalid character 'Â' looking for beginning of value"),
            ("\u{2013}1", "invalid character 'â' looking for beginning of value"),
            ("\"abc", "unexpected end of JSON input"),
            ("{\"a\":", "unexpected end of JSON input"),
            ("", "unexpected end of JSON input"),
        ] {
            assert_eq!(check(json.as_bytes()).unwrap_err().message, error, "{json}");
        }
        assert_eq!(check(b"\x80").unwrap_err().message, r"invalid character '\u0080' looking for beginning of value");
        for json in ["{}", " null ", "-0.5e3", "[1,[],{\"a\":\"\\u00e4\u{7f}\"},true,false]", "\"\u{e4}\\n\""] {
            assert!(check(json.as_bytes()).is_ok(), "{json}");
        }
    }

    #[test]
    fn a_text_that_ends_too_early_is_told_apart() {
        for (json, is_at_end) in [("nul", true), ("{", true), ("-", true), ("nulx", false), ("{}x", false)] {
            assert_eq!(check(json.as_bytes()).unwrap_err().is_at_end, is_at_end, "{json}");
        }
        assert_eq!(end_of_first_value(b" {} x").unwrap(), 3);
        assert_eq!(end_of_first_value(b"5").unwrap(), 1);
    }
}
