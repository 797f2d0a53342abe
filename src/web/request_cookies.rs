//! The cookies of a request.

use std::fmt;

use cookie::Cookie;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

/// The cookies of a request, with their values percent-decoded as JavaScript frameworks do.
#[derive(Clone, Default)]
pub struct RequestCookies(Vec<(String, String)>);

impl fmt::Debug for RequestCookies {
    /// Omits the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl RequestCookies {
    /// Reads the headers of a request. Cookies that cannot be read are skipped.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut cookies = Vec::new();
        for line in headers.get_all(header::COOKIE) {
            let line = String::from_utf8_lossy(line.as_bytes());
            let parsed = Cookie::split_parse(&*line).filter_map(Result::ok);
            cookies.extend(parsed.map(|cookie| (cookie.name().to_owned(), decoded(cookie.value()))));
        }
        Self(cookies)
    }

    /// Returns the value of a cookie. If there are several of this name, the first one counts: browsers send the one
    /// with the most specific path first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Returns a value that is not valid percent-encoding as it is.
fn decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8().map_or_else(|_| value.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_the_first_of_a_name_counts() {
        let mut headers = HeaderMap::new();
        for line in ["a=1; b=%7B%22x%22%3A1%7D;c", "a=2; d=100%; e=%FF; =x; f=\"quoted\""] {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        let cookies = RequestCookies::of(&headers);
        let found: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|name| cookies.get(name)).into();
        assert_eq!(found, [Some("1"), Some(r#"{"x":1}"#), None, Some("100%"), Some("%FF"), Some("\"quoted\"")]);
        assert!(!format!("{cookies:?}").contains("quoted"));
    }
}
