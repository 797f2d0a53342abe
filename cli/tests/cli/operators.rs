//! SAML providers, custom providers, OAuth clients and the audit log.

use std::{
    collections::HashMap,
    fs,
    io::BufRead,
    path::Path,
    sync::{Arc, Mutex},
};

use gotrue::{
    admin::CreateUser,
    serde_json::{self, Value, json},
};
use gotrue_fake::FakeServer;

use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::terminal::{SEED, Terminal};

/// Returns a member of the JSON that a command printed.
fn member(json: &str, name: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap();
    value[name].as_str().unwrap().to_owned()
}

/// The metadata of an identity provider, from a recorded request.
pub fn idp_metadata() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recorded/162-admin_sso_provider_create-ok.json");
    let exchange: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    exchange["request"]["json"]["metadata_xml"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn saml_providers() {
    let server = FakeServer::builder().seed(SEED).start().await;
    let mut terminal = Terminal::at(&server);
    let file = terminal.file("metadata.xml");
    fs::write(&file, idp_metadata()).unwrap();
    terminal.run("sso list");
    let create = format!("sso create --metadata-file {} --domain acme.example --resource-id tenant-7", file.display());
    let id = member(&terminal.run(&format!("{create} --json")).out, "id");
    terminal.run(&format!("sso get {id}"));
    let mapping = r#"{"keys": {"email": {"name": "mail"}}}"#;
    terminal.run(&format!(
        "sso update {id} --disabled true --domain acme.test --attribute-mapping '{mapping}' --dedicated-scope true"
    ));
    terminal.run(&format!("sso update {id} --attribute-mapping '{{\"keys\": 7}}'"));
    terminal.run(&format!("sso update {id} --dedicated-scope acme"));
    terminal.run("sso list");
    terminal.run("sso create --domain acme.example");
    terminal.run("sso create --metadata-file no-such-file");
    terminal.run(&format!("sso delete {id}"));
    terminal.run(&format!("sso delete {id} --yes"));
    terminal.run(&format!("sso get {id}"));
    terminal.assert_record("sso");
}

#[tokio::test]
async fn custom_providers() {
    let server = FakeServer::builder().seed(SEED).start().await;
    let mut terminal = Terminal::at(&server);
    let create = "providers create forge --authorization-url https://forge.example.com/authorize --token-url \
                  https://forge.example.com/token --userinfo-url https://forge.example.com/user --client-id id \
                  --scope email --scope profile --name 'The Forge'";
    let created = terminal.answer(create, "planted-client-secret");
    assert!(!created.out.contains("planted") && !created.err.contains("planted"));
    terminal.run("providers list");
    terminal.run("providers get forge");
    terminal.answer("providers update forge --enabled false --client-secret", "planted-client-secret");
    terminal.run("providers create forge --client-id id");
    terminal.run("providers delete forge");
    terminal.run("providers delete forge --yes");
    terminal.run("providers get forge");
    terminal.assert_record("providers");
}

#[tokio::test]
async fn oauth_clients() {
    let server = FakeServer::builder().seed(SEED).start().await;
    let mut terminal = Terminal::at(&server);
    terminal.run("clients create https://app.example.com/cb");
    assert_eq!(server.count("admin_create_oauth_client"), 0, "creates nothing without --show-secret");
    let created = terminal.run("clients create https://app.example.com/cb --show-secret --name App --json").out;
    let (id, secret) = (member(&created, "client_id"), member(&created, "client_secret"));
    terminal.run("clients create com.example.app://cb --public");
    terminal.run("clients list");
    terminal.run(&format!("clients update {id} --name 'The App' --redirect-uri https://app.example.com/back"));
    terminal.run(&format!("clients new-secret {id}"));
    let renewed = terminal.run(&format!("clients new-secret {id} --yes --json")).out;
    assert_ne!(member(&renewed, "client_secret"), secret);
    assert!(!terminal.run(&format!("clients get {id}")).out.contains("secret  "), "is printed only once");
    terminal.run(&format!("clients delete {id} --yes"));
    terminal.run(&format!("clients get {id}"));
    terminal.assert_record("clients");
}

#[tokio::test]
async fn audit_log() {
    let server = FakeServer::builder().seed(SEED).start().await;
    let mut terminal = Terminal::at(&server);
    for name in ["ada", "grace"] {
        terminal.run(&format!("users create {name}@example.com --confirm --json"));
    }
    terminal.run("users delete ada@example.com --yes");
    terminal.run("audit");
    terminal.run("audit --action user_deleted");
    assert_eq!(terminal.run("audit --limit 2 --json").out.lines().count(), 2);
    assert_eq!(terminal.run("audit --author ada --action login").exit, 2);
    terminal.assert_record("audit");
}

/// Many entries share a time, and arrive while the command reads.
#[tokio::test]
async fn audit_follow_prints_every_entry_once() {
    let server = FakeServer::start().await;
    let users = server.client().unwrap().admin(server.service_key()).users();
    users.create(CreateUser::email("first@example.com")).await.unwrap();
    let mut audit = Terminal::at(&server).start("audit --follow --limit 3 --interval 1ms --json");
    let mut lines = audit.stdout().lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["payload"]["traits"]["user_email"], "first@example.com");
    for round in 0..5 {
        let wanted: Vec<_> = (0..5).map(|i| format!("user{round}{i}@example.com")).collect();
        for email in &wanted {
            users.create(CreateUser::email(email)).await.unwrap();
        }
        for email in &wanted {
            assert_eq!(next()["payload"]["traits"]["user_email"], *email);
        }
    }
    audit.kill();
}

