//! What the fake server does not play: recorded replies of a real one.

use std::{fs, io::BufRead, path::Path};

use gotrue::serde_json::{self, Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use super::terminal::Terminal;

/// A server that answers as recorded, and a terminal at it.
async fn recorded(names: &[&str]) -> (MockServer, Terminal) {
    let server = MockServer::start().await;
    for name in names {
        let exchange = load(name);
        let (request, response) = (&exchange["request"], &exchange["response"]);
        let status: u16 = response["status"].as_u64().unwrap().try_into().unwrap();
        let reply = match response.get("json").filter(|body| !body.is_null()) {
            Some(body) => ResponseTemplate::new(status).set_body_json(body),
            None => ResponseTemplate::new(status),
        };
        let at = Mock::given(method(request["method"].as_str().unwrap())).and(path(request["path"].as_str().unwrap()));
        at.respond_with(reply).mount(&server).await;
    }
    let terminal = Terminal::at_url(&server.uri(), "service-key");
    (server, terminal)
}

fn load(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../tests/recorded/{name}.json"));
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The id at the end of a recorded path.
fn id_of(name: &str) -> String {
    load(name)["request"]["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn last_body(server: &MockServer) -> Value {
    serde_json::from_slice(&server.received_requests().await.unwrap().pop().unwrap().body).unwrap()
}

#[tokio::test]
async fn companies() {
    let names = [
        "162-admin_sso_provider_create-ok",
        "167-admin_sso_providers_list-one",
        "168-admin_sso_provider_get-ok",
        "169-admin_sso_provider_update-ok",
        "170-admin_sso_provider_delete-ok",
    ];
    let (server, mut terminal) = recorded(&names).await;
    let id = id_of(names[2]);
    let file = terminal.file("metadata.xml");
    fs::write(&file, "<EntityDescriptor/>").unwrap();
    terminal.run("sso list");
    terminal.run(&format!("sso get {id}"));
    terminal.run(&format!("sso create --metadata-file {} --domain acme.example", file.display()));
    assert_eq!(last_body(&server).await["metadata_xml"], "<EntityDescriptor/>");
    terminal.run(&format!("sso update {id} --disabled true"));
    assert_eq!(last_body(&server).await["disabled"], true);
    terminal.run("sso create --domain acme.example");
    terminal.run(&format!("sso delete {id}"));
    terminal.run(&format!("sso delete {id} --yes"));
    terminal.assert_record("sso");
}

#[tokio::test]
async fn custom_providers() {
    let names = [
        "172-admin_custom_provider_create-ok",
        "175-admin_custom_providers_list-ok",
        "176-admin_custom_provider_get-ok",
        "177-admin_custom_provider_update-ok",
        "179-admin_custom_provider_delete-ok",
    ];
    let (server, mut terminal) = recorded(&names).await;
    let identifier = id_of(names[2]);
    terminal.run("providers list");
    terminal.run(&format!("providers get {identifier}"));
    let create = "providers create forge --authorization-url https://forge.example.com/authorize --token-url \
                  https://forge.example.com/token --userinfo-url https://forge.example.com/user --client-id id";
    terminal.answer(create, "planted-client-secret");
    assert_eq!(last_body(&server).await["client_secret"], "planted-client-secret");
    terminal.run(&format!("providers update {identifier} --enabled false"));
    assert_eq!(last_body(&server).await, json!({ "enabled": false }));
    terminal.run("providers create forge --client-id id");
    terminal.run(&format!("providers delete {identifier} --yes"));
    terminal.assert_record("providers");
}

#[tokio::test]
async fn oauth_clients() {
    let names = [
        "181-admin_oauth_client_create-confidential",
        "186-admin_oauth_clients_list-ok",
        "187-admin_oauth_client_get-ok",
        "189-admin_oauth_client_update-ok",
        "190-admin_oauth_client_regenerate_secret-ok",
        "208-admin_oauth_client_delete-ok",
    ];
    let (server, mut terminal) = recorded(&names).await;
    let id = id_of(names[2]);
    terminal.run("clients list");
    terminal.run(&format!("clients get {id}"));
    terminal.run("clients create https://app.example.com/cb");
    assert_eq!(server.received_requests().await.unwrap().len(), 2, "without --show-secret nothing is made");
    terminal.run("clients create https://app.example.com/cb --show-secret --name App");
    terminal.run(&format!("clients update {id} --name App"));
    assert_eq!(last_body(&server).await, json!({ "client_name": "App" }));
    terminal.run(&format!("clients new-secret {id}"));
    terminal.run(&format!("clients new-secret {id} --yes"));
    terminal.run(&format!("clients delete {} --yes", id_of(names[5])));
    terminal.assert_record("clients");
}

#[tokio::test]
async fn the_audit_log() {
    let (_server, mut terminal) = recorded(&["158-admin_audit-ok"]).await;
    terminal.run("audit --limit 5");
    assert_eq!(terminal.run("audit --limit 2 --json").out.lines().count(), 2);
    assert_eq!(terminal.run("audit --author ada --action login").exit, 2);
    terminal.assert_record("audit");
}

/// Entries of a log that grows by one each time somebody looks.
fn growing_log(request: &Request, looks: &std::sync::atomic::AtomicU32) -> ResponseTemplate {
    if request.url.query().is_some_and(|query| query.contains("page=2")) {
        return ResponseTemplate::new(200).set_body_json(json!([]));
    }
    let count = looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
    let entry = |i: u32| {
        json!({
            "id": format!("00000000-0000-0000-0000-{i:012}"),
            // Two at a time are of one moment.
            "created_at": format!("2026-11-24T00:00:{:02}Z", i / 2),
            "payload": { "action": format!("action-{i}") },
        })
    };
    ResponseTemplate::new(200).set_body_json((1..=count).rev().map(entry).collect::<Vec<_>>())
}

#[tokio::test]
async fn the_audit_log_is_followed_without_gaps_or_repeats() {
    let server = MockServer::start().await;
    let looks = std::sync::atomic::AtomicU32::new(0);
    let reply = move |request: &Request| growing_log(request, &looks);
    Mock::given(method("GET")).and(path("/admin/audit")).respond_with(reply).mount(&server).await;
    let mut audit = Terminal::at_url(&server.uri(), "service-key").begin("audit --follow --interval 1ms --json");
    let lines = audit.stdout().lines().take(7);
    let actions: Vec<_> =
        lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap()["payload"]["action"].clone()).collect();
    assert_eq!(actions, (1..=7).map(|i| json!(format!("action-{i}"))).collect::<Vec<_>>());
    audit.kill();
}
