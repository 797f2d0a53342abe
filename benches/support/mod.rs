//! A server that costs little: hyper with replies that are made beforehand, on a thread of its own.
#![allow(dead_code, reason = "each benchmark uses its part")]

use std::{net::SocketAddr, sync::Arc, thread};

use gotrue::Secret;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime};

pub const API_KEY: &str = "anon-key";
pub const ACCESS_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI0YzdmNmYzIn0.c2lnbmF0dXJl";
pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct-horse-7";

/// The reply to a request, by its path and query.
type Reply = Arc<dyn Fn(&str, &str) -> Response<Full<Bytes>> + Send + Sync>;

/// Starts the server, which goes on until the program ends. Returns its URL.
pub fn server(reply: impl Fn(&str, &str) -> Response<Full<Bytes>> + Send + Sync + 'static) -> String {
    let reply: Reply = Arc::new(reply);
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = socket.local_addr().unwrap();
    socket.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = TcpListener::from_std(socket).unwrap();
            while let Ok((stream, _)) = socket.accept().await {
                stream.set_nodelay(true).unwrap();
                let service = service_fn({
                    let reply = reply.clone();
                    move |request: Request<Incoming>| {
                        let reply = reply.clone();
                        async move {
                            let (head, body) = request.into_parts();
                            body.collect().await?;
                            Ok::<_, hyper::Error>(reply(head.uri.path(), head.uri.query().unwrap_or_default()))
                        }
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    });
    format!("http://{address}")
}

/// A server of a user and of sessions.
pub fn server_of_ada() -> String {
    let (user, session) = (user(1).to_string(), session().to_string());
    server(move |path, _| json_reply(if path == "/user" { user.clone() } else { session.clone() }))
}

pub fn json_reply(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().header("content-type", "application/json").body(Full::new(body.into())).unwrap()
}

/// A user as a real server sends it.
pub fn user(number: u32) -> Value {
    let id = format!("4c7ff6f3-c42b-4426-a6b0-{number:012}");
    json!({
        "id": id, "aud": "authenticated", "role": "authenticated", "email": format!("user-{number}@example.com"),
        "email_confirmed_at": "2026-11-24T00:25:34.110125Z", "phone": "", "confirmed_at": "2026-11-24T00:25:34.110125Z",
        "last_sign_in_at": "2026-11-24T00:25:34.110125Z",
        "app_metadata": { "provider": "email", "providers": ["email"] },
        "user_metadata": { "email": format!("user-{number}@example.com"), "email_verified": true, "sub": id },
        "identities": [{
            "identity_id": id, "id": id, "user_id": id, "provider": "email", "email": format!("user-{number}@example.com"),
            "identity_data": { "email": format!("user-{number}@example.com"), "email_verified": true, "sub": id },
            "last_sign_in_at": "2026-11-24T00:25:34.110125Z", "created_at": "2026-11-24T00:25:34.110125Z",
            "updated_at": "2026-11-24T00:25:34.110125Z",
        }],
        "created_at": "2026-11-24T00:25:34.110125Z", "updated_at": "2026-11-24T00:25:34.110125Z", "is_anonymous": false,
    })
}

pub fn session() -> Value {
    json!({
        "access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 3600, "expires_at": 1_795_483_534,
        "refresh_token": "f5pr2ljsaq5q", "user": user(1), "weak_password": null,
    })
}

/// What one would write without this crate: the same requests, with the same fields read.
#[derive(Clone)]
pub struct Bare {
    http: reqwest::Client,
    url: String,
}

impl Bare {
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(30))
            .user_agent("bare")
            .build()
            .unwrap();
        Self { http, url: url.to_owned() }
    }

    fn with_headers(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.header("apikey", API_KEY).header("x-supabase-api-version", "2024-01-01").header("x-client-info", "bare")
    }

    pub async fn get_user(&self) -> gotrue::User {
        let request = Self::with_headers(self.http.get(format!("{}/user", self.url))).bearer_auth(ACCESS_TOKEN);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    pub async fn sign_in(&self) -> gotrue::types::Session {
        self.token("password", &json!({ "email": EMAIL, "password": PASSWORD })).await
    }

    pub async fn refresh(&self, refresh_token: &Secret) -> gotrue::types::Session {
        self.token("refresh_token", &json!({ "refresh_token": refresh_token.expose() })).await
    }

    async fn token(&self, grant_type: &str, body: &Value) -> gotrue::types::Session {
        let request = self.http.post(format!("{}/token?grant_type={grant_type}", self.url)).bearer_auth(API_KEY);
        let request = Self::with_headers(request).json(body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}
