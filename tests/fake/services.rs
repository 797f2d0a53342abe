//! Services elsewhere that the fake server asks: for leaked passwords, and for the validity of email addresses.

use std::time::Duration;

use gotrue::{
    Password, SignUp,
    serde_json::{Value, json},
    types::ErrorCode,
};
use gotrue_fake::{FakeServer, FakeServerBuilder};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate, matchers::any};

const EMAIL: &str = "ada@example.com";

/// A password, with the SHA-1 hash `E9AD8 ACC332CE99765B466D6CADE0968AC48FB92`.
const LEAKED: &str = "correct-horse-7";

/// A request for the hashes that start like that of the password.
struct RangeOfLeaked;

impl Match for RangeOfLeaked {
    fn matches(&self, request: &Request) -> bool {
        request.url.path() == "/range/E9AD8" && request.headers["user-agent"] == "tests"
    }
}

async fn service(response: ResponseTemplate) -> MockServer {
    let service = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&service).await;
    service
}

#[tokio::test]
async fn leaked_passwords_are_looked_up() {
    let hashes = "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\nACC332CE99765B466D6CADE0968AC48FB92:7\r\n";
    let others = "0018A45C4D1DEF81644B54AB7F969B88D65:1\r\n";
    for (kind, response, fail_closed, expected) in [
        (
            "a leaked password",
            ResponseTemplate::new(200).set_body_string(hashes),
            "false",
            Some(ErrorCode::WeakPassword),
        ),
        ("a secret one", ResponseTemplate::new(200).set_body_string(others), "true", None),
        ("a failure", ResponseTemplate::new(503), "false", None),
        ("a failure that counts", ResponseTemplate::new(503), "true", Some(ErrorCode::UnexpectedFailure)),
    ] {
        let service = MockServer::start().await;
        Mock::given(RangeOfLeaked).respond_with(response).mount(&service).await;
        let settings =
            [("GOTRUE_PASSWORD_HIBP_FAIL_CLOSED", fail_closed), ("GOTRUE_PASSWORD_HIBP_USER_AGENT", "tests")];
        let builder = FakeServer::builder().leaked_passwords_at(service.uri()).variables(settings).unwrap();
        let server = builder.start().await;
        let client = gotrue::Client::builder().base_url(server.url()).retries(0).build().unwrap();
        let signed_up = client.sign_up(SignUp::email(EMAIL, LEAKED)).await;
        assert_eq!(signed_up.err().and_then(|error| error.code().cloned()), expected, "{kind}");
        let requests = service.received_requests().await.unwrap();
        assert!(!requests.is_empty() && requests.iter().all(|request| request.body.is_empty()), "{kind}");
    }
}

#[tokio::test]
async fn a_sign_in_tells_that_the_password_has_leaked() {
    let hashes = ResponseTemplate::new(200).set_body_string("ACC332CE99765B466D6CADE0968AC48FB92:7");
    let service = service(hashes).await;
    let open = FakeServer::start().await;
    open.client().unwrap().sign_up(SignUp::email(EMAIL, LEAKED)).await.unwrap();
    let server = FakeServer::builder().leaked_passwords_at(service.uri()).beside(&open).start().await;
    let client = server.client().unwrap();
    client.sign_in(Password::email(EMAIL, LEAKED)).await.unwrap();
    let body = json!({ "email": EMAIL, "password": LEAKED });
    let url = server.url() + "/token?grant_type=password";
    let session: Value =
        gotrue::reqwest::Client::new().post(url).json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(session["weak_password"]["reasons"], json!(["pwned"]), "{session}");
}

fn checking(settings: &[(&str, &str)]) -> FakeServerBuilder {
    let confirm = [("GOTRUE_MAILER_AUTOCONFIRM", "false")];
    FakeServer::builder().variables(confirm.iter().chain(settings).copied()).unwrap()
}

#[tokio::test]
async fn addresses_are_validated_before_an_email_is_sent() {
    for (kind, response, is_valid) in [
        ("a valid address", ResponseTemplate::new(200).set_body_json(json!({ "valid": true })), true),
        ("an invalid one", ResponseTemplate::new(200).set_body_json(json!({ "valid": false })), false),
        ("no answer", ResponseTemplate::new(200).set_body_json(json!({})), true),
        ("a failure", ResponseTemplate::new(500).set_body_json(json!({ "valid": false })), true),
    ] {
        let service = service(response).await;
        let url = service.uri();
        let settings = [
            ("GOTRUE_MAILER_EMAIL_VALIDATION_SERVICE_URL", url.as_str()),
            ("GOTRUE_MAILER_EMAIL_VALIDATION_SERVICE_HEADERS", r#"{"x-api-key":["key-1"]}"#),
        ];
        let server = checking(&settings).start().await;
        let signed_up = server.client().unwrap().sign_up(SignUp::email(EMAIL, LEAKED)).await;
        let code = signed_up.err().and_then(|error| error.code().cloned());
        assert_eq!(code, (!is_valid).then_some(ErrorCode::EmailAddressInvalid), "{kind}");
        assert_eq!(server.last_message_to(EMAIL).is_some(), is_valid, "{kind}");
        let request = &service.received_requests().await.unwrap()[0];
        assert_eq!(request.headers["x-api-key"], "key-1");
        assert_eq!(request.body_json::<Value>().unwrap(), json!({ "email": EMAIL }));
    }
}

#[tokio::test]
async fn reserved_and_misspelled_domains_are_refused() {
    let extended = ("GOTRUE_MAILER_EMAIL_VALIDATION_EXTENDED", "true");
    let server = checking(&[extended]).start().await;
    for (address, is_valid) in [
        ("ada@example.com", false),
        ("ada@mail.test", false),
        ("ada@localhost", false),
        ("lovelace@gamil.com", false),
        ("short@gmail.com", false),
        ("test@gmail.com", false),
        ("lovelace@gmail.com", true),
        ("ada@lovelace.org", true),
    ] {
        let signed_up = server.client().unwrap().sign_up(SignUp::email(address, LEAKED)).await;
        let code = signed_up.err().and_then(|error| error.code().cloned());
        assert_eq!(code, (!is_valid).then_some(ErrorCode::EmailAddressInvalid), "{address}");
    }
    let background = ("GOTRUE_MAILER_EMAIL_BACKGROUND_SENDING", "true");
    let server = checking(&[extended, background]).start().await;
    server.client().unwrap().sign_up(SignUp::email(EMAIL, LEAKED)).await.unwrap();
}

#[tokio::test]
async fn a_request_that_takes_too_long_fails() {
    let slow = ResponseTemplate::new(200).set_body_json(json!({ "valid": true })).set_delay(Duration::from_secs(2));
    let service = service(slow).await;
    let url = service.uri();
    let settings =
        [("GOTRUE_MAILER_EMAIL_VALIDATION_SERVICE_URL", url.as_str()), ("GOTRUE_API_MAX_REQUEST_DURATION", "50ms")];
    let server = checking(&settings).start().await;
    let client = gotrue::Client::builder().base_url(server.url()).retries(0).build().unwrap();
    let error = client.sign_up(SignUp::email(EMAIL, LEAKED)).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(504));
    assert_eq!(error.code(), Some(&ErrorCode::RequestTimeout));
}
