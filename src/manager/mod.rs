//! Session management: storage, refresh, events, and background refresh of many sessions.

mod auto_refresh;
mod changes;
mod cooldown;
mod event;
mod expiry;
mod flight;
mod follow_store;
mod inner;
mod keep_fresh;
mod membership;
mod refresh;
mod sign_out;
mod token_source;

use std::{fmt, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use self::{
    flight::Outcome,
    inner::{Inner, spawned},
    membership::Membership,
    refresh::{Refreshes, Wanted},
    sign_out::refuses_access_token,
};
#[cfg(feature = "web")]
use crate::store::{MemoryStore, StoredSession};
use crate::{
    auth::{
        callback::{Callback, CallbackSession},
        flow::{FlowKind, PkceFlow, PkceFlows},
        grant::{CallbackOutcome, Grant, VerifyOtp, VerifyOtpOutcome},
        sign_up::{SignUp, SignUpOutcome},
    },
    client::Client,
    error::{Error, Result},
    jwt::Claims,
    secret::Secret,
    session::{Session, TokenSource},
    store::{BoundedStore, SessionStore},
    types::SignOutScope,
    user::UserClient,
};

pub use self::{
    auto_refresh::AutoRefresh,
    event::{Event, Events, SignedOutReason},
    follow_store::FollowStore,
    keep_fresh::KeepFresh,
};

/// One user's session, kept in a store and refreshed when due. Clones share the session.
///
/// - Concurrent callers share one refresh.
/// - An access token is never returned at or after its expiry, which counts from before the request was sent and
///   includes the time that the machine was suspended.
/// - Only the server ends the session, by an error code in response to a refresh or to the user's own access token. A
///   network failure never does, and a token that is still valid stays usable.
/// - Nothing runs in the background by default: [`access_token`](Self::access_token) refreshes when due;
///   [`auto_refresh`](Self::auto_refresh) does so in the background.
///
/// It needs a tokio runtime, except in a browser.
///
/// ```
/// # use gotrue::{Client, MemoryStore, Password, SignOutScope};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let auth = client.session_manager(MemoryStore::new()).await?;
/// auth.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
/// // Later, as often as needed:
/// let token = auth.access_token().await?;
/// let user = auth.user().get().await?;
/// auth.sign_out(SignOutScope::Local).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SessionManager(Arc<Inner>);

impl fmt::Debug for SessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.session().map(|session| session.user().id);
        f.debug_struct("SessionManager").field("client", &self.0.client).field("user", &user).finish_non_exhaustive()
    }
}

impl Client {
    /// Returns a manager that keeps one user's session in this store, starting with the stored session, if any. Sends
    /// no request.
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot be read. A record that cannot be decoded counts as no session.
    pub async fn session_manager(&self, store: impl SessionStore) -> Result<SessionManager> {
        let store = BoundedStore::new(store, self.timeout());
        Ok(SessionManager(Arc::new(Inner::load(self.clone(), Arc::new(store)).await?)))
    }
}

impl SessionManager {
    /// Returns a manager that keeps a session in memory. If there is no randomness, it starts without the session.
    #[cfg(feature = "web")]
    pub(crate) fn in_memory(client: Client, session: Option<Session>) -> Self {
        let record = session.and_then(|session| StoredSession::of_sign_in(session).ok());
        let store = MemoryStore::with_record(record.clone());
        Self(Arc::new(Inner::with_stored(client, Arc::new(store), record)))
    }

