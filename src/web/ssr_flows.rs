//! The PKCE flows of auth-js, in the cookies of `@supabase/ssr`.

use cookie::Cookie;

use super::{JavaScriptFlow, RequestCookies, attributes::Attributes, chunks, ssr_encoding};
use crate::{auth::flow::FlowKind, auth::pkce::PkceVerifier, secret::Secret};

/// Returns the flow with this id, or the newest one.
///
/// auth-js keeps each verifier under the id of its flow, the ids in an index, and the newest verifier also under a name
/// without an id.
pub(super) fn find(
    cookies: &RequestCookies,
    attributes: &Attributes,
    key: &str,
    flow_id: Option<&str>,
) -> Option<JavaScriptFlow> {
    let newest = format!("{key}-code-verifier");
    let name = match flow_id {
        Some(id) if is_id(id) => flow_name(key, id),
        Some(_) => return None,
        None => newest.clone(),
    };
    let item: Secret = read(cookies, &name)?;
    let (verifier, kind) = match item.expose().split_once('/') {
        Some((verifier, "recovery")) => (verifier, FlowKind::Recovery),
        Some((verifier, _)) => (verifier, FlowKind::SignIn),
        None => (item.expose(), FlowKind::SignIn),
    };
    let verifier = PkceVerifier::from_secret(verifier).ok()?;
    let is_same = |name: &str| read::<Secret>(cookies, name).as_ref() == Some(&item);

    let mut removals = Vec::new();
    let mut remove = |name: &str| removals.extend(chunks::write(cookies, attributes, name, None));
    let (mut ids, index) = (Vec::new(), format!("{key}-flows-code-verifier"));
    for id in read::<Vec<String>>(cookies, &index).unwrap_or_default() {
        if is_same(&flow_name(key, &id)) {
            remove(&flow_name(key, &id));
        } else {
            ids.push(id);
        }
    }
    if is_same(&newest) {
        remove(&newest);
    }
    removals.extend(write_index(cookies, attributes, &index, &ids));
    Some(JavaScriptFlow { verifier, kind, removals })
}

fn write_index(cookies: &RequestCookies, attributes: &Attributes, name: &str, ids: &[String]) -> Vec<Cookie<'static>> {
    let value = serde_json::to_string(ids).ok().filter(|_| !ids.is_empty()).map(|json| ssr_encoding::encode(&json));
    chunks::write(cookies, attributes, name, value.as_deref())
}

fn read<T: serde::de::DeserializeOwned>(cookies: &RequestCookies, name: &str) -> Option<T> {
    serde_json::from_str(ssr_encoding::decode(&chunks::read(cookies, name)?)?.expose()).ok()
}

fn flow_name(key: &str, id: &str) -> String {
    format!("{key}-flow-{id}-code-verifier")
}

fn is_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
