//! The routes of signing in: providers, the callback, confirmation links, and the sign-out.

use std::time::Duration;

use axum::{Router, http::Method};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gotrue::{
    Password, Provider, SignInMessage,
    auth::PkceVerifier,
    cookie::SameSite,
    reqwest::{self, redirect::Policy},
    store::MemoryStores,
    url::{Position, Url},
    web::{AuthRoutes, BrowserSession, OpaqueCookies, SealedCookies, SessionCookies, SessionLayer, SignInNotice},
};
use gotrue_fake::Fault;

use crate::browser::{Answer, Browser, EMAIL, SSR, World, app};

/// The user of GitHub, as the fake server plays it.
const PROVIDER_EMAIL: &str = "github-user@example.com";

fn browser(world: &World, cookies: impl SessionCookies) -> Browser {
    let routes = AuthRoutes::new("https://app.example.com/auth").unwrap();
    let link = axum::routing::post(async |session: BrowserSession| {
        let flow = session.start_flow(gotrue::auth::FlowKind::MagicLink, "/me".parse().unwrap()).unwrap();
        let redirect_to = flow.redirect_to("https://app.example.com/auth/callback").unwrap();
        let message = SignInMessage::email(EMAIL).redirect_to(redirect_to).pkce(flow.verifier());
        session.client().send_magic_link(message).await.unwrap();
    });
    let application: Router = app().route("/magic-link", link).nest_service("/auth", routes);
    Browser::new(application.layer(SessionLayer::new(&world.client, cookies)))
}

/// Follows the redirects of the server, and returns the URL of the application to which they lead.
pub async fn browse(url: &str) -> Url {
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let mut url = Url::parse(url).unwrap();
    while url.host_str() != Some("app.example.com") {
        let reply = client.get(url.clone()).send().await.unwrap();
        url = url.join(reply.headers()["location"].to_str().unwrap()).unwrap();
    }
    url
}

/// Starts a sign-in, and returns the path of the callback.
async fn start(browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let callback = browse(answer.header("location").unwrap()).await;
    format!("{}?{}", callback.path(), callback.query().unwrap())
}

fn redirect(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.header("location"))
}

fn notice(notice: &str) -> String {
    format!("/sign-in?notice={notice}")
}

fn flow_cookies(browser: &Browser) -> usize {
    browser.jar.keys().filter(|name| name.starts_with("__Host-flow-")).count()
}

#[tokio::test]
async fn a_provider() {
    let world = World::new().await;
    for mut browser in [browser(&world, world.ssr()), browser(&world, World::sealed())] {
        let answer = browser.get("/auth/provider/github?next=/me").await;
        let cookies = answer.set_cookies();
        assert_eq!(cookies.len(), 1);
        assert!(cookies[0].name().starts_with("__Host-flow-"));
        assert_eq!((cookies[0].http_only(), cookies[0].secure()), (Some(true), Some(true)));
        assert_eq!(cookies[0].max_age().unwrap().whole_minutes(), 10);
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        let url = answer.header("location").unwrap();
        assert!(url.contains("provider=github") && url.contains("code_challenge="));

        let callback = browse(url).await;
        let answer = browser.get(&callback[Position::BeforePath..]).await;
        assert_eq!(redirect(&answer), (303, Some("/me")));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(flow_cookies(&browser), 0);
        assert_eq!(browser.get("/me").await.body, PROVIDER_EMAIL);

        // The same callback again, after the way back of the browser.
        let stale = browser.get(&callback[Position::BeforePath..]).await;
        assert_eq!(redirect(&stale), (303, Some(&*notice("flow_expired"))));
        assert_eq!(browser.get("/me").await.status, 200);
    }
}

