//! Listing users.

use serde_json::{Value, json};

use crate::{
    model::types::User,
    paging::{Cursor, CursorPage, Page},
    state::State,
    wire::{ApiError, ApiResult, Request, json_response},
};

pub(crate) fn list(state: &mut State, request: &Request) -> ApiResult {
    state.check_admin(request)?;
    let oldest_first = oldest_first(request)?;
    let names_page = ["page", "per_page"].iter().any(|name| request.query(name).is_some_and(|text| !text.is_empty()));
    if state.settings.cursor_pages && !names_page {
        return by_cursor(state, request, oldest_first);
    }
    let page = Page::of(request)?;
    let aud = &state.request_aud(request);
    let mut users = wanted(state, request, aud);
    users.sort_by_key(|user| user.created_at);
    if !oldest_first {
        users.reverse();
    }
    let list: Vec<_> = page.cut(&users).iter().map(|user| in_a_list(user)).collect();
    let response = json!({ "users": list, "aud": aud });
    Ok(page.mark(json_response(200, &response), request, users.len()))
}

/// Lists users after a cursor, ordered by the time of their creation and their ids.
fn by_cursor(state: &State, request: &Request, oldest_first: bool) -> ApiResult {
    let page = CursorPage::of(request)?;
    let aud = &state.request_aud(request);
    let mut users = wanted(state, request, aud);
    let position = |user: &User| Cursor { created_at: user.created_at.unwrap_or_default(), id: user.id };
    users.sort_by_key(|user| position(user));
    if !oldest_first {
        users.reverse();
    }
    let is_after = |user: &User| {
        page.after.as_ref().is_none_or(
            |after| {
                if oldest_first { position(user) > *after } else { position(user) < *after }
            },
        )
    };
    users.retain(|user| is_after(user));
    let has_more = users.len() > page.limit;
    users.truncate(page.limit);
    let next = users.last().filter(|_| has_more).map(|user| position(user).token());
    let list: Vec<_> = users.into_iter().map(in_a_list).collect();
    let mut pagination = json!({ "has_more": has_more });
    if let Some(next) = &next {
        pagination["next_cursor"] = json!(next);
    }
    let response = json_response(200, &json!({ "users": list, "aud": aud, "pagination": pagination }));
    Ok(CursorPage::mark(response, request, next))
}

/// Returns the users of an audience that the filter of a request wants.
fn wanted<'a>(state: &'a State, request: &Request, aud: &str) -> Vec<&'a User> {
    let filter = request.query("filter").unwrap_or_default();
    let users = state.accounts.iter().map(|account| &account.user);
    users.filter(|user| user.aud.as_deref() == Some(aud) && fits(user, &filter)).collect()
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
