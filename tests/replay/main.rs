//! Recorded exchanges, replayed through the generated operations.
//!
//! A success decodes without loss, and its request equals the recorded one. An error becomes the right `Error`.

mod credentials;
mod families;
mod operation;
mod unrecorded;

use std::{fs, path::Path};

use gotrue::{Client, Error, raw};
use operation::Outcome;
use support::exchange::Exchange;
use wiremock::{Mock, MockServer, matchers};

/// The exchanges of a directory with an operation of the document, and the number of those without.
fn exchanges(folder: &str) -> (Vec<Exchange>, usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let all: Vec<Exchange> = files.iter().map(|file| Exchange::read(file)).collect();
    let total = all.len();
    let known: Vec<Exchange> = all.into_iter().filter(|exchange| exchange.operation().is_some()).collect();
    let unknown = total - known.len();
    (known, unknown)
}

/// The exchanges with a current server, and requests of the other operations.
fn of_all_operations() -> Vec<Exchange> {
    let (mut all, _) = exchanges("recorded");
    all.extend(unrecorded::requests());
    all
}

/// Replays one exchange.
async fn replay(server: &MockServer, exchange: &Exchange) {
    server.reset().await;
    Mock::given(matchers::any()).respond_with(exchange.reply()).mount(server).await;
    let client = Client::builder().base_url(server.uri()).api_key("anon-key").retries(0).build().unwrap().raw();
    let Some(outcome) = operation::call(&client, exchange).await else {
        // The types cannot express the request. The error is then read through another operation.
        assert!(exchange.status() >= 400, "{}: the request does not fit its type", exchange.name);
        return exchange.assert_error(&Error::from_raw(client.health().await.unwrap_err()).await);
    };
    judge(exchange, outcome, server).await;
}

async fn judge(exchange: &Exchange, outcome: Outcome, server: &MockServer) {
    match outcome {
        Ok(decoded) => {
            assert!(exchange.status() < 300, "{}: an error passed as a success", exchange.name);
            exchange.assert_nothing_lost(&decoded);
            let request = server.received_requests().await.unwrap().pop().unwrap();
            exchange.assert_sent_as_recorded(&request);
        }
        Err(raw::Error::UnexpectedResponse(reply)) if reply.status().is_redirection() => {
            assert_eq!(reply.status().as_u16(), exchange.status(), "{}", exchange.name);
            let location = reply.headers().get("location").map(|value| value.to_str().unwrap());
            assert_eq!(location, exchange.header("location"), "{}", exchange.name);
        }
        Err(error) => {
            let error = Error::from_raw(error).await;
            assert!(exchange.status() >= 400, "{}: {error:?}", exchange.name);
            exchange.assert_error(&error);
        }
    }
}

async fn replay_all(folder: &str, at_least: usize) {
    let server = MockServer::start().await;
    let (known, unknown) = exchanges(folder);
    assert!(known.len() >= at_least, "only {} of {} exchanges have an operation", known.len(), known.len() + unknown);
    for exchange in &known {
        replay(&server, exchange).await;
    }
}

#[tokio::test]
async fn exchanges_with_a_current_server() {
    replay_all("recorded", 196).await;
}

#[tokio::test]
async fn exchanges_with_a_server_of_2023() {
    replay_all("recorded-2.99", 183).await;
}
