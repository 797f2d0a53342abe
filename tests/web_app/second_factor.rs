//! The authenticator app.

use gotrue::Secret;
use support::chromium::{Chromium, Tab};

use crate::site::{ADA, Site};

pub async fn set_up_and_used(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    site.sign_in(&tab, ADA).await;
    // The vault needs a second factor, and there is none yet.
    let page = tab.click("Open").await;
    assert_eq!(page.path(), "/authenticator");

    tab.click("Set it up").await;
    let picture = tab.evaluate("document.querySelector('img.qr').naturalWidth > 0").await;
    assert_eq!(picture, true, "the picture is shown");
    let key: Secret = tab.evaluate("document.querySelector('code').innerText").await.as_str().unwrap().into();
    let page = enter(&tab, "000000", "Verify").await;
    assert!(page.contains("The code is wrong."), "{page}");
    let page = enter(&tab, site.server.totp_code(&key).unwrap().expose(), "Verify").await;
    assert!(page.contains("Your authenticator app is set up."), "{page}");
    let page = tab.click("Open").await;
    assert!(page.text.contains("the vault is open"), "{page:?}");

    // The next sign-in asks for the code, also if the user goes elsewhere in between.
    tab.click("Sign out").await;
    let page = site.sign_in(&tab, ADA).await;
    assert_eq!(page.path(), "/second-factor?next=%2Faccount");
    let page = tab.goto(site.url("/vault")).await;
    assert_eq!(page.path(), "/second-factor?next=%2Fvault");
    let page = enter(&tab, "000000", "Continue").await;
    assert!(page.contains("The code is wrong."), "{page}");
    let page = enter(&tab, site.server.totp_code(&key).unwrap().expose(), "Continue").await;
    assert!(page.contains("the vault is open"), "{page}");

    tab.goto(site.url("/account")).await;
    let page = tab.click("Remove").await;
    assert!(page.text.contains("Your authenticator app is removed."), "{page:?}");
}

async fn enter(tab: &Tab, code: &str, button: &str) -> String {
    tab.fill("code", code).await;
    tab.click(button).await.text
}
