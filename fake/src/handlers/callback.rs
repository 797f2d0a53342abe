//! The callback from a provider.

use serde_json::json;
use uuid::Uuid;

use crate::{
    handlers::provider_page,
    model::ErrorCode,
    redirect_url::{error_pairs, session_fragment, with_fragment, with_query, with_words},
    state::{State, identity_providers::provider_claims, profiles::Profile},
    wire::{ApiError, ApiResult, Request, redirect},
};

/// `GET /callback` and `POST /callback`.
pub(crate) fn callback(state: &mut State, request: &Request) -> ApiResult {
    let place = match state.open_flow(&parameter(request, "state").unwrap_or_default()) {
        Ok(place) => place,
        Err((code, about)) => {
            return Ok(redirect(
                303,
                &with_query(&state.settings.site_url, &error_pairs("invalid_request", code, about)),
            ));
        }
    };
    let flow = &state.flows[place];
    let (redirect_to, with_pkce) = (flow.redirect_to.clone(), flow.challenge.is_some());
    let (provider, linking) = (flow.provider.clone().unwrap_or_default(), flow.linking);
    if let Some(error) = parameter(request, "error") {
        let about = parameter(request, "error_description").unwrap_or_default();
        let pairs = vec![("error".to_owned(), error), ("error_description".to_owned(), about)];
        return Ok(redirect(302, &with_words(&with_query(&redirect_to, &pairs), &pairs)));
    }
    let user = provider_page::user_of(parameter(request, "code"));
    let user_id = match user_of_provider(state, &provider, user.as_deref(), linking) {
        Ok(user_id) => user_id,
        Err(refusal) => {
            let code = refusal.code().unwrap_or(ErrorCode::UnexpectedFailure);
            let pairs = error_pairs(name_of(refusal.status, &code), code.as_str(), &refusal.message);
            return Ok(redirect(302, &with_words(&with_query(&redirect_to, &pairs), &pairs)));
        }
    };
    if with_pkce {
        state.flows[place].user_id = Some(user_id);
        let code = state.code_for(user_id, "oauth")?;
        Ok(redirect(302, &with_query(&redirect_to, &[("code".to_owned(), code)])))
    } else {
        state.flows.remove(place);
        let issued = state.start_session(user_id, "oauth", None)?;
        let mut pairs = session_fragment(&issued.session);
        pairs.push(("provider_token".to_owned(), format!("{provider}-access-token")));
        pairs.push(("provider_refresh_token".to_owned(), format!("{provider}-refresh-token")));
        let response = redirect(302, &with_fragment(&redirect_to, &pairs));
        Ok(issued.add_headers(response))
    }
}

/// Returns a parameter of the query, or of the form that some providers send.
pub(crate) fn parameter(request: &Request, name: &str) -> Option<String> {
    let in_form = || {
        let mut pairs = request.form_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    request.query(name).or_else(in_form)
}

/// Returns the OAuth name of an error.
fn name_of(status: u16, code: &ErrorCode) -> &'static str {
    match (status, code.as_str()) {
        (403, _) | (_, "signup_disabled" | "user_banned" | "provider_email_needs_verification") => "access_denied",
        (400, _) => "invalid_request",
        (401, _) => "unauthorized_client",
        (503, _) => "temporarily_unavailable",
        _ => "server_error",
    }
}

/// Signs in a user of a provider, or links the identity.
fn user_of_provider(
    state: &mut State,
    provider: &str,
    email: Option<&str>,
    linking: Option<Uuid>,
) -> Result<Uuid, ApiError> {
    let mut data = provider_claims(provider, email);
    data["phone_verified"] = json!(false);
    data["provider_id"] = data["sub"].clone();
    data["full_name"] = data["name"].clone();
    data["iss"] = json!(format!("https://{}.example.com", provider.replace(':', "-")));
    let text = |claim: &str| data[claim].as_str().unwrap_or_default().to_owned();
    let (subject, email, provider) = (text("sub"), text("email"), provider.to_owned());
    let profile = Profile { provider, subject, email, email_verified: true, data };
    match linking {
        Some(user_id) => state.link_profile(user_id, &profile).map(|()| user_id),
        None => state.user_of(&profile),
    }
}
