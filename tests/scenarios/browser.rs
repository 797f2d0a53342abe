//! A headless browser.

use gotrue::{
    reqwest::{self, redirect::Policy},
    url::{Url, form_urlencoded},
};

use crate::world::SITE;

/// Opens a URL and follows redirects on the server, up to the application or another host.
pub async fn browse(url: &Url, server: &str) -> Url {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let mut url = url.clone();
    for _ in 0..8 {
        let reply = http.get(url.clone()).send().await.unwrap();
        assert!(reply.status().is_redirection(), "{url}: {}", reply.status());
        let target = url.join(reply.headers()["location"].to_str().unwrap()).unwrap();
        url = match way_back(&target, server) {
            Some(way_back) => way_back,
            None if is_application(&target) => return target,
            None => target,
        };
    }
    panic!("{url} leads on and on");
}

fn is_application(url: &Url) -> bool {
    let site = Url::parse(SITE).unwrap();
    url.origin() == site.origin() || !matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
}

/// The URL of `/callback` at the server. Behind a gateway, the public URL differs: here it is that of the application.
fn way_back(url: &Url, server: &str) -> Option<Url> {
    let is_it = url.as_str().starts_with(&format!("{SITE}/callback?")) && parameter(url, "state").is_some();
    is_it.then(|| Url::parse(&format!("{}/callback?{}", server.trim_end_matches('/'), url.query().unwrap())).unwrap())
}

/// A parameter of the query.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// A parameter of the fragment.
pub fn fragment(url: &Url, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(url.fragment()?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
