//! `.env` files, read as the real server reads them.

use std::collections::BTreeMap;

/// Parses the text of a file: `NAME=value` lines, with comments, `export` and quotes. `$NAME` is not replaced. An error
/// has the number of the line but not its text, which may be a secret.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, String>, String> {
    let text = text.replace("\r\n", "\n");
    let mut variables = BTreeMap::new();
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        let line = text[..text.len() - rest.len()].matches('\n').count() + 1;
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let exported = rest.strip_prefix("export").filter(|after| after.starts_with(is_space));
        let statement = exported.map_or(rest, |after| after.trim_start_matches(is_space));
        let bad = |why: &str| format!("line {line}: {why}");
        let end = statement.find(['=', ':', '\n']).unwrap_or(statement.len());
        let (name, value) = statement.split_at(end);
        let name = name.trim_end();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.' || is_space(c);
        if name.is_empty() || !name.chars().all(is_name) || value.is_empty() || value.starts_with('\n') {
            return Err(bad("expected NAME=value"));
        }
        let value = value[1..].trim_start_matches(is_space);
        let (value, after) = if let Some(quote @ ('\'' | '"')) = value.chars().next() {
            let (inner, after) = quoted(value, quote).ok_or_else(|| bad("a quote is not closed"))?;
            (if quote == '"' { without_escapes(inner) } else { inner.to_owned() }, after)
        } else {
            let (line, after) = value.split_at(value.find(['\n', '\r']).unwrap_or(value.len()));
            (without_comment(line).replace("\\$", "$"), after)
        };
        variables.insert(name.to_owned(), value);
        rest = after;
    }
}

/// Returns whether the real server takes a character for a space within a line.
fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// Removes the comment at the end of an unquoted value. It starts at the last `#` after a space, as in the real server.
fn without_comment(line: &str) -> &str {
    let starts = line.match_indices('#').map(|(at, _)| at);
    let comment = starts.rev().find(|at| line[..*at].ends_with(is_space));
    line[..comment.unwrap_or(line.len())].trim_matches(is_space)
}

/// Splits text that starts with a quote after the next one without a backslash before it. Quotes at either end of the
/// text between them are lost, as in the real server.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut ends = text.match_indices(quote).map(|(at, _)| at).skip(1);
    let end = ends.find(|at| !text[..*at].ends_with('\\'))?;
    Some((text[..end].trim_matches(quote), &text[end + 1..]))
}

/// Replaces `\n`, `\r` and other escaped characters.
fn without_escapes(text: &str) -> String {
    let mut unescaped = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.as_str().chars().next()) {
            ('\\', Some(next)) if next != '$' => {
                characters.next();
                unescaped.push(match next {
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => unescaped.push(character),
        }
    }
    unescaped.replace("\\$", "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_real_server_reads_them() {
        let text = "# a comment\nA=1\r\nexport B = two words # a comment\nC=a#b\nD='$A \\n'\nE=\"x\\n${A}$B\\$A\"\n\
                    F=\nG: [{\"kty\": \"EC\"}]\n\n  H=\"two\nlines\" # a comment\nI=$UNKNOWN-\\$-1\nexport\tJ=#a # b # c\n\
                    K=\"a\\\"b\\\\c\"\nL='it\\'s'\nM=\"\"\nN=\"ends in \\\"\"\nO=a b\t# c\rP=2";
        let variables = parse(text).unwrap();
        for (name, value) in [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a#b"),
            ("D", "$A \\n"),
            ("E", "x\n${A}$B$A"),
            ("F", ""),
            ("G", "[{\"kty\": \"EC\"}]"),
            ("H", "two\nlines"),
            ("I", "$UNKNOWN-$-1"),
            ("J", "#a # b"),
            ("K", "a\"b\\c"),
            ("L", "it\\'s"),
            ("M", ""),
            ("N", "ends in \\"),
            ("O", "a b"),
            ("P", "2"),
        ] {
            assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(variables.len(), 16);
    }

    #[test]
    fn errors_name_the_line_and_not_its_text() {
        for (text, why) in [
            ("A=1\nsecret\n", "line 2: expected NAME=value"),
            ("=secret", "line 1: expected NAME=value"),
            ("A=1\n\nB=\"secret", "line 3: a quote is not closed"),
        ] {
            assert_eq!(parse(text), Err(why.to_owned()));
        }
    }
}
