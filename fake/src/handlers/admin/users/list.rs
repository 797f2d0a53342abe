//! Listing users.

use serde_json::{Value, json};

use crate::{
    model::types::User,
    paging::Page,
    state::State,
    wire::{ApiError, ApiResult, Request, json_response},
};

pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let oldest_first = oldest_first(request)?;
    let page = Page::of(request)?;
    let aud = &state.request_aud(request);
    let filter = request.query("filter").unwrap_or_default();
    let mut users: Vec<&User> = state.accounts.iter().map(|account| &account.user).collect();
    users.retain(|user| user.aud.as_deref() == Some(aud) && fits(user, &filter));
    users.sort_by_key(|user| user.created_at);
    if !oldest_first {
        users.reverse();
    }
    let list: Vec<_> = page.cut(&users).iter().map(|user| in_a_list(user)).collect();
    let response = json!({ "users": list, "aud": aud });
    Ok(page.mark(json_response(200, &response), request, users.len()))
}

fn oldest_first(request: &Request) -> Result<bool, ApiError> {
    let Some(sort) = request.query("sort") else { return Ok(false) };
    let bad = |why: String| Err(ApiError::validation_failed(format!("Bad Sort Parameters: {why}")));
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

/// Filters by address, which is case-sensitive, or by name, which is not.
fn fits(user: &User, filter: &str) -> bool {
    let name = user.user_metadata.as_ref().and_then(|data| data["full_name"].as_str()).unwrap_or_default();
    filter.is_empty()
        || user.email.as_deref().unwrap_or_default().contains(filter)
        || name.to_lowercase().contains(&filter.to_lowercase())
}

/// Omits what the real server does not load for a list.
fn in_a_list(user: &User) -> Value {
    let mut told = json!(User { factors: None, ..user.clone() });
    told["identities"] = Value::Null;
    told
}
