//! Signing in with GitHub, which is a page of the fake server.

use support::chromium::Chromium;

use crate::site::Site;

pub async fn a_user_is_chosen(site: &Site, chromium: &Chromium) {
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    // The provider comes back to the page that needs a user.
    tab.goto(site.url("/new-password")).await;
    let page = tab.click("Continue with GitHub").await;
    assert!(page.url.starts_with(&site.server.url()), "{page:?}");
    let page = tab.click("a").await;
    assert_eq!((page.path(), page.status), ("/new-password", 200), "{page:?}");
    let page = tab.goto(site.url("/account")).await;
    assert!(page.text.contains("github"), "{page:?}");
    let names = profile.cookie_names().await;
    assert_eq!(names, ["__Host-session"], "the cookie of the flow is removed");
}

pub async fn access_is_denied(site: &Site, chromium: &Chromium) {
    let tab = chromium.profile().await.tab().await;
    tab.goto(site.url("/sign-in")).await;
    tab.click("Continue with GitHub").await;
    let page = tab.click("Deny access").await;
    assert_eq!(page.path(), "/sign-in?notice=access_denied");
    assert!(page.text.contains("The sign-in was cancelled or denied."), "{page:?}");
    // The page shows only what the application says.
    let page = tab.goto(site.url("/sign-in?notice=Call+0800+for+help")).await;
    assert!(!page.text.contains("0800"), "{page:?}");
}

/// A sign-in in one tab does not disturb the one in another.
pub async fn two_flows_at_once(site: &Site, chromium: &Chromium) {
    let profile = chromium.profile().await;
    let (first, second) = (profile.tab().await, profile.tab().await);
    for tab in [&first, &second] {
        tab.goto(site.url("/sign-in")).await;
        tab.click("Continue with GitHub").await;
    }
    for tab in [&first, &second] {
        let page = tab.click("a").await;
        assert_eq!((page.path(), page.status), ("/account", 200), "{page:?}");
    }
}
