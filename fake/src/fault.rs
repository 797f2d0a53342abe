//! Faults: failures on demand.

use std::{collections::VecDeque, time::Duration};

use crate::{
    model::ErrorCode,
    wire::{ApiError, Cut, Request, Response},
};

/// A failure between the client and the server, for [`FakeServer::fail`](super::FakeServer::fail).
///
/// It affects the next call, unless [`times`](Self::times) or [`of`](Self::of) is set.
///
/// ```
/// use gotrue::{Password, SignUp};
/// use gotrue_fake::{Fault, FakeServer};
///
/// # async fn f() -> Result<(), gotrue::Error> {
/// let server = FakeServer::start().await;
/// let client = server.client()?;
/// client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await?;
/// server.fail(Fault::page(502).of("token"));
/// let error = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap_err();
/// assert!(error.is_retryable() && error.status().is_some_and(|status| status == 502));
/// # Ok(()) }
/// # tokio::runtime::Runtime::new().unwrap().block_on(f()).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass it to FakeServer::fail"]
pub struct Fault {
    kind: Kind,
    operation: Option<String>,
    times: usize,
    retry_after: Option<String>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The server returns an error in its own format.
    Error(u16, ErrorCode),
    /// A proxy or gateway responds.
    Response { status: u16, content_type: String, body: String },
    /// The server handles the request, and the response is delayed.
    Slow(Duration),
    /// The server handles the request, and the response is cut off.
    Damaged(Cut),
    /// The connection is reset before the server handles the request.
    Reset,
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self { kind, operation: None, times: 1, retry_after: None }
    }

    /// Returns an error in the server's format, such as 429 and [`ErrorCode::OverRequestRateLimit`].
    pub fn error(status: u16, code: ErrorCode) -> Self {
        Self::new(Kind::Error(status, code))
    }

    /// Returns an HTML page, as gateways do.
    pub fn page(status: u16) -> Self {
        Self::response(status, "text/html", "<html><body><h1>Something is wrong</h1></body></html>")
    }

    /// Returns a response without a body.
    pub fn empty(status: u16) -> Self {
        Self::response(status, "", "")
    }

    /// Returns this response instead of the server's. If the content type is empty, the header is omitted.
    pub fn response(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Kind::Response { status, content_type: content_type.into(), body: body.into() })
    }

    /// Delays the response, by the clock of this machine. The server handles the request.
    pub fn slow(delay: Duration) -> Self {
        Self::new(Kind::Slow(delay))
    }

    /// Resets the connection before the server handles the request.
    pub fn reset() -> Self {
        Self::new(Kind::Reset)
    }

    /// Resets the connection during the body of the response. The server handles the request.
    pub fn reset_in_body() -> Self {
        Self::new(Kind::Damaged(Cut::ResetInBody))
    }

    /// Closes the connection during the body of the response. The server handles the request.
    pub fn truncated() -> Self {
        Self::new(Kind::Damaged(Cut::Truncated))
    }

    /// Sets how many calls it affects. Defaults to 1.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Limits the fault to calls of this operation, by its id in the document, such as `token`.
    pub fn of(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Adds the header `Retry-After`, in seconds or as an HTTP date.
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }

    /// Returns the response that the client gets instead of the server's own. `None` if the server handles the request.
    pub(crate) fn instead(&self, request: &Request) -> Option<Response> {
        let response = match &self.kind {
            Kind::Error(status, code) => {
                ApiError::new(*status, code.clone(), "This failure was requested by the test").into_response(request)
            }
            // Without a media type there is no header.
            Kind::Response { status, content_type, body } if content_type.is_empty() => {
                Response { body: body.clone().into(), ..Response::new(*status) }
            }
            Kind::Response { status, content_type, body } => Response::new(*status).body(content_type, body.clone()),
            Kind::Reset => Response::new(500).cut(Cut::Reset),
            Kind::Slow(_) | Kind::Damaged(_) => return None,
        };
        Some(self.with_retry_after(response))
    }

    /// Returns the server's own response as the client gets it.
    pub(crate) fn spoil(&self, own: Response) -> Response {
        let response = match &self.kind {
            Kind::Slow(delay) => own.delay(*delay),
            Kind::Damaged(cut) => own.cut(*cut),
            _ => own,
        };
        self.with_retry_after(response)
    }

    fn with_retry_after(&self, response: Response) -> Response {
        match &self.retry_after {
            Some(value) => response.header("retry-after", value),
            None => response,
        }
    }
}

/// The faults that have not occurred yet, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push_back(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the first fault for this operation.
    pub(crate) fn next(&mut self, operation: Option<&str>) -> Option<Fault> {
        self.0.retain(|fault| fault.times > 0);
        let is_for = |fault: &&mut Fault| fault.operation.is_none() || fault.operation.as_deref() == operation;
        let fault = self.0.iter_mut().find(is_for)?;
        fault.times -= 1;
        Some(fault.clone())
    }
}
