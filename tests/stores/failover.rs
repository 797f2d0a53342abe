//! Servers that fail while sessions are in use, and their successors.

use std::time::Duration;

use futures::future::join_all;
use gotrue::{SessionManager, SignUp, store::SessionStores};
use gotrue_fake::{FakeServer, ManualClock};
use tokio::task::spawn_blocking;

use crate::servers::{cluster::Cluster, postgres::Postgres, sentinel::Sentinels};

const SESSIONS: usize = 30;

/// Users who are signed in, and the server that counts their refreshes.
struct SignedIn {
    server: FakeServer,
    clock: ManualClock,
}

impl SignedIn {
    async fn new(stores: &dyn SessionStores) -> Self {
        let clock = ManualClock::new();
        // Without a reuse interval the server accepts a used refresh token only if it is the parent of the current one.
        let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
        let this = Self { server, clock };
        for number in 0..SESSIONS {
            let auth = this.process(stores, number).await;
            auth.sign_up(SignUp::email(format!("user-{number}@example.com"), "correct-horse-7")).await.unwrap();
        }
        this
    }

    /// Opens a session as a process does that has not seen it before.
    async fn process(&self, stores: &dyn SessionStores, number: usize) -> SessionManager {
        let client = self.server.client_builder().clock(self.clock.clone()).build().unwrap();
        client.session_manager(stores.session(&number.to_string()).unwrap()).await.unwrap()
    }

    /// Asserts that all sessions are still there, and that each is refreshed once by two processes.
    async fn survives(&self, stores: &dyn SessionStores) {
        let before = self.server.count("token");
        self.clock.advance(Duration::from_secs(7200));
        let token = async |number| self.process(stores, number).await.access_token().await.unwrap();
        let tokens = (0..SESSIONS).map(async |number| {
            let (one, two) = tokio::join!(token(number), token(number));
            assert_eq!(one, two);
            one
        });
        let tokens = join_all(tokens).await;
        assert_eq!(self.server.count("token"), before + SESSIONS);
        for (number, expected) in tokens.iter().enumerate() {
            assert_eq!(token(number).await, *expected);
        }
        assert_eq!(self.server.count("token"), before + SESSIONS);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_master_of_a_cluster_is_killed() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let stores = cluster.stores("app").await;
    let signed_in = SignedIn::new(&stores).await;
    cluster.kill_master();
    signed_in.survives(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_master_that_sentinels_monitor_is_killed() {
    let Some(mut sentinels) = Sentinels::start().await else { return };
    let stores = sentinels.stores("app").await;
    let signed_in = SignedIn::new(&stores).await;
    sentinels.kill_master();
    signed_in.survives(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_crashes_and_restarts() {
    let Some(mut postgres) = Postgres::start() else { return };
    let stores = postgres.stores("app").await;
    let signed_in = SignedIn::new(&stores).await;
    postgres.crash();
    // The first attempts find no server.
    let restarted = spawn_blocking(move || {
        postgres.restart();
        postgres
    });
    let (_postgres, ()) = tokio::join!(restarted, signed_in.survives(&stores));
}
