//! A minimal HTTP server with prepared responses, on a separate thread, and the baseline of the calls.
#![allow(dead_code, reason = "each benchmark uses a part of this module")]

pub mod baseline;

use std::{net::SocketAddr, sync::Arc, thread};

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
pub const REFRESH_TOKEN: &str = "f5pr2ljsaq5q";
/// The number of users in a list.
pub const PAGE: u32 = 50;

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

/// Starts a server that responds with the same user to `/user`, with the same users to `/admin/users`, and with the same
/// session to any other path.
pub fn server_with_one_user() -> String {
    let (one, session) = (user(1).to_string(), session().to_string());
    let users = json!({ "users": (0..PAGE).map(user).collect::<Vec<_>>(), "aud": "authenticated" }).to_string();
    server(move |path, _| {
        let body = match path.rsplit('/').next() {
            Some("user") => &one,
            Some("users") => &users,
            _ => &session,
        };
        json_response(body.clone())
    })
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
        "user_metadata": {
            "email": format!("user-{number}@example.com"), "email_verified": true, "phone_verified": false, "sub": id,
        },
        "identities": [{
            "identity_id": id, "id": id, "user_id": id, "provider": "email", "email": format!("user-{number}@example.com"),
            "identity_data": {
                "email": format!("user-{number}@example.com"), "email_verified": true, "phone_verified": false, "sub": id,
            },
            "last_sign_in_at": "2026-11-24T00:25:34.110125Z", "created_at": "2026-11-24T00:25:34.110125Z",
            "updated_at": "2026-11-24T00:25:34.110125Z",
        }],
        "created_at": "2026-11-24T00:25:34.110125Z", "updated_at": "2026-11-24T00:25:34.110125Z", "is_anonymous": false,
    })
}

pub fn session() -> Value {
    json!({
        "access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 3600, "expires_at": 1_795_483_534,
        "refresh_token": REFRESH_TOKEN, "user": user(1), "weak_password": null,
    })
}

/// Prints a name, our value and the baseline.
pub fn print_line(name: &str, ours: u64, baseline: u64) {
    println!("{name}\t{ours}\t{baseline}");
}
