//! `.env` files, read as the real server reads them.

use std::collections::BTreeMap;

/// Parses the text of a file: `NAME=value` lines, with comments, `export`, quotes and `${NAME}` of earlier lines. An
/// error has the number of the line but not its text, which may be a secret.
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
            rest = after_line(rest);
            continue;
        }
        let statement = rest.strip_prefix("export ").unwrap_or(rest);
        let bad = |why: &str| format!("line {line}: {why}");
        let end = statement.find(['=', ':', '\n']).unwrap_or(statement.len());
        let (name, value) = statement.split_at(end);
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        if !is_name || value.is_empty() || value.starts_with('\n') {
            return Err(bad("expected NAME=value"));
        }
        let value = value[1..].trim_start_matches([' ', '\t']);
        let (value, after) = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let (inner, after) = quoted(&value[1..], quote).ok_or_else(|| bad("a quote is not closed"))?;
                (if quote == '"' { expand(&unescape(inner), &variables) } else { inner.to_owned() }, after)
            }
            _ => (expand(unquoted(value), &variables), after_line(value)),
        };
        variables.insert(name.to_owned(), value);
        rest = after;
    }
}

fn after_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

/// Returns a value up to the end of its line or a comment.
fn unquoted(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| *at == 0 || line[..*at].ends_with([' ', '\t']));
    line[..comment.unwrap_or(line.len())].trim_end()
}

/// Splits text after a quote that is not escaped.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if character == quote && !is_escaped {
            return Some((&text[..at], &text[at + 1..]));
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    None
}

fn unescape(text: &str) -> String {
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
    unescaped
}

/// Replaces `$NAME` and `${NAME}`. An unknown name is empty.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(before) = before.strip_suffix('\\') {
            expanded.push_str(before);
            expanded.push('$');
            rest = after;
            continue;
        }
        expanded.push_str(before);
        let in_braces = after.strip_prefix('{');
        let start = in_braces.unwrap_or(after);
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let end = start.find(|c| !is_name(c)).unwrap_or(start.len());
        if end == 0 {
            expanded.push('$');
            rest = after;
            continue;
        }
        expanded.push_str(variables.get(&start[..end]).map_or("", String::as_str));
        rest = &start[end..];
        if in_braces.is_some() {
            rest = rest.strip_prefix('}').unwrap_or(rest);
        }
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_real_server_reads_them() {
        let text = "# a comment\nA=1\r\nexport B = two words # a comment\nC=a#b\nD='$A \\n'\nE=\"x\\n${A}$B\\$A\"\n\
                    F=\nG: [{\"kty\": \"EC\"}]\n\n  H=\"two\nlines\" # a comment\nI=$UNKNOWN-$-1\n";
        let variables = parse(text).unwrap();
        for (name, value) in [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a#b"),
            ("D", "$A \\n"),
            ("E", "x\n1two words$A"),
            ("F", ""),
            ("G", "[{\"kty\": \"EC\"}]"),
            ("H", "two\nlines"),
            ("I", "-$-1"),
        ] {
            assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(variables.len(), 9);
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
