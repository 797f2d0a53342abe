//! The environment of the process: root certificates, proxies, variables. Each test runs a child process with its own
//! environment.

use std::{env, net::SocketAddr, process::Command};

use gotrue::{AdminClient, Client, Error};
use support::server_that_answers;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use wiremock::{MockServer, ResponseTemplate};

/// Names the part of this file that a child runs.
const CHILD: &str = "GOTRUE_TEST_CHILD";

/// Runs the child test with these variables, without those of the parent that matter.
async fn child(part: &str, variables: &[(&str, &str)]) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["environment::the_child", "--exact", "--nocapture"]).env(CHILD, part);
    for (name, _) in env::vars() {
        let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
        if is_proxy || ["GOTRUE_URL", "SUPABASE_", "SSL_CERT"].iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied());
    let done = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && text.contains("1 passed"), "{part} with {variables:?}: {text}");
}

/// The part of a child. Without one there is nothing to do.
#[tokio::test]
async fn the_child() {
    match env::var(CHILD).as_deref() {
        Ok("no roots") => no_roots().await,
        Ok("loopback") => loopback().await,
        Ok("proxy") => {
            let client = Client::new("http://auth.example.com", "key").unwrap();
            assert_eq!(client.health().await.unwrap().name, "GoTrue");
        }
        Ok("proxy by address") => {
            let client = Client::new("http://192.0.2.1", "key").unwrap();
            assert_eq!(client.health().await.unwrap().name, "GoTrue");
        }
        Ok("unsupported proxy") => {
            let error = Client::new("http://auth.example.com", "key").unwrap_err();
            assert!(error.to_string().contains("ALL_PROXY must have one of the schemes"), "{error}");
        }
        Ok("keys") => {
            AdminClient::from_env().unwrap().users().get(gotrue::uuid::Uuid::from_u128(1)).await.unwrap_err();
            Client::from_env().unwrap().health().await.unwrap();
        }
        Ok("no service key") => {
            let error = AdminClient::from_env().unwrap_err().to_string();
            let expected = "set GOTRUE_SERVICE_KEY for GOTRUE_URL, or SUPABASE_SECRET_KEY for SUPABASE_URL";
            assert_eq!(error, format!("service key is missing: {expected}"));
        }
        _ => {}
    }
}

async fn healthy() -> MockServer {
    let body = r#"{"name":"GoTrue"}"#;
    server_that_answers(ResponseTemplate::new(200).set_body_raw(body, "application/json")).await
}

#[tokio::test]
async fn without_root_certificates_http_works_and_https_says_why_not() {
    child("no roots", &[("SSL_CERT_FILE", "/nonexistent/cert.pem"), ("SSL_CERT_DIR", "/nonexistent")]).await;
}

async fn no_roots() {
    let server = healthy().await;
    Client::new(server.uri(), "key").unwrap().health().await.unwrap();
    Client::new("http://auth.example.com", "key").unwrap();
    let error = Client::new("https://auth.example.com", "key").unwrap_err();
    let text = "the HTTP client cannot be built: no root certificates were found; install those of the system (such as the \
                package ca-certificates), or pass some with ClientBuilder::http_client";
    assert_eq!(error.to_string(), text);
    let Error::HttpClient(cause) = &error else { panic!("{error:?}") };
    assert!(cause.is_missing_roots() && std::error::Error::source(&error).is_some());
    assert!(!error.is_retryable() && !error.ends_session());
}

#[tokio::test]
async fn a_server_on_this_machine_is_never_reached_by_a_proxy_of_the_environment() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for proxy in [format!("http://{unused}"), format!("socks5://{unused}"), "socks://x".to_owned()] {
        let names = ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"];
        child("loopback", &names.map(|name| (name, proxy.as_str()))).await;
    }
}

