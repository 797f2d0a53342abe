//! Sessions in several tabs, as they expire, and behind a cache.

use gotrue::{Password, SignOutScope};
use support::chromium::Chromium;

use crate::{
    caching_proxy,
    site::{ADA, EVE, PASSWORD, Site, serve},
};

pub async fn two_tabs(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let profile = chromium.profile().await;
    let (first, second) = (profile.tab().await, profile.tab().await);
    second.goto(site.url("/account")).await;
    site.sign_in(&first, ADA).await;
    let page = second.goto(site.url("/account")).await;
    assert_eq!(page.path(), "/account");

    first.click("Sign out").await;
    // The page is not in the cache of the browser, either.
    let page = second.reload().await;
    assert_eq!(page.path(), "/sign-in?next=%2Faccount");
    let page = site.enter_credentials(&second, ADA, PASSWORD).await;
    assert_eq!(page.path(), "/account");
    // A form of the other tab acts for the user who is signed in now.
    let page = first.reload().await;
    assert_eq!(page.path(), "/account", "signed in, so the sign-in page leads on");
}

/// The pages of a user do not come back from the history of the browser.
pub async fn back_after_the_sign_out(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    site.sign_in(&tab, ADA).await;
    tab.goto(site.url("/new-password")).await;
    tab.click("Sign out").await;
    for _ in 0..2 {
        let page = tab.evaluate_to_navigate("history.back()").await;
        assert!(page.path().starts_with("/sign-in"), "{page:?}");
        assert!(!page.text.contains(ADA), "{page:?}");
    }
}

pub async fn expiry_during_use(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    site.sign_in(&tab, ADA).await;
    site.expire_tokens();
    // A form is the first request after the expiry.
    tab.fill("name", "Ada L.").await;
    let page = tab.click("Save").await;
    assert!(page.text.contains("Hello, Ada L."), "{page:?}");
    assert_eq!(site.refreshes(), 1);
    tab.reload().await;
    assert_eq!(site.refreshes(), 1);

    // If the server cannot be reached, the session stays.
    site.expire_tokens();
    site.server.fail(gotrue_fake::Fault::reset().of("token"));
    let page = tab.reload().await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("We cannot check your sign-in right now."), "{page:?}");
    site.server.heal();
    site.clock.advance(std::time::Duration::from_secs(2));
    assert_eq!(tab.goto(site.url("/account")).await.path(), "/account");
}

pub async fn fifty_requests_at_once(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    tab.bypass_content_security_policy().await;
    site.sign_in(&tab, ADA).await;
    site.expire_tokens();
    let script = "Promise.all(Array.from({ length: 50 }, () => fetch('/account')))
        .then((responses) => responses.filter((r) => r.ok && !r.redirected).length)";
    assert_eq!(tab.evaluate(script).await, 50);
    assert_eq!(site.refreshes(), 1);
    // The browser has the new tokens.
    assert_eq!(tab.reload().await.path(), "/account");
    assert_eq!(site.refreshes(), 1);
}

pub async fn ended_elsewhere(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    site.sign_in(&tab, ADA).await;
    let elsewhere = site.client.sign_in(Password::email(ADA, PASSWORD)).await.unwrap();
    site.client.user(elsewhere.access_token()).sign_out(SignOutScope::Global).await.unwrap();
    site.expire_tokens();
    let page = tab.goto(site.url("/account")).await;
    assert_eq!(page.path(), "/sign-in?next=%2Faccount");
    assert_eq!(profile.cookie_names().await, [""; 0]);
}

/// A proxy that stores whatever it may store, between the application and two users.
pub async fn a_shared_cache(site: &Site, chromium: &Chromium) {
    let (cache, proxy) = caching_proxy::proxy(&site.origin);
    let proxied = serve(proxy).await;
    site.create_user(ADA).await;
    site.create_user(EVE).await;
    for email in [ADA, EVE] {
        let tab = chromium.profile().await.tab().await;
        // The visitor's page of the same URL comes first.
        let page = tab.goto(format!("{proxied}/")).await;
        assert!(page.text.contains("Sign in"), "{page:?}");
        tab.goto(format!("{proxied}/sign-in")).await;
        site.enter_credentials(&tab, email, PASSWORD).await;
        for path in ["/", "/account"] {
            let page = tab.goto(format!("{proxied}{path}")).await;
            assert!(page.text.contains(email), "{page:?}");
        }
    }
    let stored = cache.lock().unwrap();
    assert!(stored.contains_key("/style.css"), "the proxy does store");
    assert!(!stored.contains_key("/account"));
    for response in stored.values() {
        assert!(!response.has_cookies);
    }
}
