//! A web service in several processes that share the sessions of many browsers, while the server with the sessions
//! fails.
//!
//! `cargo test --all-features --test stores trial -- --ignored --nocapture --test-threads=1` runs eight
//! processes and a thousand browsers, and prints the figures in `docs/stores.md`.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    process::{self, Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use futures::{StreamExt, stream};
use gotrue::{
    Client, Clock, PostgresStores, RedisStores, SignUp, reqwest,
    web::{BrowserSession, CurrentUser, OpaqueCookies, SessionLayer},
};
use gotrue_fake::{FakeServer, ManualClock};
use tokio::{net::TcpListener, task::block_in_place};

use crate::servers::{cluster::Cluster, postgres::Postgres, redis::Redis, sentinel::Sentinels, until};

const KEY: [u8; 32] = [7; 32];

/// Longer than an access token is valid.
const TURN: Duration = Duration::from_secs(7200);

/// How many requests are in flight.
const AT_ONCE: usize = 64;

// --------------------------------------------------------------------------------------------------- in the children

/// Opens the stores at an address of [`Database::address`].
async fn cookies(address: &str) -> OpaqueCookies {
    let words: Vec<_> = address.split(' ').collect();
    let redis = |stores: gotrue::Result<RedisStores>| OpaqueCookies::new(stores.unwrap().encrypt(&KEY).unwrap());
    match words[..] {
        ["redis", url] => redis(RedisStores::connect(url, "app").await),
        ["cluster", ref urls @ ..] => redis(RedisStores::connect_cluster(urls.iter().copied(), "app").await),
        ["sentinel", master, ref urls @ ..] => {
            redis(RedisStores::connect_sentinel(urls.iter().copied(), master, "app").await)
        }
        ["postgres", url] => {
            let stores = PostgresStores::connect(url, "app").await.unwrap();
            stores.migrate().await.unwrap();
            OpaqueCookies::new(stores.encrypt(&KEY).unwrap())
        }
        _ => panic!("{address}"),
    }
}

async fn sign_up(session: BrowserSession, email: String) -> StatusCode {
    match session.sign_up(SignUp::email(email, "correct-horse-7")).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::BAD_GATEWAY,
    }
}

async fn me(user: CurrentUser) -> String {
    user.email.clone().unwrap()
}

/// A child that serves the application. Each line of its input is a number of seconds by which its clock advances.
#[tokio::test]
async fn child_that_serves() {
    let Ok(address) = env::var("STORES_OF_CHILD") else { return };
    let variable = |name: &str| env::var(name).unwrap();
    let clock = ManualClock::at(variable("CLOCK_OF_CHILD").parse().unwrap());
    let url = variable("SERVER_OF_CHILD");
    let client = Client::builder().base_url(url).api_key("anon-key").clock(clock.clone()).build().unwrap();
    let layer = SessionLayer::new(&client, cookies(&address).await);
    let app = Router::new().route("/sign-up", post(sign_up)).route("/me", get(me)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on {}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            clock.advance(Duration::from_secs(line.parse().unwrap()));
            println!("advanced");
        }
        process::exit(0);
    });
    axum::serve(listener, app).await.unwrap();
}

// ----------------------------------------------------------------------------------------------------- in the parent

/// The server with the sessions.
enum Database {
    Redis(Redis),
    Cluster(Cluster),
    Sentinels(Sentinels),
    Postgres(Postgres),
}

impl Database {
    fn address(&self) -> String {
        match self {
            Self::Redis(redis) => format!("redis {}", redis.url()),
            Self::Cluster(cluster) => format!("cluster {}", cluster.urls().join(" ")),
            Self::Sentinels(sentinels) => format!("sentinel {} {}", sentinels.master(), sentinels.urls().join(" ")),
            Self::Postgres(postgres) => format!("postgres {}", postgres.url()),
        }
    }

    /// Makes the server fail. Another one takes its place, or it restarts.
    fn fail(&mut self) {
        match self {
            Self::Redis(_) => panic!("there is no other server"),
            Self::Cluster(cluster) => cluster.kill_master(),
            Self::Sentinels(sentinels) => sentinels.kill_master(),
            Self::Postgres(postgres) => {
                postgres.crash();
                postgres.restart();
            }
        }
    }
}

