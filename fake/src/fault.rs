//! Failing on purpose.

use crate::wire::{ApiError, Cut, Request, Response};
use std::{collections::VecDeque, time::Duration};

use crate::model::ErrorCode;

/// Something that goes wrong between the client and the server, for [`FakeServer::fail`](super::FakeServer::fail).
///
/// It happens to the next call, unless [`times`](Self::times) and [`of`](Self::of) say otherwise.
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
#[must_use = "give it to FakeServer::fail"]
pub struct Fault {
    kind: Kind,
    operation: Option<String>,
    times: usize,
    retry_after: Option<String>,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The server refuses, in its own words.
    ApiError(u16, ErrorCode),
    /// Something in between answers.
    Response { status: u16, content_type: String, body: String },
    /// The server does what it is asked, and the answer takes its time.
    Slow(Duration),
    /// The server does what it is asked, and the answer comes in part.
    Damaged(Cut),
    /// The connection breaks before the server hears of anything.
    Reset,
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Self { kind, operation: None, times: 1, retry_after: None }
    }

    /// The server answers with an error of its own, such as 429 and [`ErrorCode::OverRequestRateLimit`].
    pub fn error(status: u16, code: ErrorCode) -> Self {
        Self::new(Kind::ApiError(status, code))
    }

    /// A gateway answers with a page of HTML, whatever the status.
    pub fn page(status: u16) -> Self {
        Self::response(status, "text/html", "<html><body><h1>Something is wrong</h1></body></html>")
    }

    /// The answer has a status and no body.
    pub fn empty(status: u16) -> Self {
        Self::response(status, "", "")
    }

    /// Something in between answers, with this content type and body.
    pub fn response(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Kind::Response { status, content_type: content_type.into(), body: body.into() })
    }

    /// The answer takes that long, by the clock of this machine. The server has done what was asked.
    pub fn slow(delay: Duration) -> Self {
        Self::new(Kind::Slow(delay))
    }

    /// The connection is reset before the server has heard of anything.
    pub fn reset() -> Self {
        Self::new(Kind::Reset)
    }

    /// The connection is reset within the body of the answer. The server has done what was asked.
    pub fn reset_in_body() -> Self {
        Self::new(Kind::Damaged(Cut::ResetInBody))
    }

    /// The connection is closed within the body of the answer. The server has done what was asked.
    pub fn truncated() -> Self {
        Self::new(Kind::Damaged(Cut::Truncated))
    }

    /// It happens that often. Default: once.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// It happens to calls of this operation only, by its id in the document, such as `token`.
    pub fn of(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// The answer has the header `Retry-After`, in seconds or as a date.
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }

    /// The answer, with what the server itself would say, should it hear of the request.
    pub(super) fn answer(self, request: &Request, own: impl FnOnce() -> Response) -> Response {
        let response = match self.kind {
            Kind::ApiError(status, code) => ApiError::new(status, code, "Made to fail").into_response(request),
            // Without a media type there is no header.
            Kind::Response { status, content_type, body } if content_type.is_empty() => {
                Response { body: body.into(), ..Response::new(status) }
            }
            Kind::Response { status, content_type, body } => Response::new(status).body(&content_type, body),
            Kind::Slow(delay) => own().delay(delay),
            Kind::Damaged(cut) => own().cut(cut),
            Kind::Reset => Response::new(500).cut(Cut::Reset),
        };
        match self.retry_after {
            Some(value) => response.header("retry-after", &value),
            None => response,
        }
    }
}

/// The faults that are still to come, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push_back(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first that is for this operation, once less from now on.
    pub(super) fn next(&mut self, operation: Option<&str>) -> Option<Fault> {
        self.0.retain(|fault| fault.times > 0);
        let is_for = |fault: &&mut Fault| fault.operation.is_none() || fault.operation.as_deref() == operation;
        let fault = self.0.iter_mut().find(is_for)?;
        fault.times -= 1;
        Some(fault.clone())
    }
}