/// Transactions commit out of order, so an entry may appear after a newer one.
#[tokio::test]
async fn audit_follow_prints_entries_that_appear_late() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let add = |number: usize, second: usize| {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let time = format!("2026-01-01T00:00:{second:02}Z");
        log.lock().unwrap().push(json!({ "id": id, "created_at": time, "payload": { "action": "login" } }));
    };
    let stub = MockServer::start().await;
    let served = log.clone();
    let responder = move |request: &Request| {
        let pairs: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        let number = |name: &str| pairs[name].parse::<usize>().unwrap();
        let mut entries = served.lock().unwrap().clone();
        entries.sort_by_key(|entry: &Value| entry["created_at"].as_str().unwrap().to_owned());
        entries.reverse();
        let from = entries.len().min((number("page") - 1) * number("per_page"));
        let page = &entries[from..entries.len().min(from + number("per_page"))];
        ResponseTemplate::new(200).insert_header("x-total-count", entries.len().to_string()).set_body_json(page)
    };
    Mock::given(matchers::path("/admin/audit")).respond_with(responder).mount(&stub).await;
    add(0, 40);
    add(1, 41);
    let terminal = Terminal::at_url(&stub.uri(), "service-key");
    let mut audit = terminal.start("audit --follow --limit 1 --interval 1ms --json");
    let mut lines = audit.stdout().lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["id"], "00000000-0000-4000-8000-000000000001", "--limit applies to earlier entries");
    for number in 2..200 {
        // Each is older than the newest entry, and many have the same time.
        add(number, 40 - number % 30);
        assert_eq!(next()["id"], format!("00000000-0000-4000-8000-{number:012}"));
    }
    audit.kill();
}

#[tokio::test]
async fn the_audit_log_is_filtered_by_the_server() {
    let stub = MockServer::start().await;
    let empty = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(matchers::path("/admin/audit")).respond_with(empty).mount(&stub).await;
    let mut terminal = Terminal::at_url(&stub.uri(), "service-key");
    for (option, query) in [
        ("--author ada", Some("author:ada")),
        ("--action login", Some("action:login")),
        ("--about account", Some("type:account")),
        ("", None),
    ] {
        assert_eq!(terminal.run(&format!("audit {option}")).exit, 0, "{option}");
        let request = stub.received_requests().await.unwrap().pop().unwrap();
        let sent = request.url.query_pairs().find(|(name, _)| name == "query").map(|(_, value)| value.into_owned());
        assert_eq!(sent.as_deref(), query, "{option}");
    }
}

/// The log is long, and its entries are an hour apart.
#[tokio::test]
async fn audit_follow_does_not_read_the_whole_log_first() {
    const PAGES: u64 = 20;
    let stub = MockServer::start().await;
    let responder = |request: &Request| {
        let pairs: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        let page: u64 = pairs["page"].parse().unwrap();
        let per_page: u64 = pairs["per_page"].parse().unwrap();
        let entry = |number: u64| {
            let time = gotrue::chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
            let time = time - std::time::Duration::from_secs(number * 3600);
            let id = format!("00000000-0000-4000-8000-{number:012}");
            json!({ "id": id, "created_at": time, "payload": { "action": "login" } })
        };
        let entries: Vec<Value> = ((page - 1) * per_page..page * per_page).map(entry).collect();
        let entries = if page <= PAGES { entries } else { Vec::new() };
        let total = (PAGES * per_page).to_string();
        ResponseTemplate::new(200).insert_header("x-total-count", total).set_body_json(entries)
    };
    Mock::given(matchers::path("/admin/audit")).respond_with(responder).mount(&stub).await;
    let terminal = Terminal::at_url(&stub.uri(), "service-key");
    let mut audit = terminal.start("audit --follow --limit 2 --interval 1h --json");
    audit.stdout().lines().next().unwrap().unwrap();
    assert_eq!(stub.received_requests().await.unwrap().len(), 1);
    audit.kill();
}

/// More entries than a page has appear at once, and the second page cannot be read at first.
#[tokio::test]
async fn audit_follow_loses_nothing_if_a_page_cannot_be_read() {
    const NEW: usize = 300;
    let state = Arc::new(Mutex::new((1, false)));
    let stub = MockServer::start().await;
    let served = state.clone();
    let responder = move |request: &Request| {
        let pairs: HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        let number = |name: &str| pairs[name].parse::<usize>().unwrap();
        let (count, is_readable) = &mut *served.lock().unwrap();
        let (from, size) = ((number("page") - 1) * number("per_page"), number("per_page"));
        if (1..*count).contains(&from) && !*is_readable {
            return ResponseTemplate::new(503);
        }
        let entry = |number: usize| {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            json!({ "id": id, "created_at": "2026-01-01T00:00:00Z", "payload": { "action": "login" } })
        };
        let page: Vec<Value> = (0..*count).rev().skip(from).take(size).map(entry).collect();
        ResponseTemplate::new(200).insert_header("x-total-count", count.to_string()).set_body_json(page)
    };
    Mock::given(matchers::path("/admin/audit")).respond_with(responder).mount(&stub).await;
    let mut audit = Terminal::at_url(&stub.uri(), "service-key").start("audit --follow --interval 1ms --json");
    let mut lines = audit.stdout().lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["id"], "00000000-0000-4000-8000-000000000000");
    state.lock().unwrap().0 += NEW;
    audit.line_with("trying again");
    state.lock().unwrap().1 = true;
    for number in 1..=NEW {
        assert_eq!(next()["id"], format!("00000000-0000-4000-8000-{number:012}"));
    }
    audit.kill();
}

#[test]
fn audit_follow_without_an_interval_is_refused() {
    let done = Terminal::at_url("http://127.0.0.1:9", "service-key").run("audit --follow --interval 0s");
    assert_eq!(done.exit, 2, "{}", done.err);
    assert!(done.err.contains("must be at least 1ms"), "{}", done.err);
}
