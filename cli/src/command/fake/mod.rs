//! `gotrue fake`: a fake server, until it is stopped.

mod seed;
mod state_file;

use std::{
    env,
    ffi::OsString,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use gotrue::{
    Secret,
    serde_json::{self, Value, json},
};
use gotrue_fake::{FakeServer, FakeServerBuilder, SettingError};

use crate::{
    command::fake::state_file::StateFile,
    context::Context,
    failure::{Failure, Result},
};

/// The one variable of a server that has another prefix.
const EXTERNAL_URL: &str = "API_EXTERNAL_URL";

/// The variables of this command, which are no settings of a server.
const OWN: [&str; 5] = ["GOTRUE_API_KEY", "GOTRUE_CONFIG_DIR", "GOTRUE_PROFILE", "GOTRUE_SERVICE_KEY", "GOTRUE_URL"];

/// The port of a GoTrue server.
const PORT: u16 = 9999;

/// The port of the gateway of a local Supabase project. Its mails are on the port three above.
const GATEWAY_PORT: u16 = 54321;

/// How often the state is saved while it changes.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  gotrue fake                                     Everything is enabled, addresses are confirmed at once
  gotrue fake --set GOTRUE_MAILER_AUTOCONFIRM=false
  gotrue fake --env-file auth.env                 Exactly what a real server does with these settings
  gotrue fake --gateway --seed users.json --state fake.json

The control side has a page with the messages, and an HTTP API:
  GET /messages?to=ADDRESS, GET /api/v1/messages (as Mailpit), GET /codes, GET and POST /clock {\"advance\": \"1h\"},
  POST and DELETE /faults {\"kind\": \"error\", \"status\": 429, \"operation\": \"token\"}, GET /requests,
  GET and PUT /snapshot, POST /reset";

/// Run a fake server on this machine, for development and tests
///
/// It prints its URL and keys, and runs until it is stopped by Ctrl-C. The server is not meant to be secure: its keys
/// are public, and its control side shows codes and links.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Fake {
    /// Port to listen on; 0 for any free one [default: 9999, or 54321 with --gateway]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the control side, with the page of messages [default: three above the port]
    #[arg(long, value_name = "PORT")]
    control_port: Option<u16>,
    /// Address to listen on; anything but loopback lets other machines in
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Play the gateway of a local Supabase project too: /auth/v1, API keys, and the usual secret
    #[arg(long)]
    gateway: bool,
    /// Accept requests without an API key at the gateway, as a local Supabase project does; a hosted one refuses them
    #[arg(long, requires = "gateway")]
    keyless: bool,
    /// Read the settings of a real server from a file of GOTRUE_* variables, with its defaults for the rest
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Start another server on the same users at this port, with the settings in a file; can be repeated
    #[arg(long, value_name = "PORT=FILE", value_parser = port_and_file)]
    also: Vec<(u16, PathBuf)>,
    /// Read the settings of a real server from the environment, with its defaults for the rest
    #[arg(long, conflicts_with = "env_file")]
    env: bool,
    /// Change a setting, by the name that a real server gives it; can be repeated
    #[arg(long, value_name = "GOTRUE_NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Derive ids, tokens, codes and keys from this number: the same number gives the same run [default: 0]
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    random_seed: u64,
    /// Create the users in a file: a JSON list of bodies for POST /admin/users
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Keep users, sessions and messages in a file over restarts
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Approve sign-ins with providers at once, without a page that asks which user signs in
    #[arg(long)]
    auto_approve: bool,
}

impl Fake {
    pub async fn run(self, context: &Context) -> Result<()> {
        let port = self.port.unwrap_or(if self.gateway { GATEWAY_PORT } else { PORT });
        let control_port = self.control_port.unwrap_or(if port == 0 { 0 } else { port.saturating_add(3) });
        let (address, control) = (SocketAddr::new(self.listen, port), SocketAddr::new(self.listen, control_port));
        let builder = self.builder().map_err(|error| Failure::usage(error.to_string()))?;
        let started = builder.address(address).control(control).try_start().await;
        let doing = || format!("cannot listen on {address} and {control}");
        let server = started.map_err(|error| Failure::from(error).during(doing()))?;
        if !self.listen.is_loopback() {
            context.out.warning(format!("other machines can use and control the server on {address} and {control}"));
        }
        let mut others = Vec::new();
        for (port, file) in &self.also {
            let builder = FakeServerBuilder::from_env_file(file).map_err(|error| Failure::usage(error.to_string()))?;
            let address = SocketAddr::new(self.listen, *port);
            let started = builder.address(address).seed(self.random_seed).beside(&server).try_start().await;
            others.push(started.map_err(|error| Failure::from(error).during(format!("cannot listen on {address}")))?);
        }
        let mut state_file = self.state.clone().map(StateFile::open).transpose()?;
        if let Some(file) = &mut state_file {
            file.load(&server)?;
        }
        if let Some(file) = &self.seed {
            let created = seed::create_users(&server, file).await?;
            context.out.note(format!("{}: {created} new users", file.display()));
        }
        if let Some(file) = &mut state_file {
            // Fails now rather than later if the file cannot be written.
            file.save(&server)?;
        }
        server.keep_as_initial();
        // Before the server is known, so that the state is saved however soon it is stopped.
        let stopped = stopped()?;
        self.print(context, &server, &others)?;
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                result = &mut stopped => {
                    result?;
                    break;
                }
                () = tokio::time::sleep(SAVE_INTERVAL), if state_file.is_some() => {
                    if let Some(Err(failure)) = state_file.as_mut().map(|file| file.save_changes(&server)) {
                        context.out.warning(format!("{}; the state is saved as soon as that succeeds", failure.message));
                    }
                }
            }
        }
        if let Some(file) = &mut state_file {
            file.save(&server)?;
        }
        Ok(())
    }

    fn builder(&self) -> Result<FakeServerBuilder, SettingError> {
        let builder = match &self.env_file {
            Some(file) => FakeServerBuilder::from_env_file(file)?,
            None if self.env => {
                // Other variables need not be UTF-8.
                let text = |text: OsString| text.to_string_lossy().into_owned();
                let variables = env::vars_os().map(|(name, value)| (text(name), text(value)));
                let variables = variables.filter(|(name, _)| name.starts_with("GOTRUE_") || name == EXTERNAL_URL);
                FakeServerBuilder::real().variables(variables.filter(|(name, _)| !OWN.contains(&name.as_str())))?
            }
            None => FakeServer::builder(),
        };
        // The gateway has the usual secret, unless there is another one.
        let builder = if self.gateway { builder.gateway().gateway_needs_key(!self.keyless) } else { builder };
        builder.choose_provider_user(!self.auto_approve).seed(self.random_seed).variables(self.set.clone())
    }

    /// Prints where the server is, and its keys.
    fn print(&self, context: &Context, server: &FakeServer, others: &[FakeServer]) -> Result<()> {
        let shown = |secret: Secret| secret.expose().to_owned();
        let control = server.control_url().unwrap_or_default().to_owned();
        let mut fields =
            vec![("url", server.url()), ("messages", control), ("service key", shown(server.service_key()))];
        if self.gateway {
            let (publishable, secret) = server.opaque_keys();
            fields.push(("anon key", shown(server.api_key())));
            fields.push(("publishable key", shown(publishable)));
            fields.push(("secret key", shown(secret)));
        }
        fields.push(("JWT secret", shown(server.hs256_secret())));
        let urls: Vec<String> = others.iter().map(FakeServer::url).collect();
        if !urls.is_empty() {
            fields.push(("other URLs", urls.join(" ")));
        }
        let names = fields.iter().map(|(name, value)| (name.to_lowercase().replace(' ', "_"), json!(value)));
        context.out.record(&Value::from(names.collect::<serde_json::Map<_, _>>()), fields.clone())
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "expected NAME=VALUE".to_owned())
}

fn port_and_file(text: &str) -> Result<(u16, PathBuf), String> {
    let pair = text.split_once('=').and_then(|(port, file)| Some((port.parse().ok()?, PathBuf::from(file))));
    pair.ok_or_else(|| "expected PORT=FILE".to_owned())
}

/// Returns a future that is ready once the command is interrupted or terminated, which from now on does not end it.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
