//! The fake server, as the process `gotrue fake`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{outcome::Result, workspace};

/// A running fake server, stopped on drop.
pub struct Fake {
    pub url: String,
    pub service_key: String,
    process: Option<Child>,
}

impl Fake {
    /// Builds the command and starts the server on a free port.
    pub fn start() -> Result<Self> {
        // The features of the whole workspace, so that CI builds its dependencies only once.
        let build = ["build", "--quiet", "--workspace", "--all-features", "--bin", "gotrue"];
        if !Command::new(env!("CARGO")).args(build).current_dir(workspace::root()).status()?.success() {
            return Err("cannot build the command gotrue".into());
        }
        let mut process = Command::new(workspace::root().join("target/debug/gotrue"))
            .args(["--json", "fake", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let mut fake = Self { url: String::new(), service_key: String::new(), process: Some(process) };
        let printed: Value = serde_json::from_str(&line).map_err(|_| "gotrue fake printed no JSON")?;
        for (field, value) in [(&mut fake.url, &printed["url"]), (&mut fake.service_key, &printed["service_key"])] {
            value.as_str().ok_or("gotrue fake printed no URL or no service key")?.clone_into(field);
        }
        Ok(fake)
    }

    /// Returns a server that does not run.
    #[cfg(test)]
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), service_key: String::new(), process: None }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
