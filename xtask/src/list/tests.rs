#![allow(clippy::unwrap_used)]

use super::*;

const SOURCE: &str = "
impl Client {
    /// Not this one: `call.raw.settings()`.
    pub async fn health(&self) -> Result<()> {
        let call = self.call()?;
        call.finish(call.raw.health().await).await
    }
    pub fn both(&self) {
        async move { self.inner.raw.health(1) };
        self.raw.not_an_operation();
        raw.settings();
        self.raw().settings();
    }
}
impl<'a> Grant for Password<'a> {
    async fn exchange(self) { self.0.raw.token(1, 2).await }
}
mod inner {
    async fn helper(call: Call) {
        fn deeper(call: Call) { call.raw.verify() }
    }
}
#[cfg(test)]
mod tests {
    fn f(call: Call) { call.raw.settings() }
}
";

fn calls() -> Calls {
    let ids = ["health", "settings", "token", "verify"].into_iter().collect();
    let mut calls = Calls::default();
    calls.parse(&["grant".to_owned()], SOURCE, &ids).unwrap();
    calls
}

#[test]
fn callers_are_found_by_the_raw_client() {
    let calls = calls();
    let callers = |id| calls.callers(id);
    assert_eq!(callers("health").as_deref(), Some("Client::both, Client::health"));
    assert_eq!(callers("token").as_deref(), Some("Password (Grant)"));
    assert_eq!(callers("verify").as_deref(), Some("grant::inner::helper"));
    assert_eq!(callers("settings"), None);
}

#[test]
fn a_private_function_stands_for_its_public_callers() {
    let source = "
impl Client {
    pub fn verify(&self) { self.send() }
    pub fn verify_again(&self) { self.client.send() }
    pub(super) fn send(&self) { self.raw.verify() }
    pub(crate) fn probe(&self) { self.raw.health() }
    pub fn health(&self) { self.raw.health() }
    pub fn probe_all(&self) { self.probe() }
}
mod password {
    use super::token;
    impl Grant for Password {
        fn exchange(self) { token(1) }
    }
}
mod other {
    pub fn local() { let token = |n| n; token(1) }
}
impl Client {
    pub fn refresh(&self) { exchange(2) }
    pub fn link(&self) { crate::token(3) }
}
fn exchange(n: u8) { token(n) }
pub(crate) fn token(n: u8) { call.raw.token(n) }
fn settings() { call.raw.settings() }
";
    let mut calls = Calls::default();
    calls.parse(&[], source, &["health", "settings", "token", "verify"].into_iter().collect()).unwrap();
    assert_eq!(calls.callers("verify").unwrap(), "Client::verify, Client::verify_again");
    assert_eq!(calls.callers("health").unwrap(), "Client::health");
    assert_eq!(calls.callers("token").unwrap(), "Client::link, Client::refresh, Password (Grant)");
    assert_eq!(calls.callers("settings").unwrap(), "settings", "of no use to a reader, but the only caller");
}

#[test]
fn columns_are_aligned() {
    let document = serde_json::json!({ "paths": {
        "/user": { "get": { "operationId": "get_user" }, "put": { "operationId": "update_user" } },
        "/health": { "get": { "operationId": "health" } },
    } });
    let expected = "\
Method  Path     Operation    Credential  Wrapper
GET     /health  health       None        Client::both, Client::health
GET     /user    get_user     None        -
PUT     /user    update_user  None        -

3 routes
";
    assert_eq!(list(&document, &calls(), Format::Columns), expected);
    let expected = "\
| Method | Path | Operation | Credential | Wrapper |
| --- | --- | --- | --- | --- |
| `GET` | `/health` | `health` | `None` | `Client::both, Client::health` |
| `GET` | `/user` | `get_user` | `None` |  |
| `PUT` | `/user` | `update_user` | `None` |  |

3 routes
";
    assert_eq!(list(&document, &calls(), Format::Markdown), expected);
}

#[test]
fn our_document_is_listed() {
    let document = yaml::parse(&workspace::read(&workspace::document()).unwrap()).unwrap();
    let list = list(&document, &Calls::default(), Format::Columns);
    let operations = document::operations(&document).count();
    assert!(list.contains("POST    /signup "), "{list}");
    assert!(list.ends_with(&format!("\n{operations} routes\n")), "{list}");
}

#[test]
fn a_file_that_differs_is_a_finding() {
    let file = std::env::temp_dir().join(format!("xtask-list-{}.md", std::process::id()));
    let check = || {
        let mut out = Vec::new();
        (run(Format::Markdown, Some(&file), &mut out).unwrap(), String::from_utf8(out).unwrap())
    };
    let (outcome, text) = check();
    assert_eq!(outcome, Outcome::Findings);
    assert!(text.contains("run: cargo xtask list --markdown > "), "{text}");

    let mut out = Vec::new();
    run(Format::Markdown, None, &mut out).unwrap();
    std::fs::write(&file, out).unwrap();
    let (outcome, _) = check();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(outcome, Outcome::Fine);
}
