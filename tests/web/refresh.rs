//! Sessions that are due for a refresh.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use gotrue::{
    SignOutScope,
    store::MemoryStores,
    web::{OpaqueCookies, SealedCookies, SessionLayer},
};
use gotrue_fake::{FakeServer, Fault};
use serde_json::Value;

use crate::browser::{Browser, EMAIL, SSR, World, app};

const HOUR: Duration = Duration::from_secs(3600);

/// Returns the JSON of the session in the cookies.
fn content(browser: &Browser) -> Value {
    let mut value = browser.jar.get(SSR).cloned().unwrap_or_default();
    for index in 0.. {
        let Some(chunk) = browser.jar.get(&format!("{SSR}.{index}")) else { break };
        value += chunk;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value.strip_prefix("base64-").unwrap()).unwrap()).unwrap()
}

fn put(browser: &mut Browser, content: &Value) {
    browser.jar = [(SSR.to_owned(), format!("base64-{}", URL_SAFE_NO_PAD.encode(content.to_string())))].into();
}

#[tokio::test]
async fn a_fresh_session_causes_no_request_and_no_cookies() {
    let world = World::new().await;
    for mut browser in [world.browser(), world.sealed_browser()] {
        browser.sign_in().await;
        assert_eq!(browser.get("/").await.body, EMAIL);
        let requests = || {
            let mut requests = world.server.requests();
            // Keys are renewed in the background, whatever the requests of the browser.
            requests.retain(|request| request.operation != Some("jwks"));
            requests.len()
        };
        let before = requests();
        world.clock.advance(Duration::from_secs(3600 - 91));
        for _ in 0..3 {
            let answer = browser.get("/me").await;
            assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
        }
        assert_eq!(requests(), before);
    }
}

/// A server that is asked about a token refuses it as soon as it has expired.
#[tokio::test]
async fn a_session_that_has_just_expired_is_refreshed() {
    for hs256 in [true, false] {
        let world = World::with(FakeServer::builder().hs256(hs256)).await;
        let verifier = world.client.jwt_verifier().check_session(Duration::ZERO);
        let layer = SessionLayer::new(&world.client, World::sealed()).verifier(verifier);
        let mut browser = Browser::new(app().layer(layer));
        browser.sign_in().await;
        for seconds in [0, 5, 9, 11] {
            world.clock.advance(HOUR + Duration::from_secs(seconds));
            let refreshes = world.server.count("token");
            assert_eq!(browser.get("/me").await.body, EMAIL, "{seconds} s after the expiry");
            assert_eq!(world.server.count("token"), refreshes + 1);
        }
    }
}

#[tokio::test]
async fn a_due_session_is_refreshed_and_written() {
    let world = World::new().await;
    for mut browser in [world.browser(), world.sealed_browser()] {
        browser.sign_in().await;
        let before = (browser.jar.clone(), world.server.count("token"));
        world.clock.advance(Duration::from_secs(3600 - 89));
        let answer = browser.get("/me").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, EMAIL));
        assert_ne!(browser.jar, before.0);
        assert_eq!(world.server.count("token"), before.1 + 1);
        // The new session is as good as the former.
        world.clock.advance(HOUR / 2);
        assert_eq!(browser.get("/server").await.body, "true");
        assert_eq!(world.server.count("token"), before.1 + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_parallel_requests_share_one_refresh() {
    let world = World::new().await;
    for mut browser in [world.browser(), world.sealed_browser()] {
        browser.sign_in().await;
        world.clock.advance(HOUR * 2);
        let before = world.server.count("token");
        let mut tabs = vec![browser; 50];
        let answers = join_all(tabs.iter_mut().map(|tab| {
            tokio::spawn({
                let mut tab = tab.clone();
                async move { (tab.get("/server").await.body, tab.jar) }
            })
        }))
        .await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|(body, _)| body == "true"));
        assert_eq!(world.server.count("token"), before + 1);
        // Whichever response comes last, the session is the same.
        let mut last = tabs.pop().unwrap();
        last.jar.clone_from(&answers[0].1);
        assert_eq!(last.get("/server").await.body, "true");

        // A request that was on its way meanwhile.
        assert_eq!(tabs[0].get("/server").await.body, "true");
        assert_eq!(world.server.count("token"), before + 1);
    }
}

