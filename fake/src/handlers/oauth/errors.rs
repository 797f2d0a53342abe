//! Errors that are sent to the client by redirect.

use crate::redirect_url::with_sorted_query;

pub(crate) fn with_error(redirect_uri: &str, error: &str, about: &str, state: Option<&str>) -> String {
    let mut pairs = vec![("error".to_owned(), error.to_owned()), ("error_description".to_owned(), about.to_owned())];
    pairs.extend(state.map(|state| ("state".to_owned(), state.to_owned())));
    with_sorted_query(redirect_uri, &pairs)
}
