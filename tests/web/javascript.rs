//! `@supabase/ssr` itself and this crate with the same session. `cargo xtask ci` installs it below `target/clients`;
//! without it, the test prints that it was skipped.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gotrue::{
    SignUp,
    url::{Position, form_urlencoded},
    web::{AuthRoutes, SessionLayer, SsrCookies},
};
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, EMAIL, PASSWORD, app},
    routes::browse,
};

/// The application in Rust and a server client in JavaScript, for the same browser.
struct Both {
    server: FakeServer,
    browser: Browser,
    modules: PathBuf,
}

impl Both {
    async fn new() -> Option<Self> {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/ssr/node_modules");
        if !modules.join("@supabase/ssr").exists() {
            println!("skipped: @supabase/ssr is not in {}", modules.display());
            return None;
        }
        let server = FakeServer::builder().gateway().start().await;
        let client = server.client().unwrap();
        client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
        let verifier = client.jwt_verifier().audience("authenticated").hs256_secret(server.hs256_secret());
        let layer = SessionLayer::new(&client, SsrCookies::new(&client)).verifier(verifier);
        let routes = AuthRoutes::new("https://app.example.com/auth").unwrap();
        Some(Self { server, browser: Browser::new(app().nest_service("/auth", routes).layer(layer)), modules })
    }

    /// Runs an action of the client in JavaScript with the cookies of the browser, and returns its result.
    fn javascript(&mut self, action: &str, argument: &Value) -> Value {
        let decoded = |value: &String| {
            let pair = format!("x={}", value.replace('+', "%2B"));
            form_urlencoded::parse(pair.as_bytes()).next().unwrap().1.into_owned()
        };
        let cookies: Vec<_> = self.browser.jar.iter().map(|(name, value)| (name, decoded(value))).collect();
        let input = json!({
            "url": self.server.url().trim_end_matches("/auth/v1"),
            "key": self.server.api_key().expose(),
            "cookies": cookies,
            "action": action,
            "argument": argument,
        });
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/node/client.cjs");
        let mut node = Command::new("node");
        node.arg(script).env("NODE_PATH", &self.modules).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut node = node.stderr(Stdio::null()).spawn().unwrap();
        node.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
        let output = node.wait_with_output().unwrap();
        let output: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output["error"], Value::Null, "{action}");
        let jar: Vec<(String, String)> = serde_json::from_value(output["cookies"].clone()).unwrap();
        let escaped = |value: &str| form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
        self.browser.jar = jar.into_iter().map(|(name, value)| (name, escaped(&value).replace('+', "%20"))).collect();
        output["data"].clone()
    }

    async fn rename(&mut self, name: &str) {
        let request = http::Request::post("/rename").header("sec-fetch-site", "same-origin");
        assert_eq!(self.browser.send(request, name).await.status, 204);
    }

    /// The cookies of the session.
    fn chunks(&self) -> usize {
        self.browser.jar.keys().filter(|name| name.starts_with("sb-127-auth-token")).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_see_the_same_session() {
    let Some(mut both) = Both::new().await else { return };

    both.javascript("signIn", &json!({ "email": EMAIL, "password": PASSWORD }));
    assert_eq!(both.browser.get("/me").await.body, EMAIL);
    both.javascript("refresh", &Value::Null);
    assert_eq!(both.browser.get("/server").await.body, "true");

    // A session in several cookies, and in one again.
    let name = "李🦀".repeat(600);
    both.rename(&name).await;
    assert!(both.chunks() > 1);
    assert_eq!(both.javascript("session", &Value::Null)["user"]["user_metadata"]["name"], name);
    both.javascript("update", &json!({ "name": "Ada" }));
    assert_eq!(both.chunks(), 1);
    assert_eq!(both.browser.get("/me").await.body, EMAIL);
    both.javascript("update", &json!({ "name": name }));
    assert!(both.chunks() > 1);
    assert_eq!(both.browser.get("/server").await.body, "true");
    both.rename("Ada").await;
    assert_eq!(both.chunks(), 1);
    assert_eq!(both.javascript("user", &Value::Null)["user"]["user_metadata"]["name"], "Ada");

    both.browser.post("/sign-out", "").await;
    assert_eq!(both.javascript("session", &Value::Null), Value::Null);
    both.browser.sign_in().await;
    assert_eq!(both.javascript("user", &Value::Null)["user"]["email"], EMAIL);
    both.javascript("signOut", &Value::Null);
    assert_eq!(both.chunks(), 0);
    assert_eq!(both.browser.get("/").await.body, "visitor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_of_javascript_is_completed_here() {
    let Some(mut both) = Both::new().await else { return };
    let started = both.javascript("startFlow", &json!("https://app.example.com/auth/callback?next=/me"));
    let callback = browse(started["url"].as_str().unwrap()).await;
    let answer = both.browser.get(&callback[Position::BeforePath..]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/me")));
    assert_eq!(both.browser.get("/me").await.status, 200);
    assert!(both.browser.jar.keys().all(|name| !name.contains("verifier")));
    assert!(both.javascript("user", &Value::Null)["user"]["id"].is_string());
}
