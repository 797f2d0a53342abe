//! The source of access tokens for a user's client.

use std::fmt;

use super::Session;
use crate::{
    error::{Error, Result},
    platform::BoxFuture,
    secret::Secret,
    types::{SignOutScope, User},
};

/// A call that is made with an access token.
pub(crate) type TokenCall<T> = Box<dyn FnOnce(Secret) -> BoxFuture<'static, Result<T>> + Send>;

/// Why a call returns a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionChange {
    /// A second factor was verified: the same session, with new tokens.
    MfaVerified,
    /// An identity was linked: a new session of the same user.
    IdentityLinked,
}

/// Provides valid access tokens, and keeps the changes that responses make to the session.
///
/// The calls that change the session run to completion even if the returned future is dropped, and no refresh runs at
/// the same time: it would use a refresh token that the call has replaced.
pub(crate) trait TokenSource: fmt::Debug + Send + Sync {
    /// Returns a valid access token, refreshed when due.
    fn access_token(&self) -> BoxFuture<'_, Result<Secret>>;

    /// Runs a call that returns a session, and keeps that session.
    fn replace_session(&self, change: SessionChange, call: TokenCall<Session>) -> BoxFuture<'static, Result<Session>>;

    /// Runs a call that returns the user, and keeps that user.
    fn update_user(&self, call: TokenCall<User>) -> BoxFuture<'static, Result<User>>;

    /// Signs out.
    fn sign_out(&self, scope: SignOutScope) -> BoxFuture<'static, Result<()>>;

    /// Ends the session after a call with this access token failed with an error that ends it.
    fn session_ended(&self, access_token: Secret, error: Error) -> BoxFuture<'static, ()>;
}
