//! Cookies that are not a session.

use std::{collections::BTreeMap, sync::OnceLock};

use ::base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use axum::http::{HeaderValue, Request, header};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::browser::{Browser, SSR, World};

/// Browsers with a session each, in the cookies of `@supabase/ssr` and sealed.
struct Signed {
    runtime: Runtime,
    world: World,
    browsers: Vec<Browser>,
}

fn signed() -> &'static Signed {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let (world, browsers) = runtime.block_on(async {
            let world = World::new().await;
            let mut browsers = vec![world.browser(), world.sealed_browser()];
            for browser in &mut browsers {
                browser.sign_in().await;
                assert_eq!(browser.get("/").await.body, "ada@example.com");
            }
            (world, browsers)
        });
        Signed { runtime, world, browsers }
    })
}

/// Visits the page with other cookies. The browser is a visitor, and has no such cookies afterwards.
fn visit(mut browser: Browser, cookies: Vec<(String, String)>) {
    let Signed { runtime, world, .. } = signed();
    browser.jar = cookies.into_iter().collect();
    let refreshes = world.server.count("token");
    let answer = runtime.block_on(browser.get("/"));
    assert_eq!((answer.status, answer.body.as_str()), (200, "visitor"));
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    assert_eq!(world.server.count("token"), refreshes, "the server was asked");
}

/// Text that may be in a cookie, and that JavaScript would not take for nothing.
fn value() -> impl Strategy<Value = String> {
    let json =
        "\\{(\"(access_token|refresh_token|expires_at|user)\":(\"[a-z.]{0,9}\"|[0-9]{1,9}|null|\\{\\}),?){0,5}\\}";
    prop_oneof![
        "[!#-+\\--:<-\\[\\]-~]{1,200}",
        "base64-[A-Za-z0-9_-]{0,400}",
        json.prop_map(|json| base64(&json)),
        json.prop_map(|json| escaped(&json)),
        Just(base64(&"[".repeat(5_000))),
        Just(base64(&format!("{{\"access_token\":\"a\",\"x\":{}", "[".repeat(5_000)))),
        Just("%FF%C3%28".to_owned()),
    ]
}

fn base64(text: &str) -> String {
    format!("base64-{}", URL_SAFE_NO_PAD.encode(text))
}

fn escaped(text: &str) -> String {
    gotrue::url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_a_visitor(values in prop::collection::vec(value(), 1..4), is_chunked: bool) {
        for (browser, name) in signed().browsers.iter().zip([SSR, "__Host-session"]) {
            let names = (0..).map(|index| if is_chunked { format!("{name}.{index}") } else { name.to_owned() });
            visit(browser.clone(), names.zip(values.clone()).collect());
        }
    }

    #[test]
    fn a_changed_session_is_a_visitor(position in 0.0..1.0f64, character in "[A-Za-z0-9_-]", cut: bool) {
        // Of the sealed cookies every character counts; of the others, those of the signed access token.
        for (index, browser) in signed().browsers.iter().enumerate() {
            let (name, value) = browser.jar.first_key_value().unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "it is small and positive")]
            let at = |range: std::ops::Range<usize>| range.start + (position * range.len() as f64) as usize;
            let position = if index == 0 { at(60..300) } else { at(0..value.len() - 1) };
            let mut changed = value.clone();
            if cut {
                changed.truncate(position);
            } else {
                prop_assume!(value[position..=position] != *character);
                changed.replace_range(position..=position, &character);
            }
            prop_assume!(!changed.is_empty());
            visit(browser.clone(), vec![(name.clone(), changed)]);
        }
    }

    #[test]
    fn any_header_is_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let Signed { runtime, browsers, .. } = signed();
        let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
        for browser in browsers {
            let mut browser = Browser { jar: BTreeMap::new(), ..browser.clone() };
            let answer = runtime.block_on(browser.send(Request::get("/").header(header::COOKIE, &value), ""));
            prop_assert_eq!(answer.body.as_str(), "visitor");
        }
    }
}

#[test]
fn a_session_of_another_key_or_name_is_a_visitor() {
    let Signed { runtime, world, browsers } = signed();
    let (_, value) = browsers[1].jar.first_key_value().unwrap();
    let other_key = gotrue::web::SealedCookies::new(&[8; 32]).unwrap();
    let other_name = World::sealed().name("other");
    for (form, name) in [(other_key.clone(), "__Host-session"), (other_name, "__Host-other")] {
        let layer = gotrue::web::SessionLayer::new(&world.client, form);
        visit(Browser::new(crate::browser::app().layer(layer)), vec![(name.to_owned(), value.clone())]);
    }
    let rotated = other_key.former_key(&crate::browser::KEY).unwrap();
    let layer = gotrue::web::SessionLayer::new(&world.client, rotated);
    let mut browser = Browser { jar: browsers[1].jar.clone(), ..Browser::new(crate::browser::app().layer(layer)) };
    assert_eq!(runtime.block_on(browser.get("/")).body, "ada@example.com");
}
