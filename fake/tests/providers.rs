//! The users of a provider, and the page on which one of them is chosen.

use gotrue::reqwest::{self, redirect::Policy};
use gotrue_fake::FakeServer;

/// Returns where a URL redirects to, or the page.
async fn open(url: &str) -> Result<String, String> {
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let response = client.get(url).send().await.unwrap();
    match response.headers().get("location") {
        Some(location) => Ok(location.to_str().unwrap().to_owned()),
        None => Err(response.text().await.unwrap()),
    }
}

/// Returns the email address of the user of the session in a URL.
async fn signed_in(server: &FakeServer, url: &str) -> String {
    let (_, fragment) = url.split_once("#access_token=").unwrap();
    let token = fragment.split('&').next().unwrap();
    let user = server.client().unwrap().user(token).get().await.unwrap();
    user.email.unwrap()
}

#[tokio::test]
async fn a_page_asks_which_user_signs_in() {
    let server = FakeServer::builder().choose_provider_user(true).start().await;
    let authorize = server.url() + "/authorize?provider=github";
    let page_url = open(&authorize).await.unwrap();
    let page = open(&page_url).await.unwrap_err();
    let links: Vec<String> =
        page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect();
    assert_eq!(links.len(), 4, "{page}");
    let back = open(&links[1]).await.unwrap();
    assert_eq!(signed_in(&server, &back).await, "github-user-2@example.com");

    let page_url = open(&authorize).await.unwrap();
    let callback = open(&format!("{page_url}&email=Grace%40example.com")).await.unwrap();
    let back = open(&callback).await.unwrap();
    assert_eq!(signed_in(&server, &back).await, "grace@example.com");

    let page_url = open(&authorize).await.unwrap();
    let page = open(&page_url).await.unwrap_err();
    let denied = page.split("href=\"").last().unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert!(open(&denied).await.unwrap().contains("error=access_denied"));
    assert!(open(&(server.url() + "/fake/provider?state=unknown")).await.unwrap_err().contains("expired"));
}

#[tokio::test]
async fn a_hint_chooses_a_user_without_the_page() {
    for choose in [false, true] {
        let server = FakeServer::builder().choose_provider_user(choose).start().await;
        let authorize = server.url() + "/authorize?provider=google&login_hint=google-user-3@example.com";
        let callback = open(&authorize).await.unwrap();
        let back = open(&callback).await.unwrap();
        assert_eq!(signed_in(&server, &back).await, "google-user-3@example.com");
    }
    let server = FakeServer::start().await;
    let callback = open(&(server.url() + "/authorize?provider=google")).await.unwrap();
    let back = open(&callback).await.unwrap();
    assert_eq!(signed_in(&server, &back).await, "google-user@example.com");
}
