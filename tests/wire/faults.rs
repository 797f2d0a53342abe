//! Faults of the network and the server, for each kind of operation: the error is clear, no session is lost, no secret
//! is printed, nothing hangs, and no unsafe request is repeated. `docs/faults.md` is the table of the results.
//!
//! `GOTRUE_WRITE_DOCS=1 cargo test --test wire faults` rewrites the table.

use std::{env, fmt::Write as _, fs, time::Duration};

use futures::{FutureExt, TryStreamExt, future::BoxFuture};
use gotrue::{
    AdminClient, Client, Error, ErrorCode, MemoryStore, Password, ProfileUpdate, Recover, Secret, Session,
    SessionManager, SignOutScope, SignUp, UserClient, VerifyOtp, types::OtpType, user::EnrollTotp, uuid::Uuid,
};
use gotrue_fake::{FakeServer, Fault};
use support::auto_clock::AutoClock;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md");

/// A server, a client of it, and a signed-in user.
struct World {
    server: FakeServer,
    clock: AutoClock,
    client: Client,
    session: Session,
    /// A factor of the user, and a code that was sent to them.
    factor: Uuid,
    code: Secret,
    store: MemoryStore,
    manager: SessionManager,
}

/// The request timeout of a client that meets a slow server.
const TIMEOUT: Duration = Duration::from_millis(150);

async fn world(timeout: Duration) -> World {
    let clock = AutoClock::default();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).timeout(timeout).build().unwrap();
    client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    let session = client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    let factor = client.user(session.access_token()).mfa().enroll_totp(EnrollTotp::new()).await.unwrap().id;
    client.recover(Recover::email(EMAIL)).await.unwrap();
    let code = server.last_message_to(EMAIL).unwrap().code;
    let store = MemoryStore::new();
    let manager = client.session_manager(store.clone()).await.unwrap();
    manager.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
    World { server, clock, client, session, factor, code, store, manager }
}

/// The same world with an unreachable server.
async fn offline(world: World) -> World {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::builder().base_url(format!("http://{unused}")).clock(world.clock.clone()).build().unwrap();
    let manager = client.session_manager(world.store.clone()).await.unwrap();
    World { client, manager, ..world }
}

/// A kind of operation.
struct Family {
    name: &'static str,
    /// Whether it is safe to repeat.
    repeatable: bool,
    call: fn(&World) -> BoxFuture<'_, Result<(), Error>>,
}

const fn safe(name: &'static str, call: fn(&World) -> BoxFuture<'_, Result<(), Error>>) -> Family {
    Family { name, repeatable: true, call }
}

const fn once(name: &'static str, call: fn(&World) -> BoxFuture<'_, Result<(), Error>>) -> Family {
    Family { name, repeatable: false, call }
}

const FAMILIES: &[Family] = &[
    safe("settings", |w| async { w.client.settings().await.map(drop) }.boxed()),
    safe("public keys", |w| async { w.client.jwt_verifier().verify(w.session.access_token()).await.map(drop) }.boxed()),
    safe("get user", |w| async { user(w).get().await.map(drop) }.boxed()),
    safe("list users", |w| async { admin(w).users().list().stream().try_collect::<Vec<_>>().await.map(drop) }.boxed()),
    safe("refresh", |w| async { w.client.refresh(w.session.refresh_token()).await.map(drop) }.boxed()),
    safe("session", |w| {
        async {
            w.clock.advance(Duration::from_secs(7200));
            w.manager.access_token().await.map(drop)
        }
        .boxed()
    }),
    once("sign up", |w| {
        async { w.client.sign_up(SignUp::email("grace@example.com", PASSWORD)).await.map(drop) }.boxed()
    }),
    once("sign in", |w| async { w.client.sign_in(Password::email(EMAIL, PASSWORD)).await.map(drop) }.boxed()),
    once("verify", |w| async { w.client.verify_otp(recovery(w)).await.map(drop) }.boxed()),
    once("recover", |w| async { w.client.recover(Recover::email(EMAIL)).await.map(drop) }.boxed()),
    once("update user", |w| {
        async { user(w).update(ProfileUpdate::new().password("another-horse-8")).await.map(drop) }.boxed()
    }),
    once("challenge", |w| async { user(w).mfa().challenge(w.factor).await.map(drop) }.boxed()),
    once("sign out", |w| async { user(w).sign_out(SignOutScope::Local).await }.boxed()),
    once("admin: delete", |w| async { admin(w).users().delete(w.session.user().id).await.map(drop) }.boxed()),
];

fn recovery(world: &World) -> VerifyOtp {
    VerifyOtp::email(EMAIL, &world.code).otp_type(OtpType::Recovery)
}

fn user(world: &World) -> UserClient {
    world.client.user(world.session.access_token())
}

fn admin(world: &World) -> AdminClient {
    world.client.admin(world.server.service_key())
}

/// A fault and its result.
struct Case {
    name: &'static str,
    fault: Option<fn() -> Fault>,
    kind: &'static str,
    status: Option<u16>,
    retryable: bool,
    retried: Retried,
}

/// The calls that are retried.
#[derive(Clone, Copy)]
enum Retried {
    /// None, because a retry would not help.
    None,
    /// Those that are safe to repeat.
    Repeatable,
    /// All, because the server cannot have received the request.
    All,
}

impl Retried {
    fn includes(self, family: &Family) -> bool {
        match self {
            Self::None => false,
            Self::Repeatable => family.repeatable,
            Self::All => true,
        }
    }
}

const fn case(
    name: &'static str,
    fault: fn() -> Fault,
    kind: &'static str,
    status: Option<u16>,
    retryable: bool,
    retried: Retried,
) -> Case {
    Case { name, fault: Some(fault), kind, status, retryable, retried }
}

