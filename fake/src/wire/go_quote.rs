//! Text as Go quotes it in messages.

use std::fmt::Write;

/// Returns a text in double quotes, as Go's `%q` does.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if character == '"' {
            quoted.push('\\');
        }
        quoted.push_str(&escaped(character));
    }
    quoted.push('"');
    quoted
}

/// Returns a character, or an escape sequence for one that is not printed. Quotes stay as they are.
pub(super) fn escaped(character: char) -> String {
    let mut escaped = String::new();
    let number = u32::from(character);
    // Writing to a string does not fail.
    let _ = match character {
        '"' | '\'' => write!(escaped, "{character}"),
        '\x07' => write!(escaped, "\\a"),
        '\x08' => write!(escaped, "\\b"),
        '\x0b' => write!(escaped, "\\v"),
        '\x0c' => write!(escaped, "\\f"),
        '\0'..='\x1f' | '\x7f' if !"\t\n\r".contains(character) => write!(escaped, "\\x{number:02x}"),
        _ => match character.escape_debug().to_string() {
            hidden if hidden.starts_with("\\u{") && number <= 0xffff => write!(escaped, "\\u{number:04x}"),
            hidden if hidden.starts_with("\\u{") => write!(escaped, "\\U{number:08x}"),
            shown => write!(escaped, "{shown}"),
        },
    };
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_by_go() {
        for (text, expected) in [
            ("a 'b'", r#""a 'b'""#),
            ("\"\\", r#""\"\\""#),
            ("\0\u{1}\u{7}\u{8}\t\n\u{b}\u{c}\r\u{7f}", r#""\x00\x01\a\b\t\n\v\f\r\x7f""#),
            ("\u{e9}\u{1f980}", "\"\u{e9}\u{1f980}\""),
            ("\u{a0}\u{200b}\u{e0001}", r#""\u00a0\u200b\U000e0001""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
