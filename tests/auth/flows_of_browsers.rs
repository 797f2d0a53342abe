//! A flow belongs to the browser that started it (RFC 9700, 4.7): a web service, and visitors who open each other's
//! callback URLs.

use std::{collections::HashMap, time::Duration};

use gotrue::{
    Callback, Client, Error, ErrorCode, Provider, Result, Secret,
    auth::{CallbackOutcome, FlowKind, PkceFlow},
    oauth::{ClientAuthentication, OAuthCallback, OAuthFlow},
    url::Url,
    uuid::Uuid,
};
use gotrue_fake::{FakeServer, ManualClock};
use support::{client_of, server_that_answers};
use wiremock::ResponseTemplate;

use crate::pkce_flows::browse;

/// The cookies of a browser.
#[derive(Clone, Default)]
struct Browser(HashMap<String, String>);

/// A web service, which keeps nothing but the client.
struct Service {
    client: Client,
}

impl Service {
    /// Starts a flow, sets its cookie, and returns the URL to redirect to.
    fn login(&self, browser: &mut Browser) -> Url {
        let flow = self.client.start_flow(FlowKind::SignIn).unwrap();
        browser.0.insert(cookie_name(flow.id()), flow.cookie_value().expose().to_owned());
        let redirect_to = flow.redirect_to("https://app.example.com/cb").unwrap();
        self.client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(flow.verifier()).unwrap()
    }

    /// Completes the flow of the browser, and deletes its cookie.
    async fn callback(&self, browser: &mut Browser, url: &Url) -> Result<CallbackOutcome> {
        let callback = Callback::parse(url);
        let cookie = callback.flow_id().and_then(|id| browser.0.remove(&cookie_name(id)));
        let flow = PkceFlow::from_cookie_value(cookie.ok_or(Error::MissingVerifier)?)?;
        self.client.complete_flow(&flow, &callback).await
    }
}

fn cookie_name(flow_id: &str) -> String {
    format!("__Host-flow-{flow_id}")
}

fn id_in(url: &Url) -> String {
    Callback::parse(url).flow_id().unwrap().to_owned()
}

async fn service() -> (FakeServer, Service) {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    (server, Service { client })
}

#[tokio::test]
async fn each_browser_completes_its_own_flows() {
    let (_server, service) = service().await;
    let (mut ada, mut grace) = (Browser::default(), Browser::default());
    // Two tabs.
    let (first, second) = (service.login(&mut ada), service.login(&mut ada));
    let other = service.login(&mut grace);
    // Many visitors do not evict a flow.
    for _ in 0..100 {
        service.login(&mut Browser::default());
    }
    for (is_ada, url) in [(true, second), (false, other), (true, first)] {
        let browser = if is_ada { &mut ada } else { &mut grace };
        let url = browse(url.as_str()).await;
        let outcome = service.callback(browser, &url).await.unwrap();
        assert!(matches!(outcome, CallbackOutcome::SignedIn { kind: FlowKind::SignIn, .. }), "{outcome:?}");
        assert!(matches!(service.callback(browser, &url).await, Err(Error::MissingVerifier)), "completed twice");
    }
    assert!(ada.0.is_empty() && grace.0.is_empty());
}

#[tokio::test]
async fn a_strangers_callback_signs_no_one_in() {
    let (server, service) = service().await;
    let mut stranger = Browser::default();
    let planted = browse(service.login(&mut stranger).as_str()).await;

    let mut own_flow = Browser::default();
    service.login(&mut own_flow);
    let own_cookie = own_flow.0.values().next().unwrap().clone();
    let of_planted = |value: String| Browser([(cookie_name(&id_in(&planted)), value)].into());

    let sent = server.requests().len();
    for (what, mut victim) in [
        ("no cookie", Browser::default()),
        ("a flow of its own", own_flow.clone()),
        ("its own flow under the stranger's id", of_planted(own_cookie.clone())),
        ("a cut-off cookie", of_planted(own_cookie[..own_cookie.len() - 7].to_owned())),
        ("an empty cookie", of_planted(String::new())),
        ("a cookie of something else", of_planted("dGhpcyBpcyBub3QgYSBmbG93".to_owned())),
    ] {
        let error = service.callback(&mut victim, &planted).await.unwrap_err();
        assert!(matches!(error, Error::MissingVerifier | Error::InvalidInput { .. }), "{what}: {error:?}");
    }
    assert_eq!(server.requests().len(), sent, "rejected before any request");

    // Even with the stranger's id in the callback of its own flow, the code does not match the verifier.
    let own = PkceFlow::from_cookie_value(own_cookie).unwrap();
    let mut mixed = planted.clone();
    let code = planted.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    mixed.query_pairs_mut().clear().append_pair("flow_id", own.id()).append_pair("code", &code);
    let error = service.callback(&mut own_flow, &mixed).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::BadCodeVerifier));
}

