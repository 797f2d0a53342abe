//! A call through the raw client, and its result.

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
    /// When the call was made, before anything was sent.
    pub(crate) started: Moment,
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
        let result = operation(self.raw.clone()).await;
        self.finish(result).await
    }

    /// Creates a request to any path. Every client's public `request` is this.
    pub(crate) fn request(self, method: Method, path: impl Into<String>) -> raw::Request {
        raw::Request::new(self.raw, method, path)
    }

    /// Returns the response body, or the error with everything that is known of the call.
    pub(crate) fn finish<T>(
        &self,
        result: Result<ResponseValue<T>, raw::Error<()>>,
    ) -> impl Future<Output = Result<T>> + use<'_, T> {
        let result = result.map(ResponseValue::into_inner).map_err(|error| self.error(error));
        // The block moves the result, so that the future contains it once; an `async fn` contains its arguments twice.
        async {
            match result {
                Ok(value) => Ok(value),
                Err(error) => Err(error.await),
            }
        }
    }

    /// Converts the error of a raw operation. Boxed, so that the future of each call is not larger for it.
    pub(crate) fn error(&self, error: raw::Error<()>) -> BoxFuture<'_, Error> {
        Box::pin(async { Error::from_call(error, &self.raw.inner().response_meta()).await })
    }

    /// Returns the response body and headers, for operations whose headers say what the body does not.
    pub(crate) async fn finish_with_headers<T>(
        &self,
        result: Result<ResponseValue<T>, raw::Error<()>>,
    ) -> Result<(T, HeaderMap)> {
        let headers = result.as_ref().map(|value| value.headers().clone()).unwrap_or_default();
        Ok((self.finish(result).await?, headers))
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
