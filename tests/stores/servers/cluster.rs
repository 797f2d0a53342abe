//! A Redis cluster: three masters, each with a replica.

use std::sync::Arc;

use gotrue::RedisStores;

use super::{certificates::Certificates, free_ports, redis::Redis, until};

const MASTERS: usize = 3;

pub struct Cluster {
    nodes: Vec<Redis>,
}

impl Cluster {
    /// Starts six servers and waits until they are a cluster. Returns `None`, and prints that the test is skipped, if
    /// no server is installed.
    pub async fn start() -> Option<Self> {
        Self::start_with(None).await
    }

    pub async fn start_with(tls: Option<&Arc<Certificates>>) -> Option<Self> {
        let mut nodes = Vec::new();
        for _ in 0..2 * MASTERS {
            let arguments = || {
                let [bus] = free_ports();
                let bus = bus.to_string();
                ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus]
                    .map(str::to_owned)
                    .to_vec()
            };
            nodes.push(Redis::start_with(tls, arguments)?);
        }
        let cluster = Self { nodes };
        cluster.join().await;
        Some(cluster)
    }

    async fn join(&self) {
        for (number, master) in self.nodes[..MASTERS].iter().enumerate() {
            let slot = |number: usize| (number * 16_384 / MASTERS).to_string();
            let last = (slot(number + 1).parse::<u32>().unwrap() - 1).to_string();
            master.command::<()>(&["CLUSTER", "ADDSLOTSRANGE", &slot(number), &last]).await;
            master.command::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]).await;
        }
        for node in &self.nodes[1..] {
            let bus: (String, String) = node.command(&["CONFIG", "GET", "cluster-port"]).await;
            let port = node.port().to_string();
            self.nodes[0].command::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus.1]).await;
        }
        for node in &self.nodes {
            let info = async || node.command::<String>(&["CLUSTER", "INFO"]).await;
            until("the nodes know each other", async || info().await.contains("cluster_known_nodes:6\r")).await;
        }
        for (master, replica) in self.nodes[..MASTERS].iter().zip(&self.nodes[MASTERS..]) {
            let id: String = master.command(&["CLUSTER", "MYID"]).await;
            let replicate = async || replica.try_command::<()>(&["CLUSTER", "REPLICATE", &id]).await.is_ok();
            until("the replica knows its master", replicate).await;
        }
        for node in &self.nodes {
            until("the cluster is complete", async || node.is_synchronized().await).await;
        }
    }

    pub async fn stores(&self, prefix: &str) -> RedisStores {
        let urls = self.urls();
        RedisStores::connect_cluster(urls.iter().map(String::as_str), prefix).await.unwrap()
    }

    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }

    /// Kills the first master, which has a third of the keys.
    pub fn kill_master(&mut self) {
        self.nodes[0].kill();
    }

    /// Returns the number of masters that have keys.
    pub async fn masters_with_keys(&self) -> usize {
        let mut masters = 0;
        for node in &self.nodes[..MASTERS] {
            masters += usize::from(node.command::<u64>(&["DBSIZE"]).await > 0);
        }
        masters
    }
}

impl Redis {
    /// Returns whether the cluster is complete and this node, if it is a replica, is up to date.
    async fn is_synchronized(&self) -> bool {
        let cluster: String = self.command(&["CLUSTER", "INFO"]).await;
        let nodes: String = self.command(&["CLUSTER", "NODES"]).await;
        let replication: String = self.command(&["INFO", "replication"]).await;
        cluster.contains("cluster_state:ok\r")
            && nodes.matches(" slave ").count() + nodes.matches("myself,slave").count() == MASTERS
            && (replication.contains("role:master") || replication.contains("master_link_status:up"))
    }
}
