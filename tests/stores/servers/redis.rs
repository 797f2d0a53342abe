//! A Redis server.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use gotrue::{
    RedisStores,
    redis::{Client, FromRedisValue, RedisResult, aio::MultiplexedConnection, cmd},
};
use tempfile::TempDir;

use super::{certificates::Certificates, free_ports};

/// A server on a free loopback port, without persistence except at [`stop`](Self::stop).
pub struct Redis {
    process: Child,
    port: u16,
    directory: TempDir,
    /// Accepts TLS only if it has certificates.
    tls: Option<Arc<Certificates>>,
}

impl Redis {
    /// Starts a server. Returns `None`, and prints that the test is skipped, if none is installed.
    pub fn start() -> Option<Self> {
        Self::start_with(None, Vec::new)
    }

    /// Starts a server with these further arguments.
    pub fn start_with(tls: Option<&Arc<Certificates>>, arguments: impl Fn() -> Vec<String>) -> Option<Self> {
        Self::start_in(TempDir::new().unwrap(), tls, arguments)
    }

    /// Starts a sentinel with this configuration.
    pub fn start_sentinel(tls: Option<&Arc<Certificates>>, configuration: &str) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        // It writes to the file.
        let file = directory.path().join("sentinel");
        fs::write(&file, configuration).unwrap();
        Self::start_in(directory, tls, || vec![file.to_str().unwrap().to_owned(), "--sentinel".to_owned()])
    }

    fn start_in(
        directory: TempDir,
        tls: Option<&Arc<Certificates>>,
        arguments: impl Fn() -> Vec<String>,
    ) -> Option<Self> {
        for _ in 0..10 {
            let [port] = free_ports();
            let Some(started) = run(port, &directory, tls, &arguments()) else {
                println!("skipped: there is no redis-server on the path");
                return None;
            };
            // Otherwise another process has taken the port since.
            if let Some(process) = started {
                return Some(Self { process, port, directory, tls: tls.cloned() });
            }
        }
        panic!("redis-server does not start");
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub async fn stores(&self) -> RedisStores {
        RedisStores::connect(&self.url(), "app").await.unwrap()
    }

    /// Sends a command, such as `["GET", "app:session:1"]`.
    pub async fn command<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_command(words).await.unwrap()
    }

    pub async fn try_command<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut self.connection().await?).await
    }

    async fn connection(&self) -> RedisResult<MultiplexedConnection> {
        let client = match &self.tls {
            None => Client::open(self.url())?,
            Some(tls) => Client::build_with_tls(self.url(), tls.for_redis())?,
        };
        client.get_multiplexed_async_connection().await
    }

    /// Saves the data and stops the server.
    pub async fn stop(&mut self) {
        assert!(self.try_command::<()>(&["SHUTDOWN", "SAVE"]).await.is_err(), "the server ends without a response");
        self.process.wait().unwrap();
    }

    /// Starts the server again with the saved data.
    pub fn restart(&mut self) {
        self.process = run(self.port, &self.directory, self.tls.as_ref(), &[])
            .flatten()
            .expect("the same server on the same port");
    }

    /// Kills the server, without any chance to hand over.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns `None` if no server is installed, and `Some(None)` if it did not start.
#[expect(clippy::option_option, reason = "documented in one line")]
fn run(port: u16, directory: &TempDir, tls: Option<&Arc<Certificates>>, arguments: &[String]) -> Option<Option<Child>> {
    let ports = tls.map_or(vec!["--port".to_owned(), port.to_string()], |tls| tls.redis_arguments(port));
    let mut process = Command::new("redis-server")
        .args(arguments)
        .args(ports)
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = BufReader::new(process.stdout.take().unwrap());
    let is_ready = |line: &String| line.contains("eady to accept connections") || line.contains("+monitor master");
    let is_ready = output.lines().map_while(Result::ok).any(|line| is_ready(&line));
    if !is_ready {
        process.wait().unwrap();
    }
    Some(is_ready.then_some(process))
}