#[tokio::test]
async fn members_that_this_crate_does_not_know_are_kept() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    let mut known = content(&browser);
    known["provider_token"] = "token-of-the-provider".into();
    known["from_tomorrow"] = serde_json::json!({ "deep": [1, "two"] });
    put(&mut browser, &known);
    world.clock.advance(HOUR);
    assert_eq!(browser.get("/me").await.status, 200);
    let new = content(&browser);
    assert_ne!(new["access_token"], known["access_token"]);
    assert_eq!(new["provider_token"], known["provider_token"]);
    assert_eq!(new["from_tomorrow"], known["from_tomorrow"]);
    assert_eq!(new["user"]["email"], EMAIL);
    // Another sign-in keeps nothing.
    browser.sign_in().await;
    assert_eq!(content(&browser).get("from_tomorrow"), None);
    assert_eq!(content(&browser).get("provider_token"), None);
}

#[tokio::test]
async fn a_server_in_trouble_ends_no_session() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    assert_eq!(browser.get("/").await.body, EMAIL);
    let jar = browser.jar.clone();
    world.server.fail(Fault::empty(503).times(100));

    // The token is due, but still valid.
    world.clock.advance(Duration::from_secs(3600 - 30));
    let answer = browser.get("/me").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));

    world.clock.advance(HOUR);
    let asked = world.server.count("token");
    for path in ["/me", "/", "/safe"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (503, 0), "{path}");
    }
    // The failure is remembered for a second.
    assert_eq!(world.server.count("token"), asked + 1);
    assert_eq!(browser.jar, jar);
    let mut leaving = browser.clone();
    assert_eq!(leaving.post("/sign-out", "").await.status, 303);
    assert!(leaving.jar.is_empty());

    world.server.heal();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.get("/me").await.status, 200);
}

#[tokio::test]
async fn five_minutes_without_the_server() {
    let world = World::new().await;
    let opaque = SessionLayer::new(&world.client, OpaqueCookies::new(MemoryStores::new()));
    let browsers = [world.browser(), world.sealed_browser(), Browser::new(app().layer(opaque))];
    for mut browser in browsers {
        browser.sign_in().await;
        assert_eq!(browser.get("/").await.body, EMAIL);
        // The token expires in the middle.
        world.clock.advance(Duration::from_secs(3600 - 150));
        world.server.fail(Fault::reset().times(10_000));
        let (jar, before) = (browser.jar.clone(), world.server.count("token"));
        let mut statuses = Vec::new();
        for _ in 0..60 {
            world.clock.advance(Duration::from_secs(5));
            let answer = browser.get("/me").await;
            assert_eq!(answer.set_cookies().len(), 0);
            statuses.push(answer.status);
        }
        assert!(statuses.is_sorted() && statuses[20] == 200 && statuses[59] == 503, "{statuses:?}");
        assert!(browser.jar == jar);
        let asked = world.server.count("token") - before;
        assert!((1..=60).contains(&asked), "{asked}");
        world.server.heal();
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(browser.get("/me").await.body, EMAIL);
        assert_eq!(browser.get("/server").await.body, "true");
    }
}

