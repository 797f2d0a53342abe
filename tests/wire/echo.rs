//! A server or gateway that echoes the request: no secret that was sent comes out of an error, whatever it looks like
//! and however it is spelled.

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{FutureExt, future::BoxFuture};
use gotrue::{
    AuthorizationCode, Client, Error, IdToken, Password, PkceVerifier, ProfileUpdate, SignUp, VerifyOtp, Web3,
    oauth::ClientAuthentication,
    reqwest::Method,
    types::OtpType,
    url::{Url, form_urlencoded},
    uuid::Uuid,
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;
use support::API_KEY;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::secrets::all_of;

/// Secrets that look like words, numbers or text; none of them is long.
const PASSWORD: &str = "it's \"Grün\" & <b>+100%\\o/";
const REFRESH_TOKEN: &str = "abcdefghijkl";
const ACCESS_TOKEN: &str = "opaque-token";
const CODE: &str = "918273";
const HASH: &str = "hash-of-it";
const SERVICE_KEY: &str = "sb_secret_abc_def";
const GATEWAY_KEY: &str = "gate";
const CLIENT_SECRET: &str = "s3 cret:ü";
const CAPTCHA: &str = "proof";
const VERIFIER: &str = "verifierverifierverifierverifierverifierverifier";

/// One call, and the secrets that it sends.
struct Case {
    secrets: &'static [&'static str],
    call: fn(&Client) -> BoxFuture<'_, Option<Error>>,
}

const CASES: &[Case] = &[
    Case {
        secrets: &[PASSWORD, CAPTCHA],
        call: |client| {
            let sign_up = SignUp::email("ada@example.com", PASSWORD).captcha_token(CAPTCHA);
            async { client.sign_up(sign_up).await.err() }.boxed()
        },
    },
    Case {
        // Among metadata that is nested deeper than can be decoded.
        secrets: &[PASSWORD],
        call: |client| {
            let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
            let sign_up = SignUp::email("ada@example.com", PASSWORD).data(json!({ "deep": deep }));
            async { client.sign_up(sign_up).await.err() }.boxed()
        },
    },
    Case {
        secrets: &[PASSWORD],
        call: |client| async { client.sign_in(Password::email("ada@example.com", PASSWORD)).await.err() }.boxed(),
    },
    Case { secrets: &[REFRESH_TOKEN], call: |client| async { client.refresh(REFRESH_TOKEN).await.err() }.boxed() },
    Case {
        secrets: &["auth-code", VERIFIER],
        call: |client| {
            let code = AuthorizationCode::new("auth-code", PkceVerifier::from_secret(VERIFIER).unwrap());
            async { client.sign_in(code).await.err() }.boxed()
        },
    },
    Case {
        secrets: &["id.to.ken"],
        call: |client| async { client.sign_in(IdToken::new("google", "id.to.ken")).await.err() }.boxed(),
    },
    Case {
        secrets: &[CODE],
        call: |client| async { client.verify_otp(VerifyOtp::email("ada@example.com", CODE)).await.err() }.boxed(),
    },
    Case {
        secrets: &[HASH],
        call: |client| async { client.verify_otp(VerifyOtp::token_hash(HASH, OtpType::Recovery)).await.err() }.boxed(),
    },
    Case {
        // In a query.
        secrets: &[HASH],
        call: |client| {
            let verify = async |raw: gotrue::raw::Client| {
                raw.verify_link(None, &HASH.into(), gotrue::types::EmailOtpType::Signup).await
            };
            async move { client.call(verify).await.err() }.boxed()
        },
    },
    Case {
        secrets: &["c2lnbmF0dXJl"],
        call: |client| {
            let message = "m".repeat(64);
            let grant = Web3::solana(message, *b"signaturesignaturesignaturesignaturesignaturesignaturesignatures");
            async { client.sign_in(grant).await.err() }.boxed()
        },
    },
    Case { secrets: &[ACCESS_TOKEN], call: |client| async { client.user(ACCESS_TOKEN).get().await.err() }.boxed() },
    Case {
        secrets: &[ACCESS_TOKEN, PASSWORD, CODE],
        call: |client| {
            let update = ProfileUpdate::new().password(PASSWORD).nonce(CODE);
            async { client.user(ACCESS_TOKEN).update(update).await.err() }.boxed()
        },
    },
    Case {
        secrets: &[SERVICE_KEY],
        call: |client| async { client.admin(SERVICE_KEY).users().get(Uuid::from_u128(1)).await.err() }.boxed(),
    },
    Case {
        // In the header, in Base64 and decoded.
        secrets: &[CLIENT_SECRET, REFRESH_TOKEN],
        call: |client| {
            let secret = ClientAuthentication::SecretBasic(CLIENT_SECRET.into());
            async { client.oauth_app(Uuid::from_u128(1), secret).refresh(REFRESH_TOKEN).await.err() }.boxed()
        },
    },
    Case {
        // In a form.
        secrets: &[CLIENT_SECRET, REFRESH_TOKEN],
        call: |client| {
            let secret = ClientAuthentication::SecretPost(CLIENT_SECRET.into());
            async { client.oauth_app(Uuid::from_u128(1), secret).refresh(REFRESH_TOKEN).await.err() }.boxed()
        },
    },
    Case {
        // At any path, and a number.
        secrets: &["token-of-it", CODE],
        call: |client| {
            let request = client.request(Method::POST, "/tomorrow").query("token", "token-of-it");
            let request = request.json(&json!({ "more": [{ "code": 918_273 }] }));
            async { request.send::<()>().await.err() }.boxed()
        },
    },
];

