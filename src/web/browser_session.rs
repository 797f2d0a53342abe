//! The session of the browser that sent a request.

use std::{
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use cookie::Cookie;
use http::Extensions;
use serde_json::json;
use url::Url;

use super::{CompletedFlow, CookieSession, LocalPath, flows::FlowCookies};
use crate::{
    auth::{
        callback::Callback,
        flow::{FlowKind, PkceFlow},
        grant::{AuthorizationCode, CallbackOutcome},
    },
    client::Client,
    error::{Error, Result},
    jwt::Claims,
    manager::SessionManager,
    secret::Secret,
    session::Session,
    tower::Rejection,
    types::{SignOutScope, User},
};

/// The session of the browser that sent a request, as a [`SessionManager`]. Needs a
/// [`SessionLayer`](super::SessionLayer).
///
/// A handler uses it to sign in or out, and to act as the user. Whatever changes the session (a sign-in, the
/// verification of a second factor, a new password) is written to the cookies of the response. A sign-in replaces the
/// former session; nothing of it is kept.
///
/// The layer has refreshed the session if that was due, so that no refresh is needed while the request is handled. Once
/// the response has been sent, cookies can no longer be written: do not use the session in a body that is streamed, or
/// in a task that runs longer. [`session`](SessionManager::session) has the verified claims of the access token as its
/// user, not the user that the cookies state.
///
/// With feature `axum` it is an extractor.
///
/// ```
/// use axum::{Form, response::Redirect};
/// use gotrue::{Password, SignOutScope, web::BrowserSession};
///
/// #[derive(serde::Deserialize)]
/// struct SignIn {
///     email: String,
///     password: String,
/// }
///
/// async fn sign_in(session: BrowserSession, Form(form): Form<SignIn>) -> Redirect {
///     match session.sign_in(Password::email(form.email, form.password)).await {
///         Ok(_) => Redirect::to("/"),
///         Err(_) => Redirect::to("/sign-in?error=credentials"),
///     }
/// }
///
/// async fn sign_out(session: BrowserSession) -> Redirect {
///     // The cookies are removed in any case.
///     let _ = session.sign_out(SignOutScope::Local).await;
///     Redirect::to("/")
/// }
/// ```
#[derive(Clone, Debug)]
pub struct BrowserSession(Arc<RequestState>);

impl BrowserSession {
    /// Returns the session of the request with these extensions.
    ///
    /// # Errors
    /// [`Rejection::NotLayered`] if there is no [`SessionLayer`](super::SessionLayer) around the handler.
    pub fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!("there is no SessionLayer around the handler");
            Rejection::NotLayered
        })
    }

    pub(super) fn new(state: RequestState) -> Self {
        Self(Arc::new(state))
    }

    /// Signs out. See [`SessionManager::sign_out`].
    ///
    /// Except with `Others`, the cookies are removed in any case, even if the session could not be verified because the
    /// server cannot be reached.
    ///
    /// # Errors
    /// As [`SessionManager::sign_out`].
    pub async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        if scope != SignOutScope::Others {
            self.0.is_removed.store(true, Ordering::Relaxed);
        }
        self.manager().sign_out(scope).await
    }

    /// Starts a PKCE flow of this browser, which the response keeps in a cookie of its own. When the browser comes back
    /// with the code, [`complete_callback`](Self::complete_callback) completes it and returns `next`.
    ///
    /// [`AuthRoutes`](super::AuthRoutes) does this for providers and SSO. For a link in an email, use its verifier:
    ///
    /// ```
    /// # use gotrue::{Error, Recover, auth::FlowKind, web::{BrowserSession, LocalPath}};
    /// async fn forgot_password(session: BrowserSession, email: String) -> Result<(), Error> {
    ///     let flow = session.start_flow(FlowKind::Recovery, "/new-password".parse()?)?;
    ///     let redirect_to = flow.redirect_to("https://app.example.com/auth/callback")?;
    ///     session.client().recover(Recover::email(email).redirect_to(redirect_to).pkce(flow.verifier())).await
    /// }
    /// ```
    ///
    /// A browser has at most five flows; a further one replaces the one that expires first.
    ///
    /// # Errors
    /// [`Error::Randomness`] if the operating system provides no randomness.
    pub fn start_flow(&self, kind: FlowKind, next: LocalPath) -> Result<PkceFlow> {
        let flow = self.0.client.start_flow(kind)?;
        self.0.flows.add(&flow, next);
        Ok(flow)
    }

    /// Completes the flow of this browser that the URL of the request belongs to, and keeps the session. Any scheme and
    /// host will do, only the query is used.
    ///
    /// The flow is one from [`start_flow`](Self::start_flow), or one that JavaScript has started in this browser, whose
    /// verifier is in a cookie of `@supabase/ssr`. If the exchange fails with an error that is
    /// [retryable](Error::is_retryable), the flow stays open.
    ///
    /// # Errors
    /// [`Error::MissingVerifier`] if this browser has not started the flow, or if it has expired or was completed;
    /// otherwise as [`Client::complete_flow`].
    pub async fn complete_callback(&self, url: &Url) -> Result<CompletedFlow> {
        let callback = Callback::parse(url);
        let flows = &self.0.flows;
        if let Some(pending) = callback.flow_id().and_then(|id| flows.find(id)) {
            let outcome = self.manager().complete_flow(&pending.flow, &callback).await;
            if is_over(&outcome) {
                flows.remove(&pending.flow);
            }
            return Ok(CompletedFlow { outcome: outcome?, next: Some(pending.next) });
        }
        let outcome = match callback {
            Callback::Code { code, flow_id: None } => self.complete_javascript_flow(code, url).await?,
            Callback::Message(message) => CallbackOutcome::ConfirmationPending { message },
            Callback::Error(error) => return Err(error.into()),
            _ => return Err(Error::MissingVerifier),
        };
        Ok(CompletedFlow { outcome, next: parameter(url, "next").and_then(|next| next.parse().ok()) })
    }

    async fn complete_javascript_flow(&self, code: Secret, url: &Url) -> Result<CallbackOutcome> {
        let flows = &self.0.flows;
        let id = parameter(url, "sb_flow_id");
        let flow = flows.form.javascript_flow(flows.request_cookies(), id.as_deref()).ok_or(Error::MissingVerifier)?;
        let session = self.manager().sign_in(AuthorizationCode::new(code, flow.verifier)).await;
        if is_over(&session) {
            flows.change(flow.removals);
        }
        Ok(CallbackOutcome::SignedIn { session: session?, kind: flow.kind })
    }

    /// Returns whether the cookies are sent only with requests that pages of this site cause.
    pub(super) fn is_strict(&self) -> bool {
        self.0.flows.form.is_strict()
    }

    /// Returns the cookies of flows to set or remove.
    pub(super) fn flow_changes(&self) -> Vec<Cookie<'static>> {
        self.0.flows.take_changes()
    }

    fn manager(&self) -> &SessionManager {
        &self.0.handle().manager
    }

    /// Returns what the handler has changed.
    pub(super) fn change(&self) -> Change {
        let Some(handle) = self.0.handle.get() else { return Change::Unchanged };
        match (handle.manager.session(), &handle.initial) {
            (None, None) if !self.0.is_removed.load(Ordering::Relaxed) => Change::Unchanged,
            (None, initial) => Change::Removed(initial.clone().map(Box::new)),
            (Some(session), Some(initial)) if is_same(&session, initial) => Change::Unchanged,
            (Some(session), _) => Change::Replaced(Box::new(session)),
        }
    }
}

