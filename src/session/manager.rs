//! One user's session, kept.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::broadcast;

use super::{
    AutoRefresh, Event, Events, Revision, Session, SignedOutReason, StoredSession,
    event::CAPACITY,
    expiry::Expiry,
    refresh::{Flights, Outcome},
    store::{SessionStore, StoreError},
};
use crate::{
    callback::{Callback, CallbackSession},
    client::Client,
    clock::Clock,
    error::{Error, Result},
    flow::{FlowKind, PkceFlows},
    grant::{CallbackOutcome, Grant, Verified, Verify},
    jwt::Claims,
    raw::types::{SignOutScope, User},
    secret::Secret,
    sign_up::{SignUp, SignUpOutcome},
    user::{UserClient, UserUpdate},
};

/// How long a caller waits for a refresh while the token at hand is still good.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a write to the store is tried again when other processes write at the same time.
const STORE_ATTEMPTS: usize = 8;

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
pub struct SessionManager(Arc<Shared>);

/// What the clones and the tasks of a manager share.
pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) flights: Mutex<Flights>,
    current: ArcSwap<Current>,
    /// Keeps state and events in the same order. Held for moments; nobody's code runs under it.
    publishing: Mutex<()>,
    /// One writer to the store at a time.
    writing: tokio::sync::Mutex<()>,
    events: broadcast::Sender<Event>,
}

/// The state, replaced as a whole.
pub(super) struct Current {
    /// Counts the changes. What was begun under another number comes too late.
    pub(super) generation: u64,
    pub(super) held: Option<Held>,
}

/// A session, and until when it is good.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) record: StoredSession,
    pub(super) expiry: Expiry,
    /// What this session knows to be in the store. Nothing when the store failed, and may hold anything.
    pub(super) stored: Option<Revision>,
}

impl Held {
    pub(super) fn session(&self) -> &Session {
        &self.record.session
    }
}

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
        let record = store.load().await?;
        let held = record.map(|record| {
            let expiry = Expiry::of_stored(&record.session, self.clock().uptime(), self.clock().now());
            Held { stored: Some(record.revision()), record, expiry }
        });
        Ok(SessionManager(Arc::new(Shared {
            client: self.clone(),
            store: Arc::new(store),
            flights: Mutex::default(),
            current: ArcSwap::from_pointee(Current { generation: 0, held }),
            publishing: Mutex::new(()),
            writing: tokio::sync::Mutex::new(()),
            events: broadcast::Sender::new(CAPACITY),
        })))
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
        self.0.current.load().held.as_ref().map(|held| held.session().clone())
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
                let current = self.0.current.load();
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
    /// As [`Client::verify`].
    pub async fn verify(&self, verify: Verify) -> Result<Verified> {
        let event = event_of(verify.flow_kind());
        Ok(match self.0.client.verify(verify).await? {
            Verified::Session(session) => Verified::Session(self.keep(session, event).await?),
            pending @ Verified::ConfirmationPending { .. } => pending,
        })
    }

    /// Exchanges the code of a flow, and keeps the session. The event is that of what the flow was begun for.
    ///
    /// # Errors
    /// As [`Client::sign_in_from_callback`].
    pub async fn sign_in_from_callback(&self, flows: &PkceFlows, callback: &Callback) -> Result<CallbackOutcome> {
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

    /// Changes the signed-in user, and keeps them as they are then.
    ///
    /// # Errors
    /// As [`access_token`](Self::access_token) and [`UserClient::update`].
    pub async fn update_user(&self, update: UserUpdate) -> Result<User> {
        let user = self.user().await?.update(update).await?;
        let (shared, changed) = (self.0.clone(), user.clone());
        spawned(async move { shared.keep_user(changed).await }).await?;
        Ok(user)
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
        let (shared, record) = (self.0.clone(), held.record.clone());
        spawned(async move { shared.remove_sign_in(&record).await }).await?;
        self.0.tell_of_sign_out(&held, scope).await
    }

    /// What happens to the session from now on, beginning with the session as it is.
    pub fn events(&self) -> Events {
        let _order = self.0.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        Events::new(self.session(), self.0.events.subscribe())
    }

    /// Keeps the session fresh in the background until the guard is dropped.
    pub fn auto_refresh(&self) -> AutoRefresh {
        AutoRefresh::start(self.0.clone())
    }

    /// A new sign-in takes the place of whatever was.
    async fn keep(&self, session: Session, event: fn(Session) -> Event) -> Result<Session> {
        let (shared, new) = (self.0.clone(), session.clone());
        let expiry = Expiry::of_new(&session, self.0.clock().uptime());
        spawned(async move { shared.begin(new, expiry, event).await }).await?;
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

/// Runs something to its end, even when whoever waits for it goes away.
pub(super) async fn spawned<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|_| Error::Interrupted)
}

impl Shared {
    pub(super) fn clock(&self) -> &dyn Clock {
        &**self.client.clock()
    }