    /// Returns the client, for calls that need no user.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Returns the current session without any request. Its access token may have expired.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.0.current().active.as_ref().map(|active| active.session().clone())
    }

    /// Returns a valid access token, refreshed when due: from 60 seconds before its expiry, or a quarter of its
    /// lifetime if that is shorter.
    ///
    /// Concurrent callers share one refresh. While it runs, a token that is still valid is returned at once; within the
    /// last 5 seconds (or a quarter of its lifetime), callers wait for the refresh. If the refresh fails and the token
    /// is still valid, it is returned.
    ///
    /// # Errors
    /// [`Error::NoSession`] if no user is signed in; the error of the refresh if the token has expired;
    /// [`Error::Token`] if each of three refreshes took longer than the lifetime of its token. After a failed refresh,
    /// callers get its error for up to 5 seconds, or as long as the server's `Retry-After`, before the next
    /// attempt. If the error [`ends_session`](Error::ends_session), the user has to sign in again.
    pub async fn access_token(&self) -> Result<Secret> {
        let mut refreshes = Refreshes::default();
        loop {
            let active = {
                let current = self.0.current();
                let active = current.active.as_ref().ok_or(Error::NoSession)?;
                if self.0.is_good_after(&refreshes, active)? {
                    return Ok(active.session().access_token().clone());
                }
                active.clone()
            };
            let flight = self.0.flight(Wanted::IfDue);
            if !self.0.is_last_moment(&active) {
                return Ok(active.session().access_token().clone());
            }
            match flight.outcome().await {
                Outcome::Failed(error) if self.0.has_expired(&active) => return Err(error),
                Outcome::Failed(_) => return Ok(active.session().access_token().clone()),
                Outcome::Ended(error) => return Err(error),
                // The session is read again, since it may have been replaced or ended in the meantime.
                Outcome::Refreshed(_) => refreshes.count(),
                Outcome::Superseded => {}
            }
        }
    }

    /// Refreshes the session now, whether due or not. Joins a refresh in flight.
    ///
    /// # Errors
    /// [`Error::NoSession`] if no user is signed in; the error of the refresh. After a failure, callers get its error
    /// for up to 5 seconds, or as long as the server's `Retry-After`, before the next attempt.
    pub async fn refresh(&self) -> Result<Session> {
        loop {
            match self.0.flight(Wanted::Now).outcome().await {
                Outcome::Refreshed(session) => return Ok(*session),
                Outcome::Ended(error) | Outcome::Failed(error) => return Err(error),
                Outcome::Superseded => {}
            }
        }
    }

    /// Returns a client that acts for the signed-in user.
    ///
    /// Each of its calls uses a valid access token. Calls that change the session (MFA verification, linking by ID
    /// token, profile update) keep what the server returns, and no refresh runs at the same time. An error that ends
    /// the session ends it here as well.
    #[must_use]
    pub fn user(&self) -> UserClient {
        self.0.client.managed_user(Arc::new(self.clone()))
    }

    /// Signs in, and keeps the session.
    ///
    /// # Errors
    /// As [`Client::sign_in`]. The previous session then stays.
    pub async fn sign_in(&self, grant: impl Grant) -> Result<Session> {
        self.keep(self.0.client.sign_in(grant).await?, Event::SignedIn).await
    }

    /// Signs up, and keeps the session if the server returns one.
    ///
    /// # Errors
    /// As [`Client::sign_up`].
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<SignUpOutcome> {
        Ok(match self.0.client.sign_up(sign_up).await? {
            SignUpOutcome::Session(session) => SignUpOutcome::Session(self.keep(session, Event::SignedIn).await?),
            confirmation @ SignUpOutcome::ConfirmationRequired(_) => confirmation,
        })
    }

    /// Verifies a code, and keeps the session if the server returns one. The first of two confirmations of an address
    /// change leaves the session unchanged.
    ///
    /// # Errors
    /// As [`Client::verify_otp`].
    pub async fn verify_otp(&self, verify: VerifyOtp) -> Result<VerifyOtpOutcome> {
        let event = event_of(verify.flow_kind());
        Ok(match self.0.client.verify_otp(verify).await? {
            VerifyOtpOutcome::Session(session) => VerifyOtpOutcome::Session(self.keep(session, event).await?),
            pending @ VerifyOtpOutcome::ConfirmationPending { .. } => pending,
        })
    }

    /// Exchanges the code of a flow, and keeps the session. The event depends on the kind of the flow.
    ///
    /// # Errors
    /// As [`Client::sign_in_from_callback`].
    pub async fn sign_in_from_callback(&self, flows: &mut PkceFlows, callback: &Callback) -> Result<CallbackOutcome> {
        self.keep_outcome(self.0.client.sign_in_from_callback(flows, callback).await?).await
    }

    /// Completes the flow that this browser started, and keeps the session. The event depends on the kind of the flow.
    ///
    /// # Errors
    /// As [`Client::complete_flow`].
    pub async fn complete_flow(&self, flow: &PkceFlow, callback: &Callback) -> Result<CallbackOutcome> {
        self.keep_outcome(self.0.client.complete_flow(flow, callback).await?).await
    }

    async fn keep_outcome(&self, outcome: CallbackOutcome) -> Result<CallbackOutcome> {
        Ok(match outcome {
            CallbackOutcome::SignedIn { session, kind } => {
                CallbackOutcome::SignedIn { session: self.keep(session, event_of(kind)).await?, kind }
            }
            pending @ CallbackOutcome::ConfirmationPending { .. } => pending,
        })
    }

    /// Keeps the session whose tokens a redirect brought in its fragment. Use it only where the application expects
    /// such a redirect: anyone can craft the URL (login CSRF).
    ///
    /// # Errors
    /// As [`Client::session_from_callback`].
    pub async fn set_from_callback(&self, tokens: CallbackSession) -> Result<Session> {
        let event = event_of(tokens.kind);
        self.keep(self.0.client.session_from_callback(tokens).await?, event).await
    }

    /// Signs in with a pair of tokens from elsewhere. If the access token has expired, or its expiry is unknown, it is
    /// refreshed; otherwise the server is asked for the user, which also checks the token.
    ///
    /// # Errors
    /// As [`Client::refresh`] and [`UserClient::get`]. The previous session then stays.
    pub async fn set_session(
        &self,
        access_token: impl Into<Secret> + Send,
        refresh_token: impl Into<Secret> + Send,
    ) -> Result<Session> {
        let (access_token, refresh_token) = (access_token.into(), refresh_token.into());
        let client = &self.0.client;
        let session = match remaining_lifetime(&access_token, client.server_now()) {
            Some(expires_in) => client.session_of_tokens(access_token, refresh_token, expires_in).await?,
            None => client.refresh(refresh_token).await?,
        };
        self.keep(session, Event::SignedIn).await
    }

    /// Keeps a session from elsewhere, as after a sign-in.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if the runtime is shutting down.
    pub async fn set(&self, session: Session) -> Result<Session> {
        self.keep(session, Event::SignedIn).await
    }

    /// Signs out: first locally, then at the server. `Local` ends this session, `Global` all sessions of the user,
    /// `Others` all but this one.
    ///
    /// Except with `Others`, no user is signed in locally afterwards, even if an error is returned. If the server
    /// refuses the access token, for example because it has expired, it is refreshed once and the sign-out is tried
    /// again.
    ///
    /// # Errors
    /// [`Error::Store`] if the tokens could not be removed from the store: they would sign the user in again after a
    /// restart. Any other error means that the session still exists at the server. With `Others`, also as
    /// [`access_token`](Self::access_token).
    pub async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        if scope == SignOutScope::Others {
            return self.sign_out_others().await;
        }
        let inner = self.0.clone();
        spawned(async move { inner.sign_out(scope).await }).await?
    }

    async fn sign_out_others(&self) -> Result<()> {
        match self.sign_out_others_with(self.access_token().await?).await {
            Err(error) if refuses_access_token(&error) => {
                let session = self.refresh().await?;
                self.sign_out_others_with(session.access_token().clone()).await
            }
            result => result,
        }
    }

    async fn sign_out_others_with(&self, access_token: Secret) -> Result<()> {
        let result = self.0.client.user(access_token.clone()).sign_out(SignOutScope::Others).await;
        if let Err(error) = &result {
            self.session_ended(access_token, error.clone()).await;
        }
        result
    }

    /// Returns the events of the session from now on, starting with its current state.
    pub fn events(&self) -> Events {
        self.0.events()
    }

    /// Refreshes the session in the background until the guard is dropped.
    pub fn auto_refresh(&self) -> AutoRefresh {
        AutoRefresh::start(self.0.clone())
    }

    /// Applies the changes that other processes or tabs make to the store, until the guard is dropped: a sign-in, a
    /// refresh or a sign-out elsewhere changes the session here and sends its event.
    ///
    /// Without it, changes are noticed when the session is refreshed. It needs a store that notices changes
    /// ([`SessionStore::changes`]): of those in this crate, `WebStore`. With any other, it does nothing.
    pub fn follow_store(&self) -> FollowStore {
        FollowStore::start(self.0.clone())
    }

    /// Joins a `KeepFresh`.
    fn join(&self, membership: Membership) {
        self.0.join(membership);
    }

    /// Replaces the session with that of a new sign-in.
    async fn keep(&self, session: Session, event: fn(Session) -> Event) -> Result<Session> {
        let (inner, new) = (self.0.clone(), session.clone());
        spawned(async move { inner.start(new, event).await }).await?;
        Ok(session)
    }
}

/// Returns the remaining lifetime of an access token in seconds; `None` if it has expired or its claims are
/// inconsistent.
fn remaining_lifetime(access_token: &Secret, server_now: DateTime<Utc>) -> Option<i64> {
    let claims = Claims::read_unverified(access_token).ok()?;
    let remaining = claims.exp - server_now;
    let is_sound = claims.iat.is_none_or(|issued| remaining <= claims.exp - issued);
    (is_sound && remaining > TimeDelta::zero()).then(|| remaining.num_seconds())
}

/// Returns the event for a session from a flow of this kind.
fn event_of(kind: FlowKind) -> fn(Session) -> Event {
    match kind {
        FlowKind::Recovery => Event::PasswordRecovery,
        FlowKind::EmailChange | FlowKind::LinkIdentity => |session| Event::UserUpdated(session.user().clone()),
        _ => Event::SignedIn,
    }
}
