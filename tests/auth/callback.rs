//! Callback URLs: all recorded ones, all forms in the server's source, and arbitrary URLs.

use std::{collections::BTreeSet, fs, path::Path};

use gotrue::{
    Callback, Error, ErrorCode, Secret,
    auth::{CallbackSession, FlowKind},
    error::CallbackError,
    url::Url,
};
use proptest::prelude::*;
use url::form_urlencoded::Serializer;

const CODE: &str = "8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10";

fn parse(url: &str) -> Callback {
    Callback::parse(&Url::parse(url).unwrap())
}

#[track_caller]
fn session(url: &str) -> CallbackSession {
    match parse(url) {
        Callback::Session(session) => session,
        other => panic!("{url}: {other:?}"),
    }
}

#[track_caller]
fn error(url: &str) -> CallbackError {
    match parse(url) {
        Callback::Error(error) => error,
        other => panic!("{url}: {other:?}"),
    }
}

#[track_caller]
fn message(url: &str) -> String {
    match parse(url) {
        Callback::Message(message) => message,
        other => panic!("{url}: {other:?}"),
    }
}

/// A callback as one line.
fn summary(callback: &Callback) -> String {
    match callback {
        Callback::Session(session) => {
            let provider = [&session.provider_token, &session.provider_refresh_token].into_iter().flatten().count();
            format!("session {:?} {} {provider}", session.kind, session.expires_in)
        }
        Callback::Code { flow_id, .. } => format!("code {flow_id:?}"),
        Callback::Error(error) => {
            let code = error.code.as_ref().map_or("-", ErrorCode::as_str);
            let words = [&error.error, &error.description].map(|text| text.as_deref().unwrap_or("-"));
            format!("error {} {code}: {}", words[0], words[1])
        }
        Callback::Message(message) => format!("message {message}"),
        Callback::NotOurs => "not ours".to_owned(),
        _ => panic!("{callback:?}"),
    }
}

/// The recordings that redirect to the application; all others redirect elsewhere.
const RECORDED: [(&str, &str); 12] = [
    ("recorded/069-verify_get-redirect-implicit", "session MagicLink 3600 0"),
    ("recorded/070-verify_get-redirect-error", "error access_denied otp_expired: Email link is invalid or has expired"),
    ("recorded/087-callback-no-state", "error invalid_request bad_oauth_callback: OAuth state parameter missing"),
    ("recorded/088-callback-bad-state", "error invalid_request bad_oauth_state: OAuth state not found or expired"),
    (
        "recorded/119-saml_acs-empty",
        "error invalid_request validation_failed: SAMLResponse is not a valid Base64 string",
    ),
    ("recorded/221-callback-provider-implicit", "session SignIn 3600 2"),
    (
        "recorded/231-callback-identity-already-linked",
        "error server_error identity_already_exists: Identity is already linked to another user",
    ),
    ("recorded-2.99/069-verify_get-redirect-implicit", "session MagicLink 3600 0"),
    (
        "recorded-2.99/070-verify_get-redirect-error",
        "error unauthorized_client -: Email link is invalid or has expired",
    ),
    ("recorded-2.99/072-verify_get-redirect-pkce", "code None"),
    ("recorded-2.99/207-callback-provider-implicit", "session SignIn 3600 2"),
    ("recorded-2.99/209-callback-provider-pkce", "code None"),
];

#[test]
fn recorded_redirects_are_recognized() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut seen = BTreeSet::new();
    for folder in ["recorded", "recorded-2.99"] {
        for entry in fs::read_dir(tests.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap());
            let exchange: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let Some(location) = exchange["response"]["headers"]["location"].as_str() else { continue };
            let expected = RECORDED.iter().find(|(known, _)| *known == name).map_or("not ours", |(_, what)| what);
            assert_eq!(summary(&parse(location)), expected, "{name}: {location}");
            seen.insert(name);
        }
    }
    for (name, _) in RECORDED {
        assert!(seen.contains(name), "{name} is no longer recorded");
    }
    assert!(seen.len() > RECORDED.len());
}

