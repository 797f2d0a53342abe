//! The contents of redirect URLs: sessions, errors and messages.

use url::form_urlencoded::{Serializer, parse};

use crate::model::types::Session;

/// The site URL, where redirects lead without `redirect_to`.
pub(crate) const SITE_URL: &str = "http://localhost:3000";

pub(crate) fn error_pairs(error: &str, code: &str, about: &str) -> Vec<(String, String)> {
    let pairs = [("error", error), ("error_code", code), ("error_description", about)];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Returns a session as the parameters of a fragment.
pub(crate) fn session_fragment(session: &Session) -> Vec<(String, String)> {
    let pairs = [
        ("access_token", session.access_token.expose().to_owned()),
        ("expires_at", session.expires_at.unwrap_or_default().to_string()),
        ("expires_in", session.expires_in.to_string()),
        ("refresh_token", session.refresh_token.expose().to_owned()),
        ("token_type", session.token_type.clone()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

pub(crate) fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let (url, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{query}{fragment}")
}

/// Sets parameters in the query of a URL. All parameters are sorted, as Go sorts them.
pub(crate) fn with_sorted_query(url: &str, pairs: &[(String, String)]) -> String {
    let (url, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let (page, query) = url.split_once('?').unwrap_or((url, ""));
    let is_set = |name: &str| pairs.iter().any(|(set, _)| set == name);
    let mut all: Vec<(String, String)> = parse(query.as_bytes()).into_owned().collect();
    all.retain(|(name, _)| !is_set(name));
    all.extend_from_slice(pairs);
    all.sort_by(|(name, _), (other, _)| name.cmp(other));
    format!("{page}?{}{fragment}", Serializer::new(String::new()).extend_pairs(all).finish())
}

/// Sets the fragment to an error or message, encoded twice as by the real server.
pub(crate) fn with_words(url: &str, pairs: &[(String, String)]) -> String {
    let url = url.split('#').next().unwrap_or_default();
    format!("{url}{}", with_fragment("", pairs).replace('%', "%25"))
}

/// Appends a fragment with the parameters of a session, and the empty `sb` that marks it as this server's. The
/// parameters are sorted, as Go sorts them.
pub(crate) fn with_fragment(url: &str, pairs: &[(String, String)]) -> String {
    let mut pairs = pairs.to_vec();
    pairs.push(("sb".to_owned(), String::new()));
    pairs.sort();
    format!("{url}#{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}
