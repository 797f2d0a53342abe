//! What other sites and other users try.

use axum::{Router, response::Html, routing::get};
use support::chromium::Chromium;

use crate::site::{ADA, EVE, PASSWORD, Site, serve};

/// Forms on pages of another site, and of another port of this host, whose requests have the cookies.
pub async fn forms_of_other_origins(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    site.create_user(EVE).await;
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    site.sign_in(&tab, ADA).await;
    let (change, sign_in) = (site.url("/account/profile"), site.url("/sign-in"));
    let page = format!(
        "<form id=change method=post action={change}><input name=name value=Eve></form>
         <form id=sign-in method=post action={sign_in}><input name=email value={EVE}>
         <input name=password value={PASSWORD}><input name=next value=/></form>"
    );
    let same_site = serve(Router::new().route("/", get(async || Html(page)))).await;
    let other_site = same_site.replace("localhost", "127.0.0.1");
    for origin in [same_site, other_site] {
        for form in ["change", "sign-in"] {
            tab.goto(&origin).await;
            let page = tab.evaluate_to_navigate(&format!("document.getElementById('{form}').submit()")).await;
            assert_eq!(page.status, 403, "{form} from {origin}");
            assert!(page.text.contains("This request came from another site, so nothing was done."), "{page:?}");
        }
    }
    let page = tab.goto(site.url("/account")).await;
    assert!(page.text.contains("Hello, Ada") && page.text.contains(ADA), "{page:?}");
}

/// After the sign-in, no `next` leads to another site.
pub async fn open_redirects(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    for next in
        ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/%09/evil.example", "javascript:alert(1)"]
    {
        let tab = chromium.profile().await.tab().await;
        let encoded: String = gotrue::url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        tab.goto(site.url(&format!("/sign-in?next={encoded}"))).await;
        let page = site.enter_credentials(&tab, ADA, PASSWORD).await;
        assert!(page.url.starts_with(&site.origin), "{next} led to {}", page.url);
    }
    let tab = chromium.profile().await.tab().await;
    tab.goto(site.url("/account?notice=profile")).await;
    let page = site.enter_credentials(&tab, ADA, PASSWORD).await;
    assert_eq!(page.path(), "/account?notice=profile", "a path of the application");
}

pub async fn markup_in_a_name(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let tab = chromium.profile().await.tab().await;
    site.sign_in(&tab, ADA).await;
    let name = "<script>document.title = 'evil'</script>\"'>";
    tab.fill("name", name).await;
    let page = tab.click("Save").await;
    assert!(page.text.contains(&format!("Hello, {name}")), "{page:?}");
    assert_eq!(tab.evaluate("document.querySelector('[name=name]').value").await, name);
    assert_eq!(tab.evaluate("document.title").await, "Account · Acme");
}
