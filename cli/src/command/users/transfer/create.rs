//! Creating the user of a row, whatever happens on the network.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use gotrue::{Error, ErrorCode, admin::Users, chrono::Utc, reqwest::StatusCode, uuid::Uuid};

use super::{progress::Progress, row::Row};
use crate::failure::Result;

/// The wait after the first attempt. It doubles each time, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// After this many internal errors for one row, or when the time for retries is over, the row is refused if the server
/// works otherwise.
const ATTEMPTS_PER_ROW: usize = 3;

/// What became of a row.
pub enum Outcome {
    Created,
    Refused {
        why: String,
        code: Option<ErrorCode>,
        /// Whether the server failed on the row, rather than refused it.
        is_internal: bool,
    },
}

impl Outcome {
    pub fn refused(why: impl Into<String>) -> Self {
        Self::Refused { why: why.into(), code: None, is_internal: false }
    }
}

/// Creates the user of a row. Retries for this long while the server is unavailable. `may_exist` says that an earlier
/// attempt may have created the user.
pub async fn create(
    users: &Users,
    row: &Row,
    id: Uuid,
    mut may_exist: bool,
    retry_for: Duration,
    progress: &Progress,
) -> Result<Outcome> {
    let backoff = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).with_jitter();
    let mut waits = backoff.without_max_times().build();
    let (started, mut attempts) = (Instant::now(), 0);
    loop {
        let error = match attempt(users, row, id, may_exist).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        attempts += 1;
        // Only a rate limit is certain to come before the user is created.
        may_exist |= error.status() != Some(StatusCode::TOO_MANY_REQUESTS);
        let wait = waits.next().unwrap_or(LONGEST_WAIT).max(error.retry_after().unwrap_or_default());
        let is_over = started.elapsed().saturating_add(wait) > retry_for;
        let is_internal = error.status() == Some(StatusCode::INTERNAL_SERVER_ERROR);
        if is_internal && (is_over || attempts >= ATTEMPTS_PER_ROW) && users.list().per_page(1).get().await.is_ok() {
            return Ok(Outcome::Refused { why: reason(&error), code: error.code().cloned(), is_internal });
        }
        if !(error.is_retryable() || is_internal) || is_over {
            return Err(error.into());
        }
        progress.retrying(&error.to_string());
        tokio::time::sleep(wait).await;
    }
}

/// Sends one request. An error is about the network, the server or the key, and not about the row.
async fn attempt(users: &Users, row: &Row, id: Uuid, may_exist: bool) -> Result<Outcome, Error> {
    if may_exist {
        match users.get(id).await {
            Ok(user) if row.is_of(&user) => return Ok(Outcome::Created),
            Ok(_) => return Ok(Outcome::refused("the ID belongs to another user")),
            Err(error) if error.code() == Some(&ErrorCode::UserNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let request = match row.request(id, Utc::now()) {
        Ok(request) => request,
        Err(why) => return Ok(Outcome::refused(why)),
    };
    match users.create(request).await {
        Ok(_) => Ok(Outcome::Created),
        Err(error) if is_about_row(&error) => {
            Ok(Outcome::Refused { why: reason(&error), code: error.code().cloned(), is_internal: false })
        }
        Err(error) => Err(error),
    }
}

fn reason(error: &Error) -> String {
    error.api().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Returns whether an error is about the contents of the row, rather than the key or the server.
fn is_about_row(error: &Error) -> bool {
    let is_about_key = |status: StatusCode| matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    // Without a code it comes from a gateway, or from another server.
    let is_about_path = |status: StatusCode| status == StatusCode::NOT_FOUND;
    let is_refusal = error
        .status()
        .is_some_and(|status| status.is_client_error() && !is_about_key(status) && !is_about_path(status));
    matches!(error, Error::InvalidInput { .. }) || is_refusal && !error.is_retryable()
}