/// Browsers do not send strict cookies after a redirect that began at another site, but after a page of this one.
#[tokio::test]
async fn strict_cookies_after_a_sign_in_elsewhere() {
    let world = World::new().await;
    let strict = SameSite::Strict;
    let opaque = OpaqueCookies::new(MemoryStores::default()).same_site(strict);
    for mut browser in [
        browser(&world, world.ssr().same_site(strict)),
        browser(&world, World::sealed().same_site(strict)),
        browser(&world, opaque),
    ] {
        let callback = start(&mut browser, "/auth/provider/github?next=/me%3Fa%3D%22%26b%3D2").await;
        let answer = browser.get(&callback).await;
        assert_eq!(redirect(&answer), (200, None));
        let refresh = r#"<meta http-equiv="refresh" content="0; url=/me?a=%22&amp;b=2">"#;
        assert!(answer.body.contains(refresh), "{}", answer.body);
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        assert_eq!(browser.get("/me").await.body, PROVIDER_EMAIL);
    }
}

#[tokio::test]
async fn the_callback_of_an_attacker_signs_nobody_in() {
    let world = World::new().await;
    for (mut victim, mut attacker) in [
        (browser(&world, world.ssr()), browser(&world, world.ssr())),
        (browser(&world, World::sealed()), browser(&world, World::sealed())),
    ] {
        let planted = start(&mut attacker, "/auth/provider/github").await;
        // The victim has a flow as well.
        let own = start(&mut victim, "/auth/provider/github").await;
        let answer = victim.get(&planted).await;
        assert_eq!(redirect(&answer), (303, Some(&*notice("flow_expired"))));
        assert_eq!(victim.get("/").await.body, "visitor");
        // Nor does the code of the attacker with the flow of the victim.
        let code_of = |path: &str| path.split(['?', '&']).find(|part| part.starts_with("code=")).unwrap().to_owned();
        let mixed = own.replace(&code_of(&own), &code_of(&planted));
        assert_eq!(redirect(&victim.get(&mixed).await), (303, Some(&*notice("flow_expired"))));
        assert_eq!(victim.get("/").await.body, "visitor");
        assert_eq!(redirect(&attacker.get(&planted).await), (303, Some("/")));
    }
}

