//! A tab of the browser.

use std::{future::Future, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    sync::{Mutex, mpsc},
    time::timeout,
};

use super::connection::{Connection, LIMIT};

/// A tab of the browser.
pub struct Tab {
    connection: Connection,
    session: String,
    /// The main frame, which has the id of the tab.
    frame: String,
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
}

/// A page that was loaded.
#[derive(Clone, Debug)]
pub struct Page {
    /// The URL after all redirects.
    pub url: String,
    /// The status of the response.
    pub status: u16,
    /// The text that a user sees.
    pub text: String,
}

impl Page {
    /// Returns the path and the query of the URL, without the fragment.
    pub fn path(&self) -> &str {
        let without_fragment = self.url.split('#').next().unwrap_or_default();
        let without_scheme = without_fragment.split_once("://").map_or(without_fragment, |(_, rest)| rest);
        without_scheme.find('/').map_or("/", |start| &without_scheme[start..])
    }
}

impl Tab {
    pub(super) async fn open(connection: &Connection, profile: &str) -> Self {
        let params = json!({ "url": "about:blank", "browserContextId": profile });
        let frame = text(&connection.call(None, "Target.createTarget", params).await["targetId"]);
        let params = json!({ "targetId": frame, "flatten": true });
        let session = text(&connection.call(None, "Target.attachToTarget", params).await["sessionId"]);
        let events = Mutex::new(connection.listen(&session));
        let tab = Self { connection: connection.clone(), session, frame, events };
        tab.call("Page.enable", json!({})).await;
        tab.call("Network.enable", json!({})).await;
        tab
    }

    /// Sends a command of the protocol, and returns its result.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        self.connection.call(Some(&self.session), method, params).await
    }

    /// Opens a URL, as if the user had typed it, and returns the page that it leads to.
    pub async fn goto(&self, url: impl AsRef<str>) -> Page {
        let navigate = async {
            let result = self.call("Page.navigate", json!({ "url": url.as_ref() })).await;
            assert!(result.get("errorText").is_none(), "{}: {}", url.as_ref(), result["errorText"]);
        };
        self.next_page(navigate).await
    }

    /// Follows a link to a URL, as if it were on the current page, and returns the page that it leads to.
    pub async fn follow(&self, url: impl AsRef<str>) -> Page {
        self.evaluate_to_navigate(&format!("location.assign({})", json!(url.as_ref()))).await
    }

    /// Clicks the link or button with this text, or the element of this selector, and returns the page that it leads to.
    pub async fn click(&self, text_or_selector: &str) -> Page {
        let wanted = json!(text_or_selector);
        let script = format!(
            "(() => {{
                const byText = [...document.querySelectorAll('a, button')].find((e) => e.innerText.trim() === {wanted});
                const element = byText ?? document.querySelector({wanted});
                element.click();
            }})()"
        );
        self.evaluate_to_navigate(&script).await
    }

    /// Enters a text into the field with this name.
    pub async fn fill(&self, name: &str, text: &str) {
        let script = format!("document.querySelector('[name=\"{name}\"]').value = {}", json!(text));
        self.evaluate(&script).await;
    }

    /// Reloads the page.
    pub async fn reload(&self) -> Page {
        self.next_page(async { drop(self.call("Page.reload", json!({})).await) }).await
    }

    /// Runs a script that leads to another page.
    pub async fn evaluate_to_navigate(&self, script: &str) -> Page {
        self.next_page(async { drop(self.evaluate(script).await) }).await
    }

    /// Returns the value of a JavaScript expression, or of its promise.
    pub async fn evaluate(&self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.call("Runtime.evaluate", params).await;
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].take()
    }

    /// Lets scripts of the test do what the content security policy of the page forbids.
    pub async fn bypass_content_security_policy(&self) {
        self.call("Page.setBypassCSP", json!({ "enabled": true })).await;
    }

    /// Hides the scroll bars, and sets the size of the window in pixels and whether the user prefers dark colors.
    pub async fn emulate(&self, width: u32, height: u32, is_dark: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
        self.call("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media).await;
    }

    /// Writes a picture of the window as PNG.
    pub async fn screenshot(&self, path: impl AsRef<Path>) {
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
        std::fs::write(path, STANDARD.decode(text(&picture["data"])).unwrap()).unwrap();
    }

    /// Waits until an action has led to a page that is loaded.
    async fn next_page(&self, action: impl Future<Output = ()>) -> Page {
        let mut events = self.events.lock().await;
        while events.try_recv().is_ok() {}
        action.await;
        let mut status = 0;
        loop {
            let event = timeout(LIMIT, events.recv()).await.expect("no page was loaded").expect("Chromium has ended");
            let params = &event["params"];
            match event["method"].as_str() {
                Some("Network.responseReceived") if is_page(params, &self.frame) => {
                    status = params["response"]["status"].as_u64().and_then(|status| status.try_into().ok()).unwrap();
                }
                Some("Page.loadEventFired") => break,
                // A page that Chromium has kept in memory is not loaded again.
                Some("Page.frameNavigated") if params["type"] == "BackForwardCacheRestore" => break,
                _ => {}
            }
        }
        let url = text(&self.evaluate("location.href").await);
        Page { url, status, text: text(&self.evaluate("document.body.innerText").await) }
    }
}

/// Returns whether a response is the page of the main frame.
fn is_page(params: &Value, frame: &str) -> bool {
    params["type"] == "Document" && params["frameId"] == frame
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
