//! Chromium, driven by the `DevTools` protocol over a pipe: JSON messages, each ended by a zero byte.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest wait for one message.
const LIMIT: Duration = Duration::from_secs(60);

/// The browser reads commands from descriptor 3 and writes to descriptor 4.
const COMMAND: &str = r#"exec chromium --remote-debugging-pipe "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

pub struct Chromium {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// Messages that were received while another one was awaited.
    pending: VecDeque<Value>,
    last_id: u64,
    _profile: TempDir,
}

/// A tab: the session of the protocol that is attached to it.
#[derive(Clone)]
pub struct Tab(String);

/// A command whose result has not been awaited.
pub struct Started(u64);

impl Chromium {
    /// Returns whether there is a browser on the path.
    pub fn is_installed() -> bool {
        let probe = Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        probe.is_ok_and(|status| status.success())
    }

    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", COMMAND, "sh"])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (commands, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { process, commands, messages, pending: VecDeque::new(), last_id: 0, _profile: profile }
    }

    /// Opens a tab and waits until its page is loaded.
    pub fn open(&mut self, url: &str) -> Tab {
        let target = self.call(None, "Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let tab = Tab(self.call(None, "Target.attachToTarget", &attach)["sessionId"].as_str().unwrap().to_owned());
        self.call(Some(&tab), "Page.enable", &json!({}));
        self.call(Some(&tab), "Page.navigate", &json!({ "url": url }));
        self.wait_until_loaded(&tab);
        tab
    }

    pub fn reload(&mut self, tab: &Tab) {
        self.call(Some(tab), "Page.reload", &json!({}));
        self.wait_until_loaded(tab);
    }

    pub fn wait_until_loaded(&mut self, tab: &Tab) {
        self.wait(|message| message["method"] == "Page.loadEventFired" && message["sessionId"] == tab.0);
    }

    /// Evaluates JavaScript, and returns its value or that of its promise. Panics if it throws.
    pub fn run(&mut self, tab: &Tab, script: &str) -> Value {
        let started = self.start_script(tab, script);
        self.finish(&started)
    }

    /// Starts the evaluation of JavaScript.
    pub fn start_script(&mut self, tab: &Tab, script: &str) -> Started {
        let parameters = json!({
            "expression": format!("(async () => {{ {script} }})()"),
            "awaitPromise": true,
            "returnByValue": true,
        });
        self.send(Some(tab), "Runtime.evaluate", &parameters)
    }

    /// Waits for the value of a script.
    pub fn finish(&mut self, started: &Started) -> Value {
        let result = self.result(started);
        let thrown = &result["exceptionDetails"];
        assert!(thrown.is_null(), "{}", thrown["exception"]["description"]);
        result["result"]["value"].clone()
    }

    pub fn call(&mut self, tab: Option<&Tab>, method: &str, parameters: &Value) -> Value {
        let started = self.send(tab, method, parameters);
        self.result(&started)
    }

    fn send(&mut self, tab: Option<&Tab>, method: &str, parameters: &Value) -> Started {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(Tab(session)) = tab {
            message["sessionId"] = json!(session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        Started(self.last_id)
    }

    fn result(&mut self, Started(id): &Started) -> Value {
        let message = self.wait(|message| message["id"] == *id);
        assert!(message["error"].is_null(), "{}", message["error"]);
        message["result"].clone()
    }

    /// Waits for the first message that meets the condition.
    fn wait(&mut self, condition: impl Fn(&Value) -> bool) -> Value {
        if let Some(message) = self.pending.iter().position(&condition).and_then(|at| self.pending.remove(at)) {
            return message;
        }
        loop {
            let message = self.messages.recv_timeout(LIMIT).expect("Chromium responds");
            if condition(&message) {
                return message;
            }
            self.pending.push_back(message);
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser ends its own processes, and the profile can then be removed.
        let _ = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.process.wait();
    }
}
