//! Sends the recorded requests to the fake server in order. Generated values of a recorded response (an ID, a token, a
//! code) have a counterpart in the response of the fake server, which replaces them in later requests.

use std::{collections::HashMap, time::Duration};

use gotrue::{
    Client, Password, Provider, Secret, reqwest,
    url::{Url, form_urlencoded},
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::{Map, Value, json};
use support::authenticator::Device;

use super::shape::{Reply, claims};

pub const PASSWORD: &str = "correct-horse-7";

/// An exchange with a real server.
pub struct Exchange {
    pub name: String,
    pub server: String,
    pub request: Value,
    response: Value,
}

impl Exchange {
    pub fn parse(name: &str, text: &str) -> Self {
        let mut json: Value = serde_json::from_str(text).unwrap();
        let server = json["server"].as_str().unwrap().to_owned();
        Self { name: name.to_owned(), server, request: json["request"].take(), response: json["response"].take() }
    }

    pub fn recorded(&self) -> Reply {
        Reply {
            status: self.response["status"].as_u64().unwrap(),
            headers: self.response["headers"].clone(),
            json: self.response.get("json").cloned(),
        }
    }
}

/// Two servers in the state of the real ones.
pub struct Play {
    pub autoconfirm: FakeServer,
    pub confirm: FakeServer,
    /// A server with a rate limit of zero.
    limited: FakeServer,
    pub clock: ManualClock,
    /// The values that replace recorded ones.
    pub instead: HashMap<String, String>,
    /// Replacements for members of the next body.
    pub members: Map<String, Value>,
    pub device: Device,
    /// The body of the last response.
    pub last: Value,
    http: reqwest::Client,
}

impl Play {
    pub async fn start() -> Self {
        let clock = ManualClock::at("2026-11-24T00:25:33Z".parse().unwrap());
        let builder = || FakeServer::builder().clock(clock.clone());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self {
            autoconfirm: builder().without_provider(Provider::Apple).start().await,
            confirm: builder().confirm_addresses(true).hs256(true).start().await,
            limited: builder().rate_limit(0).start().await,
            clock,
            instead: HashMap::new(),
            members: Map::new(),
            device: Device::default(),
            last: Value::Null,
            http,
        }
    }

    fn server_of(&self, exchange: &Exchange) -> &FakeServer {
        match exchange.server.as_str() {
            "confirm" => &self.confirm,
            _ if exchange.name == "256-sso-rate-limited" => &self.limited,
            _ => &self.autoconfirm,
        }
    }

    pub fn client(&self, name: &str) -> Client {
        let server = if name == "confirm" { &self.confirm } else { &self.autoconfirm };
        server.client_builder().retries(0).build().unwrap()
    }

    pub fn put(&mut self, recorded: &str, instead: impl Into<String>) {
        self.instead.insert(recorded.to_owned(), instead.into());
    }

    /// Sends the request of an exchange to a server, and learns replacements from the response.
    pub async fn send(&mut self, exchange: &Exchange) -> Reply {
        self.clock.advance(Duration::from_millis(10));
        let request = &exchange.request;
        let mut url = Url::parse(&self.server_of(exchange).url()).unwrap();
        url.set_path(&self.translated(request["path"].as_str().unwrap()));
        for (name, value) in request["query"].as_object().unwrap() {
            url.query_pairs_mut().append_pair(name, &self.translated(value.as_str().unwrap()));
        }
        let method: reqwest::Method = request["method"].as_str().unwrap().parse().unwrap();
        let mut http = self.http.request(method, url);
        for (name, value) in request["headers"].as_object().unwrap() {
            let value = value.as_str().unwrap();
            let value = match value.strip_prefix("Bearer ") {
                Some(token) => format!("Bearer {}", self.token(token, exchange).await),
                None => value.to_owned(),
            };
            http = http.header(name, value);
        }
        if let Some(form) = request["form"].as_object() {
            let pairs = form.iter().map(|(name, value)| (name, self.translated(value.as_str().unwrap())));
            http = http.form(&pairs.collect::<Vec<_>>());
        } else if let Some(body) = self.body(exchange) {
            http = http.header("content-type", "application/json").body(body);
        }
        let came = read(http.send().await.unwrap()).await;
        let recorded = exchange.recorded();
        self.learn(&recorded, &came);
        self.last = came.json.clone().unwrap_or_default();
        came
    }

    fn body(&mut self, exchange: &Exchange) -> Option<String> {
        if let Some(raw) = exchange.request["raw"].as_str() {
            // The recorded body is truncated.
            return Some(raw.repeat(1_048_577 / raw.len() + 1));
        }
        let mut body = exchange.request.get("json")?.clone();
        if body["id_token"].as_str().is_some_and(|token| claims(token).is_some()) {
            body["id_token"] = json!(id_token(self.server_of(exchange), &body).expose());
        }
        self.translate(&mut body);
        for (name, value) in std::mem::take(&mut self.members) {
            body[name] = value;
        }
        Some(body.to_string())
    }

    /// The access token that replaces a recorded one: a learned one, or that of a new session.
    async fn token(&mut self, recorded: &str, exchange: &Exchange) -> String {
        if let Some(known) = self.instead.get(recorded) {
            return known.clone();
        }
        let Some(claims) = claims(recorded) else { return recorded.to_owned() };
        if claims["role"] == "service_role" {
            return self.server_of(exchange).service_key().expose().to_owned();
        }
        let (client, email) = (self.client(&exchange.server), claims["email"].as_str().unwrap_or_default());
        for password in [PASSWORD, "correct-horse-7!"] {
            if let Ok(session) = client.sign_in(Password::email(email, password)).await {
                self.put(recorded, session.access_token().expose());
                return session.access_token().expose().to_owned();
            }
        }
        panic!("{}: no user stands in for {email}", exchange.name);
    }

    fn translate(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.translated(text),
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.translate(element)),
            Value::Object(members) => members.values_mut().for_each(|member| self.translate(member)),
            _ => {}
        }
    }

    /// Replaces a text, or the segments of a path.
    pub fn translated(&self, text: &str) -> String {
        let part = |part: &str| self.instead.get(part).cloned().unwrap_or_else(|| part.to_owned());
        if text.starts_with('/') { text.split('/').map(part).collect::<Vec<_>>().join("/") } else { part(text) }
    }

    fn learn(&mut self, recorded: &Reply, came: &Reply) {
        if let (Some(recorded), Some(came)) = (&recorded.json, &came.json) {
            self.learn_from(recorded, came);
        }
        self.learn_from(&recorded.headers["location"], &came.headers["location"]);
    }

    fn learn_from(&mut self, recorded: &Value, came: &Value) {
        match (recorded, came) {
            (Value::String(recorded), Value::String(came)) => self.learn_text(recorded, came),
            (Value::Array(recorded), Value::Array(came)) => {
                recorded.iter().zip(came).for_each(|(recorded, came)| self.learn_from(recorded, came));
            }
            (Value::Object(recorded), Value::Object(came)) => {
                let both = recorded.iter().filter_map(|(name, recorded)| Some((recorded, came.get(name)?)));
                both.for_each(|(recorded, came)| self.learn_from(recorded, came));
            }
            _ => {}
        }
    }

    fn learn_text(&mut self, recorded: &str, came: &str) {
        if recorded != came && recorded.len() >= 6 {
            self.put(recorded, came);
        }
        if let (Ok(recorded), Ok(came)) = (Url::parse(recorded), Url::parse(came)) {
            let came: HashMap<_, _> = pairs(&came).collect();
            for (name, value) in pairs(&recorded) {
                if let Some(instead) = came.get(&name).filter(|instead| **instead != value) {
                    self.put(&value, instead);
                }
            }
        }
    }
}

fn pairs(url: &Url) -> impl Iterator<Item = (String, String)> {
    let fragment = form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes());
    url.query_pairs().into_owned().chain(fragment.into_owned()).collect::<Vec<_>>().into_iter()
}

async fn read(reply: reqwest::Response) -> Reply {
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), Value::from(value.to_str().unwrap()))
    };
    let (status, headers) = (reply.status().as_u16().into(), reply.headers().iter().map(header).collect());
    let is_json = reply.headers().get("content-type").is_some_and(|kind| kind.to_str().unwrap().contains("json"));
    let body = reply.bytes().await.unwrap();
    Reply { status, headers, json: is_json.then(|| serde_json::from_slice(&body).unwrap()) }
}

/// An ID token of the fake provider with the same claims.
fn id_token(server: &FakeServer, body: &Value) -> Secret {
    let mut claims = claims(body["id_token"].as_str().unwrap()).unwrap();
    for own in ["iss", "aud", "iat", "exp"] {
        claims.as_object_mut().unwrap().remove(own);
    }
    // The user whom the provider also signs in by redirect.
    claims["sub"] = json!("keycloak-user-1");
    server.id_token(Provider::from(body["provider"].as_str().unwrap().to_owned()), &claims).unwrap()
}
