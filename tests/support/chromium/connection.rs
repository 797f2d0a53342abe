//! The connection to the browser: messages in JSON, each followed by a NUL.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, ChildStdout},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// A browser that does not respond for this long has failed.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(super) struct Connection(Arc<Inner>);

struct Inner {
    requests: Mutex<ChildStdin>,
    last_id: AtomicU64,
    pending: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    /// The receivers of events, by session.
    listeners: Mutex<HashMap<String, mpsc::UnboundedSender<Value>>>,
}

impl Connection {
    pub(super) fn new(requests: ChildStdin, messages: ChildStdout) -> Self {
        let inner = Arc::new(Inner {
            requests: Mutex::new(requests),
            last_id: AtomicU64::new(0),
            pending: Mutex::default(),
            listeners: Mutex::default(),
        });
        let dispatcher = inner.clone();
        thread::spawn(move || {
            for message in BufReader::new(messages).split(0).map_while(Result::ok) {
                dispatcher.dispatch(serde_json::from_slice(&message).unwrap());
            }
            // The browser has ended: no response comes any more.
            dispatcher.pending.lock().unwrap().clear();
        });
        Self(inner)
    }

    /// Sends the events of a session to this listener.
    pub(super) fn listen(&self, session: &str) -> mpsc::UnboundedReceiver<Value> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.0.listeners.lock().unwrap().insert(session.to_owned(), sender);
        receiver
    }

    /// Sends a command, and returns its result.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let response = timeout(LIMIT, self.send(session, method, &params)).await;
        let mut response = response.unwrap_or_else(|_| panic!("no response to {method}")).expect("Chromium has ended");
        assert!(response.get("error").is_none(), "{method}: {}", response["error"]);
        response["result"].take()
    }

    /// Sends a command without waiting for its result.
    pub(super) fn send(&self, session: Option<&str>, method: &str, params: &Value) -> oneshot::Receiver<Value> {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let (sender, receiver) = oneshot::channel();
        self.0.pending.lock().unwrap().insert(id, sender);
        // If the browser has ended, the receiver reports it.
        let _ = self.0.requests.lock().unwrap().write_all(format!("{message}\0").as_bytes());
        receiver
    }
}

impl Inner {
    fn dispatch(&self, message: Value) {
        if let Some(id) = message["id"].as_u64() {
            if let Some(sender) = self.pending.lock().unwrap().remove(&id) {
                let _ = sender.send(message);
            }
        } else if let Some(listener) = message["sessionId"].as_str()
            && let Some(sender) = self.listeners.lock().unwrap().get(listener)
        {
            let _ = sender.send(message);
        }
    }
}
