//! One user's session, kept: refresh, events, and many sessions at once.

mod auto_refresh;
mod event;
mod expiry;
mod inner;
mod keep_fresh;
mod refresh;
mod user;

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use self::{
    expiry::Expiry,
    inner::{Inner, spawned},
    refresh::Outcome,
};
use crate::{
    auth::{
        callback::{Callback, CallbackSession},
        flow::{FlowKind, PkceFlows},
        grant::{CallbackOutcome, Grant, VerifyOtp, VerifyOtpOutcome},
        sign_up::{SignUp, SignUpOutcome},
    },
    client::Client,
    error::{Error, Result},
    jwt::Claims,
    secret::Secret,
    session::Session,
    store::SessionStore,
    types::SignOutScope,
    user::UserClient,
};

pub use self::{
    auto_refresh::AutoRefresh,
    event::{Event, Events, SignedOutReason},
    keep_fresh::KeepFresh,
};

/// How long a caller waits for a refresh while the token at hand is still good.
const PATIENCE: Duration = Duration::from_secs(5);

/// One user's session, kept in a store and refreshed when due. Clones are the same session.
///
/// - Whoever asks for a token while a refresh is due waits for the same one request.
/// - Only a verdict of the server ends the session. A bad network never does, and a token that is still good stays
///   usable.
/// - Nothing runs unless it is asked for: [`access_token`](Self::access_token) refreshes when due, and
///   [`auto_refresh`](Self::auto_refresh) does so in the background.
///
/// It needs a tokio runtime.
///
/// ```
/// # use gotrue::{Client, MemoryStore, Password, SignOutScope};
/// # async fn f(client: Client) -> Result<(), gotrue::Error> {
/// let auth = client.session_manager(MemoryStore::new()).await?;
/// auth.sign_in(Password::email("ada@example.com", "correct-horse-7")).await?;
/// // Later, and as often as you like:
/// let token = auth.access_token().await?;
/// let user = auth.user().await?.get().await?;
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
    /// Keeps one user's session in this store, beginning with the one that is there. No request is sent.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read. A record that cannot be understood is no session.
    pub async fn session_manager(&self, store: impl SessionStore) -> Result<SessionManager> {
        Ok(SessionManager(Arc::new(Inner::load(self.clone(), Arc::new(store)).await?)))
    }
}

