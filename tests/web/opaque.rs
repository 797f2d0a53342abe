//! Sessions in a store, with an id in the cookie.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use gotrue::{
    Result, Secret, SessionStore,
    cookie::SameSite,
    error::StoreError,
    store::{Lease, MemoryStores, Revision, SessionStores, StoreFuture, StoredSession},
    web::{OpaqueCookies, SessionLayer},
};
use serde_json::Value;

use crate::browser::{Browser, EMAIL, PASSWORD, World, app};

const ID: &str = "__Host-session-id";
const HOUR: Duration = Duration::from_secs(3600);

/// Stores that remember the ids that were used, and fail on demand.
#[derive(Clone, Debug, Default)]
struct Observed {
    stores: MemoryStores,
    ids: Arc<Mutex<BTreeSet<String>>>,
    fails: Arc<AtomicBool>,
}

impl SessionStores for Observed {
    fn session(&self, id: &str) -> Result<Arc<dyn SessionStore>> {
        self.ids.lock().unwrap().insert(id.to_owned());
        Ok(Arc::new(ObservedStore { store: self.stores.session(id)?, fails: self.fails.clone() }))
    }
}

impl Observed {
    /// Returns the ids that have a session.
    async fn used(&self) -> Vec<String> {
        let mut used = Vec::new();
        let ids = self.ids.lock().unwrap().clone();
        for id in ids {
            if self.stores.session(&id).unwrap().load().await.unwrap().is_some() {
                used.push(id);
            }
        }
        used
    }
}

#[derive(Debug)]
struct ObservedStore {
    store: Arc<dyn SessionStore>,
    fails: Arc<AtomicBool>,
}

impl ObservedStore {
    fn or_fail<'a, T: Send + 'a>(&self, operation: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let fails = self.fails.load(Ordering::SeqCst);
        if fails { Box::pin(async { Err(StoreError::new("respond", "it is down")) }) } else { operation }
    }
}

impl SessionStore for ObservedStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        self.or_fail(self.store.load())
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        self.or_fail(self.store.compare_and_swap(expected, new))
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        self.or_fail(self.store.lease())
    }
}

/// Returns a browser that visits one process of the application.
fn browser(world: &World, stores: &Observed) -> Browser {
    Browser::new(app().layer(SessionLayer::new(&world.client, OpaqueCookies::new(stores.clone()))))
}

/// Returns a browser with the cookies of another one, which visits another process.
fn elsewhere(world: &World, stores: &Observed, browser: &Browser) -> Browser {
    Browser { jar: browser.jar.clone(), ..self::browser(world, stores) }
}

#[tokio::test]
async fn the_cookie_has_an_id_whose_hash_is_in_the_store() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    let answer = browser.post("/sign-in", &format!("password={PASSWORD}")).await;
    let cookies = answer.set_cookies();
    assert_eq!(cookies.len(), 1);
    let cookie = &cookies[0];
    // 32 bytes in base64url.
    assert_eq!((cookie.name(), cookie.value().len()), (ID, 43));
    assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), Some(true)));
    assert_eq!((cookie.same_site(), cookie.path(), cookie.domain()), (Some(SameSite::Lax), Some("/"), None));
    assert_eq!(cookie.max_age().unwrap().whole_days(), 400);
    let used = stores.used().await;
    assert_eq!(used.len(), 1);
    assert!(used[0].len() == 43 && used[0] != cookie.value(), "{used:?}");
    assert_eq!(browser.get("/me").await.body, EMAIL);
    assert_eq!(browser.get("/server").await.body, "true");
    // Other users have other ids.
    let mut other = self::browser(&world, &stores);
    other.sign_in().await;
    assert_ne!(other.jar[ID], browser.jar[ID]);
    assert_eq!(stores.used().await.len(), 2);
}

#[tokio::test]
async fn the_name_domain_and_lifetime_can_be_set() {
    let world = World::new().await;
    let form = OpaqueCookies::new(MemoryStores::new())
        .name("id")
        .domain("example.com")
        .same_site(SameSite::Strict)
        .lifetime(Duration::from_secs(600));
    let mut browser = Browser::new(app().layer(SessionLayer::new(&world.client, form)));
    let answer = browser.post("/sign-in", &format!("password={PASSWORD}")).await;
    let cookie = &answer.set_cookies()[0];
    assert_eq!((cookie.name(), cookie.domain()), ("__Secure-id", Some("example.com")));
    assert_eq!((cookie.same_site(), cookie.max_age().unwrap().whole_seconds()), (Some(SameSite::Strict), 600));
    assert_eq!(browser.get("/me").await.body, EMAIL);
}

