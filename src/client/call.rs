//! A call through the raw client, and its result.

use futures_util::{FutureExt, TryFutureExt};
use progenitor_client::ClientInfo;
use reqwest::{Method, header::HeaderMap};
use url::Url;

use crate::{
    clock::Moment,
    error::{Error, Result},
    platform::BoxFuture,
    raw::{self, ResponseValue},
};

/// A call through the raw client.
pub(crate) struct Call {
    pub(crate) raw: raw::Client,
}

impl Call {
    /// Allows retries of a call that may be sent twice, although its operation changes something on the server.
    pub(crate) fn repeatable(mut self) -> Self {
        self.raw.inner = self.raw.inner.repeatable();
        self
    }

    /// Runs an operation of the raw client. Every client's public `call` is this.
    pub(crate) async fn run<T, F>(self, operation: impl FnOnce(raw::Client) -> F) -> Result<T>
    where
        F: Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    {
        let operation = operation(self.raw.clone());
        self.finish(operation).await
    }

    /// Creates a request to any path. Every client's public `request` is this.
    pub(crate) fn request(self, method: Method, path: impl Into<String>) -> raw::Request {
        raw::Request::new(self.raw, method, path)
    }

    /// Waits for an operation of the raw client. Returns the response body, or the error with everything that is known
    /// of the call.
    ///
    /// Made of combinators: the future of an `async fn` would contain the operation twice, and its result besides.
    pub(crate) fn finish<T>(
        &self,
        operation: impl Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    ) -> impl Future<Output = Result<T>> {
        operation.map_ok(ResponseValue::into_inner).or_else(|error| self.error(error).map(Err))
    }

    /// As [`finish`](Self::finish), with the headers of the response, for operations whose headers say what the body
    /// does not.
    pub(crate) fn finish_with_headers<T>(
        &self,
        operation: impl Future<Output = Result<ResponseValue<T>, raw::Error<()>>>,
    ) -> impl Future<Output = Result<(T, HeaderMap)>> {
        let with_headers = |value: ResponseValue<T>| {
            let headers = value.headers().clone();
            (value.into_inner(), headers)
        };
        operation.map_ok(with_headers).or_else(|error| self.error(error).map(Err))
    }

    /// Converts the error of a raw operation. Boxed, so that the future of each call is not larger for it.
    pub(crate) fn error(&self, error: raw::Error<()>) -> BoxFuture<'_, Error> {
        Box::pin(async { Error::from_call(error, &self.raw.inner().response_meta()).await })
    }

    /// Returns when the request was started, before anything was sent.
    pub(crate) fn started(&self) -> Moment {
        let transport = self.raw.inner();
        Moment::at_uptime(&*transport.settings().clock, transport.started())
    }

    /// Returns a part of the response without which the call has failed.
    pub(crate) fn required<T>(&self, what: &'static str, part: Option<T>) -> Result<T> {
        part.ok_or_else(|| Error::lacks(&self.raw.inner().response_meta(), what))
    }

    /// Returns a URL in the response.
    pub(crate) fn url(&self, text: &str) -> Result<Url> {
        self.required("the URL", Url::parse(text).ok())
    }
}