/// All that came with a request.
fn all_sent(request: &Request) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    let basic = headers.iter().filter_map(|header| STANDARD.decode(header.split_once("Basic ")?.1).ok());
    let basic: Vec<String> = basic.map(|decoded| String::from_utf8(decoded).unwrap()).collect();
    let is_form = support::header(request, "content-type") == Some("application/x-www-form-urlencoded");
    let form = if is_form { request.body.as_slice() } else { &[] };
    let pairs: Vec<_> = request.url.query_pairs().chain(form_urlencoded::parse(form)).collect();
    format!("{} {pairs:?} {body} {headers:?} {basic:?}", request.url)
}

/// In which way a server echoes what it got.
#[derive(Clone, Copy, Debug)]
enum Echo {
    Json,
    JsonInJson,
    Page(u16),
    EscapedPage,
    UrlEncoded,
    CutOff,
    CodeAndHint,
    Headers,
    SuccessOfAnotherType,
    Redirect,
}

impl Respond for Echo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let sent = all_sent(request);
        let reply = ResponseTemplate::new;
        match self {
            Self::Json => reply(400).set_body_json(json!({ "code": "bad_json", "message": sent })),
            Self::JsonInJson => reply(400).set_body_json(json!({ "msg": json!({ "sent": [sent] }).to_string() })),
            Self::Page(status) => reply(*status).set_body_raw(format!("<html>{sent}</html>"), "text/html"),
            Self::EscapedPage => {
                let escaped = sent.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                reply(502).set_body_raw(escaped.replace('"', "&#34;").replace('\'', "&#39;"), "text/html")
            }
            Self::UrlEncoded => {
                let encoded: String = form_urlencoded::byte_serialize(sent.as_bytes()).collect();
                reply(400).set_body_string(encoded)
            }
            // Of each value all but its end.
            Self::CutOff => {
                let body: String = String::from_utf8_lossy(&request.body).trim_end_matches(['}', '"', ']']).to_owned();
                let end = body.char_indices().nth_back(1).map_or(0, |(end, _)| end);
                reply(400).set_body_raw(body[..end].to_owned(), "text/plain")
            }
            Self::CodeAndHint => reply(400).set_body_json(json!({
                "code": sent, "hint": sent, "error_id": sent, "weak_password": { "reasons": [sent] },
            })),
            Self::Headers => {
                let value = sent.chars().filter(char::is_ascii).collect::<String>();
                let value = value.as_str();
                let reply = reply(400).insert_header("x-request-id", value).insert_header("x-sb-error-code", value);
                reply.set_body_raw("no", "text/plain").insert_header("content-type", value)
            }
            Self::SuccessOfAnotherType => {
                reply(200).set_body_json(json!({ "user": sent, "expires_in": sent, "id": sent }))
            }
            Self::Redirect => {
                let mut url = Url::parse("https://ada:secret@elsewhere.example/").unwrap();
                url.set_path(&sent.replace(['/', '\\'], "|"));
                url.set_query(Some(&sent));
                url.set_fragment(Some(&sent));
                reply(308).insert_header("location", url.as_str())
            }
        }
    }
}

const ECHOES: [Echo; 11] = [
    Echo::Json,
    Echo::JsonInJson,
    Echo::Page(400),
    Echo::Page(200),
    Echo::EscapedPage,
    Echo::UrlEncoded,
    Echo::CutOff,
    Echo::CodeAndHint,
    Echo::Headers,
    Echo::SuccessOfAnotherType,
    Echo::Redirect,
];

