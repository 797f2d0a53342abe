//! Signing in through the browser.

use std::{process::Command, time::Duration};

use gotrue::{Callback, Loopback, url::Url};

use crate::{failure::Result, output::Output};

/// How to open the browser, and how long to wait for it.
#[derive(Debug, clap::Args)]
pub struct Browser {
    /// Only print the URL, without opening it
    #[arg(long, conflicts_with = "browser_command")]
    no_browser: bool,
    /// Command that opens the URL, which is passed as its last argument
    #[arg(long, value_name = "COMMAND")]
    browser_command: Option<String>,
    /// Port that the browser returns to, if the server only allows certain URLs
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

    /// Opens the URL, and prints it as well: a command that opens nothing may still report success.
    pub fn open(&self, out: Output, url: &Url) {
        let is_opened = match &self.browser_command {
            _ if self.no_browser => false,
            Some(command) => start(command, url),
            None => webbrowser::open(url.as_str()).is_ok(),
        };
        let message = if is_opened {
            "continue in the browser; if none opened, open this URL on this machine:"
        } else {
            "open this URL in a browser on this machine:"
        };
        out.note(message);
        out.note(url);
    }

    pub async fn wait(&self, loopback: Loopback) -> Result<Callback> {
        Ok(loopback.wait(self.timeout).await?)
    }
}

/// Starts the command without waiting for it: the browser runs on.
fn start(command: &str, url: &Url) -> bool {
    let mut words = command.split_whitespace();
    words.next().is_some_and(|program| Command::new(program).args(words).arg(url.as_str()).spawn().is_ok())
}
