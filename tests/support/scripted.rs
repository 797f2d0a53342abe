//! A server that does what the test says, one step a request, down to resets and half a body.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// What to do with the next request.
pub enum Step {
    /// Answers with a status, headers and a body.
    Reply(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection without an answer.
    Close,
    /// Promises a long body and closes after its beginning.
    Truncate(String),
    /// Never answers.
    Hang,
    /// Waits until the test lets it go on.
    When(oneshot::Receiver<()>, Box<Step>),
}

impl Step {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Reply(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    pub fn html(status: u16) -> Self {
        Self::Reply(status, vec![("content-type", "text/html".to_owned())], "<html>no</html>".to_owned())
    }

    /// The step, and what lets it go on.
    pub fn held_back(self) -> (Self, oneshot::Sender<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self::When(receiver, Box::new(self)), sender)
    }
}

#[derive(Clone)]
pub struct Scripted {
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    requests: Vec<String>,
}

impl Scripted {
    pub async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { steps: steps.into_iter().collect(), requests: Vec::new() }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, shared.clone()));
            }
        });
        Self { url, state }
    }

    /// More steps for later.
    pub fn then(&self, step: Step) {
        self.state.lock().unwrap().steps.push_back(step);
    }

    /// The first lines of the requests that came.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Waits until so many requests have come.
    pub async fn has_got(&self, requests: usize) {
        while self.requests().len() < requests {
            tokio::task::yield_now().await;
        }
    }
}

async fn answer(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(line) = read_request(&mut stream).await else { return };
    let mut step = {
        let mut state = state.lock().unwrap();
        state.requests.push(line);
        state.steps.pop_front().unwrap_or_else(|| Step::html(418))
    };
    while let Step::When(go_on, next) = step {
        let _ = go_on.await;
        step = *next;
    }
    let (status, headers, body, length) = match step {
        Step::Reply(status, headers, body) => (status, headers, body.clone(), body.len()),
        Step::Truncate(body) => (200, vec![("content-type", "application/json".to_owned())], body, 100_000),
        Step::Hang => std::future::pending().await,
        Step::Close | Step::When(..) => return,
    };
    let mut reply = format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        reply += &format!("{name}: {value}\r\n");
    }
    let _ = stream.write_all(format!("{reply}\r\n{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The first line of a request, once all of it has come.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return head.lines().next().map(str::to_owned);
        }
    }
}