/// The ways to spell a value that a test can find.
fn spellings(secret: &str) -> Vec<String> {
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let json = json!(secret).to_string();
    vec![
        secret.to_owned(),
        json.trim_matches('"').to_owned(),
        json!(json).to_string().trim_matches(['"', '\\']).to_owned(),
        form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        html.replace('"', "&#34;").replace('\'', "&#39;"),
        html,
        STANDARD.encode(format!("{}:{secret}", Uuid::from_u128(1))),
    ]
}

#[tokio::test]
async fn no_secret_that_was_sent_is_in_an_error() {
    for echo in ECHOES {
        let server = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(echo).mount(&server).await;
        let builder = Client::builder().base_url(server.uri()).api_key(API_KEY).header("x-gateway-key", GATEWAY_KEY);
        let client = builder.retries(0).build().unwrap();
        for case in CASES {
            // An HTML page is a success for the operation that a browser opens.
            let Some(error) = (case.call)(&client).await else { continue };
            let text = all_of(&error);
            let always = [API_KEY, GATEWAY_KEY];
            for secret in case.secrets.iter().chain(&always) {
                for spelled in spellings(secret) {
                    assert!(!text.contains(&spelled), "{echo:?}: {spelled} is in {text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn text_that_is_not_secret_stays() {
    let server = MockServer::start().await;
    let body = json!({ "code": "bad_json", "message": "ada@example.com is not allowed, trace 7", "hint": "password" });
    let reply = ResponseTemplate::new(400).set_body_json(body).insert_header("x-request-id", "r-1234567890123456");
    Mock::given(matchers::any()).respond_with(reply).mount(&server).await;
    let client = support::client_of(&server);
    let error = client.sign_in(Password::email("ada@example.com", PASSWORD)).await.unwrap_err();
    let text = "token: the server returned 400 bad_json: ada@example.com is not allowed, trace 7";
    assert_eq!(error.to_string(), text);
    assert_eq!(error.request_id(), Some("r-1234567890123456"));
    assert_eq!(error.api().unwrap().hint(), Some("password"));
}

#[tokio::test]
async fn a_truncated_session_is_not_shown() {
    // Short secrets that no pattern would find, and an address.
    let session = r#"{"access_token":"short","refresh_token":"abc","user":{"email":"ada@example.com""#;
    let bodies = [
        session.to_owned(),
        format!("\u{feff}{session}"),
        format!(" \n[{session}"),
        "\"short abc ada@example.com".to_owned(),
        "short abc ada@example.com".to_owned(),
    ];
    for (index, body) in bodies.into_iter().enumerate() {
        // The last one is not JSON by its text.
        let content_type = if index == 4 { "application/json" } else { "text/plain" };
        let reply = ResponseTemplate::new(200).set_body_raw(body.clone(), content_type);
        let server = support::server_that_answers(reply).await;
        let error = support::client_of(&server).refresh("f5pr2ljsaq5q").await.unwrap_err();
        let text = all_of(&error);
        assert!(matches!(error, Error::UnreadableResponse(_)), "{error:?}");
        for part in ["short", "abc", "ada@example.com"] {
            assert!(!text.contains(part), "{part} of {body} is in {text}");
        }
    }
}

/// A server for each way to echo.
async fn servers() -> Vec<(Echo, MockServer)> {
    let mut servers = Vec::new();
    for echo in ECHOES {
        let server = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(echo).mount(&server).await;
        servers.push((echo, server));
    }
    servers
}

/// Text with letters that occur nowhere else.
fn any_secret() -> impl Strategy<Value = String> {
    let part = "[\\PC]{0,6}|[\"'&<>%+\\\\/ \n\t;#=u0-9]{0,8}|(&(amp|#34);|%[0-9A-F]{2}|\\\\[nu\"]){0,3}";
    (part, part).prop_map(|(before, after)| format!("{before}qzqzq{after}q"))
}

#[test]
fn no_password_of_any_characters_is_in_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let servers = runtime.block_on(servers());
    let config = ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&(any_secret(), prop::sample::select((0..servers.len()).collect::<Vec<_>>())), |(secret, number)| {
            let (echo, server) = &servers[number];
            // These two leave out or replace characters.
            prop_assume!(!matches!(echo, Echo::Headers) || secret.is_ascii());
            let is_plain = secret.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '/' | '\\' | '"'));
            prop_assume!(!matches!(echo, Echo::Redirect) || is_plain);
            let client = support::client_of(server);
            let error = runtime.block_on(async {
                let request = client.request(Method::POST, "/tomorrow").query("token", &secret);
                request.json(&json!({ "password": secret })).send::<()>().await
            });
            let text = all_of(&error.unwrap_err());
            prop_assert!(!text.contains("qzqzq"), "{echo:?}: {text}");
            Ok(())
        })
        .unwrap();
}
