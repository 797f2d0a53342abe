//! What every store must do, as one table: the contracts of [`support::stores`] on each kind of store.

use std::{sync::Arc, time::Duration};

use gotrue::{
    FileStore, PostgresStores, RedisStores, SessionStore,
    store::{MemoryStores, SessionStores},
};
use support::stores::{CONTRACTS, expires};
use tempfile::TempDir;

use crate::servers::{cluster::Cluster, postgres::Postgres, redis::Redis, sentinel::Sentinels};

const KEY: [u8; 32] = [7; 32];

const SHORT: Duration = Duration::from_millis(20);

/// Runs all contracts on stores without sessions, which `new` creates.
async fn fulfills_contracts<S: SessionStores>(kind: &str, mut new: impl AsyncFnMut(&str) -> S) {
    for (name, contract) in CONTRACTS {
        println!("{kind}: {name}");
        contract(Arc::new(new(name).await)).await;
    }
}

/// Runs all contracts on stores in Redis, with and without encryption.
async fn redis_fulfills_contracts(kind: &str, new: impl AsyncFn(&str) -> RedisStores) {
    fulfills_contracts(kind, &new).await;
    let encrypted = async |name: &str| new(&format!("{name}, encrypted")).await.encrypt(&KEY).unwrap();
    fulfills_contracts(kind, encrypted).await;
    expires(Arc::new(new("expires").await.time_to_live(SHORT))).await;
}

#[tokio::test]
async fn in_memory() {
    fulfills_contracts("memory", async |_: &str| MemoryStores::new()).await;
    assert!(MemoryStores::new().session(" ").is_err());
}

#[tokio::test]
async fn in_files() {
    fulfills_contracts("files", async |_: &str| Files(TempDir::new().unwrap())).await;
}

#[tokio::test]
async fn in_redis() {
    let Some(redis) = Redis::start() else { return };
    redis_fulfills_contracts("Redis", async |name| RedisStores::connect(&redis.url(), name).await.unwrap()).await;
}

#[tokio::test]
async fn in_a_redis_cluster() {
    let Some(cluster) = Cluster::start().await else { return };
    redis_fulfills_contracts("Redis Cluster", async |name| cluster.stores(name).await).await;
    assert_eq!(cluster.masters_with_keys().await, 3);
}

#[tokio::test]
async fn in_redis_with_sentinels() {
    let Some(sentinels) = Sentinels::start().await else { return };
    redis_fulfills_contracts("Redis with Sentinel", async |name| sentinels.stores(name).await).await;
}

#[tokio::test]
async fn in_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let new = async |name: &str| -> PostgresStores { postgres.stores(name).await };
    fulfills_contracts("PostgreSQL", new).await;
    let encrypted = async |name: &str| new(&format!("{name}, encrypted")).await.encrypt(&KEY).unwrap();
    fulfills_contracts("PostgreSQL", encrypted).await;
    expires(Arc::new(new("expires").await.time_to_live(SHORT))).await;
}

/// A file for each session.
#[derive(Debug)]
struct Files(TempDir);

impl SessionStores for Files {
    fn session(&self, id: &str) -> gotrue::Result<Arc<dyn SessionStore>> {
        Ok(Arc::new(FileStore::open(self.0.path().join(id))?))
    }
}
