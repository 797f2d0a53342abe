//! A thousand sessions shared by eight processes, some of which are killed.

use std::{
    collections::BTreeMap,
    env,
    hash::{DefaultHasher, Hash, Hasher},
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use futures::{StreamExt, stream};
use gotrue::{
    Client, RedisStores, SessionStore, SignUp,
    store::{Lease, RedisStore, Revision, StoreFuture, StoredSession},
};
use gotrue_fake::{FakeServer, ManualClock};

use crate::server::Redis;

const SESSIONS: usize = 1000;
const PROCESSES: usize = 8;
const KILLED: usize = 4;

/// The number of sessions that a process handles before it stops to be killed.
const BEFORE_THE_END: usize = 20;

async fn stores(url: &str) -> RedisStores {
    RedisStores::connect(url, "app").await.unwrap().encrypt(&[7; 32]).unwrap()
}

fn client(url: &str, clock: ManualClock) -> Client {
    Client::builder().base_url(url).api_key("anon-key").clock(clock).build().unwrap()
}

// --------------------------------------------------------------------------------------------------- in the children

/// The point at which a process stops to be killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    Never,
    /// With the lease.
    Holding,
    /// With new tokens, after the old ones were used.
    Spent,
}

/// A store that never returns at one point.
#[derive(Debug)]
struct Stopping(RedisStore, Stop);

impl SessionStore for Stopping {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.0.load()
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        if self.1 == Stop::Spent { for_ever() } else { self.0.compare_and_swap(expected, new) }
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        Box::pin(async {
            let lease = self.0.lease().await;
            if self.1 == Stop::Holding { for_ever().await } else { lease }
        })
    }
}

fn for_ever<'a, T: Send + 'a>() -> StoreFuture<'a, T> {
    println!("stopped");
    Box::pin(std::future::pending())
}

/// One of eight processes: requests the token of each session and prints a digest of it.
#[tokio::test]
async fn child_that_uses_all_sessions() {
    let Ok(redis) = env::var("REDIS_OF_CHILD") else { return };
    let told = |name: &str| env::var(name).unwrap();
    let clock = ManualClock::at(told("CLOCK_OF_CHILD").parse().unwrap());
    let (client, stores) = (client(&told("SERVER_OF_CHILD"), clock), stores(&redis).await);
    let first: usize = told("FIRST_OF_CHILD").parse().unwrap();
    let stop = match told("STOP_OF_CHILD").as_str() {
        "Holding" => Stop::Holding,
        "Spent" => Stop::Spent,
        _ => Stop::Never,
    };
    let use_one = async |number: usize| {
        let stop = if number == BEFORE_THE_END { stop } else { Stop::Never };
        let id = (first + number) % SESSIONS;
        let store = Stopping(stores.session(id.to_string()).unwrap(), stop);
        let auth = client.session_manager(store).await.unwrap();
        let mut hasher = DefaultHasher::new();
        auth.access_token().await.unwrap().expose().hash(&mut hasher);
        println!("session {id} {}", hasher.finish());
    };
    // A process that is to be killed handles one session at a time, so that only one is affected.
    let at_once = if stop == Stop::Never { 16 } else { 1 };
    stream::iter(0..SESSIONS).map(use_one).buffer_unordered(at_once).collect::<()>().await;
}

// ----------------------------------------------------------------------------------------------------- in the parent

struct World {
    redis: Redis,
    server: FakeServer,
    clock: ManualClock,
}

impl World {
    fn start(&self, first: usize, stop: Stop) -> Process {
        use gotrue::Clock;
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::child_that_uses_all_sessions", "--nocapture", "--test-threads=1"])
            .env("REDIS_OF_CHILD", self.redis.url())
            .env("SERVER_OF_CHILD", self.server.url())
            .env("CLOCK_OF_CHILD", self.clock.now().to_rfc3339())
            .env("FIRST_OF_CHILD", first.to_string())
            .env("STOP_OF_CHILD", format!("{stop:?}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Process { child, output }
    }

    fn worker(&self, number: usize) -> Process {
        self.start(number * SESSIONS / PROCESSES, Stop::Never)
    }
}

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Reads that many lines of which each contains a text.
    fn has_said(&mut self, what: &str, times: usize) {
        let lines = self.output.by_ref().lines().map_while(Result::ok);
        assert_eq!(lines.filter(|line| line.contains(what)).take(times).count(), times, "{what}");
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The tokens by session, from the output that follows.
    fn tokens(mut self) -> BTreeMap<String, String> {
        let lines = self.output.lines().map(Result::unwrap);
        let tokens = lines.filter_map(|line| said(&line)).collect();
        assert!(self.child.wait().unwrap().success());
        tokens
    }
}

fn said(line: &str) -> Option<(String, String)> {
    let (id, token) = line.split_once("session ")?.1.split_once(' ')?;
    Some((id.to_owned(), token.to_owned()))
}

/// Asserts that all workers received the same tokens. The first has been read from before.
fn are_the_same(workers: Vec<Process>) {
    let all: Vec<_> = workers.into_iter().map(Process::tokens).collect();
    let complete = all.last().unwrap();
    assert_eq!(complete.len(), SESSIONS);
    for tokens in &all {
        assert!(tokens.iter().all(|(id, token)| complete[id] == *token));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_send_one_refresh_for_each_of_a_thousand_sessions() {
    let Some(redis) = Redis::start() else { return };
    let clock = ManualClock::new();
    // A server that accepts only the parent of the current refresh token again.
    let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
    let (fresh, stores) = (client(&server.url(), clock.clone()), stores(&redis.url()).await);
    let sign_up = async |id: usize| {
        let auth = fresh.session_manager(stores.session(id.to_string()).unwrap()).await.unwrap();
        auth.sign_up(SignUp::email(format!("user-{id}@example.com"), "correct-horse-7")).await.unwrap();
    };
    stream::iter(0..SESSIONS).map(sign_up).buffer_unordered(16).collect::<()>().await;
    let world = World { redis, server, clock };

    // Four have handled some sessions and stopped, two with the lease and two with new tokens that are stored nowhere.
    world.clock.advance(Duration::from_secs(7200));
    let world = tokio::task::spawn_blocking(move || {
        let stops = [Stop::Holding, Stop::Spent, Stop::Holding, Stop::Spent];
        let first = |number: usize| number * SESSIONS / PROCESSES;
        let mut stopped: Vec<_> = (0..KILLED).map(|number| world.start(first(number), stops[number])).collect();
        for process in &mut stopped {
            process.has_said("stopped", 1);
        }
        let mut workers: Vec<_> = (KILLED..PROCESSES).map(|number| world.worker(number)).collect();
        workers[0].has_said("session", SESSIONS / 4);
        stopped.into_iter().for_each(Process::kill);
        workers.extend((0..KILLED).map(|number| world.worker(number)));
        are_the_same(workers);
        world
    });
    let world = world.await.unwrap();
    let requests = world.server.count("token");
    println!("{requests} refresh requests for {SESSIONS} sessions, {KILLED} processes killed");
    assert!((SESSIONS..=SESSIONS + KILLED).contains(&requests), "{requests}");

    // No session was lost. The second run kills no process.
    world.clock.advance(Duration::from_secs(7200));
    let world = tokio::task::spawn_blocking(move || {
        are_the_same((0..PROCESSES).map(|number| world.worker(number)).collect());
        world
    });
    assert_eq!(world.await.unwrap().server.count("token"), requests + SESSIONS);
}
