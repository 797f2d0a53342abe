//! A server that publishes keys, counts the requests for them, and fails on demand.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use gotrue::{Client, Clock, JwtVerifier, chrono::TimeDelta, error::TokenError};
use gotrue_fake::ManualClock;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::{
    refusal,
    signer::{Signer, claims},
};

pub struct KeyServer {
    http: MockServer,
    keys: Arc<Mutex<ResponseTemplate>>,
    user: Arc<Mutex<ResponseTemplate>>,
    /// The server's time minus that of the client.
    ahead: Arc<Mutex<TimeDelta>>,
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
        let (clock, ahead) = (ManualClock::new(), Arc::default());
        for (path, reply) in [("/.well-known/jwks.json", &keys), ("/user", &user)] {
            let mock = Mock::given(matchers::method("GET")).and(matchers::path(path));
            let reply = Reply { template: reply.clone(), clock: clock.clone(), ahead: Arc::clone(&ahead) };
            mock.respond_with(reply).mount(&http).await;
        }
        let client = Client::builder().base_url(http.uri()).clock(clock.clone()).retries(0).build().unwrap();
        Self { http, keys, user, ahead, clock, client }
    }

    /// A client that shares neither keys nor anything else with the others.
    pub fn new_client(&self) -> Client {
        Client::builder().base_url(self.http.uri()).clock(self.clock.clone()).retries(0).build().unwrap()
    }

    /// Returns a verifier that does not ask the server about HS256 tokens.
    pub fn verifier(&self) -> JwtVerifier {
        self.client.jwt_verifier().ask_server_for_hs256(false)
    }

    pub fn publish(&self, keys: &[&Signer]) {
        self.answer(key_set(&published(keys)));
    }

    /// Waits for the request for keys that a renewal has sent, if it is still in flight.
    pub async fn settle(&self, verifier: &JwtVerifier) {
        let unknown = Signer::other_ec("unknown").sign(&claims());
        match verifier.verify(&unknown).await {
            Err(error) if error.token().is_none() => {}
            result => assert_eq!(refusal(result), TokenError::UnknownKey),
        }
    }

    /// Sets how far the server's clock is ahead of the client's.
    pub fn set_ahead(&self, ahead: TimeDelta) {
        *self.ahead.lock().unwrap() = ahead;
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

    /// Returns how many requests there were for keys.
    pub async fn key_requests(&self) -> usize {
        self.requests("/.well-known/jwks.json").await
    }

    /// Returns how many requests there were for the user.
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

struct Reply {
    template: Arc<Mutex<ResponseTemplate>>,
    clock: ManualClock,
    ahead: Arc<Mutex<TimeDelta>>,
}

impl Respond for Reply {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let date = self.clock.now() + *self.ahead.lock().unwrap();
        let date = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        self.template.lock().unwrap().clone().insert_header("date", date)
    }
}
