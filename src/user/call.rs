//! A call with a user's access token.

use std::{ops::Deref, sync::Arc};

use futures_util::{FutureExt, TryFutureExt};
use reqwest::Method;

use crate::{
    client::Call,
    error::{Error, Result},
    platform::BoxFuture,
    raw::{self, ResponseValue},
    secret::Secret,
    session::TokenSource,
};

/// A call with a user's access token. If the token belongs to a managed session, an error that ends the session is
/// reported to the manager.
pub(super) struct UserCall {
    call: Call,
    managed: Option<(Arc<dyn TokenSource>, Secret)>,
}

impl UserCall {
    pub(super) fn new(call: Call, managed: Option<(Arc<dyn TokenSource>, Secret)>) -> Self {
        Self { call, managed }
    }

    /// Waits for an operation of the raw client. Returns the response body, or the error with its context. Reports an
    /// error that ends a managed session.
    pub(super) fn finish<T>(
        &self,
        operation: impl Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    ) -> impl Future<Output = Result<T>> {
        operation.map_ok(ResponseValue::into_inner).or_else(|error| self.error(error).map(Err))
    }

    fn error(&self, error: raw::Error<()>) -> BoxFuture<'_, Error> {
        Box::pin(async {
            let error = self.call.error(error).await;
            if let Some((source, token)) = &self.managed
                && error.ends_session()
            {
                source.session_ended(token.clone(), error.clone()).await;
            }
            error
        })
    }

    /// Runs an operation of the raw client.
    pub(super) async fn run<T, F>(self, operation: impl FnOnce(raw::Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    {
        let operation = operation(self.call.raw.clone());
        self.finish(operation).await
    }

    /// Creates a request to any path. An error that ends a managed session is reported.
    pub(super) fn request(self, method: Method, path: impl Into<String>) -> raw::Request {
        let request = self.call.request(method, path);
        match self.managed {
            None => request,
            Some((source, token)) => request.on_error(move |error| source.session_ended(token.clone(), error)),
        }
    }

    pub(super) fn into_raw(self) -> raw::Client {
        self.call.raw
    }
}

impl Deref for UserCall {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}
