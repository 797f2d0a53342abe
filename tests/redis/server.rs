//! A Redis server for one test.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use gotrue::{
    RedisStores,
    redis::{Client, FromRedisValue, aio::MultiplexedConnection, cmd},
};
use tempfile::TempDir;

/// A server on a free loopback port, without persistence except at [`stop`](Self::stop). It ends with the test.
pub struct Redis {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl Redis {
    /// Starts a server. Returns `None`, and prints that the test is skipped, if none is installed.
    pub fn start() -> Option<Self> {
        let directory = TempDir::new().unwrap();
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let Some(started) = run(port, &directory) else {
                println!("skipped: there is no redis-server on the path");
                return None;
            };
            // Otherwise another process has taken the port since.
            if let Some(process) = started {
                return Some(Self { process, port, directory });
            }
        }
        panic!("redis-server does not start");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub async fn stores(&self) -> RedisStores {
        RedisStores::connect(&self.url(), "app").await.unwrap()
    }

    /// Sends a command, such as `["GET", "app:session:1"]`.
    pub async fn command<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut self.connection().await).await.unwrap()
    }

    async fn connection(&self) -> MultiplexedConnection {
        Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    /// Saves the data and stops the server.
    pub async fn stop(&mut self) {
        let stopped = cmd("SHUTDOWN").arg("SAVE").query_async::<()>(&mut self.connection().await).await;
        assert!(stopped.is_err(), "the server ends without a response");
        self.process.wait().unwrap();
    }

    /// Starts the server again with the saved data.
    pub fn restart(&mut self) {
        self.process = run(self.port, &self.directory).flatten().expect("the same server on the same port");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns `None` if no server is installed, and `Some(None)` if it did not start.
#[expect(clippy::option_option, reason = "documented in one line")]
fn run(port: u16, directory: &TempDir) -> Option<Option<Child>> {
    let port = port.to_string();
    let mut process = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = BufReader::new(process.stdout.take().unwrap());
    let is_ready = output.lines().map_while(Result::ok).any(|line| line.contains("eady to accept connections"));
    if !is_ready {
        process.wait().unwrap();
    }
    Some(is_ready.then_some(process))
}