#[test]
fn a_session_has_all_parameters() {
    let all = session(
        "https://app.example.com/cb?page=1#access_token=a.b.c&expires_at=1795483540&expires_in=3600\
         &provider_refresh_token=p%2Br&provider_token=p%26t&refresh_token=r&sb=&token_type=bearer&type=recovery",
    );
    assert_eq!(all.access_token.expose(), "a.b.c");
    assert_eq!(all.refresh_token.expose(), "r");
    assert_eq!((all.expires_in, all.expires_at, all.token_type.as_str()), (3600, Some(1_795_483_540), "bearer"));
    assert_eq!(all.provider_token.unwrap().expose(), "p&t");
    assert_eq!(all.provider_refresh_token.unwrap().expose(), "p+r");
    assert_eq!(all.kind, FlowKind::Recovery);
}

#[test]
fn the_kind_comes_from_the_type_of_the_link() {
    for (name, kind) in [
        ("&type=signup", FlowKind::SignUp),
        ("&type=invite", FlowKind::Invite),
        ("&type=recovery", FlowKind::Recovery),
        ("&type=magiclink", FlowKind::MagicLink),
        ("&type=email_change", FlowKind::EmailChange),
        // After a provider or single sign-on, and from a newer server.
        ("", FlowKind::SignIn),
        ("&type=", FlowKind::SignIn),
        ("&type=telepathy", FlowKind::SignIn),
    ] {
        let url = format!("app:/cb#access_token=a&expires_in=60&refresh_token=r&token_type=bearer{name}");
        assert_eq!(session(&url).kind, kind, "{url}");
    }
}

#[test]
fn the_last_fragment_counts() {
    let own = "https://app.example.com/#/welcome?x=1";
    let found = session(&format!("{own}#access_token=a&expires_in=60&refresh_token=r&sb=&token_type=bearer"));
    assert_eq!(found.access_token.expose(), "a");
    assert_eq!(error(&format!("{own}#error=access_denied&error_code=otp_expired&sb=")).flow_id, None);
    assert_eq!(summary(&parse(&format!("https://app.example.com/?code={CODE}#/welcome"))), "code None");
}

#[test]
fn unrelated_urls_are_not_callbacks() {
    for url in [
        "https://app.example.com/cb",
        "https://app.example.com/cb?code=&error=",
        "https://app.example.com/cb?page=2&message=hello#section",
        "https://app.example.com/cb#message=hello&from=elsewhere",
        "https://app.example.com/cb#code=x",
        // Facebook, Google, Twitch.
        "https://app.example.com/cb#access_token=EAAH&data_access_expiration_time=1&expires_in=4815&long_lived_token=A",
        "https://app.example.com/cb#state=s&access_token=ya29&token_type=Bearer&expires_in=3599&scope=email",
        "https://app.example.com/cb#access_token=x&scope=user%3Aread&token_type=bearer",
        // An OAuth error of another provider; it would be ours with the marker or a description.
        "https://app.example.com/cb#error=access_denied&state=s",
        // The server never puts tokens in the query.
        "https://app.example.com/cb?access_token=a&expires_in=60&refresh_token=r&token_type=bearer",
        // Incomplete.
        "https://app.example.com/cb#access_token=a&expires_in=60&sb=&token_type=bearer",
        "https://app.example.com/cb#access_token=&expires_in=60&refresh_token=r&sb=&token_type=bearer",
        "https://app.example.com/cb#access_token=a&expires_in=soon&refresh_token=r&sb=&token_type=bearer",
        "https://app.example.com/cb#access_token=a&expires_in=-1&refresh_token=r&sb=&token_type=bearer",
        "data:text/plain,hello",
        "mailto:ada@example.com",
    ] {
        assert_eq!(parse(url), Callback::NotOurs, "{url}");
    }
}

