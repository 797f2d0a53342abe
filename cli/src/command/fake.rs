//! `gotrue fake`: a fake server, until it is stopped.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use gotrue::serde_json::json;
use gotrue_fake::FakeServer;

use crate::{
    context::Context,
    failure::{Failure, Result},
};

/// The port of a GoTrue server.
const PORT: u16 = 9999;

/// The port of the gateway of a local Supabase project.
const GATEWAY_PORT: u16 = 54321;

/// Run a fake server on this machine, for development and tests
///
/// It prints its URL and keys, and runs until it is stopped by Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct Fake {
    /// Port to listen on; 0 for any free one [default: 9999, or 54321 with --gateway]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Address to listen on; anything but loopback lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Play the gateway of a local Supabase project too: /auth/v1, API keys, and the usual secret
    #[arg(long)]
    gateway: bool,
}

impl Fake {
    pub async fn run(self, context: &Context) -> Result<()> {
        let port = self.port.unwrap_or(if self.gateway { GATEWAY_PORT } else { PORT });
        let address = SocketAddr::new(self.listen, port);
        let mut builder = FakeServer::builder().address(address);
        if self.gateway {
            builder = builder.gateway();
        }
        let started = builder.try_start().await;
        let server = started.map_err(|error| Failure::from(error).during(format!("cannot listen on {address}")))?;
        if !self.listen.is_loopback() {
            context.out.warning(format!("other machines can use the server, and its keys are public: {address}"));
        }
        self.print(context, &server)?;
        stopped().await?;
        Ok(())
    }

    /// Prints where the server is, and its keys.
    fn print(&self, context: &Context, server: &FakeServer) -> Result<()> {
        let shown = |secret: gotrue::Secret| secret.expose().to_owned();
        let mut fields = vec![("url", server.url()), ("service key", shown(server.service_key()))];
        if self.gateway {
            let (publishable, secret) = server.opaque_keys();
            fields.push(("anon key", shown(server.api_key())));
            fields.push(("publishable key", shown(publishable)));
            fields.push(("secret key", shown(secret)));
        }
        fields.push(("JWT secret", shown(server.hs256_secret())));
        let names = fields.iter().map(|(name, value)| (name.to_lowercase().replace(' ', "_"), json!(value)));
        context.out.record(&names.collect::<gotrue::serde_json::Map<_, _>>(), fields.clone())
    }
}

/// Waits until the command is interrupted or terminated.
async fn stopped() -> Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminated.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}
