//! Redirects, which are not followed, and responses from a cache.

use gotrue::{Client, Clock, Error, chrono::Duration};
use gotrue_fake::ManualClock;
use support::{API_KEY, client_of, server_that_answers};
use wiremock::ResponseTemplate;

#[tokio::test]
async fn a_redirect_names_its_place() {
    let server = server_that_answers(ResponseTemplate::new(200)).await;
    drop(server);
    // Status, location, what is said of it, and whether it may be gone later.
    for (status, location, place, is_retryable) in [
        (301, "https://new.example/auth/v1/health", "https://new.example/auth/v1/health", false),
        (308, "https://new.example:8443/health", "https://new.example:8443/health", false),
        (300, "https://new.example/", "https://new.example/", false),
        (302, "https://login.example/?token=abc#access_token=abc", "https://login.example/", true),
        (303, "https://ada:abc@login.example/", "https://login.example/", true),
        (307, "http://portal.example/f5pr2ljsaq5q", "http://portal.example/[redacted]", true),
        (308, "https://new.example/anon-key/x", "https://new.example/[redacted]/x", false),
        (301, "app://cb?code=abc", "app://cb", false),
    ] {
        let server = server_that_answers(ResponseTemplate::new(status).insert_header("location", location)).await;
        let error = client_of(&server).health().await.unwrap_err();
        let Error::UnreadableResponse(redirect) = &error else { panic!("{error:?}") };
        assert_eq!(redirect.location(), Some(place));
        assert_eq!(error.to_string(), format!("health: unexpected redirect (status {status}) to {place}"));
        assert_eq!((error.is_retryable(), error.ends_session()), (is_retryable, false), "{status}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert!(!format!("{error:?}").contains("abc"), "{error:?}");
    }
}

#[tokio::test]
async fn a_relative_redirect_is_resolved() {
    let server = server_that_answers(ResponseTemplate::new(308).insert_header("location", "/auth/v1/health")).await;
    let error = client_of(&server).health().await.unwrap_err();
    let Error::UnreadableResponse(redirect) = &error else { panic!("{error:?}") };
    assert_eq!(redirect.location(), Some(format!("{}/auth/v1/health", server.uri()).as_str()));
    for odd in [None, Some("http://"), Some("")] {
        let reply = ResponseTemplate::new(301);
        let reply = odd.iter().fold(reply, |reply, location| reply.insert_header("location", *location));
        let server = server_that_answers(reply).await;
        let error = client_of(&server).health().await.unwrap_err();
        assert!(!error.is_retryable() && error.to_string().contains("301"), "{error}");
    }
}

#[tokio::test]
async fn a_response_from_a_cache_does_not_tell_the_time() {
    let clock = ManualClock::new();
    let date = |ago: i64| (clock.now() - Duration::seconds(ago)).to_rfc2822().replace("+0000", "GMT");
    for (ago, age, learned) in [
        (590, Some("590"), false),
        (0, Some("0"), false),
        (590, Some("odd"), false),
        (590, Some(""), false),
        (590, None, true),
    ] {
        let reply = ResponseTemplate::new(200).set_body_raw(r#"{"name":"GoTrue"}"#, "application/json");
        let reply = age.iter().fold(reply, |reply, age| reply.insert_header("age", *age));
        let server = server_that_answers(reply.insert_header("date", date(ago).as_str())).await;
        let client = Client::builder().base_url(server.uri()).api_key(API_KEY).clock(clock.clone()).build().unwrap();
        client.health().await.unwrap();
        let skew = client.clock_skew().map(|skew| skew.num_seconds());
        assert_eq!(skew.is_some(), learned, "{age:?}");
        assert!(skew.is_none_or(|skew| (-592..=-588).contains(&skew)), "{skew:?}");
    }
}

#[tokio::test]
async fn the_wait_of_a_cached_response_is_shorter_by_its_age() {
    let reply = ResponseTemplate::new(503)
        .insert_header("date", "Tue, 24 Nov 2026 00:00:00 GMT")
        .insert_header("retry-after", "Tue, 24 Nov 2026 00:01:30 GMT")
        .insert_header("age", "60");
    let server = server_that_answers(reply).await;
    let error = client_of(&server).health().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(30)));
}
