//! What other sites and other users try.

use axum::{Router, response::Html, routing::get};
use gotrue::{
    SignInMessage,
    reqwest::{self, header::LOCATION, redirect::Policy},
};
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

/// Starts a sign-in with a provider as the attacker, and returns the callback URL without opening it.
async fn callback_of_attacker(site: &Site) -> String {
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let next = async |url: &str| {
        let response = http.get(url).send().await.unwrap();
        response.headers()[LOCATION].to_str().unwrap().to_owned()
    };
    let page = next(&next(&site.url("/auth/provider/github")).await).await;
    next(&next(&format!("{page}&email={EVE}")).await).await
}

/// The callback of a flow that another browser has started (login CSRF).
pub async fn callback_of_another(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    let callback = callback_of_attacker(site).await;
    assert!(callback.starts_with(&site.url("/auth/callback?")) && callback.contains("code="));
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    let page = tab.goto(&callback).await;
    assert_eq!(page.path(), "/sign-in?notice=flow_expired");
    assert_eq!(profile.cookie_names().await, [""; 0]);
    // It does not replace the session of a user, either.
    site.sign_in(&tab, ADA).await;
    tab.goto(callback_of_attacker(site).await).await;
    let page = tab.goto(site.url("/account")).await;
    assert!(page.text.contains(ADA) && !page.text.contains(EVE), "{page:?}");
}

/// A callback is good once: a copy of it from the history is useless after the sign-out.
pub async fn callback_once_more(site: &Site, chromium: &Chromium) {
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    tab.goto(site.url("/sign-in")).await;
    let started = tab.click("Continue with GitHub").await;
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let response = http.get(format!("{}&email={ADA}", started.url)).send().await.unwrap();
    let response = http.get(response.headers()[LOCATION].to_str().unwrap()).send().await.unwrap();
    let callback = response.headers()[LOCATION].to_str().unwrap();
    assert_eq!(tab.goto(callback).await.path(), "/account");
    tab.click("Sign out").await;
    let page = tab.goto(callback).await;
    assert_eq!(page.path(), "/sign-in?notice=flow_expired");
    assert_eq!(profile.cookie_names().await, [""; 0]);
}

/// Opening a confirmation link signs no one in, and does not use it up: a button does.
pub async fn confirmation_link(site: &Site, chromium: &Chromium) {
    site.create_user(ADA).await;
    site.client.send_otp(SignInMessage::email(ADA)).await.unwrap();
    let hash = site.server.last_message_to(ADA).unwrap().token_hash.unwrap();
    let link = site.url(&format!("/auth/confirm?token_hash={}&type=email&next=/new-password", hash.expose()));
    let profile = chromium.profile().await;
    let tab = profile.tab().await;
    for _ in 0..2 {
        let page = tab.goto(&link).await;
        assert!(page.text.contains("Sign in"), "{page:?}");
        assert_eq!(profile.cookie_names().await, [""; 0]);
    }
    let page = tab.click("Continue").await;
    assert_eq!((page.path(), page.status), ("/new-password", 200), "{page:?}");
}
