//! Faults of the network and the server, for each kind of operation: the error is clear, no session is lost, no secret
//! is printed, nothing hangs, and no unsafe request is repeated. Kinds: a connection that breaks at each point, a
//! gateway's page or redirect instead of the server's response, a success that cannot be read, a busy server with each
//! form of `Retry-After`, and refusals of the session, the token or the request.
//!
//! The results are the tables in `docs/faults.md`. `GOTRUE_WRITE_DOCS=1 cargo test --test wire faults` rewrites them.

use std::{
    env,
    fmt::Write as _,
    fs,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::{FutureExt, TryStreamExt, future::BoxFuture};
use gotrue::{
    AdminClient, Client, Error, ErrorCode, MemoryStore, Password, ProfileUpdate, Recover, Secret, Session,
    SessionManager, SignOutScope, SignUp, UserClient, VerifyOtp, types::OtpType, user::EnrollTotp, uuid::Uuid,
};
use gotrue_fake::{FakeServer, Fault};
use support::auto_clock::AutoClock;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";
const DOCUMENT_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/faults.md");

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

async fn world() -> World {
    let clock = AutoClock::default();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
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
    with_client(world, client).await
}

/// The same world with a client that does not wait long. The world itself was made by one that does, because this machine
/// may be busy.
async fn impatient(world: World) -> World {
    let client = world.server.client_builder().clock(world.clock.clone()).timeout(TIMEOUT).build().unwrap();
    with_client(world, client).await
}

async fn with_client(world: World, client: Client) -> World {
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

const SLOW: &str = "slower than the timeout";

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
    case(SLOW, || Fault::slow(TIMEOUT * 4), "Connection", None, true, Retried::None),
    case("200 with HTML", || Fault::page(200), "UnreadableResponse", Some(200), true, Retried::Repeatable),
    case("200 with an empty body", || Fault::empty(200), "UnreadableResponse", Some(200), true, Retried::None),
    case("200 of another content type", welcome, "UnreadableResponse", Some(200), true, Retried::None),
    case("200 with JSON that is cut off", cut_off, "UnreadableResponse", Some(200), true, Retried::None),
    case("302 to a page", redirect, "UnreadableResponse", Some(302), true, Retried::None),
    case("301", || Fault::empty(301), "UnreadableResponse", Some(301), false, Retried::None),
    case("308", || Fault::empty(308), "UnreadableResponse", Some(308), false, Retried::None),
    case("401 with HTML", || Fault::page(401), "Api", Some(401), false, Retried::None),
    case("403 with problem details", || problem(403), "Api", Some(403), false, Retried::None),
    case("404 with HTML", || Fault::page(404), "Api", Some(404), false, Retried::None),
    case("500", || Fault::error(500, ErrorCode::UnexpectedFailure), "Api", Some(500), true, Retried::Repeatable),
    case("501", || Fault::empty(501), "Api", Some(501), false, Retried::None),
    case("502 with HTML", || Fault::page(502), "Api", Some(502), true, Retried::Repeatable),
    case("503 with HTML", || Fault::page(503), "Api", Some(503), true, Retried::Repeatable),
    case("503 with problem details", || problem(503), "Api", Some(503), true, Retried::Repeatable),
    case("503, `Retry-After: 0`", || problem(503).retry_after("0"), "Api", Some(503), true, Retried::Repeatable),
    case("503, `Retry-After` gone by", || problem(503).retry_after(PAST), "Api", Some(503), true, Retried::Repeatable),
    case("503, `Retry-After: soon`", || problem(503).retry_after("soon"), "Api", Some(503), true, Retried::Repeatable),
    case("504 with an empty body", || Fault::empty(504), "Api", Some(504), true, Retried::Repeatable),
    case("429, `Retry-After: 0`", || limit().retry_after("0"), "Api", Some(429), true, Retried::Repeatable),
    case("429, `Retry-After` gone by", || limit().retry_after(PAST), "Api", Some(429), true, Retried::Repeatable),
    case("429, `Retry-After: 1`", || limit().retry_after("1"), "Api", Some(429), true, Retried::Repeatable),
    case("429, `Retry-After: 60`", || limit().retry_after("60"), "Api", Some(429), true, Retried::None),
    case("429", limit, "Api", Some(429), true, Retried::None),
    case("409", || Fault::error(409, ErrorCode::Conflict), "Api", Some(409), true, Retried::Repeatable),
    case("413 with HTML", || Fault::page(413), "Api", Some(413), false, Retried::None),
];

fn limit() -> Fault {
    Fault::error(429, ErrorCode::OverRequestRateLimit)
}

const PAST: &str = "Tue, 24 Nov 2020 00:00:00 GMT";

fn problem(status: u16) -> Fault {
    Fault::response(status, "application/problem+json", r#"{"title":"no","detail":"not now"}"#)
}

fn cut_off() -> Fault {
    Fault::response(200, "application/json", r#"{"access_token":"a","user":{"email":"ada@exa"#)
}

/// To the page of a captive portal, for example.
fn redirect() -> Fault {
    Fault::page(302)
}

fn welcome() -> Fault {
    Fault::response(200, "text/plain", "Welcome to our network")
}

#[tokio::test]
async fn the_fault_matrix() {
    let mut table = head(&["fault", "error", "status", "retryable"]);
    for case in CASES {
        let status = case.status.map_or("–".to_owned(), |status| status.to_string());
        let retryable = if case.retryable { "yes" } else { "no" };
        write!(table, "| {} | `{}` | {status} | {retryable} |", case.name, case.kind).unwrap();
        for family in FAMILIES {
            write!(table, " {} |", attempts(case, family).await).unwrap();
        }
        writeln!(table).unwrap();
    }
    assert_current("faults", &table);
}

/// The first lines of a table with a column for each family.
fn head(columns: &[&str]) -> String {
    let names: Vec<_> = columns.iter().copied().chain(FAMILIES.iter().map(|family| family.name)).collect();
    format!("| {} |\n|{}\n", names.join(" | "), "---|".repeat(names.len()))
}

/// Asserts that the document has this table, or writes it.
fn assert_current(name: &str, table: &str) {
    // The tests of this file run at the same time.
    static DOCUMENT: Mutex<()> = Mutex::new(());
    let _lock = DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let text = fs::read_to_string(DOCUMENT_PATH).unwrap();
    let [start, end] = [format!("<!-- {name} -->\n\n"), format!("\n<!-- end of {name} -->")];
    let (before, rest) = text.split_once(&start).unwrap();
    let (found, after) = rest.split_once(&end).unwrap();
    if env::var_os("GOTRUE_WRITE_DOCS").is_some() {
        fs::write(DOCUMENT_PATH, format!("{before}{start}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(found, table, "docs/faults.md is not current: GOTRUE_WRITE_DOCS=1");
    }
}

/// A refusal, and whether it ends the session if it comes in response to a refresh, and to the user's access token.
const REFUSALS: &[(u16, &str, [bool; 2])] = &[
    (400, "refresh_token_not_found", [true, true]),
    (400, "refresh_token_already_used", [true, true]),
    (400, "validation_failed", [true, false]),
    (400, "invalid_grant", [true, false]),
    (403, "session_not_found", [true, true]),
    (400, "session_expired", [true, true]),
    (403, "user_banned", [true, true]),
    (403, "user_not_found", [true, true]),
    (403, "bad_jwt", [false, false]),
    (401, "no_authorization", [false, false]),
    (403, "insufficient_aal", [false, false]),
    (400, "bad_json", [false, false]),
    (422, "validation_failed", [false, false]),
    (429, "over_request_rate_limit", [false, false]),
];

#[tokio::test]
async fn the_refusals_that_end_a_session() {
    let mut table = head(&["response", "status"]);
    for (status, code, [by_refresh, by_user]) in REFUSALS {
        write!(table, "| `{code}` | {status} |").unwrap();
        for family in FAMILIES {
            let what = format!("{status} {code} of {}", family.name);
            let world = world().await;
            world.server.fail(Fault::error(*status, ErrorCode::from(*code)).times(100));
            let error = (family.call)(&world).await.unwrap_err();
            let ends = match family.name {
                "refresh" | "session" => *by_refresh,
                "get user" | "update user" | "challenge" | "sign out" => *by_user,
                _ => false,
            };
            assert_eq!(error.ends_session(), ends, "{what}: {error}");
            assert_eq!(world.manager.session().is_none(), ends && family.name == "session", "{what}");
            assert_clean(&what, &error, &world);
            write!(table, " {} |", if ends { "ends" } else { "–" }).unwrap();
        }
        writeln!(table).unwrap();
    }
    assert_current("refusals", &table);
}

/// Causes the fault, and returns how often the call was sent.
async fn attempts(case: &Case, family: &Family) -> usize {
    let what = format!("{} of {}", case.name, family.name);
    let patient = world().await;
    let manager = patient.manager.clone();
    let world = match case.fault {
        None => offline(patient).await,
        Some(_) if case.name == SLOW => impatient(patient).await,
        Some(_) => patient,
    };
    if let Some(fault) = case.fault {
        world.server.fail(fault().times(100));
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
        manager.access_token().await.unwrap_or_else(|error| panic!("{what}: {error}"));
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
