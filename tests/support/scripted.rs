//! A server that follows a script, one step for each request, including resets and truncated bodies.

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

/// The reaction to one request.
pub enum Step {
    /// Responds with a status, headers and a body.
    Reply(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection without a response.
    Close,
    /// Announces a long body, sends its start and closes the connection.
    Truncate(String),
    /// Never responds.
    Hang,
    /// Waits until the test releases it.
    When(oneshot::Receiver<()>, Box<Step>),
}

impl Step {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Reply(status, vec![("content-type", "application/json".to_owned())], body.to_string())
    }

    pub fn html(status: u16) -> Self {
        Self::Reply(status, vec![("content-type", "text/html".to_owned())], "<html>no</html>".to_owned())
    }

    /// The step, and a sender that releases it.
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

    /// Appends a step.
    pub fn then(&self, step: Step) {
        self.state.lock().unwrap().steps.push_back(step);
    }

    /// The first lines of the requests received so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Waits until that many requests have been received.
    pub async fn received(&self, requests: usize) {
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
        reply.extend([name, ": ", &value, "\r\n"]);
    }
    let _ = stream.write_all(format!("{reply}\r\n{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads a whole request and returns its first line.
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
