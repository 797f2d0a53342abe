//! Chromium without a window, driven by the `DevTools` protocol of Chrome.

mod connection;
mod tab;

use std::{
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;

use connection::Connection;
pub use tab::{Page, Tab};

/// A running Chromium. Dropping it ends it.
pub struct Chromium {
    connection: Connection,
    process: Child,
    _user_data: TempDir,
}

/// The protocol runs over the file descriptors 3 and 4, which `Command` cannot set.
const RUN: &str = "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";

impl Chromium {
    /// Starts Chromium. Prints that the test is skipped if there is none on the path.
    pub fn start() -> Option<Self> {
        let probe = Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !probe.is_ok_and(|status| status.success()) {
            println!("skipped: there is no chromium on the path");
            return None;
        }
        let user_data = tempfile::tempdir().unwrap();
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-pipe",
        ];
        let mut process = Command::new("sh")
            .args(["-c", RUN, "chromium"])
            .args(flags)
            .arg(format!("--user-data-dir={}", user_data.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let connection = Connection::new(process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Some(Self { connection, process, _user_data: user_data })
    }

    /// Creates a profile, with cookies and storage of its own.
    pub async fn profile(&self) -> Profile {
        let created = self.connection.call(None, "Target.createBrowserContext", json!({})).await;
        Profile { connection: self.connection.clone(), id: created["browserContextId"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.connection.send(None, "Browser.close", &json!({}));
        for _ in 0..500 {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A profile of the browser, with cookies and storage of its own, like that of another person.
pub struct Profile {
    connection: Connection,
    id: String,
}

impl Profile {
    /// Opens a tab with an empty page.
    pub async fn tab(&self) -> Tab {
        Tab::open(&self.connection, &self.id).await
    }

    /// Returns the names of the cookies of all sites, sorted.
    pub async fn cookie_names(&self) -> Vec<String> {
        let cookies = self.connection.call(None, "Storage.getCookies", json!({ "browserContextId": self.id })).await;
        let cookies = cookies["cookies"].as_array().unwrap();
        let mut names: Vec<_> = cookies.iter().map(|cookie| cookie["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}
