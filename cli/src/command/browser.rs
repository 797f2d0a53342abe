//! The way to the browser and back.

use std::{process::Command, time::Duration};

use gotrue::{Callback, Loopback, url::Url};

use crate::{failure::Result, output::Output};

/// How the browser is opened, and how long it is waited for.
#[derive(Debug, clap::Args)]
pub struct Browser {
    /// Prints the URL instead of opening it
    #[arg(long, conflicts_with = "browser_command")]
    no_browser: bool,
    /// The command that opens the URL, which is its last argument
    #[arg(long, value_name = "COMMAND")]
    browser_command: Option<String>,
    /// The port that the browser comes back to, where the server's list of allowed URLs asks for one
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// How long to wait for the browser
    #[arg(long, value_parser = humantime::parse_duration, default_value = "5m", value_name = "TIME")]
    timeout: Duration,
}

impl Browser {
    pub async fn listen(&self) -> Result<Loopback> {
        Ok(Loopback::builder().port(self.port).bind().await?)
    }

    /// Opens the URL, or shows it to whoever can.
    pub fn open(&self, out: Output, url: &Url) {
        let opened = match &self.browser_command {
            _ if self.no_browser => false,
            Some(command) => start(command, url),
            None => webbrowser::open(url.as_str()).is_ok(),
        };
        out.note(if opened { "go on in the browser" } else { "open this in a browser on this machine:" });
        if !opened {
            out.note(url);
        }
    }

    pub async fn wait(&self, loopback: Loopback) -> Result<Callback> {
        Ok(loopback.wait(self.timeout).await?)
    }
}

/// A browser outlives us; nobody waits for it.
fn start(command: &str, url: &Url) -> bool {
    let mut words = command.split_whitespace();
    words.next().is_some_and(|program| Command::new(program).args(words).arg(url.as_str()).spawn().is_ok())
}