/// Each process of a service restarts with the new key, one after the other, while browsers use all of them.
#[tokio::test]
async fn a_key_is_replaced_while_processes_run() {
    let world = World::new().await;
    let (former, new) = ([7; 32], [8; 32]);
    let process = |first: &[u8; 32], second: &[u8; 32]| {
        let cookies = SealedCookies::new(first).unwrap().former_key(second).unwrap();
        app().layer(SessionLayer::new(&world.client, cookies))
    };
    // The new key is known to all before the first one seals with it.
    let (old, both) = (process(&former, &new), process(&new, &former));
    let mut browsers = vec![Browser::new(old.clone()); 20];
    for browser in &mut browsers {
        browser.sign_in().await;
    }
    for step in 0..=4 {
        for (number, browser) in browsers.iter_mut().enumerate() {
            for request in 0..4 {
                // Some of the processes have restarted.
                browser.router = if (number + request) % 4 < step { both.clone() } else { old.clone() };
                assert_eq!(browser.get("/me").await.body, EMAIL, "{step}");
            }
        }
        world.clock.advance(HOUR);
    }
    // The former key is not needed any more.
    let only_new = app().layer(SessionLayer::new(&world.client, SealedCookies::new(&new).unwrap()));
    for browser in &mut browsers {
        assert_eq!(browser.get("/me").await.body, EMAIL);
        browser.router = only_new.clone();
        assert_eq!(browser.get("/me").await.body, EMAIL);
    }
}

#[tokio::test]
async fn the_server_ends_a_session() {
    let world = World::new().await;
    for mut browser in [world.browser(), world.sealed_browser()] {
        browser.sign_in().await;
        let session = world.client.sign_in(gotrue::Password::email(EMAIL, crate::browser::PASSWORD)).await.unwrap();
        world.client.user(session.access_token()).sign_out(SignOutScope::Global).await.unwrap();
        world.clock.advance(HOUR * 2);
        let answer = browser.get("/").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "visitor"));
        assert!(browser.jar.is_empty());
    }
}

#[tokio::test]
async fn a_token_whose_key_was_replaced_since_is_refreshed() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    assert_eq!(browser.get("/me").await.status, 200);
    world.clock.advance(HOUR * 24 * 30);
    world.server.rotate_keys();
    world.server.retire_keys();
    assert_eq!(browser.get("/me").await.body, EMAIL);
    assert_eq!(browser.get("/server").await.body, "true");
}

#[tokio::test]
async fn a_late_request_does_not_bring_back_a_session_that_is_over() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    world.clock.advance(HOUR);
    let mut late = browser.clone();
    assert_eq!(browser.get("/me").await.status, 200);
    assert_eq!(browser.post("/sign-out", "").await.status, 303);
    assert!(browser.jar.is_empty());
    assert_eq!(late.get("/").await.body, "visitor");
    assert!(late.jar.is_empty());
}

#[tokio::test]
async fn two_processes_with_one_session() {
    let world = World::with(FakeServer::builder()).await;
    let mut one = world.browser();
    one.sign_in().await;
    let layer = SessionLayer::new(&world.client, world.ssr());
    let mut other = Browser { jar: one.jar.clone(), ..Browser::new(app().layer(layer)) };
    world.clock.advance(HOUR);
    assert_eq!(one.get("/server").await.body, "true");
    assert_eq!(other.get("/server").await.body, "true");
    // Whichever cookies win, the session is refreshed again.
    world.clock.advance(HOUR);
    assert_eq!(other.get("/server").await.body, "true");
}

#[tokio::test]
async fn made_up_tokens_cause_few_requests() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    assert_eq!(browser.get("/").await.body, EMAIL);
    let before = world.server.count("token");
    let mut statuses = Vec::new();
    for number in 0..8 {
        // Expired, and signed with a key that does not exist.
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(serde_json::json!({ "alg": "ES256", "kid": "made-up" }));
        let claims = part(serde_json::json!({ "sub": "11111111-2222-4333-8444-555555555555", "exp": 1_000_000_000 }));
        let token = format!("{header}.{claims}.{}", part(number.into()));
        let made_up = serde_json::json!({
            "access_token": token, "refresh_token": format!("made-up-{number}"), "expires_at": 1_000_000_000
        });
        let mut attacker = browser.clone();
        put(&mut attacker, &made_up);
        statuses.push(attacker.get("/").await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 503, 503, 503]);
    assert_eq!(world.server.count("token"), before + 5);
    // Others are not affected, even if their session is due.
    world.clock.advance(HOUR);
    assert_eq!(browser.get("/server").await.body, "true");
}
