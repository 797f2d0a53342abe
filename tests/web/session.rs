//! What handlers do with the session.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::{Secret, cookie::SameSite, web::SessionLayer};
use serde_json::Value;

use crate::browser::{Browser, EMAIL, PASSWORD, SSR, World, app};

#[tokio::test]
async fn a_visitor() {
    let world = World::new().await;
    let mut browser = world.browser();
    assert_eq!(browser.get("/").await.body, "visitor");
    let answer = browser.get("/me").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"code":"no_authorization"}"#));
    assert_eq!(browser.get("/user").await.body, "none");
    assert_eq!(browser.get("/server").await.body, "false");
    let answer = browser.post("/sign-in", "password=wrong-horse-7").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (403, 0));
    let answer = browser.post("/sign-out", "").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (303, 0));
}

#[tokio::test]
async fn the_attributes_of_both_forms() {
    let world = World::new().await;
    for (mut browser, name, http_only) in
        [(world.browser(), SSR, None), (world.sealed_browser(), "__Host-session", Some(true))]
    {
        let answer = browser.post("/sign-in", &format!("password={PASSWORD}")).await;
        let cookies = answer.set_cookies();
        assert!(!cookies.is_empty());
        for cookie in &cookies {
            assert_eq!(cookie.name().split('.').next(), Some(name));
            assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
            assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), http_only));
            assert_eq!(cookie.same_site(), Some(SameSite::Lax));
            assert_eq!(cookie.max_age().unwrap().whole_days(), 400);
            assert!(cookie.name().len() + cookie.value().len() <= 4096);
        }
    }
}

#[tokio::test]
async fn sealed_cookies_reveal_nothing() {
    let world = World::new().await;
    let mut browser = world.sealed_browser();
    browser.sign_in().await;
    for value in browser.jar.values() {
        let bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("token"));
    }
    let shown = format!("{:?}", World::sealed());
    assert_eq!(
        shown,
        r#"SealedCookies { name: "__Host-session", keys: 1, attributes: Attributes { domain: None, secure: true, http_only: true, same_site: Lax } }"#
    );
}

#[tokio::test]
async fn cookies_are_written_whatever_the_status() {
    let world = World::new().await;
    for status in [200, 302, 400, 404, 500] {
        let mut browser = world.browser();
        let answer = browser.post("/sign-in", &format!("password={PASSWORD}&status={status}")).await;
        assert_eq!(answer.status, status);
        assert_eq!(browser.get("/").await.body, EMAIL, "{status}");
    }
}

#[tokio::test]
async fn signing_out_removes_the_cookies_whatever_the_server_says() {
    let world = World::new().await;
    for is_failing in [false, true] {
        for mut browser in [world.browser(), world.sealed_browser()] {
            browser.sign_in().await;
            assert_eq!(browser.get("/").await.body, EMAIL);
            if is_failing {
                world.server.fail(gotrue_fake::Fault::empty(500).times(100));
            }
            let answer = browser.post("/sign-out", "").await;
            assert_eq!(answer.status, if is_failing { 502 } else { 303 });
            assert!(browser.jar.is_empty());
            assert_eq!(browser.get("/").await.body, "visitor");
            world.server.heal();
        }
    }
}

#[tokio::test]
async fn a_second_factor_raises_the_level_of_the_session() {
    for is_sealed in [false, true] {
        let world = World::new().await;
        let mut browser = if is_sealed { world.sealed_browser() } else { world.browser() };
        browser.sign_in().await;
        let answer = browser.get("/safe").await;
        assert_eq!((answer.status, answer.body.as_str()), (403, r#"{"code":"insufficient_scope"}"#));
        let factor: Value = serde_json::from_str(&browser.post("/enroll", "").await.body).unwrap();
        let code = world.server.totp_code(&Secret::from(factor["secret"].as_str().unwrap())).unwrap();
        let id = factor["id"].as_str().unwrap();
        let before = browser.jar.clone();
        assert_eq!(browser.post("/verify", &format!("id={id}&code=000000")).await.status, 403);
        assert_eq!(browser.jar, before);
        assert_eq!(browser.post("/verify", &format!("id={id}&code={}", code.expose())).await.status, 204);
        assert_eq!(browser.get("/safe").await.status, 200);
    }
}

#[tokio::test]
async fn a_changed_profile_is_in_the_cookies_that_javascript_reads() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    let request = http::Request::post("/rename").header("sec-fetch-site", "same-origin");
    assert_eq!(browser.send(request, "Ada").await.status, 204);
    let content = URL_SAFE_NO_PAD.decode(browser.jar[SSR].strip_prefix("base64-").unwrap()).unwrap();
    let content: Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(content["user"]["user_metadata"]["name"], "Ada");
}

#[tokio::test]
async fn the_user_of_the_session_is_that_of_the_verified_token() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in().await;
    let content = URL_SAFE_NO_PAD.decode(browser.jar[SSR].strip_prefix("base64-").unwrap()).unwrap();
    let mut content: Value = serde_json::from_slice(&content).unwrap();
    content["user"]["app_metadata"]["admin"] = true.into();
    content["user"]["email"] = "eve@example.com".into();
    browser.jar.insert(SSR.to_owned(), format!("base64-{}", URL_SAFE_NO_PAD.encode(content.to_string())));
    let user: Value = serde_json::from_str(&browser.get("/user").await.body).unwrap();
    assert_eq!(user["email"], EMAIL);
    assert_eq!(user["app_metadata"].get("admin"), None);
}

#[tokio::test]
async fn a_session_that_was_planted_before_the_sign_in_is_replaced() {
    let world = World::new().await;
    world.client.sign_up(gotrue::SignUp::email("eve@example.com", PASSWORD)).await.unwrap();
    for (mut victim, mut attacker) in
        [(world.browser(), world.browser()), (world.sealed_browser(), world.sealed_browser())]
    {
        attacker.sign_in().await;
        victim.jar = attacker.jar.clone();
        victim.sign_in().await;
        assert!(victim.jar.iter().all(|(name, value)| attacker.jar.get(name) != Some(value)));
        // The attacker's session is another one.
        assert_eq!(attacker.post("/sign-out", "").await.status, 303);
        assert_eq!(victim.get("/server").await.body, "true");
    }
}

#[tokio::test]
async fn without_the_layer() {
    let mut bare = Browser::new(crate::browser::app());
    for path in ["/", "/me", "/user", "/server"] {
        assert_eq!(bare.get(path).await.status, 500, "{path}");
    }
}

/// The time that a response states lacks the fraction of its second, so a token of another process may seem to come from
/// the future.
#[tokio::test]
async fn a_session_of_the_same_second_is_not_refreshed() {
    let world = World::new().await;
    world.clock.advance(Duration::from_millis(900));
    let client = world.server.client_builder().clock(world.clock.clone()).build().unwrap();
    client.health().await.unwrap();
    assert_eq!(client.clock_skew().unwrap().num_milliseconds(), -900);
    world.clock.advance(Duration::from_millis(100));
    let mut here = world.browser();
    here.sign_in().await;
    let before = world.server.count("token");
    let mut there = Browser { jar: here.jar, ..Browser::new(app().layer(SessionLayer::new(&client, world.ssr()))) };
    let answer = there.post("/rename", "Ada").await;
    assert_eq!((answer.status, world.server.count("token")), (204, before));
}
