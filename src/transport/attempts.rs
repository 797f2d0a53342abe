//! Which calls are retried, and when.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::{
    Client, Request, Response, Result, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};

use super::Transport;
use crate::{
    error::{SentRequest, is_temporary, retry_after},
    nesting,
    platform::http::{self, Received},
};

/// The default number of retries.
pub(crate) const RETRIES: usize = 3;

/// The wait before the first retry. It doubles each time up to the longest one, with jitter of up to as much again.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait. If the server asks for more, there is no retry and the caller gets the error.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The outcome of a call.
pub(super) struct Outcome {
    pub(super) result: Result<Response>,
    pub(super) retries: usize,
    /// The request, for the secrets that an error must not show. `None` if its body was a stream.
    pub(super) sent: Option<SentRequest>,
}

/// Sends a request, and retries it if that may help and is safe.
///
/// All attempts and waits together take no longer than the client's time-out.
pub(super) async fn send(client: &Client, transport: &Transport, mut request: Request, repeatable: bool) -> Outcome {
    let settings = transport.settings();
    let started = settings.clock.uptime();
    let remaining = || settings.timeout.saturating_sub(settings.clock.uptime().saturating_sub(started));
    let backoff = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).with_jitter();
    let mut waits = backoff.with_max_times(settings.retries).build();
    let mut retries = 0;
    loop {
        let wait = waits.next();
        let copy = request.try_clone();
        *request.timeout_mut() = Some(http::timeout(remaining()));
        let result = attempt(client, request, settings.max_response_size).await;
        let pause = wait.and_then(|wait| pause(wait, &result, repeatable)).filter(|pause| *pause < remaining());
        match (copy, pause) {
            (Some(copy), Some(pause)) => {
                settings.clock.sleep(pause).await;
                request = copy;
                retries += 1;
            }
            (copy, _) => {
                let result = result.map(|received| received.response);
                return Outcome { result, retries, sent: copy.map(SentRequest::new) };
            }
        }
    }
}

async fn attempt(client: &Client, request: Request, max_size: usize) -> Result<Received> {
    // Free-form data may be nested deeper than anything here can decode.
    Ok(http::receive(client.execute(request).await?, max_size, nesting::bounded).await)
}

/// Returns how long to wait before the next attempt, or `None` if there should not be one.
fn pause(wait: Duration, result: &Result<Received>, repeatable: bool) -> Option<Duration> {
    let headers = result.as_ref().ok().map(|received| received.response.headers());
    let asked_for = headers.and_then(retry_after).unwrap_or_default();
    (asked_for <= LONGEST_WAIT && may_be_sent_again(result, repeatable)).then(|| wait.max(asked_for))
}

/// Returns whether sending the request again may help and is safe.
fn may_be_sent_again(result: &Result<Received>, repeatable: bool) -> bool {
    match result {
        // Without a connection, the server has certainly not received it.
        Err(error) if http::is_connect(error) => true,
        // The call has timed out.
        Err(error) if error.is_timeout() => false,
        Err(_) => repeatable,
        Ok(received) => repeatable && (received.broken || should_pass(&received.response)),
    }
}

/// Returns whether the response comes from a busy server, or from a gateway without one.
fn should_pass(response: &Response) -> bool {
    // Retrying without knowing when only uses up more of the limit.
    let knows_when = response.status() != StatusCode::TOO_MANY_REQUESTS || retry_after(response.headers()).is_some();
    is_temporary(response.status()) && knows_when || response.status().is_success() && is_page(response.headers())
}

/// Returns whether the response is an HTML page. No operation returns one; gateways and captive portals do.
fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}
