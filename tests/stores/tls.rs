//! TLS to the databases, with an authority of the test.

use std::{env, error::Error, path::Path, process::Command, sync::Arc};

use gotrue::{
    PostgresStores, RedisStores, Result,
    redis::{
        Client, ConnectionAddr, TlsMode,
        cluster::ClusterClientBuilder,
        sentinel::{SentinelClientBuilder, SentinelServerType},
    },
    store::SessionStores,
};
use support::stores::record;

use crate::servers::{
    certificates::Certificates,
    cluster::Cluster,
    postgres::Postgres,
    redis::Redis,
    sentinel::{PASSWORD, Sentinels},
};

/// A kind of store and the URLs to connect to.
struct Database<'a> {
    kind: &'a str,
    urls: Vec<String>,
}

impl Database<'_> {
    /// Connects and stores a session in a process that trusts this authority. Returns what it prints: `stored`, or the
    /// error and its causes.
    fn used_with(&self, authority: &Path) -> String {
        // On a busy machine, a server may not accept the connection within a second.
        let mut outcomes = (0..20).map(|_| self.used_once_with(authority));
        outcomes.find(|outcome| !outcome.contains("timed out")).expect("the servers respond in time")
    }

    fn used_once_with(&self, authority: &Path) -> String {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "tls::child_that_stores_a_session", "--nocapture"])
            .env("KIND_OF_CHILD", self.kind)
            .env("URLS_OF_CHILD", self.urls.join(" "))
            .env("SSL_CERT_FILE", authority)
            .output()
            .unwrap();
        let text = String::from_utf8(child.stdout).unwrap();
        let outcome = text.split_once("outcome: ").unwrap_or_else(|| panic!("{text}")).1;
        outcome.lines().next().unwrap().to_owned()
    }

    /// Asserts that TLS is used, and that the certificate is verified.
    fn requires_tls(&self, tls: &Certificates) {
        assert_eq!(self.used_with(&tls.authority()), "stored", "{}", self.kind);
        let other = Certificates::new();
        let refused = self.used_with(&other.authority());
        assert!(refused.contains("invalid peer certificate"), "{}: {refused}", self.kind);
        let plain = self.urls.iter().map(|url| url.replace("rediss://", "redis://").replace("=require", "=disable"));
        let refused = Self { kind: self.kind, urls: plain.collect() }.used_with(&tls.authority());
        assert!(refused.starts_with("refused: "), "{}: {refused}", self.kind);
    }
}

async fn connect(kind: &str, urls: Vec<&str>) -> Result<Arc<dyn SessionStores>> {
    Ok(match kind {
        "PostgreSQL" => {
            let stores = PostgresStores::connect(urls[0], "app").await?;
            stores.migrate().await?;
            Arc::new(stores)
        }
        "Redis" => Arc::new(RedisStores::connect(urls[0], "app").await?),
        "Redis Cluster" => Arc::new(RedisStores::connect_cluster(urls, "app").await?),
        _ => {
            let (master, sentinels) = urls.split_last().unwrap();
            Arc::new(RedisStores::connect_sentinel(sentinels.iter().copied(), master, "app").await?)
        }
    })
}

/// Stores a session and removes it.
async fn is_stored(stores: &dyn SessionStores) -> Result<bool> {
    let store = stores.session("1")?;
    let is_stored = store.compare_and_swap(None, Some(record(1))).await?;
    Ok(is_stored && store.compare_and_swap(Some(record(1).revision()), None).await?)
}

#[tokio::test]
async fn child_that_stores_a_session() {
    let (Ok(kind), Ok(urls)) = (env::var("KIND_OF_CHILD"), env::var("URLS_OF_CHILD")) else { return };
    let stored = async { is_stored(&*connect(&kind, urls.split(' ').collect()).await?).await };
    match stored.await {
        Ok(is_stored) => println!("\noutcome: {}", if is_stored { "stored" } else { "not stored" }),
        Err(error) => {
            let (mut causes, mut cause) = (vec![error.to_string()], error.source());
            while let Some(error) = cause {
                causes.push(error.to_string());
                cause = error.source();
            }
            println!("\noutcome: refused: {}", causes.join(": ").replace('\n', " "));
        }
    }
}

#[tokio::test]
async fn redis() {
    let tls = Arc::new(Certificates::new());
    let Some(redis) = Redis::start_with(Some(&tls), Vec::new) else { return };
    Database { kind: "Redis", urls: vec![redis.url()] }.requires_tls(&tls);
    // An authority that the system does not know.
    let client = Client::build_with_tls(redis.url(), tls.for_redis()).unwrap();
    let stores = RedisStores::new(client.get_connection_manager().await.unwrap(), "app").unwrap();
    assert!(is_stored(&stores).await.unwrap());
}

#[tokio::test]
async fn redis_cluster() {
    let tls = Arc::new(Certificates::new());
    let Some(cluster) = Cluster::start_with(Some(&tls)).await else { return };
    Database { kind: "Redis Cluster", urls: cluster.urls() }.requires_tls(&tls);
    let client = ClusterClientBuilder::new(cluster.urls()).certs(tls.for_redis()).build().unwrap();
    let stores = RedisStores::from_cluster(client, "app").unwrap();
    assert!(is_stored(&stores).await.unwrap());
}

#[tokio::test]
async fn redis_with_sentinels() {
    let tls = Arc::new(Certificates::new());
    let Some(sentinels) = Sentinels::start_with(Some(&tls)).await else { return };
    let master = sentinels.master().replace("redis://", "rediss://");
    let urls = sentinels.urls().into_iter().chain([master]).collect();
    Database { kind: "Redis with Sentinel", urls }.requires_tls(&tls);
    let addresses = sentinels.ports().map(|port| ConnectionAddr::TcpTls {
        host: "127.0.0.1".to_owned(),
        port,
        insecure: false,
        tls_params: None,
    });
    let client = SentinelClientBuilder::new(addresses, "mymaster", SentinelServerType::Master)
        .unwrap()
        .set_client_to_sentinel_certificates(tls.for_redis())
        .set_client_to_redis_tls_mode(TlsMode::Secure)
        .set_client_to_redis_certificates(tls.for_redis())
        .set_client_to_redis_password(PASSWORD)
        .build()
        .unwrap();
    assert!(is_stored(&RedisStores::from_sentinel(client, "app").unwrap()).await.unwrap());
}

#[tokio::test]
async fn postgres() {
    let tls = Certificates::new();
    let Some(mut postgres) = Postgres::start_with(Some(&tls)) else { return };
    // On this machine, no one verifies a certificate unless the URL says so.
    let is_stored_locally = is_stored(&postgres.stores("app").await).await;
    assert!(is_stored_locally.unwrap());

    postgres.require_tls();
    let of = |host: &str, parameters: &str| {
        let url = format!("postgres://postgres@{host}:{}/postgres?{parameters}hostaddr=127.0.0.1", postgres.port());
        Database { kind: "PostgreSQL", urls: vec![url] }
    };
    of("localhost", "sslmode=require&").requires_tls(&tls);
    of("localhost", "sslmode=require&sslnegotiation=postgres&").requires_tls(&tls);
    for parameters in ["", "sslmode=prefer&", "sslmode=require&"] {
        let refused = of("db.example.com", parameters).used_with(&tls.authority());
        assert!(refused.contains("certificate not valid for name"), "{refused}");
    }
    let refused = of("localhost", "").used_with(&tls.authority());
    assert!(refused.contains("28000"), "{refused}");
}
