//! The processor instructions of a call, which no other load on the machine changes, compared with the same request by
//! bare reqwest and serde. Each side is a process of its own under valgrind, with one call in flight against a server
//! in another process; what 100 calls take is subtracted from what 1,100 take. Each line contains a name, our value
//! and the baseline. Without valgrind, prints nothing.
//!
//! ```sh
//! cargo bench --bench instructions
//! ```

mod support;

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use gotrue::{Claims, Client, MemoryStore, Password, Secret, SignUp, auth::RefreshToken};
use gotrue_fake::FakeServer;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use support::{
    ACCESS_TOKEN, API_KEY, EMAIL, PAGE, PASSWORD, REFRESH_TOKEN, baseline::Baseline, print_line, server_with_one_user,
};
use tokio::runtime::{Builder, Runtime};

const CALLS: [&str; 6] = ["get_user", "sign_in", "refresh", "list_users", "verification", "access_token"];
const FEW: u64 = 100;
const MANY: u64 = 1_100;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        ["gotrue", name, calls, ref target @ ..] => ours(name, calls.parse()?, &Target::new(target)),
        ["baseline", name, calls, ref target @ ..] => bare(name, calls.parse()?, &Target::new(target)),
        _ => compare()?,
    }
    Ok(())
}

/// What the other process serves.
struct Target<'a> {
    /// A server with prepared responses.
    url: &'a str,
    /// A server whose keys verify `token`.
    issuer: &'a str,
    token: Secret,
}

impl<'a> Target<'a> {
    fn new(arguments: &[&'a str]) -> Self {
        Self { url: arguments[0], issuer: arguments[1], token: arguments[2].into() }
    }
}

/// Serves until the standard input ends. Prints the arguments of a [`Target`].
fn serve() {
    let url = server_with_one_user();
    let runtime = Runtime::new().unwrap();
    let (server, token) = runtime.block_on(async {
        let server = FakeServer::start().await;
        let outcome = server.client().unwrap().sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
        (server, outcome.session().unwrap().access_token().clone())
    });
    println!("{url} {} {}", server.url(), token.expose());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// Measures each call on both sides.
fn compare() -> Result<(), Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: valgrind is not installed");
        return Ok(());
    }
    let mut server =
        Command::new(env::current_exe()?).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let target: Vec<&str> = line.split_whitespace().collect();
    for name in CALLS {
        let per_call = |side| -> Result<u64, Box<dyn Error>> {
            let instructions = |calls| instructions(&[&[side, name, calls], &target[..]].concat());
            Ok((instructions(&MANY.to_string())? - instructions(&FEW.to_string())?) / (MANY - FEW))
        };
        print_line(&format!("instructions/{name}"), per_call("gotrue")?, per_call("baseline")?);
    }
    drop(server.stdin.take());
    server.wait()?;
    Ok(())
}

/// Runs this program with these arguments and returns how many instructions it took.
fn instructions(arguments: &[&str]) -> Result<u64, Box<dyn Error>> {
    let valgrind = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
    let output = Command::new("valgrind").args(valgrind).arg(env::current_exe()?).args(arguments).output()?;
    let printed = String::from_utf8_lossy(&output.stderr);
    // `==123== I   refs:      1,234,567`
    let count = printed.lines().find_map(|line| line.split_once("refs:")).filter(|_| output.status.success());
    let (_, count) = count.ok_or_else(|| format!("valgrind: {printed}"))?;
    Ok(count.trim().replace(',', "").parse()?)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn repeat<F: Future<Output = ()>>(calls: u64, call: impl Fn() -> F) {
    runtime().block_on(async {
        for _ in 0..calls {
            call().await;
        }
    });
}

fn ours(name: &str, calls: u64, target: &Target<'_>) {
    let client = Client::new(target.url, API_KEY).unwrap();
    match name {
        "get_user" => {
            let user = client.user(ACCESS_TOKEN);
            repeat(calls, || async { drop(user.get().await.unwrap()) });
        }
        "sign_in" => {
            repeat(calls, || async { drop(client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap()) });
        }
        "refresh" => {
            repeat(calls, || async { drop(client.sign_in(RefreshToken::new(REFRESH_TOKEN)).await.unwrap()) });
        }
        "list_users" => {
            let users = client.admin(ACCESS_TOKEN).users();
            repeat(calls, || async { drop(users.list().page(1).per_page(PAGE.into()).get().await.unwrap()) });
        }
        "verification" => {
            let verifier = Client::new(target.issuer, API_KEY).unwrap().jwt_verifier();
            repeat(calls, || async { drop(verifier.verify(black_box(&target.token)).await.unwrap()) });
        }
        "access_token" => runtime().block_on(async {
            let manager = client.session_manager(MemoryStore::new()).await.unwrap();
            manager.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap();
            for _ in 0..calls {
                drop(manager.access_token().await.unwrap());
            }
        }),
        name => panic!("unknown call {name}"),
    }
}

fn bare(name: &str, calls: u64, target: &Target<'_>) {
    let baseline = Baseline::new(target.url);
    match name {
        "get_user" => repeat(calls, || async { drop(baseline.get_user().await) }),
        "sign_in" => repeat(calls, || async { drop(baseline.sign_in().await) }),
        "refresh" => repeat(calls, || async { drop(baseline.refresh(REFRESH_TOKEN).await) }),
        "list_users" => repeat(calls, || async { drop(baseline.list_users().await) }),
        "verification" => {
            let keys = runtime().block_on(async { Client::new(target.issuer, API_KEY).unwrap().jwks().await.unwrap() });
            let jwk: Jwk = serde_json::from_value(serde_json::to_value(&keys.keys[0]).unwrap()).unwrap();
            let key = DecodingKey::from_jwk(&jwk).unwrap();
            let mut validation = Validation::new(Algorithm::ES256);
            validation.validate_aud = false;
            for _ in 0..calls {
                let token = black_box(&target.token).expose();
                black_box(jsonwebtoken::decode::<Claims>(token, &key, &validation).unwrap());
            }
        }
        "access_token" => {
            let token = Secret::from(ACCESS_TOKEN);
            for _ in 0..calls {
                drop(black_box(black_box(&token).clone()));
            }
        }
        name => panic!("unknown call {name}"),
    }
}
