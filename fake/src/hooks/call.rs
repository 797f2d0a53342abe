//! One call of a hook.

use std::time::Duration;

use gotrue::{
    hooks::{HookSecrets, Outcome},
    reqwest::{self, Client},
    types::ErrorCode,
};
use http::{Response, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
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
        let deadline = Instant::now() + TIMEOUT;
        let response = match timeout_at(deadline, self.attempts()).await {
            Ok(Ok(response)) => response,
            Ok(Err(answer)) => return answer,
            Err(_) => return timed_out(),
        };
        // The body has what is left of the time, and no further attempt.
        match timeout_at(deadline, read(response)).await {
            Ok(Ok(answer)) => answer,
            _ => self.interrupted(),
        }
    }

    /// Makes attempts until there is a response whose body counts, or the answer does not depend on a body.
    async fn attempts(&self) -> Result<reqwest::Response, Answer> {
        // A redirect is followed, as the real server does.
        let client = Client::builder().no_proxy().build().map_err(|_| unreachable())?;
        let body = self.payload.to_string();
        for (attempt, id) in self.ids.iter().enumerate() {
            match self.attempt(&client, *id, &body).await {
                Ok(response) if matches!(response.status(), StatusCode::OK | StatusCode::ACCEPTED) => {
                    return Ok(response);
                }
                Ok(response) => match Answer::of(&head(&response)) {
                    Answer::Repeated => {}
                    answer => return Err(answer),
                },
                Err(_) if attempt + 1 < self.ids.len() => tokio::time::sleep(BACKOFF).await,
                Err(_) => return Err(unreachable()),
            }
        }
        Err(Answer::unavailable())
    }

    async fn attempt(&self, client: &Client, id: Uuid, body: &str) -> reqwest::Result<reqwest::Response> {
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
        request.send().await
    }

    fn interrupted(&self) -> Answer {
        let message = format!("Error running hook URI: {}", self.url);
        Answer::Failed { status: 500, code: ErrorCode::UnexpectedFailure, message }
    }
}

/// Returns the status and headers of a response.
fn head(response: &reqwest::Response) -> Response<Vec<u8>> {
    let mut head = Response::new(Vec::new());
    *head.status_mut() = response.status();
    head.headers_mut().clone_from(response.headers());
    head
}

/// Reads a response, except for the rest of a body that is too long.
async fn read(mut response: reqwest::Response) -> reqwest::Result<Answer> {
    let mut received = head(&response);
    while received.body().len() <= Answer::MAX_BODY
        && let Some(chunk) = response.chunk().await?
    {
        received.body_mut().extend_from_slice(&chunk);
    }
    Ok(Answer::of(&received))
}

fn timed_out() -> Answer {
    let message = "Failed to reach hook within maximum time of 5.000000 seconds".to_owned();
    Answer::Failed { status: 422, code: ErrorCode::HookTimeout, message }
}

fn unreachable() -> Answer {
    let message = "Failed to reach hook after maximum retries".to_owned();
    Answer::Failed { status: 422, code: ErrorCode::HookTimeoutAfterRetry, message }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use serde_json::json;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// What a service does after it has received a request.
    #[derive(Clone, Copy)]
    struct Behavior {
        sends: &'static str,
        /// Whether it then closes the connection. Otherwise it does nothing more.
        closes: bool,
    }

    /// Starts a service that behaves like this at each connection, and returns its URL and the number of connections.
    async fn service(behavior: Behavior) -> (Url, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/hook", listener.local_addr().unwrap())).unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                // A connection that is closed before all was read would be reset.
                while !request.ends_with(b"{}") {
                    assert!(connection.read_buf(&mut request).await.unwrap() > 0);
                }
                connection.write_all(behavior.sends.as_bytes()).await.unwrap();
                if !behavior.closes {
                    open.push(connection);
                }
            }
        });
        (url, connections)
    }

    fn call(url: Url) -> Call {
        Call { url, secrets: None, payload: json!({}), timestamp: 0, ids: [Uuid::from_u128(1); 3] }
    }

    fn failed(answer: Answer) -> (u16, ErrorCode, String) {
        let Answer::Failed { status, code, message } = answer else { panic!("{answer:?}") };
        (status, code, message)
    }

    /// As seen at a real server. The clock stands still, and advances to the next timer when all tasks wait.
    #[tokio::test(start_paused = true)]
    async fn a_service_that_fails() {
        const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
        const UNAUTHORIZED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\n";
        let (timeout, retried) = (ErrorCode::HookTimeout, ErrorCode::HookTimeoutAfterRetry);
        for (sends, closes, status, code, message, connections, seconds) in [
            ("", false, 422, timeout, "Failed to reach hook within maximum time of 5.000000 seconds", 1, 5),
            ("", true, 422, retried, "Failed to reach hook after maximum retries", 3, 4),
            (HEAD, false, 500, ErrorCode::UnexpectedFailure, "Error running hook URI: ", 1, 5),
            (HEAD, true, 500, ErrorCode::UnexpectedFailure, "Error running hook URI: ", 1, 0),
            (UNAUTHORIZED, false, 500, ErrorCode::UnexpectedFailure, "Hook requires authorization token", 1, 0),
        ] {
            let (url, counter) = service(Behavior { sends, closes }).await;
            let start = Instant::now();
            let answer = failed(call(url.clone()).send().await);
            let message = if message.ends_with(": ") { format!("{message}{url}") } else { message.to_owned() };
            assert_eq!(answer, (status, code, message));
            assert_eq!((counter.load(Ordering::SeqCst), start.elapsed().as_secs()), (connections, seconds), "{sends}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_not_there() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let start = Instant::now();
        let answer = call(Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap()).send().await;
        let message = "Failed to reach hook after maximum retries".to_owned();
        assert_eq!(failed(answer), (422, ErrorCode::HookTimeoutAfterRetry, message));
        assert_eq!(start.elapsed().as_secs(), 4);
    }

    #[tokio::test]
    async fn the_rest_of_a_body_that_is_too_long_is_not_read() {
        let body =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}", " ".repeat(Answer::MAX_BODY + 1));
        let (url, _) = service(Behavior { sends: body.leak(), closes: false }).await;
        let message = "Payload size exceeded size limit of 204800 bytes".to_owned();
        assert_eq!(failed(call(url).send().await), (422, ErrorCode::HookPayloadOverSizeLimit, message));
    }
}
