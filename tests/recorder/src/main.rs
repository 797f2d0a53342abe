//! Records exchanges with a GoTrue server: `cargo xtask record`.
//!
//! Each operation of the document is called at least once. The exchanges are written in the form of `tests/recorded`,
//! with other values in the place of secrets.

mod exchange;
mod recorder;
mod redaction;
mod steps;
#[cfg(test)]
mod tests;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use clap::Parser;

use recorder::{Recorder, Server};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Record exchanges with a server, which must have no users of its own: the recorder lists, creates and deletes users.
#[derive(Parser)]
#[command(name = "cargo xtask record")]
struct Options {
    /// The URL of the server.
    #[arg(long, value_name = "URL", env = "GOTRUE_URL")]
    url: String,
    /// The API key of the gateway in front of the server, if there is one.
    #[arg(long, value_name = "KEY", env = "GOTRUE_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The service key: a token with the role `service_role`.
    #[arg(long, value_name = "KEY", env = "GOTRUE_SERVICE_KEY", hide_env_values = true)]
    service_key: String,
    /// The origin of the web page that uses passkeys, as the server is configured.
    #[arg(long, value_name = "URL", default_value = gotrue_test_authenticator::ORIGIN)]
    origin: String,
    /// Record a server that has users. Their data is recorded too.
    #[arg(long)]
    with_users: bool,
    /// The directory to write to, which must be empty or new.
    directory: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("record: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(options: Options) -> Result<()> {
    let Options { url, api_key, service_key, origin, with_users, directory } = options;
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    if fs::read_dir(&directory)?.next().is_some() {
        return Err(format!("{}: expected an empty directory", directory.display()).into());
    }
    let document = gotrue_openapi::document::gotrue()?;
    let mut recorder = Recorder::new(&document, Server { url, api_key, service_key })?;
    if !with_users && steps::has_users(&mut recorder).await? {
        return Err("the server has users; their data would be recorded (--with-users)".into());
    }
    steps::all(&mut recorder, &origin).await?;
    println!("{}", recorder.write(&directory)?);
    Ok(())
}
