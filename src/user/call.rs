//! A call with a user's access token.

use std::{ops::Deref, sync::Arc};

use reqwest::Method;

use crate::{
    client::Call,
    error::Result,
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

    /// Returns the response body, or the error with its context. Reports an error that ends a managed session.
    pub(super) async fn finish<T>(&self, result: Result<ResponseValue<T>, raw::Error<()>>) -> Result<T> {
        let error = match result {
            Ok(value) => return Ok(value.into_inner()),
            Err(error) => self.call.error(error).await,
        };
        if let Some((source, token)) = &self.managed
            && error.ends_session()
        {
            source.session_ended(token.clone(), error.clone()).await;
        }
        Err(error)
    }

    /// Runs an operation of the raw client.
    pub(super) async fn run<T, F>(self, operation: impl FnOnce(raw::Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    {
        let result = operation(self.call.raw.clone()).await;
        self.finish(result).await
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
