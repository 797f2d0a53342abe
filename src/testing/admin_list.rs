//! The users, a page at a time.

use std::collections::BTreeMap;

use wiremock::{Request, ResponseTemplate};

use super::{
    reply::{Refusal, Reply, json},
    router::query,
    state::State,
};
use crate::raw::{
    ErrorCode,
    types::{User, UserList},
};

pub(super) fn list(state: &mut State, request: &Request) -> Reply {
    state.check_admin(request)?;
    let oldest_first = oldest_first(request)?;
    let (page, per_page) = (number(request, "page", 1)?, number(request, "per_page", 50)?);
    if per_page == 0 {
        // The real server divides by it.
        return Err(Refusal::new(500, ErrorCode::UNEXPECTED_FAILURE, "Unexpected failure, please check server logs"));
    }
    let aud = request.headers.get("x-jwt-aud").and_then(|value| value.to_str().ok()).unwrap_or("authenticated");
    let filter = query(request, "filter").unwrap_or_default();
    let mut users: Vec<&User> = state.accounts.iter().map(|account| &account.user).collect();
    users.retain(|user| user.aud.as_deref() == Some(aud) && fits(user, &filter));
    users.sort_by_key(|user| user.created_at);
    if !oldest_first {
        users.reverse();
    }
    let total = users.len();
    let from = page.saturating_sub(1).saturating_mul(per_page);
    let users = users.into_iter().skip(from).take(per_page).map(in_a_list).collect();
    let reply = json(200, &UserList { users, aud: Some(aud.to_owned()), pagination: None });
    Ok(with_neighbours(reply, request, page, total.div_ceil(per_page))
        .insert_header("x-total-count", total.to_string().as_str()))
}

fn number(request: &Request, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = query(request, name).filter(|text| !text.is_empty()) else { return Ok(default) };
    let bad = || {
        let message = format!("Bad Pagination Parameters: strconv.ParseUint: parsing {text:?}: invalid syntax");
        Refusal::validation_failed(message)
    };
    text.parse().map_err(|_| bad())
}

fn oldest_first(request: &Request) -> Result<bool, Refusal> {
    let Some(sort) = query(request, "sort") else { return Ok(false) };
    let bad = |why: String| Err(Refusal::validation_failed(format!("Bad Sort Parameters: {why}")));
    let (field, direction) = sort.split_once(' ').unwrap_or((&sort, "desc"));
    if field != "created_at" {
        return bad(format!("bad field for sort '{field}'"));
    }
    match direction.to_ascii_lowercase().as_str() {
        "asc" => Ok(true),
        "desc" => Ok(false),
        _ => bad(format!("bad direction for sort '{direction}', only 'asc' and 'desc' allowed")),
    }
}

/// Case counts in addresses and not in names.
fn fits(user: &User, filter: &str) -> bool {
    let name = user.user_metadata.as_ref().and_then(|data| data["full_name"].as_str()).unwrap_or_default();
    filter.is_empty()
        || user.email.as_deref().unwrap_or_default().contains(filter)
        || name.to_lowercase().contains(&filter.to_lowercase())
}

/// The server does not look up what belongs to a user for a list.
fn in_a_list(user: &User) -> User {
    User { identities: None, factors: None, ..user.clone() }
}

fn with_neighbours(reply: ResponseTemplate, request: &Request, page: usize, pages: usize) -> ResponseTemplate {
    let to = |page: usize| {
        let mut pairs: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
        pairs.insert("page".to_owned(), page.to_string());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("<{}?{query}>", request.url.path())
    };
    let next = if pages > page { format!("{}; rel=\"next\", ", to(page + 1)) } else { String::new() };
    reply.insert_header("link", format!("{next}{}; rel=\"last\"", to(pages)).as_str())
}
