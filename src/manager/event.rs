//! The events of a session, as a stream.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::Stream;
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

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
#[derive(Debug)]
#[must_use = "a stream does nothing unless it is read"]
pub struct Events {
    initial: Option<Event>,
    following: BroadcastStream<Arc<Event>>,
}

impl Events {
    pub(super) fn new(initial: Option<Session>, following: broadcast::Receiver<Arc<Event>>) -> Self {
        Self { initial: Some(Event::InitialSession(initial)), following: BroadcastStream::new(following) }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(initial) = self.initial.take() {
            return Poll::Ready(Some(initial));
        }
        Pin::new(&mut self.following).poll_next(context).map(|event| {
            event.map(|event| match event {
                Ok(event) => Arc::unwrap_or_clone(event),
                Err(BroadcastStreamRecvError::Lagged(missed)) => Event::Missed(missed),
            })
        })
    }
}
