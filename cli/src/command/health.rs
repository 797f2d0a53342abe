//! `gotrue health`: whether the server is up.

use crate::{context::Context, failure::Result};

/// Check that the server is up, and show its version.
#[derive(Debug, clap::Args)]
pub struct Health;

impl Health {
    pub async fn run(self, context: &Context) -> Result<()> {
        let client = context.client()?;
        let health = client.health().await?;
        let url = client.base_url().to_string();
        let version = health.version.clone().unwrap_or_default();
        context.out.record(&health, [("server", url), ("name", health.name.clone()), ("version", version)])
    }
}
