//! A server that publishes keys, counts the requests for them, and fails on demand.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use gotrue::{Client, JwtVerifier};
use gotrue_fake::ManualClock;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::signer::Signer;

pub struct KeyServer {
    http: MockServer,
    keys: Arc<Mutex<ResponseTemplate>>,
    user: Arc<Mutex<ResponseTemplate>>,
    pub clock: ManualClock,
    pub client: Client,
}

impl KeyServer {
    pub async fn start(keys: &[&Signer]) -> Self {
        let server = Self::publishing(&published(keys)).await;
        let bad_jwt = json!({ "code": "bad_jwt", "message": "invalid JWT" });
        server.answer_user(ResponseTemplate::new(403).set_body_json(bad_jwt));
        server
    }

    pub async fn publishing(keys: &[Value]) -> Self {
        let http = MockServer::start().await;
        let keys = Arc::new(Mutex::new(key_set(keys)));
        let user = Arc::new(Mutex::new(ResponseTemplate::new(500)));
        for (path, reply) in [("/.well-known/jwks.json", &keys), ("/user", &user)] {
            let mock = Mock::given(matchers::method("GET")).and(matchers::path(path));
            mock.respond_with(Answer(reply.clone())).mount(&http).await;
        }
        let clock = ManualClock::new();
        let client = Client::builder().base_url(http.uri()).clock(clock.clone()).retries(0).build().unwrap();
        Self { http, keys, user, clock, client }
    }

    /// A verifier that does not ask the server to verify HS256.
    pub fn verifier(&self) -> JwtVerifier {
        self.client.jwt_verifier().ask_server_for_hs256(false)
    }

    pub fn publish(&self, keys: &[&Signer]) {
        self.answer(key_set(&published(keys)));
    }

    /// Sets the response to requests for keys.
    pub fn answer(&self, reply: ResponseTemplate) {
        *self.keys.lock().unwrap() = reply;
    }

    pub fn fail(&self, status: u16) {
        self.answer(ResponseTemplate::new(status));
    }

    /// Sets the response to requests for the user.
    pub fn answer_user(&self, reply: ResponseTemplate) {
        *self.user.lock().unwrap() = reply;
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The number of requests for keys.
    pub async fn key_requests(&self) -> usize {
        self.requests("/.well-known/jwks.json").await
    }

    /// The number of requests for the user.
    pub async fn user_requests(&self) -> usize {
        self.requests("/user").await
    }

    async fn requests(&self, path: &str) -> usize {
        let all = self.http.received_requests().await.unwrap();
        all.iter().filter(|request| request.url.path() == path).count()
    }
}

fn published(keys: &[&Signer]) -> Vec<Value> {
    keys.iter().map(|key| key.published()).collect()
}

fn key_set(keys: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))
}

struct Answer(Arc<Mutex<ResponseTemplate>>);

impl Respond for Answer {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.lock().unwrap().clone()
    }
}
