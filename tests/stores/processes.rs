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
    store::{Lease, RemoteStore, Revision, StoreFuture, StoredSession},
};
use gotrue_fake::{FakeServer, ManualClock};

use crate::servers::redis::Redis;

const SESSIONS: usize = 1000;
const PROCESSES: usize = 8;
const KILLED: usize = 4;

/// How many sessions a process that will be killed handles before it blocks.
const BEFORE_THE_KILL: usize = 20;

async fn stores(url: &str) -> RedisStores {
    RedisStores::connect(url, "app").await.unwrap().encrypt(&[7; 32]).unwrap()
}

fn client(url: &str, clock: ManualClock) -> Client {
    Client::builder().base_url(url).api_key("anon-key").clock(clock).build().unwrap()
}

// --------------------------------------------------------------------------------------------------- in the children

/// Where a process blocks until it is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum BlockAt {
    Never,
    /// It holds the lease.
    Lease,
    /// It has new tokens that are not stored yet, and the old ones are used up.
    Write,
}

/// A store that blocks at one operation.
#[derive(Debug)]
struct BlockingStore(RemoteStore, BlockAt);

impl SessionStore for BlockingStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.0.load()
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        if self.1 == BlockAt::Write { block() } else { self.0.compare_and_swap(expected, new) }
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        Box::pin(async {
            let lease = self.0.lease().await;
            if self.1 == BlockAt::Lease { block().await } else { lease }
        })
    }
}

fn block<'a, T: Send + 'a>() -> StoreFuture<'a, T> {
    println!("blocked");
    Box::pin(std::future::pending())
}

/// A child that gets the token of each session and prints its digest.
#[tokio::test]
async fn child_that_uses_all_sessions() {
    let Ok(redis) = env::var("REDIS_OF_CHILD") else { return };
    let variable = |name: &str| env::var(name).unwrap();
    let clock = ManualClock::at(variable("CLOCK_OF_CHILD").parse().unwrap());
    let (client, stores) = (client(&variable("SERVER_OF_CHILD"), clock), stores(&redis).await);
    let first: usize = variable("FIRST_OF_CHILD").parse().unwrap();
    let block_at = match variable("BLOCK_AT_OF_CHILD").as_str() {
        "Lease" => BlockAt::Lease,
        "Write" => BlockAt::Write,
        _ => BlockAt::Never,
    };
    let use_one = async |number: usize| {
        let block_at = if number == BEFORE_THE_KILL { block_at } else { BlockAt::Never };
        let id = (first + number) % SESSIONS;
        let store = BlockingStore(stores.session(id.to_string()).unwrap(), block_at);
        let auth = client.session_manager(store).await.unwrap();
        let mut hasher = DefaultHasher::new();
        auth.access_token().await.unwrap().expose().hash(&mut hasher);
        println!("session {id} {}", hasher.finish());
    };
    // A process that will be killed handles one session at a time, so that the kill affects one only.
    let at_once = if block_at == BlockAt::Never { 16 } else { 1 };
    stream::iter(0..SESSIONS).map(use_one).buffer_unordered(at_once).collect::<()>().await;
}

// ----------------------------------------------------------------------------------------------------- in the parent

struct World {
    redis: Redis,
    server: FakeServer,
    clock: ManualClock,
}

impl World {
    fn start(&self, first: usize, block_at: BlockAt) -> Process {
        use gotrue::Clock;
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "processes::child_that_uses_all_sessions", "--nocapture", "--test-threads=1"])
            .env("REDIS_OF_CHILD", self.redis.url())
            .env("SERVER_OF_CHILD", self.server.url())
            .env("CLOCK_OF_CHILD", self.clock.now().to_rfc3339())
            .env("FIRST_OF_CHILD", first.to_string())
            .env("BLOCK_AT_OF_CHILD", format!("{block_at:?}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Process { child, output }
    }

    fn worker(&self, number: usize) -> Process {
        self.start(number * SESSIONS / PROCESSES, BlockAt::Never)
    }
}

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Reads the output until this many lines contain the text.
    fn expect_lines(&mut self, text: &str, times: usize) {
        let lines = self.output.by_ref().lines().map_while(Result::ok);
        assert_eq!(lines.filter(|line| line.contains(text)).take(times).count(), times, "{text}");
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Returns the token digests in the rest of the output, by session.
    fn tokens(mut self) -> BTreeMap<String, String> {
        let lines = self.output.lines().map(Result::unwrap);
        let tokens = lines.filter_map(|line| session_line(&line)).collect();
        assert!(self.child.wait().unwrap().success());
        tokens
    }
}

fn session_line(line: &str) -> Option<(String, String)> {
    let (id, token) = line.split_once("session ")?.1.split_once(' ')?;
    Some((id.to_owned(), token.to_owned()))
}

/// Asserts that all workers got the same tokens. Part of the first one's output may have been read before.
fn assert_same_tokens(workers: Vec<Process>) {
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
    // Without a reuse interval the server accepts a used refresh token only if it is the parent of the current one.
    let server = FakeServer::builder().clock(clock.clone()).reuse_interval(Duration::ZERO).start().await;
    let (fresh, stores) = (client(&server.url(), clock.clone()), stores(&redis.url()).await);
    let sign_up = async |id: usize| {
        let auth = fresh.session_manager(stores.session(id.to_string()).unwrap()).await.unwrap();
        auth.sign_up(SignUp::email(format!("user-{id}@example.com"), "correct-horse-7")).await.unwrap();
    };
    stream::iter(0..SESSIONS).map(sign_up).buffer_unordered(16).collect::<()>().await;
    let world = World { redis, server, clock };

    // Four processes handle some sessions and block: two with the lease, two with new tokens that are not stored.
    world.clock.advance(Duration::from_secs(7200));
    let world = tokio::task::spawn_blocking(move || {
        let blocks = [BlockAt::Lease, BlockAt::Write, BlockAt::Lease, BlockAt::Write];
        let first = |number: usize| number * SESSIONS / PROCESSES;
        let mut blocked: Vec<_> = (0..KILLED).map(|number| world.start(first(number), blocks[number])).collect();
        for process in &mut blocked {
            process.expect_lines("blocked", 1);
        }
        let mut workers: Vec<_> = (KILLED..PROCESSES).map(|number| world.worker(number)).collect();
        workers[0].expect_lines("session", SESSIONS / 4);
        blocked.into_iter().for_each(Process::kill);
        workers.extend((0..KILLED).map(|number| world.worker(number)));
        assert_same_tokens(workers);
        world
    });
    let world = world.await.unwrap();
    let requests = world.server.count("token");
    println!("{requests} refresh requests for {SESSIONS} sessions, {KILLED} processes killed");
    assert!((SESSIONS..=SESSIONS + KILLED).contains(&requests), "{requests}");

    // No session was lost. The second round kills no process.
    world.clock.advance(Duration::from_secs(7200));
    let world = tokio::task::spawn_blocking(move || {
        assert_same_tokens((0..PROCESSES).map(|number| world.worker(number)).collect());
        world
    });
    assert_eq!(world.await.unwrap().server.count("token"), requests + SESSIONS);
}
