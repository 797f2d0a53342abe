//! The callback of an OAuth client is parsed, and its `state` compared with that of the flow.

use gotrue::{
    Error, OAuthApp, PkceVerifier, Secret,
    oauth::{ClientAuthentication, OAuthCallback, OAuthFlow},
    url::Url,
    uuid::Uuid,
};
use support::{client_of, server_that_answers};
use wiremock::{MockServer, ResponseTemplate};

const STATE: &str = "af0ifjsldkj-Zk3VTsu0";

fn parse(query: &str) -> OAuthCallback {
    OAuthCallback::parse(&Url::parse(&format!("https://app.example.com/cb?{query}")).unwrap())
}

fn flow(state: &str) -> OAuthFlow {
    OAuthFlow::new("https://app.example.com/cb", state, PkceVerifier::generate().unwrap())
}

async fn app() -> (MockServer, OAuthApp) {
    let tokens = serde_json::json!({
        "access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 3600, "scope": "email",
    });
    let server = server_that_answers(ResponseTemplate::new(200).set_body_json(tokens)).await;
    let app = client_of(&server).oauth_app(Uuid::from_u128(1), ClientAuthentication::Public);
    (server, app)
}

#[test]
fn a_callback_is_a_code_or_an_error_or_neither() {
    for (query, expected) in [
        ("code=c&state=s", "code c s"),
        ("state=s&code=c", "code c s"),
        ("tab=1&code=c&state=s&iss=https%3A%2F%2Fauth.example.com", "code c s"),
        ("code=a%2Bb%26c%3D&state=x%20y%2Bz", "code a+b&c= x y+z"),
        ("code=c", "code c -"),
        ("code=c&state=", "code c -"),
        ("error=access_denied&state=s", "error access_denied - s"),
        ("error=access_denied&error_description=The+user+said+no&state=s", "error access_denied The user said no s"),
        ("error=server_error", "error server_error - -"),
        ("code=c&error=access_denied&state=s", "error access_denied - s"),
        ("", "neither"),
        ("state=s", "neither"),
        ("code=&state=s", "neither"),
        ("error=&state=s", "neither"),
        ("CODE=c&state=s", "neither"),
        ("page=2#code=c&state=s", "neither"),
        // RFC 6749, 3.1: parameters must not be repeated.
        ("code=c&code=d&state=s", "neither"),
        ("code=c&state=s&state=t", "neither"),
        ("code=c&state=s&state=s", "neither"),
        ("error=a&error=b&state=s", "neither"),
    ] {
        let callback = parse(query);
        let state = callback.state().map_or("-", Secret::expose);
        let summary = match &callback {
            OAuthCallback::Code { code, .. } => format!("code {} {state}", code.expose()),
            OAuthCallback::Error { error, .. } => {
                let [kind, text] = [&error.error, &error.description].map(|text| text.as_deref().unwrap_or("-"));
                format!("error {kind} {text} {state}")
            }
            OAuthCallback::NotOurs => "neither".to_owned(),
            _ => panic!("{callback:?}"),
        };
        assert_eq!(summary, expected, "{query}");
    }
}

#[tokio::test]
async fn a_state_that_does_not_match_is_rejected_before_any_request() {
    let (server, app) = app().await;
    let changed = |index: usize| {
        let mut state = STATE.as_bytes().to_vec();
        state[index] ^= 1;
        String::from_utf8(state).unwrap()
    };
    let cases = [
        String::new(),
        "other".to_owned(),
        STATE[..STATE.len() - 1].to_owned(),
        format!("{STATE}x"),
        format!("%20{STATE}"),
        STATE.to_uppercase(),
        changed(0),
        changed(STATE.len() - 1),
    ];
    for state in cases {
        for query in [format!("code=c&state={state}"), format!("error=access_denied&state={state}")] {
            let error = app.exchange(&flow(STATE), &parse(&query)).await.unwrap_err();
            assert_eq!(error.to_string(), "state does not match the flow", "{query}");
        }
    }
    for query in ["code=c", "error=access_denied"] {
        for state in [STATE, ""] {
            let error = app.exchange(&flow(state), &parse(query)).await.unwrap_err();
            assert_eq!(error.to_string(), "state does not match the flow", "{query}");
        }
    }
    let error = app.exchange(&flow(STATE), &parse(&format!("state={STATE}"))).await.unwrap_err();
    assert_eq!(error.to_string(), "callback is not that of an authorization request");
    assert!(server.received_requests().await.unwrap().is_empty());

    app.exchange(&flow(STATE), &parse(&format!("code=c&state={STATE}"))).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_callback() {
    let (server, app) = app().await;
    let refused = parse(&format!("error=access_denied&error_description=User+denied+the+request&state={STATE}"));
    let error = app.exchange(&flow(STATE), &refused).await.unwrap_err();
    assert!(matches!(error, Error::Callback(_)), "{error:?}");
    assert_eq!(error.to_string(), "the callback reports the error access_denied: User denied the request");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn nothing_prints_a_code_or_a_state() {
    let callback = parse("code=planted-Secret-0123456789&state=planted-State-0123456789");
    let text = format!("{callback:?} {:?}", flow("planted-State-0123456789"));
    assert!(!text.contains("planted"), "{text}");
}
