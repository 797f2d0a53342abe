//! Sign-out.

use std::sync::{MutexGuard, PoisonError};

use super::{
    event::{Event, SignedOutReason},
    inner::{ActiveSession, Current, Inner},
};
use crate::{
    error::{Error, Result},
    store::StoredSession,
    types::SignOutScope,
};

impl Inner {
    /// Signs out in memory, in the store and at the server.
    pub(super) async fn sign_out(&self, scope: SignOutScope) -> Result<()> {
        let mark = |current: &Current| {
            if let Some(active) = &current.active {
                *self.unremoved() = Some(Box::new(active.record.clone()));
            }
            true
        };
        let signed_out = self.publish(mark, None, Event::SignedOut(SignedOutReason::Requested));
        let Some(active) = signed_out else { return self.remove_again().await };
        let removed = self.remove(active.record.clone()).await;
        let ended = self.end_at_server(&active, scope).await;
        // The error of the store takes precedence: tokens left there would sign the user in again after a restart.
        removed.and(ended)
    }

    /// Retries the removal of an earlier sign-out's record, if it failed.
    async fn remove_again(&self) -> Result<()> {
        let unremoved = self.unremoved().clone();
        match unremoved {
            Some(record) => self.remove(*record).await,
            None => Ok(()),
        }
    }

    async fn remove(&self, record: StoredSession) -> Result<()> {
        self.remove_sign_in(&record).await?;
        self.unremoved().take_if(|unremoved| unremoved.sign_in() == record.sign_in());
        Ok(())
    }

    /// Returns whether the user has signed out of this session, whose record may still be in the store.
    pub(super) fn is_signed_out(&self, record: &StoredSession) -> bool {
        self.unremoved().as_ref().is_some_and(|unremoved| unremoved.sign_in() == record.sign_in())
    }

    fn unremoved(&self) -> MutexGuard<'_, Option<Box<StoredSession>>> {
        self.unremoved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the session at the server. An error counts as success only if it says that the session no longer exists. If
    /// the server rejects the access token for another reason, such as its expiry or an unknown key, a refreshed one is
    /// tried.
    async fn end_at_server(&self, active: &ActiveSession, scope: SignOutScope) -> Result<()> {
        if !self.has_expired(active) {
            let token = active.session().access_token().clone();
            match self.client.user(token).sign_out(scope).await {
                Err(error) if error.session_is_gone() => return Ok(()),
                Err(error) if refuses_access_token(&error) => {}
                result => return result,
            }
        }
        let token = match self.client.refresh_session(active.session()).await {
            Ok(session) => session.access_token().clone(),
            Err(error) if error.session_is_gone() => return Ok(()),
            Err(error) => return Err(error),
        };
        match self.client.user(token).sign_out(scope).await {
            Err(error) if error.session_is_gone() => Ok(()),
            result => result,
        }
    }
}

/// Returns whether the server, or a gateway in front of it, refuses the access token for a reason that a refreshed one
/// may not have.
pub(super) fn refuses_access_token(error: &Error) -> bool {
    !error.ends_session() && error.status().is_some_and(|status| matches!(status.as_u16(), 401 | 403))
}
