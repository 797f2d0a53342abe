//! `gotrue hooks send`: an example for a service.

use std::{fs, path::PathBuf, time::Duration};

use gotrue::{
    chrono::{SecondsFormat, Utc},
    hooks::Outcome,
    reqwest,
    serde_json::{self, Value, json},
    url::Url,
};
use uuid::Uuid;

use super::{example::Kind, secrets};
use crate::{
    context::{Context, is_local},
    failure::{Exit, Failure, Result},
};

/// How long the server waits for a hook.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Send an example of a hook to a service.
#[derive(Debug, clap::Args)]
pub struct Send {
    /// Hook to call
    #[arg(value_enum)]
    hook: Kind,
    /// URL of the service
    #[arg(long, value_name = "URL")]
    to: Url,
    /// File with the payload to send instead of the example, or - for standard input
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
}

impl Send {
    pub async fn run(self, context: &Context) -> Result<()> {
        let secrets = secrets(self.hook.0)?;
        let payload = self.payload()?;
        let (id, timestamp) = (Uuid::new_v4().to_string(), Utc::now().timestamp());
        let request = self
            .http_client()?
            .post(self.to.clone())
            .timeout(TIMEOUT)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", secrets.sign(&id, timestamp, payload.as_bytes()))
            .body(payload);
        let response = self.receive(request).await?;
        let outcome = Outcome::of_hook(self.hook.0.event, &response);
        let status = response.status().as_u16();
        let body = String::from_utf8_lossy(response.body()).into_owned();
        let server = describe(&outcome);
        let value = json!({ "status": status, "body": body, "outcome": server });
        let fields = [("status", status.to_string()), ("body", body), ("outcome", server.clone())];
        Failure::unless_closed(context.out.record(&value, fields))?;
        match outcome {
            Outcome::Accepted(_) | Outcome::Refused { .. } => Ok(()),
            _ => Err(Failure::new(Exit::Refused, "the server could not use this response")),
        }
    }

    /// Returns a client that uses no proxy for a service on this machine, and needs no root certificates without TLS.
    fn http_client(&self) -> Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder();
        if is_local(&self.to) {
            builder = builder.no_proxy();
        }
        if self.to.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| Failure::new(Exit::Refused, format!("cannot make an HTTP client: {error}")))
    }

    /// Returns the payload. An example gets a new id and the current time.
    fn payload(&self) -> Result<String> {
        match &self.body {
            Some(file) if file.as_os_str() == "-" => Ok(std::io::read_to_string(std::io::stdin())?),
            Some(file) => fs::read_to_string(file).map_err(|error| Failure::from(error).during(file.display())),
            None => {
                let mut payload: Value = serde_json::from_str(self.hook.0.payload)
                    .map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
                payload["metadata"]["uuid"] = json!(Uuid::new_v4());
                payload["metadata"]["time"] = json!(Utc::now().to_rfc3339_opts(SecondsFormat::Nanos, true));
                Ok(payload.to_string())
            }
        }
    }

    async fn receive(&self, request: reqwest::RequestBuilder) -> Result<http::Response<Vec<u8>>> {
        let failed = |error: reqwest::Error| {
            let message = if error.is_timeout() {
                format!("no response from the service within {} s, as long as the server waits", TIMEOUT.as_secs())
            } else {
                "cannot reach the service".to_owned()
            };
            Failure::new(Exit::Unavailable, message).at(self.to.as_str())
        };
        let response = request.send().await.map_err(failed)?;
        let mut received = http::Response::new(Vec::new());
        *received.status_mut() = response.status();
        received.headers_mut().clone_from(response.headers());
        *received.body_mut() = response.bytes().await.map_err(failed)?.to_vec();
        Ok(received)
    }
}

/// Returns what the server's client sees.
fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted(_) => "accepted".to_owned(),
        Outcome::Refused { status, message } => format!("refused: the user gets {status} {message}"),
        Outcome::Failed { status, code, message } => format!("failed: the user gets {status} {code}: {message}"),
        _ => "repeated: the server asks three times, and then fails with 500".to_owned(),
    }
}