#[tokio::test]
async fn flows_of_several_tabs() {
    let world = World::new().await;
    let mut browser = browser(&world, World::sealed());
    let first = start(&mut browser, "/auth/provider/github?next=/first").await;
    let second = start(&mut browser, "/auth/provider/google?next=/second").await;
    assert_eq!(redirect(&browser.get(&first).await), (303, Some("/first")));
    assert_eq!(redirect(&browser.get(&second).await), (303, Some("/second")));
    for _ in 0..7 {
        browser.get("/auth/provider/github").await;
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(flow_cookies(&browser), 5);
    // A flow that took too long.
    let late = start(&mut browser, "/auth/provider/github").await;
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(redirect(&browser.get(&late).await), (303, Some(&*notice("flow_expired"))));
}

#[tokio::test]
async fn a_failure_that_may_pass_leaves_the_flow_open() {
    let world = World::new().await;
    let mut browser = browser(&world, World::sealed());
    let callback = start(&mut browser, "/auth/provider/github").await;
    world.server.fail(Fault::empty(503).of("token"));
    assert_eq!(redirect(&browser.get(&callback).await), (303, Some(&*notice("unavailable"))));
    assert_eq!(redirect(&browser.get(&callback).await), (303, Some("/")));
}

#[tokio::test]
async fn where_a_redirect_may_lead() {
    let world = World::new().await;
    for (next, expected) in [
        ("/orders%3Fpage%3D2", "/orders?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("/%09/evil.example", "/"),
        ("/.//evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ] {
        let mut browser = browser(&world, World::sealed());
        let callback = start(&mut browser, &format!("/auth/provider/github?next={next}")).await;
        assert_eq!(redirect(&browser.get(&callback).await), (303, Some(expected)), "{next}");
        let signed_out = browser.post(&format!("/auth/sign-out?next={next}"), "").await;
        assert_eq!(redirect(&signed_out), (303, Some(expected)), "{next}");
        // A cookie is not trusted either.
        let callback = start(&mut browser, "/auth/provider/github").await;
        for value in browser.jar.values_mut() {
            let mut content: serde_json::Value =
                serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&*value).unwrap()).unwrap();
            content["next"] = percent_decoded(next).into();
            *value = URL_SAFE_NO_PAD.encode(content.to_string());
        }
        assert_eq!(redirect(&browser.get(&callback).await), (303, Some(expected)), "{next}");
    }
}

fn percent_decoded(text: &str) -> String {
    let pair = format!("x={text}");
    gotrue::url::form_urlencoded::parse(pair.as_bytes()).next().unwrap().1.into_owned()
}

#[tokio::test]
async fn errors_of_a_callback_are_known_texts() {
    let world = World::new().await;
    let mut browser = browser(&world, World::sealed());
    for (query, expected) in [
        ("error=access_denied&error_description=The+user+denied", "access_denied"),
        ("error=access_denied&error_code=otp_expired", "link_expired"),
        ("error=server_error&error_description=%3Cscript%3Ealert(1)%3C/script%3E", "unavailable"),
        ("error=%3Cscript%3E&error_code=%22%3E%3Cimg", "failed"),
        ("error=invalid_request&error_code=bad_oauth_state", "flow_expired"),
        ("error=access_denied&error_code=signup_disabled", "sign_up_disabled"),
        ("error=access_denied&error_code=user_banned", "user_banned"),
        ("code=8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10", "flow_expired"),
        ("code=8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10&flow_id=x%0d%0a", "flow_expired"),
        ("", "flow_expired"),
    ] {
        let answer = browser.get(&format!("/auth/callback?{query}")).await;
        assert_eq!(redirect(&answer), (303, Some(&*notice(expected))), "{query}");
        let notice: SignInNotice = expected.parse().unwrap();
        assert_eq!(notice.as_str(), expected);
        assert!(!notice.to_string().contains('<'));
    }
}

#[tokio::test]
async fn a_wrong_password_has_a_notice() {
    let world = World::new().await;
    let error = world.client.sign_in(Password::email(EMAIL, "wrong-horse-7")).await.unwrap_err();
    let notice = SignInNotice::of(&error);
    assert_eq!((notice, notice.as_str().parse().unwrap()), (SignInNotice::InvalidCredentials, notice));
}

#[tokio::test]
async fn a_magic_link_with_the_flow_of_this_browser() {
    let world = World::new().await;
    let mut browser = browser(&world, World::sealed());
    assert_eq!(browser.post("/magic-link", "").await.status, 200);
    assert_eq!(flow_cookies(&browser), 1);
    let link = world.server.last_message_to(EMAIL).unwrap().link.unwrap();
    let callback = browse(link.expose()).await;
    let answer = browser.get(&callback[Position::BeforePath..]).await;
    assert_eq!(redirect(&answer), (303, Some("/me")));
    assert_eq!(browser.get("/me").await.body, EMAIL);
}

#[tokio::test]
async fn a_link_is_confirmed_with_a_button() {
    let world = World::new().await;
    let mut browser = browser(&world, World::sealed());
    world.client.send_magic_link(SignInMessage::email(EMAIL)).await.unwrap();
    let hash = world.server.last_message_to(EMAIL).unwrap().token_hash.unwrap();
    let path = format!("/auth/confirm?token_hash={}&type=email&next=/me", hash.expose());
    // The scanner of a mail server follows the link, more than once.
    for _ in 0..2 {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("<form method=\"post\">") && !page.body.contains(hash.expose()));
        assert!(page.header("content-security-policy").unwrap().contains("form-action 'self'"));
        assert_eq!(page.header("referrer-policy"), Some("same-origin"));
        assert_eq!(page.header("cache-control"), Some("private, no-store"));
        assert!(browser.jar.is_empty());
    }
    // Another site cannot press it.
    let forged = browser.with_headers(Method::POST, &path, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(forged.status, 403);
    assert_eq!(redirect(&browser.post(&path, "").await), (303, Some("/me")));
    assert_eq!(browser.get("/me").await.body, EMAIL);
    // It is valid once.
    assert_eq!(redirect(&browser.post(&path, "").await), (303, Some(&*notice("link_expired"))));
    for query in ["", "token_hash=&type=email", "token_hash=x", "token_hash=x&type=%3Cscript%3E"] {
        let answer = browser.post(&format!("/auth/confirm?{query}"), "").await;
        assert_eq!(redirect(&answer), (303, Some(&*notice("failed"))), "{query}");
    }
}

#[tokio::test]
async fn methods_and_paths() {
    let world = World::new().await;
    let mut browser = browser(&world, World::sealed());
    browser.sign_in().await;
    for (method, path, expected) in [
        (Method::GET, "/auth/sign-out", 405),
        (Method::POST, "/auth/callback", 405),
        (Method::POST, "/auth/provider/github", 405),
        (Method::DELETE, "/auth/confirm", 405),
        (Method::POST, "/auth/sso", 405),
        (Method::GET, "/auth/provider/", 404),
        (Method::GET, "/auth/provider/a/b", 404),
        (Method::GET, "/auth/other", 404),
    ] {
        let answer = browser.with_headers(method.clone(), path, &[]).await;
        assert_eq!(answer.status, expected, "{method} {path}");
    }
    assert_eq!(browser.get("/").await.body, EMAIL);
    assert_eq!(redirect(&browser.get("/auth/sso").await), (303, Some(&*notice("failed"))));
    let bare = AuthRoutes::new("https://app.example.com/auth").unwrap();
    let mut without_layer = Browser::new(Router::new().nest_service("/auth", bare));
    assert_eq!(without_layer.get("/auth/callback").await.status, 500);
    assert!(AuthRoutes::new("/auth").is_err());
}

#[tokio::test]
async fn a_flow_that_javascript_has_started() {
    let world = World::new().await;
    let put = |browser: &mut Browser, name: &str, json: &str| {
        browser.jar.insert(format!("{SSR}{name}"), format!("base64-{}", URL_SAFE_NO_PAD.encode(json)));
    };
    let id = "9e2417c7aaa11a47bb43ff383cbd03e8";
    let (of_flow, index) = (format!("-flow-{id}-code-verifier"), "-flows-code-verifier");
    for with_id in [true, false] {
        let mut browser = browser(&world, world.ssr());
        let verifier = PkceVerifier::from_secret("0123456789abcdef".repeat(7)).unwrap();
        let other = "-flow-00000000000000000000000000000000-code-verifier";
        put(&mut browser, &of_flow, &format!("\"{}\"", verifier.secret().expose()));
        put(&mut browser, "-code-verifier", &format!("\"{}\"", verifier.secret().expose()));
        put(&mut browser, other, &format!("\"{}\"", "f".repeat(112)));
        put(&mut browser, index, &format!("[\"00000000000000000000000000000000\",\"{id}\"]"));
        let parameter = if with_id { format!("&sb_flow_id={id}") } else { String::new() };
        let redirect_to = format!("https://app.example.com/auth/callback?next=/me{parameter}");
        let url = world.client.authorize(Provider::Github).redirect_to(redirect_to).pkce_with(&verifier).unwrap();
        let callback = browse(url.as_str()).await;
        let answer = browser.get(&callback[Position::BeforePath..]).await;
        assert_eq!(redirect(&answer), (303, Some("/me")), "{with_id}");
        assert_eq!(browser.get("/me").await.status, 200);
        // The other flow stays.
        let left = browser.jar.remove(&format!("{SSR}{index}")).unwrap();
        let left = URL_SAFE_NO_PAD.decode(left.strip_prefix("base64-").unwrap()).unwrap();
        assert_eq!(left, br#"["00000000000000000000000000000000"]"#);
        assert!(browser.jar.remove(&format!("{SSR}{other}")).is_some());
        assert!(browser.jar.keys().all(|name| !name.contains("verifier")), "{:?}", browser.jar.keys());
    }
    // Sealed cookies know no JavaScript.
    let mut sealed = browser(&world, SealedCookies::new(&[1; 32]).unwrap());
    put(&mut sealed, "-code-verifier", "\"0123456789abcdef0123456789abcdef0123456789abcdef\"");
    let answer = sealed.get("/auth/callback?code=8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10").await;
    assert_eq!(redirect(&answer), (303, Some(&*notice("flow_expired"))));
}
