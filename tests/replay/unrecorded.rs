//! Requests of the operations that no recorded server has, or that it leaves to a browser.

use serde_json::{Value, json};
use support::exchange::Exchange;

pub fn requests() -> Vec<Exchange> {
    let request = |method: &str, path: &str, body: Value| Exchange::unanswered(method, path, body);
    vec![
        request("POST", "/callback", json!({ "state": "4c7ff6f3-c42b-4426-a6b0-bd65e88e3896" })),
        request("GET", "/factors/recovery-codes", Value::Null),
        request("POST", "/factors/recovery-codes", json!({ "friendly_name": "paper" })),
        request("POST", "/factors/recovery-codes/regenerate", Value::Null),
        request("POST", "/factors/recovery-codes/verify", json!({ "code": "mfr3k2tqx7ua5lzc" })),
        request("DELETE", "/factors/recovery-codes", Value::Null),
    ]
}
