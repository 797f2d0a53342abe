//! The user info endpoint.

use serde_json::{Value, json};

use crate::{
    model::types::User,
    state::{State, rows::oauth::scopes, table::Key},
    wire::{ApiResult, Request, ok},
};

/// `GET /oauth/userinfo`: the claims within the scopes of the session. A user's own session has no scopes and gets
/// `sub` only.
pub(crate) fn user_info(state: &mut State, request: &Request) -> ApiResult {
    let caller = state.caller(request)?;
    let session = state.sessions.find(&Key::Id(caller.session_id));
    let application = session.and_then(|session| session.application.as_ref());
    let scopes = application.map(|application| scopes(&application.scope)).unwrap_or_default();
    let user = state.account(caller.user_id)?.user.clone();
    let has = |scope: &str| scopes.iter().any(|it| it == scope);
    let mut claims = json!({ "sub": user.id });
    if has("email") {
        if let Some(email) = user.email.clone().filter(|email| !email.is_empty()) {
            claims["email"] = json!(email);
        }
        if user.email_confirmed_at.is_some() {
            claims["email_verified"] = json!(true);
        }
    }
    if has("phone") {
        if let Some(phone) = user.phone.clone().filter(|phone| !phone.is_empty()) {
            claims["phone"] = json!(phone);
        }
        if user.phone_confirmed_at.is_some() {
            claims["phone_verified"] = json!(true);
        }
    }
    if has("profile") {
        for (name, value) in profile_claims(&user) {
            claims[name] = value;
        }
        claims["user_metadata"] = json!(user.user_metadata);
    }
    ok(&claims)
}

/// Returns the claims of scope `profile`, which ID tokens contain too.
pub(crate) fn profile_claims(user: &User) -> Vec<(&'static str, Value)> {
    let metadata = user.user_metadata.clone().unwrap_or_default();
    let first = |names: [&str; 2]| {
        let texts = names.iter().filter_map(|name| metadata[*name].as_str());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).next()
    };
    let name = first(["name", "name"]).or_else(|| user.email.clone().filter(|email| !email.is_empty()));
    let claims = [
        ("name", name.map(Value::String)),
        ("picture", first(["picture", "avatar_url"]).map(Value::String)),
        ("preferred_username", first(["preferred_username", "username"]).map(Value::String)),
        ("updated_at", user.updated_at.map(|at| json!(at.timestamp()))),
    ];
    claims.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
