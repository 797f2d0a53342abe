//! The parts of the `Link` header (RFC 8288) that pagination needs.

use reqwest::header::{HeaderMap, LINK};
use url::Url;

/// The links of a response.
#[derive(Debug, Default)]
pub(super) struct Links(Vec<Link>);

#[derive(Debug)]
struct Link {
    target: String,
    relations: Vec<String>,
}

impl Links {
    /// Reads all well-formed links. There may be several headers, including ones added by a gateway.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let texts = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        Self(texts.flat_map(links).collect())
    }

    /// Returns whether there is a link with this relation.
    pub(super) fn has(&self, relation: &str) -> bool {
        self.0.iter().any(|link| link.is(relation))
    }

    /// Returns the page number of the link with this relation, starting at 1.
    pub(super) fn page(&self, relation: &str) -> Option<u64> {
        let link = self.0.iter().find(|link| link.is(relation))?;
        link.parameter("page")?.parse().ok().filter(|page| *page > 0)
    }
}

impl Link {
    fn is(&self, relation: &str) -> bool {
        self.relations.iter().any(|name| name.eq_ignore_ascii_case(relation))
    }

    /// Returns a query parameter of the target, which is a path, or an absolute URL behind some gateways.
    fn parameter(&self, name: &str) -> Option<String> {
        let base = Url::parse("http://server/").ok()?;
        let target = base.join(&self.target).ok()?;
        target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// Splits one header into its links: `<target>; name=value; name="value", …`.
fn links(header: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, after)| after.split_once('>')) {
        let (parameters, next) = split_outside_quotes(after, ',');
        links.push(Link { target: target.trim().to_owned(), relations: relations(parameters) });
        rest = next;
    }
    links
}

/// Returns the value of `rel`, which may be a list of words.
fn relations(mut parameters: &str) -> Vec<String> {
    while !parameters.is_empty() {
        let (parameter, next) = split_outside_quotes(parameters, ';');
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            return value.trim().trim_matches('"').split_whitespace().map(str::to_owned).collect();
        }
        parameters = next;
    }
    Vec::new()
}

/// Splits at the first separator outside quotes.
fn split_outside_quotes(text: &str, separator: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == separator && !quoted => return (&text[..at], &text[at + c.len_utf8()..]),
            _ => {}
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Links {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(LINK, header.parse().unwrap());
        }
        Links::read(&map)
    }

    #[test]
    fn reads_the_format_of_the_server() {
        let links = read(&[
            r#"</admin/users?filter=a%3Bb%2C&page=13&per_page=2>; rel="next", </admin/users?page=15&per_page=2>; rel="last""#,
        ]);
        assert_eq!((links.page("next"), links.page("last")), (Some(13), Some(15)));
        let links = read(&[r#"</admin/users?page=15&per_page=2>; rel="last""#]);
        assert_eq!((links.page("next"), links.page("last")), (None, Some(15)));
        // An empty list has no last page.
        let links = read(&[r#"</admin/users?page=0>; rel="last""#]);
        assert!(links.has("last") && links.page("last").is_none());
    }

    #[test]
    fn reads_other_formats_of_rfc_8288() {
        let links = read(&[
            r#"<https://cdn.example/x.css>; title="a, <b>; rel=\"next\""; REL=preload"#,
            r"<https://api.example/auth/v1/admin/users?per_page=9&page=10> ; type=x ; rel = next,<?page=11>;rel=last",
            r#"<?page=2>; rel="start NEXT-ISH""#,
        ]);
        assert_eq!((links.page("next"), links.page("last")), (Some(10), Some(11)));
        assert!(links.has("preload") && links.has("next-ish") && !links.has("next-is"));
    }

    #[test]
    fn skips_malformed_links() {
        for header in ["", "next", "<", "<>", "<x", ">; rel=next", "<?page=x>; rel=next", "<?page=-1>; rel=next"] {
            assert_eq!(read(&[header]).page("next"), None, "{header}");
        }
        assert_eq!(read(&["<>; rel, <?page=3>; rel=next"]).page("next"), Some(3));
    }
}
