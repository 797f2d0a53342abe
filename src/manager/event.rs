//! The events of a session, as a stream.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    error::{Error, StoreError},
    session::Session,
    types::{ErrorCode, User},
};

/// How many events wait for a slow reader before it gets [`Event::Missed`].
pub(super) const CAPACITY: usize = 64;

/// An event of a session.
///
/// The state has already changed when the event arrives. Any method of the manager may be called while handling it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The first event of each stream: the session when the stream starts.
    InitialSession(Option<Session>),
    /// A user signed in, or a session was set.
    SignedIn(Session),
    /// The session has new tokens.
    TokenRefreshed(Session),
    /// The user was changed.
    UserUpdated(User),
    /// A user signed in with a recovery link or code, and should set a new password.
    PasswordRecovery(Session),
    /// A second factor was verified. The session has a higher assurance level.
    MfaVerified(Session),
    /// The session is over.
    SignedOut(SignedOutReason),
    /// A refresh failed; the session stays. It is retried when an access token is next needed, or after a pause.
    RefreshFailed(Error),
    /// The store failed. The session stays in memory.
    StoreFailed(StoreError),
    /// This many events were missed, because this reader was too slow.
    Missed(u64),
}

/// Why a session is over.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SignedOutReason {
    /// The application signed out.
    Requested,
    /// The server says that the session has expired: by inactivity, age, or a newer sign-in.
    Expired(Error),
    /// The server says that the session is over for another reason: a sign-out elsewhere, a reused or invalid refresh
    /// token, or a user who was banned or deleted.
    Revoked(Error),
    /// The store no longer has the session: another process has signed out.
    Missing,
}

impl SignedOutReason {
    /// Returns the reason for an error that ends a session.
    pub(super) fn of(error: Error) -> Self {
        if error.code() == Some(&ErrorCode::SessionExpired) { Self::Expired(error) } else { Self::Revoked(error) }
    }
}

/// The events of a session, from [`SessionManager::events`](super::SessionManager::events).
///
/// The stream does not end while the manager exists, and a slow reader does not block the manager or other readers.
#[must_use = "a stream does nothing unless it is read"]
pub struct Events(Pin<Box<dyn Stream<Item = Event> + Send + Sync>>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

impl Events {
    pub(super) fn new(initial: Option<Session>, following: Receiver<Arc<Event>>) -> Self {
        let initial = stream::iter([Event::InitialSession(initial)]);
        Self(Box::pin(initial.chain(stream::unfold(following, next))))
    }
}

/// Receives the next event. Returns `None` if the manager no longer exists.
async fn next(mut following: Receiver<Arc<Event>>) -> Option<(Event, Receiver<Arc<Event>>)> {
    let event = match following.recv().await {
        Ok(event) => Arc::unwrap_or_clone(event),
        Err(RecvError::Lagged(missed)) => Event::Missed(missed),
        Err(RecvError::Closed) => return None,
    };
    Some((event, following))
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.0.as_mut().poll_next(context)
    }
}