async fn loopback() {
    let server = healthy().await;
    let port = server.address().port();
    for host in ["127.0.0.1", "localhost", "0.0.0.0"] {
        let url = format!("http://{host}:{port}");
        Client::new(&url, "key").unwrap().health().await.unwrap();
        let own = gotrue::reqwest::Client::builder();
        Client::builder().base_url(&url).http_client(own).build().unwrap().health().await.unwrap();
    }
    // An explicit proxy is used.
    let proxy = healthy().await;
    let own = gotrue::reqwest::Client::builder().proxy(gotrue::reqwest::Proxy::all(proxy.uri()).unwrap());
    let client = Client::builder().base_url("http://127.0.0.1:9").http_client(own).build().unwrap();
    client.health().await.unwrap();
    assert_eq!(proxy.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn any_other_server_is_reached_by_the_proxy() {
    let proxy = healthy().await;
    for name in ["http_proxy", "ALL_PROXY"] {
        child("proxy", &[(name, &proxy.uri())]).await;
    }
    assert_eq!(proxy.received_requests().await.unwrap().len(), 2);
    child("unsupported proxy", &[("ALL_PROXY", "socks://127.0.0.1:1080")]).await;
}

#[tokio::test]
async fn a_socks_proxy_works() {
    let server = healthy().await;
    let proxy = socks_proxy(*server.address()).await;
    child("proxy", &[("ALL_PROXY", &format!("socks5h://{proxy}"))]).await;
    // This scheme resolves names here, and no test needs a name server.
    child("proxy by address", &[("ALL_PROXY", &format!("socks5://{proxy}"))]).await;
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

/// A SOCKS 5 proxy (RFC 1928) that connects everyone to one address.
async fn socks_proxy(target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 256];
            client.read_exact(&mut buffer[..2]).await.unwrap();
            let methods = usize::from(buffer[1]);
            client.read_exact(&mut buffer[..methods]).await.unwrap();
            client.write_all(&[5, 0]).await.unwrap();
            client.read_exact(&mut buffer[..5]).await.unwrap();
            assert_eq!(buffer[..3], [5, 1, 0]);
            // An IPv4 address, or a name, which the proxy resolves.
            let address = if buffer[3] == 1 { 3 } else { usize::from(buffer[4]) };
            let rest = address + 2;
            client.read_exact(&mut buffer[..rest]).await.unwrap();
            client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
            let mut server = TcpStream::connect(target).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        }
    });
    address
}

#[tokio::test]
async fn keys_of_the_environment_go_to_their_own_server() {
    let server = healthy().await;
    let uri = server.uri();
    let own = [("GOTRUE_URL", uri.as_str()), ("GOTRUE_API_KEY", "own"), ("GOTRUE_SERVICE_KEY", "own-service")];
    let project = [
        ("SUPABASE_URL", uri.as_str()),
        ("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_x"),
        ("SUPABASE_SECRET_KEY", "sb_secret_x"),
    ];
    let other = [("SUPABASE_PUBLISHABLE_KEY", "foreign"), ("SUPABASE_SECRET_KEY", "foreign")];
    let foreign = [("GOTRUE_API_KEY", "foreign"), ("GOTRUE_SERVICE_KEY", "foreign")];
    child("keys", &[own.as_slice(), &other].concat()).await;
    child("keys", &[project.as_slice(), &foreign].concat()).await;
    child("no service key", &[("GOTRUE_URL", uri.as_str()), ("SUPABASE_SECRET_KEY", "foreign")]).await;
    let requests = server.received_requests().await.unwrap();
    let keys: Vec<_> = requests.iter().map(|request| support::header(request, "apikey").unwrap()).collect();
    assert_eq!(keys, ["own-service", "own", "sb_secret_x", "sb_publishable_x"]);
    let paths: Vec<_> = requests.iter().map(|request| request.url.path()).collect();
    assert_eq!(paths[1..], ["/health", "/auth/v1/admin/users/00000000-0000-0000-0000-000000000001", "/auth/v1/health"]);
}