impl Deref for BrowserSession {
    type Target = SessionManager;

    fn deref(&self) -> &SessionManager {
        self.manager()
    }
}

/// Returns whether a flow ends with this result. A failure that may pass leaves it open.
fn is_over<T>(result: &Result<T>) -> bool {
    result.as_ref().err().is_none_or(|error| !error.is_retryable())
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// What a handler has changed about the session of a request.
pub(super) enum Change {
    Unchanged,
    /// The session is over. The former one, if there was one.
    Removed(Option<Box<Session>>),
    /// There is a new session, or a new state of the same one.
    Replaced(Box<Session>),
}

fn is_same(session: &Session, initial: &Session) -> bool {
    let tokens = |session: &Session| (session.access_token().clone(), session.refresh_token().clone());
    let user = |session: &Session| serde_json::to_value(session.user()).unwrap_or_default();
    tokens(session) == tokens(initial) && user(session) == user(initial)
}

/// The session of a request while it is handled.
#[derive(Debug)]
pub(super) struct RequestState {
    client: Client,
    verified: Option<VerifiedSession>,
    /// Created on first use, since most handlers need the claims only.
    handle: OnceLock<Handle>,
    is_removed: AtomicBool,
    flows: FlowCookies,
}

#[derive(Debug)]
struct Handle {
    manager: SessionManager,
    initial: Option<Session>,
}

impl RequestState {
    pub(super) fn new(client: Client, verified: Option<VerifiedSession>, flows: FlowCookies) -> Self {
        Self { client, verified, handle: OnceLock::new(), is_removed: AtomicBool::new(false), flows }
    }

    fn handle(&self) -> &Handle {
        self.handle.get_or_init(|| {
            let initial = self.verified.as_ref().and_then(|verified| verified.session(&self.client));
            Handle { manager: SessionManager::in_memory(self.client.clone(), initial.clone()), initial }
        })
    }
}

/// A session from cookies, whose access token was verified.
#[derive(Clone, Debug)]
pub(super) struct VerifiedSession {
    pub(super) cookie: CookieSession,
    pub(super) claims: Arc<Claims>,
}

impl VerifiedSession {
    /// Returns the session with the claims as its user.
    pub(super) fn session(&self, client: &Client) -> Option<Session> {
        session_of(&self.cookie, &self.claims, client)
    }
}

/// Returns the session of these cookies, with the claims of its access token as its user.
pub(super) fn session_of(cookie: &CookieSession, claims: &Claims, client: &Client) -> Option<Session> {
    let remaining = claims.exp - client.server_now();
    let expires_at = client.clock().now().checked_add_signed(remaining).unwrap_or(DateTime::<Utc>::MAX_UTC);
    // A token without the time of its issue counts as just issued.
    let lifetime = claims.iat.map_or(remaining, |issued| claims.exp - issued).max(TimeDelta::zero());
    let (access_token, refresh_token) = (cookie.access_token().clone(), cookie.refresh_token().clone());
    let session = Session::of_tokens(access_token, refresh_token, expires_at, lifetime.num_seconds(), user_of(claims)?);
    let (token, refresh_token) = (cookie.token("provider_token"), cookie.token("provider_refresh_token"));
    Some(session.with_provider_tokens("bearer".to_owned(), token, refresh_token))
}

/// Returns the user, as far as the claims state it.
fn user_of(claims: &Claims) -> Option<User> {
    let user = json!({
        "id": claims.sub,
        "aud": claims.aud.iter().next(),
        "role": claims.role,
        "email": claims.email,
        "phone": claims.phone,
        "app_metadata": claims.app_metadata,
        "user_metadata": claims.user_metadata,
        "is_anonymous": claims.is_anonymous,
    });
    serde_json::from_value(user).ok()
}
