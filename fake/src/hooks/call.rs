//! One call of a hook.

use std::{error::Error, time::Duration};

use gotrue::{
    hooks::{HookSecrets, Outcome},
    reqwest::{self, Client},
    types::ErrorCode,
};
use http::Response;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

/// How long a call may take with all of its attempts.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The delay before another attempt to connect.
const BACKOFF: Duration = Duration::from_secs(2);

/// A call that has not been made yet.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) url: Url,
    pub(crate) secrets: Option<HookSecrets>,
    pub(crate) payload: Value,
    /// In seconds since the Unix epoch.
    pub(crate) timestamp: i64,
    /// An id for each attempt.
    pub(crate) ids: [Uuid; 3],
}

/// What came of a call.
pub(crate) type Answer = Outcome;

impl Call {
    /// Calls the hook, with the attempts and time limits of the real server.
    pub(crate) async fn send(&self) -> Answer {
        tokio::time::timeout(TIMEOUT, self.attempts()).await.unwrap_or_else(|_| timed_out())
    }

    async fn attempts(&self) -> Answer {
        // A redirect is followed, as the real server does.
        let Ok(client) = Client::builder().no_proxy().build() else { return unreachable() };
        let body = self.payload.to_string();
        for (attempt, id) in self.ids.iter().enumerate() {
            match self.attempt(&client, *id, &body).await {
                Ok(Answer::Repeated) => {}
                Ok(answer) => return answer,
                Err(_) if attempt + 1 < self.ids.len() => tokio::time::sleep(BACKOFF).await,
                Err(_) => return unreachable(),
            }
        }
        Answer::unavailable()
    }

    async fn attempt(&self, client: &Client, id: Uuid, body: &str) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let id = id.to_string();
        let signature =
            self.secrets.as_ref().map(|secrets| secrets.sign(&id, self.timestamp, body.as_bytes())).unwrap_or_default();
        let request = client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("accept-encoding", "identity")
            .header("user-agent", "Go-http-client/1.1")
            .header("webhook-id", &id)
            .header("webhook-timestamp", self.timestamp.to_string())
            .header("webhook-signature", signature)
            .body(body.to_owned());
        let response: reqwest::Response = request.send().await?;
        let mut received = Response::new(Vec::new());
        *received.status_mut() = response.status();
        received.headers_mut().clone_from(response.headers());
        *received.body_mut() = response.bytes().await?.to_vec();
        Ok(Answer::of(&received))
    }
}

fn timed_out() -> Answer {
    let message = "Failed to reach hook within maximum time of 5.000000 seconds".to_owned();
    Answer::Failed { status: 422, code: ErrorCode::HookTimeout, message }
}

fn unreachable() -> Answer {
    let message = "Failed to reach hook after maximum retries".to_owned();
    Answer::Failed { status: 422, code: ErrorCode::HookTimeoutAfterRetry, message }
}