impl SessionManager {
    /// The client, for what needs no user.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The session as it is now, without asking anybody. Its access token may have expired.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.0.current().held.as_ref().map(|held| held.session().clone())
    }

    /// An access token that is good, refreshed when due.
    ///
    /// However many ask, one request is sent. When the refresh fails but the token is still good, it is returned.
    ///
    /// # Errors
    /// [`Error::NoSession`] when nobody is signed in; what the refresh failed with, when the token has expired. If that
    /// [`ends_session`](Error::ends_session), the user has to sign in again.
    pub async fn access_token(&self) -> Result<Secret> {
        loop {
            let (held, remaining) = {
                let current = self.0.current();
                let held = current.held.as_ref().ok_or(Error::NoSession)?;
                let uptime = self.0.clock().uptime();
                if uptime < held.expiry.due_at {
                    return Ok(held.session().access_token().clone());
                }
                (held.clone(), held.expiry.expires_at.saturating_sub(uptime))
            };
            let flight = self.0.flight_if_due();
            let outcome = if remaining.is_zero() {
                flight.outcome().await
            } else {
                tokio::select! {
                    biased;
                    outcome = flight.outcome() => outcome,
                    () = self.0.clock().sleep(PATIENCE.min(remaining)) => return Ok(held.session().access_token().clone()),
                }
            };
            match outcome {
                Outcome::Refreshed(session) => return Ok(session.access_token().clone()),
                Outcome::Failed(_) if !remaining.is_zero() => return Ok(held.session().access_token().clone()),
                Outcome::Ended(error) | Outcome::Failed(error) => return Err(error),
                // Somebody signed in or out in the meantime.
                Outcome::Superseded => {}
            }
        }
    }

    /// Refreshes now, due or not. A refresh that is under way is joined.
    ///
    /// # Errors
    /// [`Error::NoSession`]; what the refresh failed with. Soon after a failure it fails at once with the same error.
    pub async fn refresh(&self) -> Result<Session> {
        loop {
            match self.0.flight(|_| true).outcome().await {
                Outcome::Refreshed(session) => return Ok(*session),
                Outcome::Ended(error) | Outcome::Failed(error) => return Err(error),
                Outcome::Superseded => {}
            }
        }
    }

    /// The signed-in user's operations, with a good token.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token).
    pub async fn user(&self) -> Result<UserClient> {
        Ok(self.0.client.user(self.access_token().await?))
    }

    /// Signs in, and keeps the session.
    ///
    /// # Errors
    /// As the grant says. The session so far stays then.
    pub async fn sign_in(&self, grant: impl Grant) -> Result<Session> {
        self.keep(self.0.client.sign_in(grant).await?, Event::SignedIn).await
    }

    /// Signs up, and keeps the session if that is what comes of it.
    ///
    /// # Errors
    /// As [`Client::sign_up`].
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<SignUpOutcome> {
        Ok(match self.0.client.sign_up(sign_up).await? {
            SignUpOutcome::Session(session) => SignUpOutcome::Session(self.keep(session, Event::SignedIn).await?),
            confirmation @ SignUpOutcome::ConfirmationRequired(_) => confirmation,
        })
    }

    /// Verifies a code, and keeps the session if that is what comes of it. The first of two confirmations of a new
    /// address leaves the session as it is.
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

    /// Exchanges the code of a flow, and keeps the session. The event is that of what the flow was begun for.
    ///
    /// # Errors
    /// As [`Client::sign_in_from_callback`].
    pub async fn sign_in_from_callback(&self, flows: &mut PkceFlows, callback: &Callback) -> Result<CallbackOutcome> {
        Ok(match self.0.client.sign_in_from_callback(flows, callback).await? {
            CallbackOutcome::SignedIn { session, kind } => {
                CallbackOutcome::SignedIn { session: self.keep(session, event_of(kind)).await?, kind }
            }
            pending @ CallbackOutcome::ConfirmationPending { .. } => pending,
        })
    }

    /// Keeps the session whose tokens a redirect brought in its fragment. Only where the application awaits one: it
    /// could be anybody's.
    ///
    /// # Errors
    /// As [`Client::session_from_callback`].
    pub async fn set_from_callback(&self, tokens: CallbackSession) -> Result<Session> {
        let event = event_of(tokens.kind);
        self.keep(self.0.client.session_from_callback(tokens).await?, event).await
    }

    /// Signs in with a pair of tokens that were got elsewhere. When the access token has expired, or nobody can tell, it
    /// is refreshed; otherwise the server is asked for the user, and so checks it.
    ///
    /// # Errors
    /// As [`Client::refresh`] and [`UserClient::get`]. The session so far stays then.
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

    /// Keeps a session that was got elsewhere, as by a sign-in.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the runtime is shutting down.
    pub async fn set(&self, session: Session) -> Result<Session> {
        self.keep(session, Event::SignedIn).await
    }

    /// Signs out: here first, then at the server. `Local` ends this session, `Global` all of the user's; `Others` ends
    /// all but this one.
    ///
    /// Whatever the server says, nobody is signed in here any more (except with `Others`). An access token that has
    /// expired is no hindrance.
    ///
    /// # Errors
    /// For information: the server could not be told, so that the refresh token lives on there. With `Others`, as
    /// [`access_token`](Self::access_token).
    pub async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        if scope == SignOutScope::Others {
            return self.user().await?.sign_out(scope).await;
        }
        let Some(held) = self.0.publish(|_| true, None, Event::SignedOut(SignedOutReason::Requested)) else {
            return Ok(());
        };
        let (inner, record) = (self.0.clone(), held.record.clone());
        spawned(async move { inner.remove_sign_in(&record).await }).await?;
        self.0.tell_of_sign_out(&held, scope).await
    }

    /// What happens to the session from now on, beginning with the session as it is.
    pub fn events(&self) -> Events {
        self.0.events()
    }

    /// Keeps the session fresh in the background until the guard is dropped.
    pub fn auto_refresh(&self) -> AutoRefresh {
        AutoRefresh::start(self.0.clone())
    }

    /// A new sign-in takes the place of whatever was.
    pub(super) async fn keep(&self, session: Session, event: fn(Session) -> Event) -> Result<Session> {
        let (inner, new) = (self.0.clone(), session.clone());
        let expiry = Expiry::of_new(&session, self.0.clock().uptime());
        spawned(async move { inner.begin(new, expiry, event).await }).await?;
        Ok(session)
    }
}

/// For how many seconds an access token is still good; nothing when it is not, or when that makes no sense.
fn remaining_lifetime(access_token: &Secret, server_now: DateTime<Utc>) -> Option<i64> {
    let claims = Claims::read_unverified(access_token).ok()?;
    let remaining = claims.exp - server_now;
    let is_sound = claims.iat.is_none_or(|issued| remaining <= claims.exp - issued);
    (is_sound && remaining > TimeDelta::zero()).then(|| remaining.num_seconds())
}

/// What to tell of a session that a flow of this kind brought.
fn event_of(kind: FlowKind) -> fn(Session) -> Event {
    match kind {
        FlowKind::Recovery => Event::PasswordRecovery,
        FlowKind::EmailChange | FlowKind::LinkIdentity => |session| Event::UserUpdated(session.user().clone()),
        _ => Event::SignedIn,
    }
}
