//! Credentials that are not one bearer token are rejected, even where none are required (RFC 9110, section 11.6.2).

use gotrue::axum::{Rejection, VerifyLayer};
use gotrue_fake::FakeServer;
use http::{HeaderName, HeaderValue, Response, header};

use crate::axum::{Answer, Service, ada, router};

/// A service that accepts a cookie, one that does not, and a valid token.
async fn world() -> (FakeServer, Service, Service, String) {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let token = ada(&client).await.access_token().expose().to_owned();
    let verifier = || client.jwt_verifier().audience("authenticated");
    let with_cookie = Service::start(router(VerifyLayer::new(verifier()).cookie("session"))).await;
    let without_cookie = Service::start(router(VerifyLayer::new(verifier()))).await;
    (server, with_cookie, without_cookie, token)
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).unwrap()
}

fn authorization(texts: &[&str], token: &str) -> Vec<(HeaderName, HeaderValue)> {
    texts.iter().map(|text| (header::AUTHORIZATION, value(&text.replace("TOKEN", token)))).collect()
}

#[tokio::test]
async fn anything_but_one_bearer_token_is_rejected() {
    let (server, with_cookie, without_cookie, token) = world().await;
    for texts in [
        &["Bearer TOKEN", "Bearer TOKEN"][..],
        &["Bearer TOKEN", "Bearer forged"],
        &["Bearer forged", "Bearer TOKEN"],
        &["Bearer TOKEN", "Basic YWRhOnNlY3JldA=="],
        &["Basic YWRhOnNlY3JldA==", "Bearer TOKEN"],
        &["", "Bearer TOKEN"],
        &["Bearer TOKEN", ""],
        &["Bearer TOKEN", "Bearer TOKEN", "Bearer TOKEN"],
        &["Bearer\tTOKEN"],
        &["Bearer"],
        &["Bearer "],
        &["bearer   "],
        &["BearerTOKEN"],
        &["Bearer:TOKEN"],
        &["Bearer=TOKEN"],
        &["Bearers TOKEN"],
        &[""],
        &["TOKEN"],
        &["Basic YWRhOnNlY3JldA=="],
        &["Basic"],
        &["Basic TOKEN"],
        &["Digest username=\"ada\""],
        &["Negotiate TOKEN"],
        &["DPoP TOKEN"],
        &["Token TOKEN"],
        &["JWT TOKEN"],
        &["ünï TOKEN"],
        &["Bearer ünï"],
    ] {
        let headers = authorization(texts, &token);
        for path in ["/me", "/open", "/any", "/provider"] {
            let request =
                || headers.iter().fold(without_cookie.get(path), |request, (name, value)| request.header(name, value));
            assert_eq!(Answer::of(request()).await, Answer::no_authorization(), "{texts:?} {path}");
            // A cookie does not make up for it.
            let request =
                headers.iter().fold(with_cookie.get(path), |request, (name, value)| request.header(name, value));
            let request = request.header(header::COOKIE, format!("session={token}"));
            assert_eq!(Answer::of(request).await, Answer::no_authorization(), "{texts:?} {path}");
        }
    }
    assert_eq!(server.count("jwks"), 0);
}

#[tokio::test]
async fn a_bearer_token_that_is_not_a_token_is_invalid() {
    let (_server, with_cookie, without_cookie, token) = world().await;
    for text in [
        "Bearer TOKEN TOKEN",
        "Bearer TOKEN, Bearer TOKEN",
        "Bearer TOKEN,",
        "Bearer \"TOKEN\"",
        "Bearer \tTOKEN",
        "Bearer token=TOKEN",
        "Bearer Bearer TOKEN",
        "Bearer forged",
    ] {
        let text = text.replace("TOKEN", &token);
        for path in ["/me", "/open", "/any"] {
            let request = without_cookie.get(path).header(header::AUTHORIZATION, value(&text));
            assert_eq!(Answer::of(request).await, Answer::bad_token(), "{text} {path}");
            let request = with_cookie.get(path).header(header::AUTHORIZATION, value(&text));
            let request = request.header(header::COOKIE, format!("session={token}"));
            assert_eq!(Answer::of(request).await, Answer::bad_token(), "{text} {path}");
        }
    }
}

#[tokio::test]
async fn one_bearer_token_is_accepted() {
    let (_server, with_cookie, without_cookie, token) = world().await;
    for text in ["Bearer TOKEN", "bearer TOKEN", "BEARER TOKEN", "Bearer    TOKEN", " Bearer TOKEN ", "Bearer TOKEN\t"]
    {
        let text = text.replace("TOKEN", &token);
        for service in [&with_cookie, &without_cookie] {
            let request = service.get("/open").header(header::AUTHORIZATION, value(&text));
            assert_eq!(Answer::of(request).await, Answer::passed("user"), "{text}");
        }
    }
    let request = with_cookie.get("/open").bearer_auth(&token).header(header::COOKIE, "session=forged");
    assert_eq!(Answer::of(request).await, Answer::passed("user"));
}

#[tokio::test]
async fn several_cookies_of_the_name_are_rejected() {
    let (_server, service, _, token) = world().await;
    for cookies in [
        &["session=TOKEN; session=TOKEN"][..],
        &["session=forged; session=TOKEN"],
        &["session=TOKEN; session=forged"],
        &["session=TOKEN", "session=forged"],
        &["session=TOKEN; theme=dark", "session=TOKEN"],
        &["session=\"TOKEN\"; session=TOKEN"],
    ] {
        for path in ["/me", "/open", "/any"] {
            let request = cookies
                .iter()
                .fold(service.get(path), |request, line| request.header(header::COOKIE, line.replace("TOKEN", &token)));
            assert_eq!(Answer::of(request).await, Answer::no_authorization(), "{cookies:?} {path}");
        }
    }
    for cookies in ["session=; session=TOKEN", "sessions=forged; session=TOKEN", "Session=forged; session=TOKEN"] {
        let request = service.get("/open").header(header::COOKIE, cookies.replace("TOKEN", &token));
        assert_eq!(Answer::of(request).await, Answer::passed("user"), "{cookies}");
    }
}

#[test]
fn the_response_names_the_scheme() {
    let response: Response<String> = Rejection::Unusable.into_response();
    assert_eq!(
        (response.status().as_u16(), response.headers()[header::WWW_AUTHENTICATE].as_bytes()),
        (401, &b"Bearer"[..])
    );
}
