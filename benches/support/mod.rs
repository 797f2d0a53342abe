//! A minimal HTTP server with prepared responses, on a separate thread, and a client without this crate.
#![allow(dead_code, reason = "each benchmark uses a part of this module")]

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

/// Returns the response for a path and a query.
type Handler = Arc<dyn Fn(&str, &str) -> Response<Full<Bytes>> + Send + Sync>;

/// Starts a server, which runs until the program ends, and returns its URL.
pub fn server(handler: impl Fn(&str, &str) -> Response<Full<Bytes>> + Send + Sync + 'static) -> String {
    let handler: Handler = Arc::new(handler);
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
                    let handler = handler.clone();
                    move |request: Request<Incoming>| {
                        let handler = handler.clone();
                        async move {
                            let (head, body) = request.into_parts();
                            body.collect().await?;
                            Ok::<_, hyper::Error>(handler(head.uri.path(), head.uri.query().unwrap_or_default()))
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

/// Starts a server that responds with the same user to `/user` and with the same session to any other path.
pub fn server_with_one_user() -> String {
    let (user, session) = (user(1).to_string(), session().to_string());
    server(move |path, _| json_response(if path == "/user" { user.clone() } else { session.clone() }))
}

pub fn json_response(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().header("content-type", "application/json").body(Full::new(body.into())).unwrap()
}

/// Returns a user as a real server sends it.
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

/// A client as one would write it without this crate: it sends the same requests and reads the same fields.
#[derive(Clone)]
pub struct BareClient {
    http: reqwest::Client,
    url: String,
}

impl BareClient {
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
