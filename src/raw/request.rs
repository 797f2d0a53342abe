//! A request to any path.

use std::{fmt, sync::Arc};

use progenitor_client::ClientInfo;
use reqwest::{
    Method, Response,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use super::{Client, Error as RawError};
use crate::{
    error::{Error, Result},
    operation::Operation,
    platform::{BoxFuture, http::Received},
};

/// A request with any method and path, from [`Client::request`](crate::Client::request) or
/// [`AdminClient::request`](crate::AdminClient::request).
///
/// ```
/// use gotrue::reqwest::Method;
///
/// # async fn f(client: gotrue::Client) -> Result<(), gotrue::Error> {
/// let settings: serde_json::Value = client.request(Method::GET, "/settings").send().await?;
/// println!("{}", settings["external"]);
/// # Ok(()) }
/// # use gotrue::serde_json;
/// ```
#[derive(Clone)]
#[must_use = "call send or response"]
pub struct Request {
    client: Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    /// The JSON body, or the message of the serialization error.
    body: Option<Result<Vec<u8>, String>>,
    on_error: Option<OnError>,
}

/// Called with an error before it is returned.
type OnError = Arc<dyn Fn(Error) -> BoxFuture<'static, ()> + Send + Sync>;

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The query and the body may contain secrets.
        f.debug_struct("Request").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

impl Request {
    pub(crate) fn new(client: Client, method: Method, path: impl Into<String>) -> Self {
        Self { client, method, path: path.into(), query: Vec::new(), body: None, on_error: None }
    }

    /// Calls this function with an error before it is returned.
    pub(crate) fn on_error(mut self, report: impl Fn(Error) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(report));
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets the body, which is sent as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body).map_err(|error| error.to_string()));
        self
    }

    /// Sends the request and decodes the JSON response. An empty response is decoded like `null`, so use `()` for an
    /// operation without a response body.
    ///
    /// # Errors
    /// As [`response`](Self::response), and [`Error::UnreadableResponse`] if the response is not JSON of this type.
    pub async fn send<T: DeserializeOwned>(mut self) -> Result<T> {
        let value = self.send_raw().await;
        self.finish(value).await
    }

    /// Sends the request and returns the response, with its status, headers and whole body. The status is always a
    /// success; any other is returned as an error.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the path does not start with a slash, contains a query or has a segment such as `..`,
    /// or if the body cannot be serialized; otherwise as any call.
    pub async fn response(mut self) -> Result<Response> {
        let response = self.response_raw().await;
        self.finish(response).await
    }

    async fn finish<T>(&self, result: Result<T, RawError<()>>) -> Result<T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                let error = Box::pin(Error::from_call(error, &self.client.inner().response_meta())).await;
                if let Some(on_error) = &self.on_error {
                    on_error(error.clone()).await;
                }
                Err(error)
            }
        }
    }

    async fn send_raw<T: DeserializeOwned>(&mut self) -> Result<T, RawError<()>> {
        let body = self.response_raw().await?.bytes().await.map_err(RawError::ResponseBodyError)?;
        let json: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(json).map_err(|cause| RawError::InvalidResponsePayload(body.clone(), cause))
    }

    async fn response_raw(&mut self) -> Result<Response, RawError<()>> {
        let mut request = reqwest::Request::new(self.method.clone(), self.url().map_err(RawError::InvalidRequest)?);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = self.body.take() {
            let body = body.map_err(|why| RawError::InvalidRequest(format!("body must be valid JSON: {why}")))?;
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        let operation = Operation::by_path(self.method.as_str(), &self.path);
        self.client.inner().send(self.client.client(), operation, request).await.map(Received::into_response)
    }

    fn url(&self) -> Result<Url, String> {
        if !self.path.starts_with('/') {
            return Err("path must start with a slash".to_owned());
        }
        if self.path.contains(['?', '#']) {
            return Err("path must not contain a query or a fragment".to_owned());
        }
        // A URL parser resolves such segments, even percent-encoded ones, which would change the path.
        let is_relative =
            |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        if self.path.split(['/', '\\']).any(is_relative) {
            return Err("path must not contain the segments `.` and `..`".to_owned());
        }
        let mut url = self.client.inner().url(&self.path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}