    pub(super) fn current(&self) -> arc_swap::Guard<Arc<Current>> {
        self.current.load()
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Replaces the state and tells of it, if the condition holds and there is a change. Returns what was held before.
    pub(super) fn publish(
        &self,
        condition: impl FnOnce(&Current) -> bool,
        held: Option<Held>,
        event: Event,
    ) -> Option<Held> {
        let _order = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current.load_full();
        if !condition(&before) || before.held.is_none() && held.is_none() {
            return None;
        }
        self.current.store(Arc::new(Current { generation: before.generation + 1, held }));
        self.tell(event);
        before.held.clone()
    }

    /// Tells of something. Nobody need listen.
    pub(super) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// A new sign-in: kept, stored, told of.
    async fn begin(&self, session: Session, expiry: Expiry, event: fn(Session) -> Event) {
        let _turn = self.writing.lock().await;
        let Ok(record) = StoredSession::of_sign_in(session.clone()) else {
            return self.tell(Event::StoreFailed(StoreError::new("name a session", "no randomness")));
        };
        let written = self.overwrite(&record).await;
        let stored = written.is_ok().then(|| record.revision());
        self.publish(|_| true, Some(Held { record, expiry, stored }), event(session));
        self.note(written);
    }

    /// The user of the session has changed.
    async fn keep_user(&self, user: User) {
        let _turn = self.writing.lock().await;
        let current = self.current.load_full();
        let Some(held) = current.held.as_ref().filter(|held| held.session().user().id == user.id) else { return };
        let Ok(record) = held.record.followed_by(held.session().clone().with_user(user.clone())) else { return };
        let (stored, written) = self.replace(held.stored, &record).await;
        let expiry = held.expiry;
        let unchanged = |now: &Current| now.generation == current.generation;
        self.publish(unchanged, Some(Held { record, expiry, stored }), Event::UserUpdated(user));
        self.note(written);
    }

    /// A newer session of the same sign-in, from the server or from the store. False when it comes too late.
    pub(super) async fn renew(&self, generation: u64, before: &Held, session: Session) -> Option<Held> {
        let expiry = Expiry::of_new(&session, self.clock().uptime());
        let _turn = self.writing.lock().await;
        if self.current.load().generation != generation {
            return None;
        }
        let record = before.record.followed_by(session.clone()).ok()?;
        let (stored, written) = self.replace(before.stored, &record).await;
        let held = Held { record, expiry, stored };
        let kept = self.publish(|now| now.generation == generation, Some(held.clone()), Event::TokenRefreshed(session));
        self.note(written);
        kept.map(|_| held)
    }

    /// Puts a record in the place of the one that is known to be there, and tells what is known to be there then.
    async fn replace(
        &self,
        before: Option<Revision>,
        record: &StoredSession,
    ) -> (Option<Revision>, Result<(), StoreError>) {
        let written = match before {
            Some(_) => self.store.compare_and_swap(before, Some(record.clone())).await,
            None => self.overwrite(record).await.map(|()| true),
        };
        let stored = match written {
            Ok(true) => Some(record.revision()),
            // Another process has written in between; the next refresh will find its record.
            Ok(false) => before,
            Err(_) => None,
        };
        (stored, written.map(drop))
    }

    /// Takes over what another process has stored.
    pub(super) fn adopt(&self, generation: u64, before: &Held, record: StoredSession) -> Option<Held> {
        let expiry = Expiry::of_stored(&record.session, self.clock().uptime(), self.clock().now());
        let session = record.session.clone();
        let same = record.sign_in() == before.record.sign_in();
        let event = if same { Event::TokenRefreshed(session) } else { Event::SignedIn(session) };
        let held = Held { stored: Some(record.revision()), record, expiry };
        self.publish(|now| now.generation == generation, Some(held.clone()), event).map(|_| held)
    }

    /// The session is over, and not because it was asked for.
    pub(super) async fn end(&self, generation: u64, before: &Held, reason: SignedOutReason) {
        let _turn = self.writing.lock().await;
        let ended = self.publish(|now| now.generation == generation, None, Event::SignedOut(reason));
        if ended.is_some() && before.stored.is_some() {
            let removed = self.store.compare_and_swap(before.stored, None).await;
            self.note(removed.map(drop));
        }
    }

    /// Removes the record of a sign-in, however often it was refreshed since; the record of another one stays.
    async fn remove_sign_in(&self, signed_out: &StoredSession) {
        let _turn = self.writing.lock().await;
        let removed = self
            .swap(|there| match there {
                Some(record) if record.sign_in() == signed_out.sign_in() => Some(None),
                _ => None,
            })
            .await;
        self.note(removed);
    }

    async fn overwrite(&self, record: &StoredSession) -> Result<(), StoreError> {
        self.swap(|_| Some(Some(record.clone()))).await
    }

    /// Changes the record by what is there, as often as others are faster.
    async fn swap(
        &self,
        change: impl Fn(Option<&StoredSession>) -> Option<Option<StoredSession>>,
    ) -> Result<(), StoreError> {
        for _ in 0..STORE_ATTEMPTS {
            let there = self.store.load().await?;
            let Some(new) = change(there.as_ref()) else { return Ok(()) };
            if self.store.compare_and_swap(there.map(|record| record.revision()), new).await? {
                return Ok(());
            }
        }
        Err(StoreError::new("write the session", "others write all the time"))
    }

    /// A store that fails does not fail the session, which lives on in memory.
    pub(super) fn note(&self, stored: Result<(), StoreError>) {
        if let Err(error) = stored {
            self.tell(Event::StoreFailed(error));
        }
    }

    /// Ends the session at the server, which may know already.
    async fn tell_of_sign_out(&self, held: &Held, scope: SignOutScope) -> Result<()> {
        let has_expired = held.expiry.expires_at <= self.clock().uptime();
        let token = if has_expired {
            // Without a good access token the server would not listen, and the refresh token would live on.
            match self.client.refresh(held.session().refresh_token()).await {
                Ok(session) => session.access_token().clone(),
                Err(error) if error.ends_session() => return Ok(()),
                Err(error) => return Err(error),
            }
        } else {
            held.session().access_token().clone()
        };
        match self.client.user(token).sign_out(scope).await {
            Err(error) if error.status().is_some_and(|status| matches!(status.as_u16(), 401 | 403 | 404)) => Ok(()),
            other => other,
        }
    }
}