#[test]
fn errors_are_found_in_query_and_fragment() {
    let code = |url: &str| error(url).code.unwrap().to_string();
    // `/verify`: the implicit flow, PKCE, and an error without `error`.
    assert_eq!(code("app:/cb#error=access_denied&error_code=otp_expired&error_description=gone&sb="), "otp_expired");
    assert_eq!(
        code("app:/cb?error=access_denied&error_code=otp_expired#error=x&error_code=x&error_description=x&sb="),
        "otp_expired"
    );
    assert_eq!(code("app:/cb#error_code=user_already_exists&error_description=there&sb="), "user_already_exists");
    // `/callback` and `/sso/saml/acs`, if the provider refuses: without a code, or without a description.
    let denied = error("app:/cb?error=access_denied&error_description=no&page=1#error=access_denied&sb=");
    assert_eq!((denied.error.as_deref(), denied.code), (Some("access_denied"), None));
    assert_eq!(error("app:/cb?error=access_denied").description, None);
    // An error takes precedence over a code.
    assert_eq!(error(&format!("app:/cb?code={CODE}&error=server_error")).error.as_deref(), Some("server_error"));
    // A status is not a code; an unknown code is.
    assert_eq!(error("app:/cb#error=unauthorized_client&error_code=401&error_description=gone").code, None);
    assert_eq!(code("app:/cb?error=server_error&error_code=moon_in_the_way"), "moon_in_the_way");
    // The id of the flow.
    assert_eq!(error("app:/cb?flow_id=f1&error=access_denied").flow_id.as_deref(), Some("f1"));
}

#[test]
fn the_query_takes_precedence_and_the_fragment_is_decoded_twice() {
    let words = "Redirect: 50% of a&b + ünï";
    let once = Serializer::new(String::new()).append_pair("error_description", words).finish();
    let twice = once.replace('%', "%25");
    assert!(twice.contains("Redirect%253A"));
    let in_both = format!("app:/cb?error=server_error&{once}#error=server_error&{twice}&sb=");
    let in_fragment = format!("app:/cb#error=server_error&{twice}&sb=");
    let by_2023 = format!("app:/cb#error=server_error&error_code=500&{once}");
    for url in [in_both, in_fragment, by_2023] {
        assert_eq!(error(&url).description.as_deref(), Some(words), "{url}");
    }
    let message_url = |text: &str| format!("app:/cb#message={text}&sb=");
    assert_eq!(message(&message_url("Nearly%253A+100%2525")), "Nearly: 100%");
}

#[test]
fn messages_are_found() {
    let text = "Confirmation link accepted. Please proceed to confirm link sent to the other email";
    let encoded = text.replace(' ', "+");
    for url in [
        format!("app:/cb#message={encoded}&sb="),
        format!("app:/cb?message={encoded}#message={encoded}&sb="),
        // A server of 2023, and a fragment that did not reach a web server.
        format!("app:/cb#message={encoded}"),
        format!("app:/cb?flow_id=f1&message={encoded}"),
    ] {
        assert_eq!(message(&url), text, "{url}");
    }
}

#[test]
fn a_code_has_the_id_of_its_flow() {
    let with = |flow_id: Option<&str>| Callback::Code { code: CODE.into(), flow_id: flow_id.map(str::to_owned) };
    assert_eq!(parse(&format!("app:/cb?code={CODE}")), with(None));
    assert_eq!(parse(&format!("app:/cb?flow_id=&code={CODE}")), with(None));
    assert_eq!(parse(&format!("app:/cb?a=b&code={CODE}&flow_id=f%2F1#x")), with(Some("f/1")));
}

#[test]
fn nothing_prints_a_secret() {
    let secret = "planted-Secret-0123456789";
    let urls = [
        format!("app:/cb?code={secret}"),
        format!(
            "app:/cb#access_token={secret}&expires_in=1&refresh_token={secret}&token_type=bearer\
             &provider_token={secret}&provider_refresh_token={secret}"
        ),
        format!("app:/cb?error={secret}&error_code={secret}&error_description=you+sent+{secret}"),
        format!("app:/cb#message={secret}"),
    ];
    for url in urls {
        let callback = parse(&url);
        assert!(callback != Callback::NotOurs);
        let text = format!("{callback:?} {callback:#?}");
        assert!(!text.contains("planted"), "{text}");
        if let Callback::Error(error) = callback {
            let error = Error::from(error);
            let text = format!("{error} {error:?}");
            assert!(!text.contains("planted"), "{text}");
        }
    }
}

