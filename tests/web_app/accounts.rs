//! What users do with their accounts.

use support::chromium::{Chromium, Tab};

use crate::site::{ADA, PASSWORD, Site};

pub async fn sign_up_to_sign_out(site: &Site, chromium: &Chromium) {
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    let home = tab.goto(site.url("/")).await;
    assert!(home.text.contains("Create an account"), "{home:?}");

    tab.click("Create an account").await;
    tab.fill("name", "Ada").await;
    let page = site.enter_credentials(&tab, ADA, PASSWORD).await;
    assert!(page.text.contains("Check your email"), "{page:?}");
    // It is the same whether or not there is an account.
    assert!(page.text.contains(ADA), "{page:?}");
    tab.fill("code", &site.code_to(ADA)).await;
    let page = tab.click("Continue").await;
    assert_eq!((page.path(), page.status), ("/account", 200));
    assert!(page.text.contains("Hello, Ada"), "{page:?}");

    tab.fill("name", "Ada L.").await;
    let page = tab.click("Save").await;
    assert!(page.text.contains("Hello, Ada L.") && page.text.contains("Your profile is saved."), "{page:?}");

    tab.click("Change").await;
    tab.fill("password", "better-horse-8").await;
    let page = tab.click("Change password").await;
    assert!(page.text.contains("Your password is changed."), "{page:?}");

    let page = tab.click("Sign out").await;
    assert!(page.text.contains("You are signed out."), "{page:?}");
    assert!(!profile.cookie_names().await.contains(&"__Host-session".to_owned()));
    let page = site.enter_credentials(&tab, ADA, "better-horse-8").await;
    assert_eq!(page.path(), "/account");
}

pub async fn mistakes_in_words(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    tab.goto(site.url("/sign-in")).await;
    let page = site.enter_credentials(&tab, ADA, "wrong-horse-7").await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("The email address or the password is wrong."), "{page:?}");
    // What was entered stays, except for the password.
    assert_eq!(tab.evaluate("document.querySelector('[name=email]').value").await, ADA);
    assert_eq!(tab.evaluate("document.querySelector('[name=password]').value").await, "");

    tab.goto(site.url("/sign-up")).await;
    tab.fill("name", "Eve").await;
    let page = site.enter_credentials(&tab, "eve@example.com", "short").await;
    assert!(page.text.contains("Choose another password: it is too short."), "{page:?}");

    tab.goto(site.url("/forgotten-password")).await;
    tab.fill("email", ADA).await;
    tab.click("Email me").await;
    tab.fill("code", "000000").await;
    let page = tab.click("Continue").await;
    assert!(page.text.contains("The code or link is wrong, was used, or has expired."), "{page:?}");

    site.server.fail(gotrue_fake::Fault::error(503, gotrue::ErrorCode::UnexpectedFailure).of("token"));
    tab.goto(site.url("/sign-in")).await;
    let page = site.enter_credentials(&tab, ADA, PASSWORD).await;
    assert!(page.text.contains("We cannot do this right now. Try again soon."), "{page:?}");
    let page = tab.goto(site.url("/nowhere")).await;
    assert_eq!(page.status, 404);
}

pub async fn a_code_by_email(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    tab.goto(site.url("/sign-in")).await;
    tab.fill("email", ADA).await;
    let page = tab.click("Email me a link instead").await;
    assert!(page.text.contains("Check your email"), "{page:?}");
    tab.fill("code", &site.code_to(ADA)).await;
    assert_eq!(tab.click("Continue").await.path(), "/account");
}

/// The link leads back to the page from which the user was sent to the sign-in.
pub async fn a_link_by_email(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    tab.goto(site.url("/new-password")).await;
    tab.fill("email", ADA).await;
    tab.click("Email me a link instead").await;
    // A mail program opens the link in a new tab.
    let page = profile.tab().await.goto(site.link_to(ADA)).await;
    assert_eq!((page.path(), page.status), ("/new-password", 200), "{page:?}");
}

/// The link of a sign-up, opened in the browser of the sign-up and in another one.
pub async fn a_link_of_a_sign_up(site: &Site, chromium: &Chromium) {
    let sign_up = async |tab: &Tab, email: &str| {
        tab.goto(site.url("/sign-up")).await;
        tab.fill("name", "Ada").await;
        site.enter_credentials(tab, email, PASSWORD).await;
    };
    let tab = chromium.profile().await.tab().await;
    sign_up(&tab, ADA).await;
    let page = tab.follow(site.link_to(ADA)).await;
    assert_eq!(page.path(), "/account", "{page:?}");

    let tab = chromium.profile().await.tab().await;
    sign_up(&tab, "grace@example.com").await;
    let other = chromium.profile().await.tab().await;
    let page = other.goto(site.link_to("grace@example.com")).await;
    assert_eq!(page.path(), "/sign-in?notice=flow_expired");
    assert!(page.text.contains("The sign-in was started in another browser"), "{page:?}");
    // The address is confirmed, so the password suffices now.
    let page = site.enter_credentials(&other, "grace@example.com", PASSWORD).await;
    assert_eq!(page.path(), "/account", "{page:?}");
}

pub async fn a_forgotten_password(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    let ask = async || {
        tab.goto(site.url("/sign-in")).await;
        tab.click("Forgot your password?").await;
        tab.fill("email", ADA).await;
        tab.click("Email me").await;
    };
    ask().await;
    tab.fill("code", &site.code_to(ADA)).await;
    assert_eq!(tab.click("Continue").await.path(), "/new-password");
    tab.click("Sign out").await;
    ask().await;
    let page = tab.follow(site.link_to(ADA)).await;
    assert_eq!(page.path(), "/new-password", "{page:?}");
    tab.fill("password", "better-horse-8").await;
    let page = tab.click("Change password").await;
    assert!(page.text.contains("Your password is changed."), "{page:?}");
}
