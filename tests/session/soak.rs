//! Three minutes in fast motion: tokens of three seconds, responses to refreshes delayed by up to that lifetime, and a
//! server process that is stopped twice. Sessions of each kind: refreshed by their callers, in the background, and by
//! `KeepFresh`.
//!
//! This command writes the figures into `docs/faults.md`:
//! `GOTRUE_WRITE_DOCS=1 cargo test --test session soak -- --ignored --nocapture`

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    ops::Range,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures::StreamExt;
use gotrue::{Claims, Client, Clock, Error, Event, MemoryStore, Secret, SessionManager, SignUp, SystemClock};
use gotrue_fake::{FakeServer, Fault};

const LIFETIME: Duration = Duration::from_secs(3);
const LENGTH: Duration = Duration::from_secs(180);

/// When the server is stopped, and for how long: longer than the timeout of the client and the lifetime of its tokens.
const STOPS: [Duration; 2] = [Duration::from_secs(50), Duration::from_secs(120)];
const STOP: Duration = Duration::from_secs(12);
const TIMEOUT: Duration = Duration::from_secs(5);

/// For how long callers get the error of a failed refresh at most.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Sessions of each of the three kinds, callers of each session, and the pause between their calls.
const SESSIONS: usize = 8;
const CALLERS: usize = 2;
const PAUSE: Duration = Duration::from_millis(20);

/// A pseudo-random sequence, the same in each run.
struct Delays(u64);

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(LIFETIME * u32::try_from(self.0 >> 54).unwrap() / 1024)
    }
}

/// The server, in a process that can be stopped.
struct Server {
    process: Child,
    /// Kept open: the test runner of the process writes to it.
    _output: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> (Self, String) {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "soak::child_that_is_a_server", "--nocapture", "--ignored"])
            .env("SERVER_OF_SOAK", "")
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let url = output.by_ref().lines().find_map(|line| Some(line.unwrap().split_once("url: ")?.1.to_owned()));
        (Self { process: child, _output: output }, url.expect("the URL of the server"))
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "run by three_minutes_in_fast_motion"]
async fn child_that_is_a_server() {
    if env::var_os("SERVER_OF_SOAK").is_none() {
        return;
    }
    let server = FakeServer::builder().token_lifetime(LIFETIME).start().await;
    for delay in Delays(1).take(100_000) {
        server.fail(Fault::slow(delay).of("token"));
    }
    println!("url: {}", server.url());
    std::io::stdout().flush().unwrap();
    // Until the parent has ended.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().lines().next()).await;
}

#[derive(Default)]
struct Figures {
    tokens: AtomicUsize,
    refreshes: AtomicUsize,
    calls: AtomicUsize,
    /// Tokens that were returned at or after their `exp`.
    expired: AtomicUsize,
    /// Calls that the server refused with 401 or 403 although it was not stopped.
    refused: AtomicUsize,
    sign_outs: AtomicUsize,
    /// Calls without a token while the server was not stopped, because three refreshes took longer than their tokens
    /// live.
    too_slow: AtomicUsize,
    other_errors: AtomicUsize,
    /// Errors while the server was stopped, and in the pause after that.
    while_stopped: AtomicUsize,
    /// The longest wait in milliseconds of a caller who then got a token that was there before.
    longest_wait: AtomicU64,
    stops: Mutex<Vec<Range<Instant>>>,
}

impl Figures {
    /// Returns whether the server was stopped during a call, or this long before it.
    fn overlaps_a_stop(&self, started: Instant, before: Duration) -> bool {
        self.stops.lock().unwrap().iter().any(|stop| started < stop.end + before && stop.start <= Instant::now())
    }

