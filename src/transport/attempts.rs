//! When a call is sent again, and when it must not be.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::{
    Client, Request, Response, Result, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};

use super::{
    Transport,
    receive::{Received, receive},
};
use crate::error::{may_pass, retry_after};

/// How often a call is sent again, unless the application says otherwise.
pub(crate) const RETRIES: usize = 3;

/// The wait before the first retry; it doubles each time up to the longest, and up to as much again is added by chance.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// A server that asks for a longer wait than this is not waited for; the caller is told.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Sends a request, and again where that may help and can do no harm. Tells how often it was sent again.
///
/// All attempts and waits together take no longer than the client's time-out.
pub(super) async fn send(http: &Client, transport: &Transport, mut request: Request) -> (Result<Response>, usize) {
    let settings = transport.settings();
    let repeatable = transport.repeatable || transport.operation().is_some_and(|operation| operation.safe);
    let began = settings.clock.uptime();
    let remaining = || settings.timeout.saturating_sub(settings.clock.uptime().saturating_sub(began));
    let backoff = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).with_jitter();
    let mut waits = backoff.with_max_times(settings.retries).build();
    let mut retries = 0;
    loop {
        let wait = waits.next();
        let again = wait.and_then(|_| request.try_clone());
        *request.timeout_mut() = Some(remaining());
        let result = attempt(http, request, settings.largest_reply).await;
        let pause = wait.and_then(|wait| pause(wait, &result, repeatable)).filter(|pause| *pause < remaining());
        match (again, pause) {
            (Some(again), Some(pause)) => {
                settings.clock.sleep(pause).await;
                request = again;
                retries += 1;
            }
            _ => return (result.map(|received| received.reply), retries),
        }
    }
}

async fn attempt(http: &Client, request: Request, largest: usize) -> Result<Received> {
    Ok(receive(http.execute(request).await?, largest).await)
}

/// How long to wait before the next attempt. Nothing when there should be none.
fn pause(wait: Duration, result: &Result<Received>, repeatable: bool) -> Option<Duration> {
    let headers = result.as_ref().ok().map(|received| received.reply.headers());
    let asked_for = headers.and_then(retry_after).unwrap_or_default();
    (asked_for <= LONGEST_WAIT && may_be_sent_again(result, repeatable)).then(|| wait.max(asked_for))
}

/// Whether sending the request again may help and can do no harm.
fn may_be_sent_again(result: &Result<Received>, repeatable: bool) -> bool {
    match result {
        // Without a connection the server certainly has not got it.
        Err(error) if error.is_connect() => true,
        // The time of the call is over.
        Err(error) if error.is_timeout() => false,
        Err(_) => repeatable,
        Ok(received) => repeatable && (received.broken || is_passing(&received.reply)),
    }
}

/// Whether a reply is that of a server that is busy, or of a gateway without one.
fn is_passing(reply: &Response) -> bool {
    // A limit is not waited for blindly: that would only use up more of it.
    let knows_when = reply.status() != StatusCode::TOO_MANY_REQUESTS || retry_after(reply.headers()).is_some();
    may_pass(reply.status()) && knows_when || reply.status().is_success() && is_page(reply.headers())
}

/// No operation answers with a page. A gateway does, or the portal of a hotel.
fn is_page(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}