const CASES: &[Case] = &[
    Case {
        name: "connection refused",
        fault: None,
        kind: "Connection",
        status: None,
        retryable: true,
        retried: Retried::All,
    },
    case("reset before the response", Fault::reset, "Connection", None, true, Retried::Repeatable),
    case("reset during the body", Fault::reset_in_body, "Connection", Some(200), true, Retried::Repeatable),
    case("truncated body", Fault::truncated, "Connection", Some(200), true, Retried::Repeatable),
    case("slower than the timeout", || Fault::slow(TIMEOUT * 4), "Connection", None, true, Retried::None),
    case("200 with HTML", || Fault::page(200), "UnreadableResponse", Some(200), true, Retried::Repeatable),
    case("200 with an empty body", || Fault::empty(200), "UnreadableResponse", Some(200), true, Retried::None),
    case("200 of another content type", welcome, "UnreadableResponse", Some(200), true, Retried::None),
    case("500", || Fault::error(500, ErrorCode::UnexpectedFailure), "Api", Some(500), true, Retried::Repeatable),
    case("502 with HTML", || Fault::page(502), "Api", Some(502), true, Retried::Repeatable),
    case("503 with HTML", || Fault::page(503), "Api", Some(503), true, Retried::Repeatable),
    case("504 with an empty body", || Fault::empty(504), "Api", Some(504), true, Retried::Repeatable),
    case("429, `Retry-After: 1`", || limit().retry_after("1"), "Api", Some(429), true, Retried::Repeatable),
    case("429, `Retry-After: 60`", || limit().retry_after("60"), "Api", Some(429), true, Retried::None),
    case("429", limit, "Api", Some(429), true, Retried::None),
    case("409", || Fault::error(409, ErrorCode::Conflict), "Api", Some(409), true, Retried::Repeatable),
    case("413 with HTML", || Fault::page(413), "Api", Some(413), false, Retried::None),
];

fn limit() -> Fault {
    Fault::error(429, ErrorCode::OverRequestRateLimit)
}

fn welcome() -> Fault {
    Fault::response(200, "text/plain", "Welcome to our network")
}

#[tokio::test]
async fn the_fault_matrix() {
    let mut table = String::from(HEAD);
    write!(table, "| fault | error | status | retryable |").unwrap();
    for family in FAMILIES {
        write!(table, " {} |", family.name).unwrap();
    }
    writeln!(table, "\n|{}", "---|".repeat(FAMILIES.len() + 4)).unwrap();
    for case in CASES {
        let status = case.status.map_or("–".to_owned(), |status| status.to_string());
        let retryable = if case.retryable { "yes" } else { "no" };
        write!(table, "| {} | `{}` | {status} | {retryable} |", case.name, case.kind).unwrap();
        for family in FAMILIES {
            write!(table, " {} |", attempts(case, family).await).unwrap();
        }
        writeln!(table).unwrap();
    }
    if env::var_os("GOTRUE_WRITE_DOCS").is_some() {
        fs::write(TABLE, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(TABLE).unwrap(), table, "docs/faults.md is not current: GOTRUE_WRITE_DOCS=1");
}

const HEAD: &str = "\
# Faults and retries

Generated by `tests/wire/faults.rs`, which causes each of these faults. The numbers show how often a request is sent if
the fault persists, with the default of three retries. A request that is not safe to repeat is sent again only if it
cannot have reached the server.

None of these faults ends a stored session. Only a response in which the server rejects the session does.

";

/// Causes the fault, and returns how often the call was sent.
async fn attempts(case: &Case, family: &Family) -> usize {
    let what = format!("{} of {}", case.name, family.name);
    let is_slow = case.name.contains("slow");
    let mut world = world(if is_slow { TIMEOUT } else { Duration::from_secs(30) }).await;
    match case.fault {
        Some(fault) => world.server.fail(fault().times(100)),
        None => world = offline(world).await,
    }
    let (before, waits) = (world.server.requests().len(), world.clock.sleeps());
    let result = tokio::time::timeout(Duration::from_secs(20), (family.call)(&world)).await;
    let result = result.unwrap_or_else(|_| panic!("{what}: hangs"));
    let sent = world.clock.sleeps() - waits + 1;
    match result {
        // There is no body that could be truncated.
        Ok(()) => assert!(family.name == "sign out" && case.status == Some(200), "{what}: no error"),
        Err(error) => {
            let kind = format!("{error:?}");
            assert!(kind.starts_with(case.kind), "{what}: {error:?}");
            assert_eq!(error.status().map(|status| status.as_u16()), case.status, "{what}: {error}");
            assert_eq!(error.is_retryable(), case.retryable, "{what}: {error}");
            assert!(!error.ends_session(), "{what}: {error}");
            assert_clean(&what, &error, &world);
        }
    }
    assert_eq!(sent, if case.retried.includes(family) { 4 } else { 1 }, "{what}");
    // No session is lost, and calls succeed once the network works again.
    assert!(world.manager.session().is_some(), "{what}");
    if case.fault.is_some() {
        assert_eq!(world.server.requests().len() - before, sent, "{what}");
        world.server.heal();
        world.clock.advance(Duration::from_secs(120));
        world.manager.access_token().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    sent
}

/// Asserts that neither the error nor its causes print a secret.
fn assert_clean(what: &str, error: &Error, world: &World) {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(text, " {error} {error:?}").unwrap();
        cause = error.source();
    }
    let session = &world.session;
    let tokens = [session.access_token(), session.refresh_token(), &world.code, &world.server.service_key()];
    for secret in tokens.map(Secret::expose).into_iter().chain([PASSWORD]) {
        assert!(!text.contains(secret), "{what}: a secret is in {text}");
    }
}