    fn error(&self, error: &Error, started: Instant) {
        let is_refusal = error.status().is_some_and(|status| [401, 403].contains(&status.as_u16()));
        let counter = match error {
            // A request that was sent before the stop arrives after it.
            _ if is_refusal && !self.overlaps_a_stop(started, TIMEOUT) => &self.refused,
            _ if self.overlaps_a_stop(started, TIMEOUT + PAUSE_AFTER_FAILURE) => &self.while_stopped,
            Error::Token(_) => &self.too_slow,
            _ => &self.other_errors,
        };
        if counter.fetch_add(1, Relaxed) < 3 {
            println!("{error}");
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let count = |counter: &AtomicUsize| counter.load(Relaxed).to_string();
        vec![
            ("tokens returned", count(&self.tokens)),
            ("refreshes", count(&self.refreshes)),
            ("calls with a token", count(&self.calls)),
            ("tokens returned at or after `exp`", count(&self.expired)),
            ("calls refused with 401 or 403 while the server responds", count(&self.refused)),
            ("sign-outs", count(&self.sign_outs)),
            ("longest wait for a token that was there already", format!("{} ms", self.longest_wait.load(Relaxed))),
            ("errors because three responses in a row took longer than their tokens live", count(&self.too_slow)),
            ("other errors while the server responds", count(&self.other_errors)),
            ("errors while the server is stopped, and in the pause after that", count(&self.while_stopped)),
        ]
    }
}

/// Gets tokens, and uses some of them, until the end.
async fn call(auth: SessionManager, figures: Arc<Figures>, end: Instant) {
    let mut last: Option<Secret> = None;
    for number in 0_usize.. {
        let started = Instant::now();
        if started >= end {
            return;
        }
        match auth.access_token().await {
            Ok(token) => {
                let now = SystemClock.now();
                figures.tokens.fetch_add(1, Relaxed);
                if Claims::read_unverified(&token).unwrap().exp <= now {
                    figures.expired.fetch_add(1, Relaxed);
                }
                if last.as_ref() == Some(&token) {
                    let waited = u64::try_from(started.elapsed().as_millis()).unwrap();
                    figures.longest_wait.fetch_max(waited, Relaxed);
                }
                last = Some(token);
            }
            Err(error) => figures.error(&error, started),
        }
        if number % 25 == 0 {
            let started = Instant::now();
            match auth.user().get().await {
                Ok(_) => drop(figures.calls.fetch_add(1, Relaxed)),
                Err(error) => figures.error(&error, started),
            }
        }
        SystemClock.sleep(PAUSE).await;
    }
}

/// Counts the events of a session.
async fn listen(auth: SessionManager, figures: Arc<Figures>) {
    let mut events = auth.events();
    while let Some(event) = events.next().await {
        match event {
            Event::TokenRefreshed(_) => drop(figures.refreshes.fetch_add(1, Relaxed)),
            Event::SignedOut(reason) => {
                println!("{reason:?}");
                figures.sign_outs.fetch_add(1, Relaxed);
            }
            _ => {}
        }
    }
}

async fn stop_twice(server: &Server, figures: &Figures, started: Instant) {
    for stop in STOPS {
        SystemClock.sleep(stop.saturating_sub(started.elapsed())).await;
        let now = Instant::now();
        figures.stops.lock().unwrap().push(now..now + STOP);
        server.signal("-STOP");
        SystemClock.sleep(STOP).await;
        server.signal("-CONT");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes three minutes"]
async fn three_minutes_in_fast_motion() {
    let (server, url) = Server::start();
    let client = Client::builder().base_url(url).timeout(TIMEOUT).build().unwrap();
    let figures = Arc::new(Figures::default());
    let many = client.keep_fresh(4);
    let (started, end) = (Instant::now(), Instant::now() + LENGTH);
    let (mut background, mut callers) = (Vec::new(), Vec::new());
    for number in 0..3 * SESSIONS {
        let auth = client.session_manager(MemoryStore::new()).await.unwrap();
        auth.sign_up(SignUp::email(format!("user-{number}@example.com"), "correct-horse-7")).await.unwrap();
        match number % 3 {
            0 => {}
            1 => background.push(auth.auto_refresh()),
            _ => many.add(&auth),
        }
        tokio::spawn(listen(auth.clone(), figures.clone()));
        callers.extend((0..CALLERS).map(|_| tokio::spawn(call(auth.clone(), figures.clone(), end))));
    }
    stop_twice(&server, &figures, started).await;
    for caller in callers {
        caller.await.unwrap();
    }

    let rows = figures.rows();
    let lines: Vec<_> = rows.iter().map(|(name, figure)| format!("| {name} | {figure} |\n")).collect();
    let table = lines.concat();
    println!("{table}");
    if env::var_os("GOTRUE_WRITE_DOCS").is_some() {
        write(&format!("| what | |\n|---|---|\n{table}"));
    }
    for counter in [&figures.expired, &figures.refused, &figures.sign_outs, &figures.other_errors] {
        assert_eq!(counter.load(Relaxed), 0);
    }
    // It was a soak: all sessions were refreshed again and again, and the stops were noticed.
    assert!(figures.tokens.load(Relaxed) > 10_000 && figures.refreshes.load(Relaxed) > 500);
    assert!(figures.while_stopped.load(Relaxed) > 0);
}

/// Writes the table of figures.
fn write(table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md");
    let text = fs::read_to_string(path).unwrap();
    let [start, end] = ["<!-- soak -->\n\n", "\n<!-- end of soak -->"];
    let (before, rest) = text.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    fs::write(path, format!("{before}{start}{table}{end}{after}")).unwrap();
}
