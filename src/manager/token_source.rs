//! The manager as the source of access tokens for [`SessionManager::user`].

use std::sync::Arc;

use super::{
    SessionManager,
    event::Event,
    inner::{ActiveSession, Inner, spawned},
};
use crate::{
    error::{Error, Result},
    platform::BoxFuture,
    secret::Secret,
    session::{Session, SessionChange, TokenCall, TokenSource},
    types::{SignOutScope, User},
};

impl TokenSource for SessionManager {
    fn access_token(&self) -> BoxFuture<'_, Result<Secret>> {
        Box::pin(self.access_token())
    }

    fn replace_session(&self, change: SessionChange, call: TokenCall<Session>) -> BoxFuture<'static, Result<Session>> {
        let inner = self.0.clone();
        Box::pin(async move { spawned(async move { inner.replace_session(change, call).await }).await? })
    }

    fn update_user(&self, call: TokenCall<User>) -> BoxFuture<'static, Result<User>> {
        let inner = self.0.clone();
        Box::pin(async move { spawned(async move { inner.update_user(call).await }).await? })
    }

    fn sign_out(&self, scope: SignOutScope) -> BoxFuture<'static, Result<()>> {
        let manager = self.clone();
        Box::pin(async move { SessionManager::sign_out(&manager, scope).await })
    }

    fn session_ended(&self, access_token: Secret, error: Error) -> BoxFuture<'static, ()> {
        let inner = self.0.clone();
        Box::pin(async move {
            // This fails only if the runtime is shutting down.
            let _ = spawned(async move { inner.session_ended(&access_token, error).await }).await;
        })
    }
}

impl Inner {
    async fn replace_session(self: Arc<Self>, change: SessionChange, call: TokenCall<Session>) -> Result<Session> {
        let _turn = self.turn().await;
        let (generation, active) = self.fresh().await?;
        let session = self.run(call, &active).await?.continuing(active.session())?;
        match change {
            SessionChange::MfaVerified => {
                self.renew(generation, &active, session.clone(), Event::MfaVerified).await;
            }
            SessionChange::IdentityLinked if self.current().generation == generation => {
                self.start(session.clone(), |session| Event::UserUpdated(session.user().clone())).await;
            }
            // The session was replaced in the meantime.
            SessionChange::IdentityLinked => {}
        }
        Ok(session)
    }

    async fn update_user(self: Arc<Self>, call: TokenCall<User>) -> Result<User> {
        let _turn = self.turn().await;
        let (_, active) = self.fresh().await?;
        let user = self.run(call, &active).await?;
        self.replace_user(user.clone()).await;
        Ok(user)
    }

    /// Makes a call with the access token of this session. An error that ends the session ends it here as well.
    async fn run<T>(&self, call: TokenCall<T>, active: &ActiveSession) -> Result<T> {
        let result = call(active.session().access_token().clone()).await;
        if let Err(error) = &result {
            self.session_ended(active.session().access_token(), error.clone()).await;
        }
        result
    }

    /// Ends the session if the error says so and the access token is still the current one.
    pub(super) async fn session_ended(&self, access_token: &Secret, error: Error) {
        if !error.ends_session() {
            return;
        }
        let (generation, active) = {
            let current = self.current();
            (current.generation, current.active.clone())
        };
        if let Some(active) = active.filter(|active| active.session().access_token() == access_token) {
            self.verdict(generation, &active, error).await;
        }
    }
}