#[test]
fn an_error_has_a_readable_text() {
    let text = |url: &str| error(url).to_string();
    assert_eq!(
        text("app:/cb?error=access_denied&error_code=otp_expired&error_description=It+has+expired"),
        "the callback reports the error access_denied (otp_expired): It has expired"
    );
    assert_eq!(text("app:/cb?error=access_denied"), "the callback reports the error access_denied");
    let error = Error::from(error("app:/cb?error=server_error&error_code=otp_expired"));
    assert_eq!(error.code(), Some(&ErrorCode::OtpExpired));
    assert!(error.status().is_none() && !error.is_retryable() && !error.ends_session());
}

/// URLs up to the parameters of the server, which end up in different places.
const PLACES: [&str; 24] = [
    "https://app.example.com/#",
    // After the fragment of the redirect URL itself.
    "https://app.example.com/#top#",
    "https://app.example.com/#/welcome?x=1#",
    "https://app.example.com/#a=b&c#",
    // After the route of a hash router.
    "https://app.example.com/#/",
    "https://app.example.com/#!/",
    "https://app.example.com/#/cb?",
    "https://app.example.com/#/cb/?",
    "https://app.example.com/#/cb?page=1&",
    "https://app.example.com/#/cb?page=a%20b&type=list&",
    "https://app.example.com/?tab=1#/cb?next=https%3A%2F%2Fb.example%2F%3Fx%3D1&",
    // After a `#` that a router or a mail program has encoded.
    "https://app.example.com/#/%23",
    "https://app.example.com/#%23",
    "https://app.example.com/#/cb%23",
    "https://app.example.com/#/cb?page=1%23",
    "https://app.example.com/#/cb%3Fpage=1%23",
    "https://app.example.com/#/%2523",
    "https://app.example.com/#top%23",
    "https://app.example.com/cb%23",
    "https://app.example.com/?%23",
    "https://app.example.com/cb?page=1%23",
    "https://app.example.com/cb?page=1&x=%23&y=%23",
    "com.example.app:/cb#/%23",
    "com.example.app:/cb%23",
];

#[test]
fn sessions_are_found_in_odd_places() {
    let parameters = "access_token=a.b.c&expires_at=1795483540&expires_in=3600&provider_token=p%23t%3F%2F\
                      &refresh_token=r%3D%3D&sb=&token_type=bearer&type=recovery";
    let old_server = "access_token=a.b.c&expires_in=3600&refresh_token=r%3D%3D&token_type=bearer&type=recovery";
    for place in PLACES {
        let found = session(&format!("{place}{parameters}"));
        assert_eq!(found.access_token.expose(), "a.b.c", "{place}");
        assert_eq!(found.refresh_token.expose(), "r==", "{place}");
        assert_eq!((found.expires_in, found.expires_at), (3600, Some(1_795_483_540)), "{place}");
        assert_eq!(found.provider_token.as_ref().map(Secret::expose), Some("p#t?/"), "{place}");
        assert_eq!((found.kind, found.token_type.as_str()), (FlowKind::Recovery, "bearer"), "{place}");
        assert_eq!(session(&format!("{place}{old_server}")).expires_at, None, "{place}");
        // Incomplete.
        assert_eq!(
            parse(&format!("{place}access_token=a&expires_in=1&token_type=bearer")),
            Callback::NotOurs,
            "{place}"
        );
    }
}

#[test]
fn errors_and_messages_are_found_in_odd_places() {
    for place in PLACES {
        let found =
            error(&format!("{place}error=access_denied&error_code=otp_expired&error_description=a+b%252Bc%253F&sb="));
        assert_eq!(found.code, Some(ErrorCode::OtpExpired), "{place}");
        // After an encoded `#` in the query, the parameters are those of the query as well.
        if place.contains('#') || !place.contains('?') {
            assert_eq!(found.error.as_deref(), Some("access_denied"), "{place}");
            assert_eq!(found.description.as_deref(), Some("a b+c?"), "{place}");
        }
        assert_eq!(message(&format!("{place}message=Nearly%253A+there&sb=")), "Nearly: there", "{place}");
        // The application's own route may have such a parameter.
        let has_route = place != "https://app.example.com/#" && !place.ends_with('#');
        if has_route {
            assert_eq!(parse(&format!("{place}message=hello")), Callback::NotOurs, "{place}");
        }
    }
}

