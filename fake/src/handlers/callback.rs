//! The callback from a provider.

use bytes::Bytes;
use http::{Method, header::CONTENT_TYPE};
use serde_json::json;
use uuid::Uuid;

use crate::{
    handlers::provider_page,
    model::ErrorCode,
    redirect_url::{error_pairs, session_fragment, with_fragment, with_sorted_query, with_words},
    state::{State, identity_providers::provider_claims, profiles::Profile, table::Place},
    wire::{ApiError, ApiResult, Request, Response, redirect},
};

/// `GET /callback` and `POST /callback`.
pub(crate) fn callback(state: &mut State, request: &Request) -> Response {
    match flow(state, request) {
        Ok(place) => without_page(request, finish(state, request, place)),
        Err(refusal) => *refusal,
    }
}

/// Checks the flow that a request is about.
pub(crate) fn check_flow(state: &State, request: &Request) -> Result<(), Box<Response>> {
    flow(state, request).map(drop)
}

fn flow(state: &State, request: &Request) -> Result<Place, Box<Response>> {
    let flow = state.open_flow(&parameter(request, "state").unwrap_or_default());
    flow.map_err(|(code, about)| Box::new(refuse(state, request, code, about)))
}

/// Removes the page of a redirect, which Go sends in response to GET only.
fn without_page(request: &Request, mut response: Response) -> Response {
    if request.method != Method::GET {
        response.body = Bytes::new();
    }
    if request.method != Method::GET && request.method != Method::HEAD {
        response.headers.remove(CONTENT_TYPE);
    }
    response
}

fn finish(state: &mut State, request: &Request, place: Place) -> Response {
    let target = Some(state.settings.callback_target.clone()).filter(|target| !target.is_empty());
    let flow = &mut state.flows[place];
    if let Some(target) = target {
        flow.redirect_to = target;
    }
    let flow = &state.flows[place];
    let (redirect_to, with_pkce) = (flow.redirect_to.clone(), flow.challenge.is_some());
    let (provider, linking) = (flow.provider.clone().unwrap_or_default(), flow.linking);
    let invite_token = flow.invite_token.clone();
    if let Some(error) = parameter(request, "error") {
        let about = parameter(request, "error_description").unwrap_or_default();
        let mut pairs = vec![("error".to_owned(), error), ("error_description".to_owned(), about)];
        let target = with_sorted_query(&redirect_to, &pairs);
        pairs.retain(|(_, value)| !value.is_empty());
        return redirect(302, &with_words(&target, &pairs));
    }
    let found = if parameter(request, "code").is_some() {
        user_of_provider(state, request, &provider, linking, invite_token)
    } else {
        let message = "OAuth callback with missing authorization code missing";
        Err(ApiError::new(400, ErrorCode::BadOauthCallback, message))
    };
    let response = found.and_then(|user_id| {
        let response = if with_pkce { code(state, place, user_id) } else { session(state, place, user_id) };
        state.after_user_created()?;
        response
    });
    response.unwrap_or_else(|refusal| {
        let code = refusal.code_in_url();
        let is_oauth = refusal.code().is_none();
        let name = if is_oauth { "server_error" } else { name_of(refusal.status, &code) };
        let mut pairs = error_pairs(name, &code, &refusal.message);
        pairs.retain(|(name, value)| !value.is_empty() || name == "error_code" && !is_oauth);
        let target = with_sorted_query(&redirect_to, &pairs);
        pairs.retain(|(_, value)| !value.is_empty());
        redirect(302, &with_words(&target, &pairs))
    })
}

/// Redirects back with the code of a PKCE flow.
fn code(state: &mut State, place: Place, user_id: Uuid) -> ApiResult {
    let flow = &mut state.flows[place];
    flow.user_id = Some(user_id);
    let redirect_to = flow.redirect_to.clone();
    let code = state.code_for(user_id, "oauth").map_err(failed)?;
    Ok(redirect(302, &with_sorted_query(&redirect_to, &[("code".to_owned(), code)])))
}

/// Redirects back with a session.
fn session(state: &mut State, place: Place, user_id: Uuid) -> ApiResult {
    let issued = state.start_session(user_id, "oauth", None).map_err(failed)?;
    let flow = state.flows.remove(place);
    let provider = flow.provider.unwrap_or_default();
    let mut pairs = session_fragment(&issued.session);
    pairs.push(("provider_token".to_owned(), format!("{provider}-access-token")));
    pairs.push(("provider_refresh_token".to_owned(), format!("{provider}-refresh-token")));
    let response = redirect(302, &with_fragment(&flow.redirect_to, &pairs));
    Ok(issued.add_headers(response))
}

/// Returns what becomes of an error while the code or the session is issued.
#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn failed(error: ApiError) -> ApiError {
    ApiError::oauth("server_error", format!("{}: {}", error.status, error.message))
}

/// Redirects to the site, as no flow tells where to. The server appends the error to the page, when the
/// headers are sent already.
fn refuse(state: &State, request: &Request, code: &'static str, about: &str) -> Response {
    let pairs = error_pairs("invalid_request", code, about);
    let page = without_page(request, redirect(303, &with_sorted_query(&state.settings.site_url, &pairs)));
    let error = ApiError::new(400, ErrorCode::from(code), about).into_response(request);
    let body = [&page.body[..], &error.body[..]].concat();
    // Without a page, Go derives the media type from the text.
    if page.headers.contains_key(CONTENT_TYPE) {
        Response { body: body.into(), ..page }
    } else {
        page.body("text/plain; charset=utf-8", body)
    }
}

/// Returns a parameter of the query, or of the form that some providers send. An empty one is absent.
fn parameter(request: &Request, name: &str) -> Option<String> {
    let value = if request.method == Method::POST { request.form_value(name) } else { request.query(name) };
    value.filter(|value| !value.is_empty())
}

/// Returns the OAuth name of an error.
pub(crate) fn name_of(status: u16, code: &str) -> &'static str {
    match (status, code) {
        (403, _) | (_, "signup_disabled" | "user_banned" | "provider_email_needs_verification") => "access_denied",
        (400, _) => "invalid_request",
        (401, _) => "unauthorized_client",
        (503, _) => "temporarily_unavailable",
        _ => "server_error",
    }
}

/// Signs in a user of a provider, links the identity, or accepts an invitation.
fn user_of_provider(
    state: &mut State,
    request: &Request,
    provider: &str,
    linking: Option<Uuid>,
    invite_token: Option<String>,
) -> Result<Uuid, ApiError> {
    let mut data = provider_claims(provider, provider_page::user_of(parameter(request, "code")).as_deref());
    data["phone_verified"] = json!(false);
    data["provider_id"] = data["sub"].clone();
    data["full_name"] = data["name"].clone();
    data["iss"] = json!(format!("https://{}.example.com", provider.replace(':', "-")));
    let text = |claim: &str| data[claim].as_str().unwrap_or_default().to_owned();
    let (subject, email, provider) = (text("sub"), text("email"), provider.to_owned());
    let profile = Profile { provider, subject, email, email_verified: true, data };
    match (linking, invite_token) {
        (Some(user_id), _) => state.link_profile(user_id, &profile).map(|()| user_id),
        (None, Some(token)) => state.accept_invitation(&token, &profile),
        (None, None) => {
            let aud = state.request_aud(request);
            state.user_of(&profile, &aud)
        }
    }
}
