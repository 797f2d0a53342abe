//! Patterns of allowed redirect URLs.

/// Returns whether a URL matches a pattern. `*` and `?` match within a part between dots and slashes, `**` matches
/// anything, and `{a,b}` one of several texts.
pub(crate) fn matches(pattern: &str, url: &str) -> bool {
    alternatives(pattern).iter().any(|pattern| {
        let (pattern, url): (Vec<char>, Vec<char>) = (pattern.chars().collect(), url.chars().collect());
        fits(&pattern, &url)
    })
}

/// Returns a pattern for each combination of the texts in braces.
fn alternatives(pattern: &str) -> Vec<String> {
    let parts = pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (texts, after))) = parts else { return vec![pattern.to_owned()] };
    texts.split(',').flat_map(|text| alternatives(&format!("{before}{text}{after}"))).collect()
}

fn fits(pattern: &[char], text: &[char]) -> bool {
    let is_separator = |character: &char| matches!(character, '.' | '/');
    match pattern {
        [] => text.is_empty(),
        ['*', '*', rest @ ..] => (0..=text.len()).any(|from| fits(rest, &text[from..])),
        ['*', rest @ ..] => {
            let end = text.iter().position(is_separator).unwrap_or(text.len());
            (0..=end).any(|from| fits(rest, &text[from..]))
        }
        ['?', rest @ ..] => text.split_first().is_some_and(|(first, text)| !is_separator(first) && fits(rest, text)),
        [wanted, rest @ ..] => text.split_first().is_some_and(|(first, text)| first == wanted && fits(rest, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stop_at_separators() {
        for (pattern, url, expected) in [
            ("https://example.com", "https://example.com", true),
            ("https://example.com", "https://example.com/", false),
            ("https://*.example.com", "https://app.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", false),
            ("https://**.example.com", "https://a.b.example.com", true),
            ("https://example.com/*", "https://example.com/a", true),
            ("https://example.com/*", "https://example.com/a/b", false),
            ("https://example.com/**", "https://example.com/a/b?c=d", true),
            ("https://app-?.example.com", "https://app-1.example.com", true),
            ("https://app-?.example.com", "https://app-12.example.com", false),
            ("{https,app}://{a,b}/**", "app://b/c", true),
            ("{https,app}://{a,b}/**", "app://c/c", false),
            ("http://127.0.0.1:*/**", "http://127.0.0.1:3000/back", true),
        ] {
            assert_eq!(matches(pattern, url), expected, "{pattern} {url}");
        }
    }
}
