//! What caches between the browser and the application may keep.

use std::time::Duration;

use crate::browser::{Answer, World};

fn caching(answer: &Answer) -> (Option<&str>, Option<&str>) {
    (answer.header("cache-control"), answer.header("vary"))
}

#[tokio::test]
async fn a_response_for_one_user_is_not_kept() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (private, public) = (Some("private, no-store"), Some("public, max-age=600"));
    let vary = Some("Cookie");
    // A visitor sees what all visitors see.
    assert_eq!(caching(&browser.get("/").await), (None, vary));
    assert_eq!(caching(&browser.get("/public").await), (public, vary));

    let signed_in = browser.post("/sign-in", &format!("password={}", crate::browser::PASSWORD)).await;
    assert_eq!(caching(&signed_in), (private, vary));
    assert_eq!(caching(&browser.get("/").await), (private, vary));
    assert_eq!(caching(&browser.get("/public").await), (public, vary));

    // The response sets cookies, so the handler has no say.
    world.clock.advance(Duration::from_secs(3600));
    let mut stale = browser.clone();
    let refreshed = browser.get("/public").await;
    assert!(!refreshed.set_cookies().is_empty());
    assert_eq!(caching(&refreshed), (private, vary));
    assert_eq!(refreshed.header("clear-site-data"), None);
    // Browsers keep pages in memory for the way back.
    let signed_out = browser.post("/sign-out", "").await;
    assert_eq!((caching(&signed_out), signed_out.header("clear-site-data")), ((private, vary), Some("\"cache\"")));
    let removed = stale.get("/public").await;
    assert!(!removed.set_cookies().is_empty());
    assert_eq!(caching(&removed), (private, vary));
}
