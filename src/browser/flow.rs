//! PKCE flows that leave the page and return to it.

use url::Url;
use wasm_bindgen::JsValue;
use web_sys::{Storage, Window};

use crate::{
    auth::{
        callback::Callback,
        flow::{FlowKind, PkceFlow},
        grant::CallbackOutcome,
    },
    client::Client,
    error::{BrowserError, Error, Result},
    manager::SessionManager,
};

/// The start of the keys in `localStorage`; the id of the flow follows.
const PREFIX: &str = "gotrue-flow-";

/// The parameters of a callback in the query.
const PARAMETERS: [&str; 7] =
    ["code", PkceFlow::PARAMETER, "error", "error_code", "error_description", "message", "sb"];

/// Starts a PKCE flow, and keeps it in `localStorage` until this browser returns from it, in any tab. Expired flows are
/// removed.
///
/// ```ignore
/// // A click on "Sign in with GitHub":
/// let flow = browser::start_flow(&client, FlowKind::SignIn)?;
/// let redirect_to = flow.redirect_to(browser::current_url()?)?;
/// browser::leave_for(&client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(flow.verifier())?)?;
///
/// // When the page is loaded:
/// if let Some(outcome) = browser::complete_flow(&auth).await? { … }
/// ```
///
/// # Errors
/// [`Error::Browser`] without `localStorage`; [`Error::Randomness`].
pub fn start_flow(client: &Client, kind: FlowKind) -> Result<PkceFlow> {
    let flow = client.start_flow(kind)?;
    let storage = storage()?;
    remove_expired(&storage, client);
    storage.set_item(&key(flow.id()), flow.cookie_value().expose()).map_err(BrowserError::from)?;
    Ok(flow)
}

/// Completes the flow that this page was returned to from, if any, and keeps the session. Removes the flow, and its
/// parameters from the URL. Call it when a page is loaded that is the redirect URL of a flow.
///
/// If this fails with an error that is [retryable](Error::is_retryable), the flow and the URL stay, and the call can be
/// repeated.
///
/// # Errors
/// [`Error::MissingVerifier`] if this browser has not started the flow, or it has expired; [`Error::Browser`] without
/// `localStorage`; otherwise as [`SessionManager::complete_flow`].
pub async fn complete_flow(manager: &SessionManager) -> Result<Option<CallbackOutcome>> {
    let url = current_url()?;
    let callback = Callback::parse(&url);
    if callback == Callback::NotOurs {
        return Ok(None);
    }
    let storage = storage()?;
    let key = callback.flow_id().map(key);
    let outcome = match stored(&storage, key.as_deref())? {
        Some(flow) => manager.complete_flow(&flow, &callback).await,
        None => without_flow(callback),
    };
    if !outcome.as_ref().is_err_and(Error::is_retryable) {
        if let Some(key) = key {
            storage.remove_item(&key).map_err(BrowserError::from)?;
        }
        replace_url(&without_parameters(url))?;
    }
    outcome.map(Some)
}

/// Returns the URL of this page.
///
/// # Errors
/// [`Error::Browser`] without a window, as in a worker.
pub fn current_url() -> Result<Url> {
    let href = window()?.location().href().map_err(BrowserError::from)?;
    Url::parse(&href).map_err(|_| Error::invalid("URL of the page", "must be valid"))
}

/// Leaves this page for a URL, such as that of a provider.
///
/// # Errors
/// [`Error::Browser`] without a window, as in a worker.
pub fn leave_for(url: &Url) -> Result<()> {
    Ok(window()?.location().assign(url.as_str()).map_err(BrowserError::from)?)
}

/// Returns the flow with this key.
fn stored(storage: &Storage, key: Option<&str>) -> Result<Option<PkceFlow>> {
    let Some(key) = key else { return Ok(None) };
    let value = storage.get_item(key).map_err(BrowserError::from)?;
    value.map(PkceFlow::from_cookie_value).transpose()
}

/// Returns the outcome of a callback without a flow of this browser.
fn without_flow(callback: Callback) -> Result<CallbackOutcome> {
    match callback {
        Callback::Message(message) => Ok(CallbackOutcome::ConfirmationPending { message }),
        Callback::Error(error) => Err(error.into()),
        Callback::Session(_) => Err(Error::invalid("callback", "contains a session where a code is expected")),
        Callback::Code { .. } | Callback::NotOurs => Err(Error::MissingVerifier),
    }
}

fn remove_expired(storage: &Storage, client: &Client) {
    let now = client.clock().now();
    let is_expired = |key: &String| {
        let value = storage.get_item(key).ok().flatten().unwrap_or_default();
        PkceFlow::from_cookie_value(value).is_ok_and(|flow| flow.expires_at() <= now)
    };
    let keys = (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten());
    let expired: Vec<String> = keys.filter(|key| key.starts_with(PREFIX)).filter(is_expired).collect();
    for key in expired {
        // One that stays does no harm.
        let _ = storage.remove_item(&key);
    }
}

fn without_parameters(mut url: Url) -> Url {
    let others: Vec<_> =
        url.query_pairs().into_owned().filter(|(name, _)| !PARAMETERS.contains(&name.as_str())).collect();
    if others.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(others);
    }
    // A fragment repeats an error or a message; a code has none.
    url.set_fragment(None);
    url
}

fn replace_url(url: &Url) -> Result<()> {
    let history = window()?.history().map_err(BrowserError::from)?;
    let replaced = history.replace_state_with_url(&JsValue::NULL, "", Some(url.as_str()));
    Ok(replaced.map_err(BrowserError::from)?)
}

fn window() -> Result<Window> {
    Ok(web_sys::window().ok_or_else(|| BrowserError::missing("window"))?)
}

fn storage() -> Result<Storage> {
    let storage = window()?.local_storage().map_err(BrowserError::from)?;
    Ok(storage.ok_or_else(|| BrowserError::missing("localStorage"))?)
}

fn key(flow_id: &str) -> String {
    format!("{PREFIX}{flow_id}")
}
