//! Which calls are retried, and when.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::{
    Client, Request, Response, Result, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};

use super::Settings;
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
    pub(super) result: Result<Received>,
    pub(super) retries: usize,
    /// The request, for the secrets that an error must not show. `None` if its body was a stream.
    pub(super) sent: Option<SentRequest>,
}

/// Sends a request, and retries it if that may help and is safe.
///
/// All attempts and waits together take no longer than the client's time-out, which is that of the first attempt.
///
/// The first attempt is prepared here and not in the future, which would otherwise contain the request as long as it
/// lives.
pub(super) fn send(
    client: &Client,
    settings: &Settings,
    mut request: Request,
    started: Duration,
    repeatable: bool,
) -> impl Future<Output = Outcome> {
    let sent = request.try_clone().map(SentRequest::new);
    http::set_timeout(&mut request, settings.timeout, true);
    let mut attempt = client.execute(request);
    async move {
        let remaining = || settings.timeout.saturating_sub(settings.clock.uptime().saturating_sub(started));
        let mut retries = 0;
        loop {
            let result = match attempt.await {
                // Free-form data may be nested deeper than anything here can decode.
                Ok(response) => Ok(http::receive(response, settings.max_response_size, nesting::bounded).await),
                Err(error) => Err(error),
            };
            let pause = if may_be_sent_again(&result, repeatable) {
                let wait = wait_before(retries, settings.retries);
                wait.and_then(|wait| pause(wait, &result)).filter(|pause| *pause < remaining())
            } else {
                None
            };
            let Some(pause) = pause.filter(|_| sent.is_some()) else { return Outcome { result, retries, sent } };
            settings.clock.sleep(pause).await;
            let Some(mut copy) = sent.as_ref().and_then(SentRequest::copy) else {
                return Outcome { result, retries, sent };
            };
            retries += 1;
            http::set_timeout(&mut copy, remaining(), false);
            attempt = client.execute(copy);
        }
    }
}

/// Returns how long to wait after this many retries, or `None` if there were as many as are allowed.
fn wait_before(retries: usize, max_retries: usize) -> Option<Duration> {
    let backoff = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).with_jitter();
    backoff.with_max_times(max_retries).build().nth(retries)
}

/// Returns how long to wait before the next attempt, or `None` if the server asks for more than the longest wait.
fn pause(wait: Duration, result: &Result<Received>) -> Option<Duration> {
    let asked_for =
        result.as_ref().ok().and_then(|received| retry_after(received.response.headers())).unwrap_or_default();
    (asked_for <= LONGEST_WAIT).then(|| wait.max(asked_for))
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
