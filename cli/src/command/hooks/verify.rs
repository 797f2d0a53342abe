//! `gotrue hooks verify`: the signature of a request.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
    time::Duration,
};

use gotrue::{
    hooks::{Hook, HookVerifier},
    serde_json::{Value, json},
};
use http::{HeaderMap, HeaderValue};

use super::{example::Kind, secrets};
use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
};

/// Check the signature of a request.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Hook that was called
    #[arg(value_enum)]
    hook: Kind,
    /// Header webhook-id
    #[arg(long)]
    id: String,
    /// Header webhook-timestamp
    #[arg(long)]
    timestamp: String,
    /// Header webhook-signature
    #[arg(long)]
    signature: String,
    /// File with the body as received, byte for byte; standard input by default
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Accept a request of any age
    #[arg(long)]
    any_time: bool,
}

impl Verify {
    pub fn run(self, context: &Context) -> Result<()> {
        let mut verifier = HookVerifier::new(secrets(self.hook.0)?);
        if self.any_time {
            verifier = verifier.tolerance(Duration::MAX);
        }
        let body = match &self.body {
            Some(file) if file.as_os_str() != "-" => {
                fs::read(file).map_err(|error| Failure::from(error).during(file.display()))?
            }
            _ => {
                let mut body = Vec::new();
                io::stdin().read_to_end(&mut body)?;
                body
            }
        };
        let hook: Hook<Value> = verifier
            .verify_as(&self.headers()?, &body)
            .map_err(|error| Failure::new(Exit::Refused, error.to_string()))?;
        let name = hook.name().unwrap_or("unknown").to_owned();
        let event = hook.event_id().map(|id| id.to_string()).unwrap_or_default();
        context.out.record(
            &json!({ "valid": true, "hook": name, "event": event }),
            [("signature", "valid".to_owned()), ("hook", name.clone()), ("event", event.clone())],
        )
    }

    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("webhook-id", &self.id), ("webhook-timestamp", &self.timestamp), ("webhook-signature", &self.signature)]
        {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Failure::usage(format!("{name} is not the value of a header")))?;
            headers.insert(name, value);
        }
        Ok(headers)
    }
}