/// A process of the service.
struct Service {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Service {
    fn start(address: &str, server: &FakeServer, clock: &ManualClock) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "trial::child_that_serves", "--nocapture", "--test-threads=1"])
            .env("STORES_OF_CHILD", address)
            .env("SERVER_OF_CHILD", server.url())
            .env("CLOCK_OF_CHILD", clock.now().to_rfc3339())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut this = Self { child, input, output, url: String::new() };
        this.url = format!("http://{}", this.line_after("listening on "));
        this
    }

    fn line_after(&mut self, text: &str) -> String {
        let mut lines = self.output.by_ref().lines().map_while(Result::ok);
        lines.find_map(|line| Some(line.split_once(text)?.1.to_owned())).unwrap()
    }

    fn advance(&mut self) {
        writeln!(self.input, "{}", TURN.as_secs()).unwrap();
        self.line_after("advanced");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Trial {
    /// That of the stores.
    address: String,
    server: FakeServer,
    clock: ManualClock,
    services: Vec<Service>,
    http: reqwest::Client,
    /// The cookie of each browser.
    browsers: Vec<String>,
}

impl Trial {
    /// Starts processes of the service and signs up the users of many browsers.
    async fn start(database: &Database, processes: usize, browsers: usize) -> Self {
        let clock = ManualClock::new();
        // Without a reuse interval the server accepts a used refresh token only if it is the parent of the current one.
        let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let address = database.address();
        let mut this = Self { address, server, clock, services: Vec::new(), http, browsers: Vec::new() };
        this.run_processes(processes);
        let sign_up = async |number: usize| {
            let url = format!("{}/sign-up", this.services[number % processes].url);
            let response = this.http.post(url).body(email(number)).send().await.unwrap();
            assert_eq!(response.status(), 204);
            let cookie = response.headers()["set-cookie"].to_str().unwrap();
            cookie.split_once(';').unwrap().0.to_owned()
        };
        this.browsers = stream::iter(0..browsers).map(sign_up).buffered(AT_ONCE).collect().await;
        this
    }

    /// Replaces the processes by this many new ones.
    fn run_processes(&mut self, processes: usize) {
        self.services.clear();
        let start = |_| Service::start(&self.address, &self.server, &self.clock);
        self.services = (0..processes).map(start).collect();
    }

    /// Lets all access tokens expire.
    fn expire(&mut self) {
        self.clock.advance(TURN);
        self.services.iter_mut().for_each(Service::advance);
    }

    /// Requests a page as a browser does that knows several processes by one address. While the service is not
    /// available, the user tries again.
    async fn visit(&self, browser: usize, process: usize) {
        let url = format!("{}/me", self.services[process % self.services.len()].url);
        let started = Instant::now();
        loop {
            let response = self.http.get(&url).header("cookie", &self.browsers[browser]).send().await.unwrap();
            let (status, has_cookies) = (response.status(), response.headers().contains_key("set-cookie"));
            let body = response.text().await.unwrap();
            assert!(!has_cookies, "the id stays");
            if status != 503 {
                assert_eq!((status.as_u16(), body), (200, email(browser)), "signed out");
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(120), "unavailable for too long");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Visits with all browsers, each at two processes at once. Returns the duration.
    async fn visit_with_all(&self, done: &AtomicUsize) -> Duration {
        let visits = (0..self.browsers.len()).flat_map(|browser| [(browser, browser), (browser, browser + 1)]);
        let started = Instant::now();
        stream::iter(visits)
            .for_each_concurrent(AT_ONCE, async |(browser, process)| {
                self.visit(browser, process).await;
                done.fetch_add(1, Ordering::Relaxed);
            })
            .await;
        started.elapsed()
    }

    /// Lets all sessions expire and asserts that users stay signed in and that each session is refreshed once. After a
    /// third of the visits, the database fails, if there is one. Returns the duration.
    async fn turn(&mut self, database: Option<&mut Database>) -> Duration {
        self.expire();
        let before = self.server.count("token");
        let done = AtomicUsize::new(0);
        let failure = async {
            if let Some(database) = database {
                let third = 2 * self.browsers.len() / 3;
                until("a third of the visits is done", async || done.load(Ordering::Relaxed) >= third).await;
                block_in_place(|| database.fail());
            }
        };
        let (duration, ()) = tokio::join!(self.visit_with_all(&done), failure);
        assert_eq!(self.server.count("token") - before, self.browsers.len(), "one refresh for each session");
        duration
    }
}

fn email(number: usize) -> String {
    format!("user-{number}@example.com")
}

async fn survives(mut database: Database, processes: usize, browsers: usize) {
    let mut trial = Trial::start(&database, processes, browsers).await;
    let undisturbed = trial.turn(None).await;
    let disturbed = trial.turn(Some(&mut database)).await;
    println!("{browsers} refreshes by {processes} processes: {undisturbed:?}, with a failure {disturbed:?}");
    trial.turn(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_stay_signed_in_when_a_master_of_a_cluster_is_killed() {
    let Some(cluster) = Cluster::start().await else { return };
    survives(Database::Cluster(cluster), 3, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_stay_signed_in_when_the_master_of_sentinels_is_killed() {
    let Some(sentinels) = Sentinels::start().await else { return };
    survives(Database::Sentinels(sentinels), 3, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_stay_signed_in_when_postgres_crashes_and_restarts() {
    let Some(postgres) = Postgres::start() else { return };
    survives(Database::Postgres(postgres), 3, 60).await;
}

const PROCESSES: usize = 8;
const BROWSERS: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn eight_processes_and_a_thousand_browsers_survive_failures() {
    if let Some(cluster) = Cluster::start().await {
        println!("Redis Cluster:");
        survives(Database::Cluster(cluster), PROCESSES, BROWSERS).await;
    }
    if let Some(sentinels) = Sentinels::start().await {
        println!("Redis with Sentinel:");
        survives(Database::Sentinels(sentinels), PROCESSES, BROWSERS).await;
    }
    if let Some(postgres) = Postgres::start() {
        println!("PostgreSQL:");
        survives(Database::Postgres(postgres), PROCESSES, BROWSERS).await;
    }
}

/// Prints how many requests one to eight processes handle, with and without a refresh.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn figures_of_one_to_eight_processes() {
    let redis = Redis::start().map(|redis| ("Redis", Database::Redis(redis)));
    let postgres = Postgres::start().map(|postgres| ("PostgreSQL", Database::Postgres(postgres)));
    for (name, database) in redis.into_iter().chain(postgres) {
        let mut trial = Trial::start(&database, 1, BROWSERS).await;
        for processes in [1, 2, 4, 8] {
            trial.run_processes(processes);
            let refreshed = trial.turn(None).await.as_secs_f64();
            let visited = trial.visit_with_all(&AtomicUsize::new(0)).await.as_secs_f64();
            // Each session is visited twice.
            let sessions = f64::from(u16::try_from(BROWSERS).unwrap());
            println!("| {name} | {processes} | {:.0} | {:.0} |", sessions / refreshed, 2.0 * sessions / visited);
        }
    }
}
