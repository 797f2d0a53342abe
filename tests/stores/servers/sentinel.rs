//! A Redis master with a replica, and three sentinels that monitor it.

use std::sync::Arc;

use gotrue::RedisStores;

use super::{certificates::Certificates, redis::Redis, until};

pub const PASSWORD: &str = "secret-of-the-server";

pub struct Sentinels {
    master: Redis,
    _replica: Redis,
    sentinels: Vec<Redis>,
}

impl Sentinels {
    /// Starts the servers and waits until the sentinels know them. Returns `None`, and prints that the test is skipped,
    /// if no server is installed.
    pub async fn start() -> Option<Self> {
        Self::start_with(None).await
    }

    pub async fn start_with(tls: Option<&Arc<Certificates>>) -> Option<Self> {
        let master = Redis::start_with(tls, Vec::new)?;
        let port = master.port().to_string();
        let replica = Redis::start_with(tls, || ["--replicaof", "127.0.0.1", &port].map(str::to_owned).to_vec())?;
        let link = async || replica.command::<String>(&["INFO", "replication"]).await;
        until("the replica is up to date", async || link().await.contains("master_link_status:up")).await;
        for server in [&master, &replica] {
            server.command::<()>(&["CONFIG", "SET", "masterauth", PASSWORD, "requirepass", PASSWORD]).await;
        }
        let configuration = format!(
            "sentinel monitor mymaster 127.0.0.1 {port} 2\nsentinel auth-pass mymaster {PASSWORD}\n\
             sentinel down-after-milliseconds mymaster 1000\nsentinel failover-timeout mymaster 5000\n"
        );
        let mut sentinels = Vec::new();
        for _ in 0..3 {
            sentinels.push(Redis::start_sentinel(tls, &configuration)?);
        }
        for sentinel in &sentinels {
            let knows_all = async || {
                let master: String =
                    sentinel.command::<Vec<String>>(&["SENTINEL", "MASTER", "mymaster"]).await.join(" ");
                master.contains("num-slaves 1") && master.contains("num-other-sentinels 2")
            };
            until("the sentinels know the replica and each other", knows_all).await;
        }
        Some(Self { master, _replica: replica, sentinels })
    }

    pub async fn stores(&self, prefix: &str) -> RedisStores {
        let urls = self.urls();
        RedisStores::connect_sentinel(urls.iter().map(String::as_str), &self.master(), prefix).await.unwrap()
    }

    /// Returns the URL of the master by its name.
    #[expect(clippy::unused_self, reason = "there is one when there are sentinels")]
    pub fn master(&self) -> String {
        format!("redis://:{PASSWORD}@mymaster/0")
    }

    pub fn urls(&self) -> Vec<String> {
        self.sentinels.iter().map(Redis::url).collect()
    }

    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.sentinels.iter().map(Redis::port)
    }

    pub fn kill_master(&mut self) {
        self.master.kill();
    }
}
