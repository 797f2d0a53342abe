//! A Redis server of a test's own.

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

/// It listens on a free port of loopback, keeps nothing unless it is told to, and ends with the test.
pub struct Redis {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// Nothing, and a line that says so, where there is no server.
    pub fn start() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let Some(started) = run(port, &folder) else {
                println!("skipped: there is no redis-server on the path");
                return None;
            };
            // Otherwise somebody else was faster with this port.
            if let Some(process) = started {
                return Some(Self { process, port, folder });
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

    /// Gives the server a command, such as `["GET", "app:session:1"]`.
    pub async fn command<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut self.connection().await).await.unwrap()
    }

    async fn connection(&self) -> MultiplexedConnection {
        Client::open(self.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    /// Stops the server; what it has is written down first.
    pub async fn stop(&mut self) {
        let stopped = cmd("SHUTDOWN").arg("SAVE").query_async::<()>(&mut self.connection().await).await;
        assert!(stopped.is_err(), "there is no answer, as the server is gone");
        self.process.wait().unwrap();
    }

    /// Starts it again, with what it had written down.
    pub fn start_again(&mut self) {
        self.process = run(self.port, &self.folder).flatten().expect("the same server on the same port");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Outer nothing: no server is installed. Inner nothing: it did not start.
#[expect(clippy::option_option, reason = "both are told in a line")]
fn run(port: u16, folder: &TempDir) -> Option<Option<Child>> {
    let port = port.to_string();
    let mut process = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let said = BufReader::new(process.stdout.take().unwrap());
    let is_ready = said.lines().map_while(Result::ok).any(|line| line.contains("eady to accept connections"));
    if !is_ready {
        process.wait().unwrap();
    }
    Some(is_ready.then_some(process))
}