/// Encodes a fragment as the server does, once or twice.
fn fragment(pairs: &[(&str, &str)], twice: bool) -> String {
    let once = Serializer::new(String::new()).extend_pairs(pairs).finish();
    if twice { once.replace('%', "%25") } else { once }
}

proptest! {
    #[test]
    fn any_url_can_be_parsed(query in ".*", fragment in ".*") {
        let mut url = Url::parse("https://app.example.com/cb").unwrap();
        url.set_query(Some(&query));
        url.set_fragment(Some(&fragment));
        let _ = format!("{:?}", Callback::parse(&url));
    }

    #[test]
    fn any_names_in_any_order_can_be_parsed(
        pairs in prop::collection::vec(("(access_token|refresh_token|expires_in|token_type|type|sb|code|error|error_code\
            |error_description|message|flow_id|#|%|%25|&|=)", "[0-9a-z%&=#+]{0,6}"), 0..8),
        split in 0usize..8,
    ) {
        let text = |pairs: &[(String, String)]| {
            pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        };
        let (query, fragment) = pairs.split_at(split.min(pairs.len()));
        if let Ok(url) = Url::parse(&format!("app://cb?{}#{}", text(query), text(fragment))) {
            let _ = format!("{:?}", Callback::parse(&url));
        }
    }

    #[test]
    fn a_session_comes_back_as_it_was_sent(
        tokens in prop::collection::vec("[^\u{0}]{1,40}", 4),
        expires_in in 0i64..,
        expires_at in any::<i64>(),
        own_fragment in prop::option::of("[a-z/]{0,8}"),
    ) {
        let [access, refresh, provider, provider_refresh] = &tokens[..] else { unreachable!() };
        let (seconds, moment) = (expires_in.to_string(), expires_at.to_string());
        let pairs = [
            ("access_token", access.as_str()),
            ("expires_at", &moment),
            ("expires_in", &seconds),
            ("provider_refresh_token", provider_refresh),
            ("provider_token", provider),
            ("refresh_token", refresh),
            ("sb", ""),
            ("token_type", "bearer"),
            ("type", "invite"),
        ];
        let own_fragment = own_fragment.map(|text| format!("#{text}")).unwrap_or_default();
        let found = session(&format!("https://app.example.com/cb{own_fragment}#{}", fragment(&pairs, false)));
        prop_assert_eq!(found.access_token.expose(), access);
        prop_assert_eq!(found.refresh_token.expose(), refresh);
        prop_assert_eq!(found.provider_token.as_ref().map(Secret::expose), Some(provider.as_str()));
        prop_assert_eq!(found.provider_refresh_token.as_ref().map(Secret::expose), Some(provider_refresh.as_str()));
        prop_assert_eq!((found.expires_in, found.expires_at, found.kind), (expires_in, Some(expires_at), FlowKind::Invite));
    }

    #[test]
    fn texts_come_back_as_they_were_sent(words in "[a-zA-Z:;%&+=#?/<>\"'üé ]{1,11}") {
        let pairs = [("error", "server_error"), ("error_description", words.as_str()), ("sb", "")];
        let found = error(&format!("https://app.example.com/cb#{}", fragment(&pairs, true)));
        prop_assert_eq!(found.description.as_deref(), Some(words.as_str()));
        let found = error(&format!("https://app.example.com/cb?{}", fragment(&pairs, false)));
        prop_assert_eq!(found.description.as_deref(), Some(words.as_str()));
        let pairs = [("message", words.as_str()), ("sb", "")];
        prop_assert_eq!(message(&format!("https://app.example.com/cb#{}", fragment(&pairs, true))), words);
    }
}
