//! Sign-in with a provider, who agrees to everything.

use crate::wire::{ApiError, ApiResult, Request, redirect};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use super::{
    external::Profile,
    flow::{self, Flow},
    state::State,
};
use crate::model::{ErrorCode, Operation, Provider, types::Session};

/// Where people end up when the application does not say.
pub(super) const SITE_URL: &str = "http://localhost:3000";

/// Sends the browser to the provider; this one agrees at once, so that its URL is already the way back.
pub(super) fn authorize(state: &mut State, request: &Request) -> ApiResult {
    Ok(redirect(302, &begin(state, request, None)?))
}

/// Begins a flow, and gives the URL of the provider.
pub(super) fn begin(state: &mut State, request: &Request, linking: Option<Uuid>) -> Result<String, ApiError> {
    let provider = request.query("provider").unwrap_or_default().to_lowercase();
    state.check_provider(&provider)?;
    let challenge = flow::challenge_in_query(request)?;
    let redirect_to = request.query("redirect_to").unwrap_or_else(|| SITE_URL.to_owned());
    let id = state.draw_id();
    let begun_at = state.now();
    let (user_id, code) = (None, None);
    state.flows.push(Flow {
        id: Some(id),
        begun_at,
        provider: Some(provider),
        method: "oauth",
        linking,
        redirect_to,
        challenge,
        user_id,
        code,
    });
    let path = Operation::by_id("callback").map_or("", |operation| operation.path);
    Ok(format!("{}{path}?code=of-the-provider&state={id}", state.base_url))
}

/// The way back from the provider.
pub(super) fn callback(state: &mut State, request: &Request) -> ApiResult {
    let place = match state.open_flow(&parameter(request, "state").unwrap_or_default()) {
        Ok(place) => place,
        Err((code, about)) => {
            return Ok(redirect(303, &with_query(SITE_URL, &error_pairs("invalid_request", code, about))));
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
    let user_id = match user_of_provider(state, &provider, linking) {
        Ok(user_id) => user_id,
        Err(refusal) => {
            let code = refusal.code().unwrap_or(ErrorCode::UnexpectedFailure);
            let pairs = error_pairs(name_of(refusal.status, &code), code.as_str(), &refusal.message);
            return Ok(redirect(302, &with_words(&with_query(&redirect_to, &pairs), &pairs)));
        }
    };
    if with_pkce {
        state.flows[place].user_id = Some(user_id);
        let code = state.code_for(user_id)?;
        Ok(redirect(302, &with_query(&redirect_to, &[("code".to_owned(), code)])))
    } else {
        state.flows.remove(place);
        let session = state.new_session(user_id, "oauth")?;
        let mut pairs = session_fragment(&session);
        pairs.push(("provider_token".to_owned(), format!("{provider}-access-token")));
        pairs.push(("provider_refresh_token".to_owned(), format!("{provider}-refresh-token")));
        let response = redirect(302, &with_fragment(&redirect_to, &pairs));
        Ok(state.with_session(response, &session))
    }
}

/// A parameter of the query, or of the form that some providers send.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let in_form = || {
        let mut pairs = request.form_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    request.query(name).or_else(in_form)
}

/// An error by its name in OAuth.
fn name_of(status: u16, code: &ErrorCode) -> &'static str {
    match (status, code.as_str()) {
        (403, _) | (_, "signup_disabled" | "user_banned" | "provider_email_needs_verification") => "access_denied",
        (400, _) => "invalid_request",
        (401, _) => "unauthorized_client",
        (503, _) => "temporarily_unavailable",
        _ => "server_error",
    }
}

/// The one user whom a provider knows.
fn user_of_provider(state: &mut State, provider: &str, linking: Option<Uuid>) -> Result<Uuid, ApiError> {
    let mut data = claims(provider);
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

/// What a provider says of its one user.
pub(super) fn claims(provider: &str) -> Value {
    let name = provider.replace(':', "-");
    json!({
        "sub": format!("{provider}-user-1"),
        "email": format!("{name}-user@example.com"),
        "email_verified": true,
        "name": format!("User of {provider}"),
    })
}

impl State {
    /// Refuses a provider that is unknown or switched off.
    fn check_provider(&self, provider: &str) -> Result<(), ApiError> {
        let refuse = |why: String| Err(ApiError::validation_failed(format!("Unsupported provider: {why}")));
        if provider.starts_with("custom:") {
            return match self.custom_provider(provider) {
                None => refuse(format!("custom provider {provider} not found")),
                Some(known) if known.enabled == Some(false) => {
                    refuse(format!("custom provider {provider} is disabled"))
                }
                Some(_) => Ok(()),
            };
        }
        if self.setup.disabled_providers.iter().any(|disabled| disabled.as_str() == provider) {
            return refuse("provider is not enabled".to_owned());
        }
        if Provider::KNOWN.iter().any(|known| known.as_str() == provider) {
            return Ok(());
        }
        refuse(format!("Provider {provider} could not be found"))
    }
}

pub(super) fn error_pairs(error: &str, code: &str, about: &str) -> Vec<(String, String)> {
    let pairs = [("error", error), ("error_code", code), ("error_description", about)];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A session as the fragment of a redirect.
pub(super) fn session_fragment(session: &Session) -> Vec<(String, String)> {
    let pairs = [
        ("access_token", session.access_token.expose().to_owned()),
        ("expires_at", session.expires_at.unwrap_or_default().to_string()),
        ("expires_in", session.expires_in.to_string()),
        ("refresh_token", session.refresh_token.expose().to_owned()),
        ("token_type", session.token_type.clone()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

pub(super) fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let (url, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{query}{fragment}")
}

/// The words of an error or a message as the fragment, in place of any other, and encoded twice as the real server
/// does.
pub(super) fn with_words(url: &str, pairs: &[(String, String)]) -> String {
    let url = url.split('#').next().unwrap_or_default();
    format!("{url}{}", with_fragment("", pairs).replace('%', "%25"))
}

/// The pairs of a session as a fragment, after one that is there already, with the empty `sb` that marks it as this
/// server's.
pub(super) fn with_fragment(url: &str, pairs: &[(String, String)]) -> String {
    format!("{url}#{}", Serializer::new(String::new()).extend_pairs(pairs).append_pair("sb", "").finish())
}
