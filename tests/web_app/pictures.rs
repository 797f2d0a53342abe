//! How the pages look.

use std::{fs, path::Path};

use gotrue::Secret;
use support::chromium::{Chromium, Tab};

use crate::site::{ADA, PASSWORD, Site};

const WIDE: (u32, u32) = (1080, 720);
const NARROW: (u32, u32) = (390, 760);

pub async fn narrow_screens_and_labels(site: &Site, chromium: &Chromium) {
    let tab = signed_in(site, chromium).await;
    tab.emulate(NARROW.0, NARROW.1, false).await;
    for path in ["/account", "/authenticator", "/new-password", "/vault", "/nowhere"] {
        tab.goto(site.url(path)).await;
        check(&tab, path).await;
    }
    tab.goto(site.url("/authenticator")).await;
    tab.click("Set it up").await;
    check(&tab, "the picture of the key").await;
    tab.click("Sign out").await;
    for path in ["/", "/sign-in", "/sign-up", "/forgotten-password"] {
        tab.goto(site.url(path)).await;
        check(&tab, path).await;
    }
}

/// Checks that the page does not scroll sideways, and that each field has a label.
async fn check(tab: &Tab, page: &str) {
    let width = tab.evaluate("document.documentElement.scrollWidth").await.as_u64().unwrap();
    assert!(width <= NARROW.0.into(), "{page} is {width} pixels wide");
    let unlabelled =
        "[...document.querySelectorAll('input:not([type=hidden])')].filter((i) => !i.labels.length).length";
    assert_eq!(tab.evaluate(unlabelled).await, 0, "{page}");
}

/// Takes the pictures.
pub async fn taken(site: &Site, chromium: &Chromium) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    fs::create_dir_all(&directory).unwrap();
    let take = async |tab: &Tab, name: &str| {
        for (size, (width, height)) in [("wide", WIDE), ("narrow", NARROW)] {
            for (scheme, is_dark) in [("light", false), ("dark", true)] {
                tab.emulate(width, height, is_dark).await;
                tab.screenshot(directory.join(format!("{name}-{size}-{scheme}.png"))).await;
            }
        }
    };
    let tab = chromium.profile().await.tab().await;
    for (path, name) in [("/", "home"), ("/sign-up", "sign-up"), ("/sign-in", "sign-in"), ("/nowhere", "not-found")] {
        tab.goto(site.url(path)).await;
        take(&tab, name).await;
    }
    tab.goto(site.url("/sign-in")).await;
    site.enter_credentials(&tab, ADA, "wrong-horse-7").await;
    take(&tab, "mistake").await;

    let tab = signed_in(site, chromium).await;
    take(&tab, "account").await;
    tab.emulate(WIDE.0, 480, false).await;
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/web_app/picture.png");
    tab.screenshot(picture).await;
    tab.goto(site.url("/authenticator")).await;
    tab.click("Set it up").await;
    take(&tab, "authenticator").await;
    let key: Secret = tab.evaluate("document.querySelector('code').innerText").await.as_str().unwrap().into();
    tab.fill("code", site.server.totp_code(&key).unwrap().expose()).await;
    tab.click("Verify").await;
    tab.click("Sign out").await;
    site.enter_credentials(&tab, ADA, PASSWORD).await;
    take(&tab, "second-factor").await;
}

async fn signed_in(site: &Site, chromium: &Chromium) -> Tab {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    site.sign_in(&tab, ADA).await;
    tab
}
