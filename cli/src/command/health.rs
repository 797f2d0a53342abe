//! `gotrue health`: whether the server is up.

use std::time::{Duration, Instant};

use gotrue::Client;

use crate::{context::Context, failure::Result};

/// How often to ask a server that is not up yet.
const INTERVAL: Duration = Duration::from_millis(250);

/// Check that the server is up, and show its version.
#[derive(Debug, clap::Args)]
pub struct Health {
    /// Wait until the server is up, but no longer than this
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    wait: Option<Duration>,
}

impl Health {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let health = self.ask(&client).await?;
        let url = client.base_url().to_string();
        let version = health.version.clone().unwrap_or_default();
        context.out.record(&health, [("server", url), ("name", health.name.clone()), ("version", version)])
    }

    async fn ask(&self, client: &Client) -> Result<gotrue::types::Health> {
        let started = Instant::now();
        loop {
            match client.health().await {
                // Until the server listens, a gateway may answer in its place, with any status.
                Err(_) if self.wait.is_some_and(|wait| started.elapsed() < wait) => tokio::time::sleep(INTERVAL).await,
                answered => return Ok(answered?),
            }
        }
    }
}
