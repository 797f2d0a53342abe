//! A server that returns a recorded response to every request.

use std::fmt::Debug;

use gotrue::{AdminClient, Result};
use serde::Serialize;
use serde_json::Value;
use support::{SERVICE_KEY, client_of, exchange::Exchange, header, last_request, server_that_answers};
use uuid::Uuid;
use wiremock::MockServer;

pub struct Recorded {
    exchange: Exchange,
    server: MockServer,
    pub admin: AdminClient,
}

impl Recorded {
    /// Loads an exchange by the name of its file, without the extension.
    pub async fn new(name: &str) -> Self {
        let exchange = Exchange::load(name);
        let server = server_that_answers(exchange.reply()).await;
        let admin = client_of(&server).admin(SERVICE_KEY);
        Self { exchange, server, admin }
    }

    /// An ID in the path of the recorded request.
    pub fn id(&self, place: usize) -> Uuid {
        self.exchange.path_as(place).unwrap()
    }

    /// Asserts that one request was sent, equal to the recorded one and with the service key.
    pub async fn assert_sent(&self) {
        self.assert_key().await;
        self.exchange.assert_sent_as_recorded(&last_request(&self.server).await);
    }

    /// Asserts that one request was sent to the recorded operation, with the service key and this body.
    pub async fn assert_sent_body(&self, body: Value) {
        self.assert_key().await;
        let request = last_request(&self.server).await;
        let operation = self.exchange.operation().unwrap();
        let path = request.url.path();
        assert_eq!(request.method.as_str(), operation.method);
        let fits = |(wanted, there): (&str, &str)| wanted.starts_with('{') || wanted == there;
        assert!(operation.path.split('/').zip(path.split('/')).all(fits), "{} is not {path}", operation.path);
        assert_eq!(request.body_json::<Value>().unwrap(), body);
        assert_eq!(request.url.query(), None);
    }

    /// Asserts that one request was sent with the service key, and returns its query.
    pub async fn sent_query(&self) -> Vec<(String, String)> {
        self.assert_key().await;
        last_request(&self.server).await.url.query_pairs().into_owned().collect()
    }

    async fn assert_key(&self) {
        let requests = self.server.received_requests().await.unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(header(&requests[0], "apikey"), Some(SERVICE_KEY));
        assert_eq!(header(&requests[0], "authorization"), Some("Bearer service-key"));
    }

    /// Asserts that the typed result contains everything in the response.
    pub fn assert_whole<T: Serialize>(&self, result: Result<T>) -> T {
        let result = result.unwrap();
        self.exchange.assert_nothing_lost(&serde_json::to_value(&result).unwrap());
        result
    }

    pub fn assert_error<T: Debug>(&self, result: Result<T>) {
        self.exchange.assert_error(&result.unwrap_err());
    }
}