#[tokio::test]
async fn a_sign_in_starts_a_new_id() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    // An attacker has planted an id.
    let planted = "A".repeat(43);
    browser.jar.insert(ID.to_owned(), planted.clone());
    browser.sign_in().await;
    let first = browser.jar[ID].clone();
    assert_ne!(first, planted);
    browser.sign_in().await;
    assert_ne!(browser.jar[ID], first);
    assert_eq!(stores.used().await.len(), 1, "the former session is removed");
    let mut attacker = self::browser(&world, &stores);
    for id in [planted, first] {
        attacker.jar.insert(ID.to_owned(), id);
        assert_eq!(attacker.get("/").await.body, "visitor");
    }
}

#[tokio::test]
async fn a_second_factor_starts_a_new_id() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    browser.sign_in().await;
    let before = elsewhere(&world, &stores, &browser);
    let factor: Value = serde_json::from_str(&browser.post("/enroll", "").await.body).unwrap();
    assert_eq!(browser.jar, before.jar, "an enrollment changes nothing");
    let code = world.server.totp_code(&Secret::from(factor["secret"].as_str().unwrap())).unwrap();
    let id = factor["id"].as_str().unwrap();
    let answer = browser.post("/verify", &format!("id={id}&code={}", code.expose())).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_ne!(browser.jar[ID], before.jar[ID]);
    assert_eq!(browser.get("/safe").await.status, 200);
    assert_eq!(stores.used().await.len(), 1);

    // A request with the former id is that of a visitor, and its response does not remove the new id.
    let mut late = before;
    let answer = late.get("/").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("visitor", 0));
}

#[tokio::test]
async fn a_change_of_the_user_keeps_the_id() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    browser.sign_in().await;
    let answer = browser.post("/rename", "Ada").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (204, 0));
    let id = &stores.used().await[0];
    let record = stores.session(id).unwrap().load().await.unwrap().unwrap();
    assert!(String::from_utf8(record.to_json().unwrap()).unwrap().contains(r#""name":"Ada""#));
}

#[tokio::test]
async fn all_processes_see_that_a_session_has_ended() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut here = browser(&world, &stores);
    here.sign_in().await;
    let mut there = elsewhere(&world, &stores, &here);
    assert_eq!(there.get("/").await.body, EMAIL);
    let answer = here.post("/sign-out", "").await;
    assert_eq!(answer.status, 303);
    assert!(here.jar.is_empty());
    assert!(stores.used().await.is_empty());
    assert_eq!(there.get("/").await.body, "visitor");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_refresh_a_session_once() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    browser.sign_in().await;
    for round in 1..=3 {
        world.clock.advance(HOUR * 2);
        let before = world.server.count("token");
        let mut tabs: Vec<_> = (0..8).map(|_| elsewhere(&world, &stores, &browser)).collect();
        let answers = join_all(tabs.iter_mut().map(|tab| tab.get("/me"))).await;
        for answer in answers {
            assert_eq!((answer.status, answer.body.as_str()), (200, EMAIL), "{round}");
            assert!(answer.set_cookies().is_empty(), "the id stays");
        }
        assert_eq!(world.server.count("token"), before + 1);
    }
}

#[tokio::test]
async fn a_session_that_the_server_ends_is_removed() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    browser.sign_in().await;
    // The user signs out elsewhere.
    let mut elsewhere = world.browser();
    elsewhere.sign_in().await;
    world.client.user(elsewhere_token(&world).await).sign_out(gotrue::SignOutScope::Global).await.unwrap();
    world.clock.advance(HOUR * 2);
    assert_eq!(browser.get("/").await.body, "visitor");
    assert!(browser.jar.is_empty());
    assert!(stores.used().await.is_empty());
}

async fn elsewhere_token(world: &World) -> gotrue::Secret {
    let session = world.client.sign_in(gotrue::Password::email(EMAIL, PASSWORD)).await.unwrap();
    session.access_token().clone()
}

#[tokio::test]
async fn a_store_that_is_down_signs_nobody_out() {
    let world = World::new().await;
    let stores = Observed::default();
    let mut browser = browser(&world, &stores);
    browser.sign_in().await;
    let jar = browser.jar.clone();
    stores.fails.store(true, Ordering::SeqCst);
    let answer = browser.get("/me").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (503, 0), "{answer:?}");
    assert_eq!(browser.post("/sign-in", &format!("password={PASSWORD}")).await.status, 503);
    assert_eq!(browser.jar, jar);
    stores.fails.store(false, Ordering::SeqCst);
    assert_eq!(browser.get("/me").await.body, EMAIL);
}

#[tokio::test]
async fn an_id_that_is_malformed_is_removed() {
    let world = World::new().await;
    let stores = Observed::default();
    let long = "A".repeat(4000);
    for malformed in ["", "x", "%00", "../../etc/passwd", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43), &long] {
        let mut browser = browser(&world, &stores);
        browser.jar.insert(ID.to_owned(), malformed.to_owned());
        let answer = browser.get("/").await;
        assert_eq!(answer.body, "visitor", "{malformed}");
        assert!(browser.jar.is_empty(), "{malformed}");
    }
    assert!(stores.ids.lock().unwrap().is_empty(), "the store is not asked");
}
