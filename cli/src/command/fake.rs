//! `gotrue fake`: a fake server, until it is stopped.

use std::{
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use gotrue::serde_json::json;
use gotrue_fake::{FakeServer, FakeServerBuilder, SettingError};

use crate::{
    context::Context,
    failure::{Failure, Result},
};

/// The one variable of a server that has another prefix.
const EXTERNAL_URL: &str = "API_EXTERNAL_URL";

/// The variables of this command, which are no settings of a server.
const OWN: [&str; 5] = ["GOTRUE_API_KEY", "GOTRUE_CONFIG_DIR", "GOTRUE_PROFILE", "GOTRUE_SERVICE_KEY", "GOTRUE_URL"];

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
    /// Read the settings of a real server from a file of GOTRUE_* variables, with its defaults for the rest
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Read the settings of a real server from the environment, with its defaults for the rest
    #[arg(long, conflicts_with = "env_file")]
    env: bool,
    /// Change a setting, by the name that a real server gives it; can be repeated
    #[arg(long, value_name = "GOTRUE_NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
}

impl Fake {
    pub async fn run(self, context: &Context) -> Result<()> {
        let port = self.port.unwrap_or(if self.gateway { GATEWAY_PORT } else { PORT });
        let address = SocketAddr::new(self.listen, port);
        let builder = self.builder().map_err(|error| Failure::usage(error.to_string()))?.address(address);
        let started = builder.try_start().await;
        let server = started.map_err(|error| Failure::from(error).during(format!("cannot listen on {address}")))?;
        if !self.listen.is_loopback() {
            context.out.warning(format!("other machines can use the server, and its keys are public: {address}"));
        }
        self.print(context, &server)?;
        stopped().await?;
        Ok(())
    }

    fn builder(&self) -> Result<FakeServerBuilder, SettingError> {
        let builder = match &self.env_file {
            Some(file) => FakeServerBuilder::from_env_file(file)?,
            None if self.env => {
                let variables = env::vars().filter(|(name, _)| name.starts_with("GOTRUE_") || name == EXTERNAL_URL);
                FakeServerBuilder::real().variables(variables.filter(|(name, _)| !OWN.contains(&name.as_str())))?
            }
            None => FakeServer::builder(),
        };
        // The gateway has the usual secret, unless there is another one.
        let builder = if self.gateway { builder.gateway() } else { builder };
        builder.variables(self.set.clone())
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

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "expected NAME=VALUE".to_owned())
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