#[tokio::test]
async fn only_the_id_of_the_flow_completes_it() {
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(support::session())).await;
    let clock = ManualClock::new();
    let client = Client::builder().base_url(server.uri()).clock(clock.clone()).build().unwrap();
    let flow = client.start_flow(FlowKind::Recovery).unwrap();
    let id = flow.id().to_owned();
    let parse = |query: &str| Callback::parse(&Url::parse(&format!("https://app.example.com/cb?{query}")).unwrap());
    let changed = |index: usize| {
        let mut id = id.clone().into_bytes();
        id[index] ^= 1;
        String::from_utf8(id).unwrap()
    };
    for wrong in [
        String::new(),
        id[..id.len() - 1].to_owned(),
        format!("{id}x"),
        changed(0),
        changed(id.len() - 1),
        id.to_uppercase(),
        id.to_lowercase(),
    ] {
        let callback = parse(&format!("code=8d8c4e55&flow_id={wrong}"));
        let error = client.complete_flow(&flow, &callback).await.unwrap_err();
        assert!(matches!(error, Error::MissingVerifier), "{wrong}: {error:?}");
    }
    assert!(matches!(client.complete_flow(&flow, &parse("code=8d8c4e55")).await, Err(Error::MissingVerifier)));
    assert!(server.received_requests().await.unwrap().is_empty());

    let callback = parse(&format!("code=8d8c4e55&flow_id={id}"));
    let session = client.complete_flow(&flow, &callback).await.unwrap();
    assert!(matches!(session, CallbackOutcome::SignedIn { kind: FlowKind::Recovery, .. }));
    clock.advance(Duration::from_secs(24 * 3600 - 1));
    client.complete_flow(&flow, &callback).await.unwrap();
    clock.advance(Duration::from_secs(1));
    assert!(matches!(client.complete_flow(&flow, &callback).await, Err(Error::MissingVerifier)));
}

#[tokio::test]
async fn other_callbacks_sign_no_one_in() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let flow = client.start_flow(FlowKind::EmailChange).unwrap();
    let complete = async |url: String| client.complete_flow(&flow, &Callback::parse(&Url::parse(&url).unwrap())).await;
    let tokens = "access_token=a&expires_in=60&refresh_token=r&sb=&token_type=bearer";
    let error = complete(format!("app:/cb?flow_id={}#{tokens}", flow.id())).await.unwrap_err();
    assert_eq!(error.to_string(), "callback contains a session where a code is expected");
    let error = complete("app:/cb".to_owned()).await.unwrap_err();
    assert_eq!(error.to_string(), "callback is not from this server");
    let error = complete(format!("app:/cb?flow_id={}&error=access_denied", flow.id())).await.unwrap_err();
    assert!(matches!(error, Error::Callback(_)), "{error:?}");
    let pending = complete(format!("app:/cb?flow_id={}&message=Confirm+the+other", flow.id())).await.unwrap();
    assert!(matches!(pending, CallbackOutcome::ConfirmationPending { message } if message == "Confirm the other"));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn a_cookie_value_brings_the_flow_back() {
    let client = Client::new("http://127.0.0.1:9999", "").unwrap();
    let flow = client.start_flow(FlowKind::MagicLink).unwrap();
    let value = flow.cookie_value();
    // Characters that need no quoting, and room for a name in the 4096 bytes of a cookie.
    assert!(value.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert!(value.expose().len() < 400, "{}", value.expose().len());
    let same = PkceFlow::from_cookie_value(&value).unwrap();
    assert_eq!((same.id(), same.verifier(), same.kind()), (flow.id(), flow.verifier(), flow.kind()));
    assert_eq!(same.expires_at(), flow.expires_at());
    assert!(!format!("{flow:?} {value:?}").contains(flow.verifier().secret().expose()));
    assert_ne!(client.start_flow(FlowKind::MagicLink).unwrap().id(), flow.id());
}

#[test]
fn a_cookie_value_of_an_oauth_client_brings_the_flow_back() {
    let client = Client::new("http://127.0.0.1:9999", "").unwrap();
    let app = client.oauth_app(Uuid::from_u128(1), ClientAuthentication::Public);
    let (_, flow) = app.authorize("https://app.example.com/cb").start().unwrap();
    let value = flow.cookie_value();
    assert!(value.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    assert_eq!(OAuthFlow::from_cookie_value(&value).unwrap(), flow);
    for wrong in [
        "",
        "e30",
        "not base64!",
        &value.expose()[1..],
        client.start_flow(FlowKind::SignIn).unwrap().cookie_value().expose(),
    ] {
        let error = OAuthFlow::from_cookie_value(wrong).unwrap_err();
        assert_eq!(error.to_string(), "flow cookie must be an unchanged cookie_value");
    }
}

#[tokio::test]
async fn a_strangers_oauth_callback_gets_no_tokens() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let app = client_of(&server).oauth_app(Uuid::from_u128(1), ClientAuthentication::Public);
    let start = || app.authorize("https://app.example.com/cb").start().unwrap().1;
    let (of_stranger, of_victim) = (start(), start());
    let url = |state: &Secret| format!("https://app.example.com/cb?code=8d8c4e55&state={}", state.expose());
    let planted = OAuthCallback::parse(&Url::parse(&url(of_stranger.state())).unwrap());
    let error = app.exchange(&of_victim, &planted).await.unwrap_err();
    assert_eq!(error.to_string(), "state does not match the flow");
    assert!(server.received_requests().await.unwrap().is_empty());
}
