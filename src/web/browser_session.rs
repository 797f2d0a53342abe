//! The session of the browser that sent a request.

use std::{
    ops::Deref,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use http::Extensions;
use serde_json::json;

use super::CookieSession;
use crate::{
    client::Client,
    error::Result,
    jwt::Claims,
    manager::SessionManager,
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
}

#[derive(Debug)]
struct Handle {
    manager: SessionManager,
    initial: Option<Session>,
}

impl RequestState {
    pub(super) fn new(client: Client, verified: Option<VerifiedSession>) -> Self {
        Self { client, verified, handle: OnceLock::new(), is_removed: AtomicBool::new(false) }
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
