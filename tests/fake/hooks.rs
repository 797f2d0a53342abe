//! Auth hooks of the fake server: when they are called, and what it makes of their responses, as recorded from a real
//! server.

use std::sync::{Arc, Mutex};

use gotrue::{
    Client, Error, Password, Secret, SignInMessage, SignUp,
    hooks::{HookSecrets, HookVerifier},
    serde_json::{Value, json},
    types::ErrorCode,
    user::EnrollTotp,
};
use gotrue_fake::{FakeServer, FakeServerBuilder};
use support::same::same;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

/// A service that verifies each request, keeps its payload, and responds as told.
#[derive(Clone)]
struct Service {
    verifier: HookVerifier,
    response: Arc<Mutex<ResponseTemplate>>,
    payloads: Arc<Mutex<Vec<Value>>>,
}

impl Respond for Service {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let hook = self.verifier.verify_as::<Value>(&request.headers, &request.body).unwrap();
        self.payloads.lock().unwrap().push(hook.json().clone());
        self.response.lock().unwrap().clone()
    }
}

struct Hooked {
    server: FakeServer,
    client: Client,
    service: Service,
    _http: MockServer,
}

impl Hooked {
    /// Starts a server with one hook, and the service that it calls.
    async fn new(builder: FakeServerBuilder, hook: &str) -> Self {
        let secrets: HookSecrets = HookSecrets::generate().unwrap();
        let service = Service {
            verifier: HookVerifier::new(secrets.clone()),
            response: Arc::new(Mutex::new(accept(json!({})))),
            payloads: Arc::default(),
        };
        let http = MockServer::start().await;
        Mock::given(any()).respond_with(service.clone()).mount(&http).await;
        let server = builder
            .variables([
                (format!("GOTRUE_HOOK_{hook}_ENABLED"), "true".to_owned()),
                (format!("GOTRUE_HOOK_{hook}_URI"), format!("{}/hook", http.uri())),
                (format!("GOTRUE_HOOK_{hook}_SECRETS"), secrets.setting().expose().to_owned()),
            ])
            .unwrap()
            .start()
            .await;
        let client = server.client_builder().retries(0).build().unwrap();
        Self { server, client, service, _http: http }
    }

    fn respond(&self, response: ResponseTemplate) {
        *self.service.response.lock().unwrap() = response;
    }

    /// Returns the payloads since the last call.
    fn payloads(&self) -> Vec<Value> {
        std::mem::take(&mut self.service.payloads.lock().unwrap())
    }

    async fn sign_up(&self) -> Result<(), Error> {
        self.client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.map(drop)
    }

    /// Returns how many users the server has.
    async fn users(&self) -> usize {
        let admin = self.client.admin(self.server.service_key());
        admin.users().list().get().await.unwrap().items.len()
    }
}

fn accept(output: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(output)
}

fn refuse(status: u16, message: &str) -> ResponseTemplate {
    accept(json!({ "error": { "http_code": status, "message": message } }))
}

fn status_and_message(error: &Error) -> (u16, String) {
    let api = error.api().unwrap_or_else(|| panic!("{error:?}"));
    (api.status().as_u16(), api.message().to_owned())
}

/// Each response of a hook, and what the client of a real server saw.
#[tokio::test]
async fn a_sign_up_depends_on_the_response() {
    let hooked = Hooked::new(FakeServer::builder(), "BEFORE_USER_CREATED").await;
    let text = |status, body: &str| ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/json");
    for (response, status, message) in [
        (refuse(403, "Only example.org"), 403, "Only example.org"),
        (refuse(429, "slow"), 429, "slow"),
        (accept(json!({ "error": { "message": "no code" } })), 500, "no code"),
        (ResponseTemplate::new(400), 500, "Invalid payload sent to hook"),
        (ResponseTemplate::new(401), 500, "Hook requires authorization token"),
        (ResponseTemplate::new(403), 500, "Unexpected status code returned from hook: 403"),
        (ResponseTemplate::new(201), 500, "Unexpected status code returned from hook: 201"),
        (ResponseTemplate::new(429), 500, "Service currently unavailable due to hook"),
        (
            ResponseTemplate::new(503).insert_header("retry-after", "true"),
            500,
            "Service currently unavailable due to hook",
        ),
        (ResponseTemplate::new(200), 400, "Invalid Content-Type: Missing Content-Type header"),
        (text(200, "no"), 500, "Error unmarshaling JSON output."),
        (text(200, "[]"), 500, "Error unmarshaling JSON output."),
    ] {
        hooked.respond(response);
        let error = hooked.sign_up().await.unwrap_err();
        assert_eq!(status_and_message(&error), (status, message.to_owned()));
        assert_eq!(hooked.users().await, 0, "{message}");
    }
    for response in [
        accept(json!({ "error": { "http_code": 422, "message": "" } })),
        accept(json!({ "error": "a text" })),
        text(200, "null"),
        ResponseTemplate::new(204),
    ] {
        hooked.respond(response);
        hooked.sign_up().await.unwrap();
        let admin = hooked.client.admin(hooked.server.service_key());
        let id = admin.users().list().get().await.unwrap().items[0].id;
        admin.users().delete(id).await.unwrap();
    }
}

#[tokio::test]
async fn a_repeated_attempt_has_the_same_event() {
    let hooked = Hooked::new(FakeServer::builder(), "BEFORE_USER_CREATED").await;
    hooked.respond(ResponseTemplate::new(429).insert_header("retry-after", "1"));
    hooked.sign_up().await.unwrap_err();
    let payloads = hooked.payloads();
    assert_eq!(payloads.len(), 3);
    assert!(payloads.iter().all(|payload| payload == &payloads[0]));
}

#[tokio::test]
async fn a_new_user_is_announced_as_the_real_server_does() {
    let hooked = Hooked::new(FakeServer::builder(), "BEFORE_USER_CREATED").await;
    hooked.client.sign_up(SignUp::email(EMAIL, PASSWORD).data(json!({ "name": "Ada" }))).await.unwrap();
    let admin = hooked.client.admin(hooked.server.service_key());
    let user = &admin.users().list().get().await.unwrap().items[0];
    let payload = hooked.payloads().remove(0);
    let expected = json!({
        "id": user.id, "aud": "authenticated", "role": "", "email": EMAIL, "phone": "",
        "app_metadata": { "provider": "email", "providers": ["email"] }, "user_metadata": { "name": "Ada" },
        "identities": [], "is_anonymous": false,
        "created_at": "0001-01-01T00:00:00Z", "updated_at": "0001-01-01T00:00:00Z",
    });
    assert_eq!(same(&payload["user"], &expected), Ok(()), "{payload}");
    assert_eq!(payload["metadata"]["name"], "before-user-created");
    assert_eq!(payload["metadata"]["ip_address"], "127.0.0.1");

    // Neither for a known user nor for one that an administrator creates.
    hooked.client.send_magic_link(SignInMessage::email(EMAIL)).await.unwrap();
    admin.users().create(gotrue::admin::CreateUser::email("grace@example.com")).await.unwrap();
    assert!(hooked.payloads().is_empty());
}

#[tokio::test]
async fn a_refusal_after_the_creation_undoes_nothing() {
    let builder = FakeServer::builder().confirm_addresses(true);
    let hooked = Hooked::new(builder, "AFTER_USER_CREATED").await;
    hooked.respond(refuse(403, "too late"));
    let error = hooked.sign_up().await.unwrap_err();
    assert_eq!(status_and_message(&error), (500, "Error invoking hook".to_owned()));
    assert_eq!(hooked.users().await, 1);
    hooked.sign_up().await.unwrap();
    assert_eq!(hooked.payloads().len(), 1, "the second sign-up creates no user");
}

#[tokio::test]
async fn no_call_after_a_sign_up_that_needs_no_confirmation() {
    let hooked = Hooked::new(FakeServer::builder(), "AFTER_USER_CREATED").await;
    hooked.sign_up().await.unwrap();
    assert!(hooked.payloads().is_empty());
}

#[tokio::test]
async fn an_email_is_sent_by_the_hook_or_not_at_all() {
    let hooked = Hooked::new(FakeServer::builder().confirm_addresses(true), "SEND_EMAIL").await;
    hooked.respond(refuse(429, "mail provider busy"));
    let error = hooked.sign_up().await.unwrap_err();
    assert_eq!(status_and_message(&error), (429, "mail provider busy".to_owned()));
    assert_eq!(hooked.users().await, 0, "the sign-up is undone");

    hooked.respond(accept(json!({})));
    hooked.payloads();
    hooked.sign_up().await.unwrap();
    assert!(hooked.server.messages_to(EMAIL).is_empty());
    let email = hooked.payloads().remove(0)["email_data"].take();
    assert_eq!(email["email_action_type"], "signup");
    let code = Secret::from(email["token"].as_str().unwrap());
    let verify = gotrue::VerifyOtp::email(EMAIL, code);
    hooked.client.verify_otp(verify).await.unwrap();
}

#[tokio::test]
async fn the_hashes_of_an_email_change_are_crossed() {
    let builder = FakeServer::builder().variables([("GOTRUE_MAILER_AUTOCONFIRM", "false")]).unwrap();
    let hooked = Hooked::new(builder, "SEND_EMAIL").await;
    hooked.sign_up().await.unwrap();
    let code = hooked.payloads().remove(0)["email_data"]["token"].as_str().unwrap().to_owned();
    let outcome = hooked.client.verify_otp(gotrue::VerifyOtp::email(EMAIL, code)).await.unwrap();
    let session = outcome.session().unwrap();
    let user = hooked.client.user(session.access_token());
    user.update(gotrue::ProfileUpdate::new().email("grace@example.com")).await.unwrap();
    let payloads = hooked.payloads();
    assert_eq!(payloads.len(), 1, "one call for two emails");
    let email = &payloads[0]["email_data"];
    for (token_hash, address) in [("token_hash", "grace@example.com"), ("token_hash_new", EMAIL)] {
        let hash = email[token_hash].as_str().unwrap().to_owned();
        let verify = gotrue::VerifyOtp::token_hash(hash, gotrue::types::OtpType::EmailChange);
        hooked.client.verify_otp(verify).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }
}

#[tokio::test]
async fn claims_of_an_access_token_come_from_the_hook() {
    let hooked = Hooked::new(FakeServer::builder(), "CUSTOM_ACCESS_TOKEN").await;
    hooked.respond(accept(json!({})));
    let error = hooked.sign_up().await.unwrap_err();
    assert_eq!(status_and_message(&error), (500, "output claims field is missing".to_owned()));
    assert_eq!(hooked.users().await, 0, "the whole sign-in is undone");

    let mut claims = hooked.payloads().remove(0)["claims"].take();
    claims["team"] = json!("blue");
    hooked.respond(accept(json!({ "claims": claims })));
    let outcome = hooked.client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    let session = outcome.session().unwrap();
    let read = gotrue::Claims::read_unverified(session.access_token()).unwrap();
    assert_eq!(read.custom("team"), Some(&json!("blue")));
    assert_eq!(hooked.payloads()[0]["authentication_method"], "password");

    // A refresh that the hook refuses does not spend the refresh token.
    let mut incomplete = json!({ "claims": claims });
    incomplete["claims"].as_object_mut().unwrap().remove("role");
    for response in [refuse(403, "not now"), accept(incomplete)] {
        hooked.respond(response);
        let refused = hooked.client.sign_in(gotrue::RefreshToken::new(session.refresh_token().clone())).await;
        assert!(!refused.unwrap_err().ends_session());
        assert_eq!(hooked.payloads()[0]["authentication_method"], "token_refresh");
    }
    hooked.respond(accept(json!({ "claims": claims })));
    hooked.client.sign_in(gotrue::RefreshToken::new(session.refresh_token().clone())).await.unwrap();
}

#[tokio::test]
async fn an_attempt_with_a_password_can_be_rejected() {
    let hooked = Hooked::new(FakeServer::builder(), "PASSWORD_VERIFICATION_ATTEMPT").await;
    let session = hooked.client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().unwrap();
    let sign_in = async |password| hooked.client.sign_in(Password::email(EMAIL, password)).await;
    for output in [json!({ "decision": "continue" }), json!({}), json!({ "decision": "tomorrow" })] {
        hooked.respond(accept(output));
        sign_in(PASSWORD).await.unwrap();
        assert_eq!(sign_in("wrong-horse-77").await.unwrap_err().code(), Some(&ErrorCode::InvalidCredentials));
        let valid: Vec<_> = hooked.payloads().iter().map(|payload| payload["valid"].clone()).collect();
        assert_eq!(valid, [true, false]);
    }
    hooked.respond(accept(json!({ "decision": "reject", "message": "locked" })));
    let error = sign_in(PASSWORD).await.unwrap_err();
    assert_eq!(status_and_message(&error), (400, "locked".to_owned()));
    hooked.client.user(session.access_token()).get().await.unwrap();

    hooked.respond(accept(json!({ "decision": "reject", "should_logout_user": true })));
    let error = sign_in(PASSWORD).await.unwrap_err();
    assert!(status_and_message(&error).1.starts_with("Further password verification attempts"));
    assert!(hooked.client.user(session.access_token()).get().await.unwrap_err().ends_session());
}

#[tokio::test]
async fn a_rejected_code_ends_all_sessions() {
    let hooked = Hooked::new(FakeServer::builder(), "MFA_VERIFICATION_ATTEMPT").await;
    let session = hooked.client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().unwrap();
    let mfa = hooked.client.user(session.access_token()).mfa();
    let factor = mfa.enroll_totp(EnrollTotp::new()).await.unwrap();
    let code = hooked.server.totp_code(&factor.secret).unwrap();
    hooked.respond(accept(json!({ "decision": "reject" })));
    let error = mfa.challenge_and_verify(factor.id, code).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::MfaVerificationRejected));
    assert_eq!(hooked.payloads()[0]["factor_type"], "totp");
    assert!(hooked.client.user(session.access_token()).get().await.unwrap_err().ends_session());
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_named() {
    for (variables, problem) in [
        (vec![("GOTRUE_HOOK_SEND_SMS_ENABLED", "true")], "GOTRUE_HOOK_SEND_SMS_URI is missing"),
        (vec![("GOTRUE_HOOK_SEND_SMS_URI", "http://example.com")], "expected https, or http on this machine"),
        (vec![("GOTRUE_HOOK_SEND_SMS_URI", "pg-functions://postgres/auth/f")], "no database"),
        (vec![("GOTRUE_HOOK_SEND_SMS_SECRETS", "whsec_x")], "hook secret 1 must be"),
        (vec![("GOTRUE_HOOK_SEND_FAX_URI", "https://example.com")], "unknown setting GOTRUE_HOOK_SEND_FAX_URI"),
    ] {
        let error = FakeServer::builder().variables(variables).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}

/// Follows a link or callback, and returns where the server redirects to.
async fn location(url: &str) -> String {
    use gotrue::reqwest::{Client, redirect::Policy};
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let response = client.get(url).send().await.unwrap();
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// What a browser opened cannot show an error of the server, so the site gets it.
#[tokio::test]
async fn a_refusal_during_a_redirect_reaches_the_site() {
    let confirm = FakeServer::builder().confirm_addresses(true);
    let hooked = Hooked::new(confirm, "CUSTOM_ACCESS_TOKEN").await;
    hooked.sign_up().await.unwrap();
    hooked.respond(refuse(403, "not now"));
    let link = hooked.server.last_message_to(EMAIL).unwrap().link.unwrap();
    let refused = "#error=access_denied&error_code=&error_description=not+now&sb=";
    assert_eq!(location(link.expose()).await, format!("http://localhost:3000{refused}"));
    // The link stays valid.
    assert_eq!(location(link.expose()).await, format!("http://localhost:3000{refused}"));

    let authorize = hooked.server.url() + "/authorize?provider=github";
    let callback = location(&authorize).await;
    let at_site = location(&callback).await;
    // The server encodes what is after the hash twice.
    let expected = "http://localhost:3000?error=server_error&error_description=403%3A+not+now\
                    #error=server_error&error_description=403%253A+not+now&sb=";
    assert_eq!(at_site, expected);
    assert_eq!(hooked.users().await, 1, "the user of the provider is undone");
}

#[tokio::test]
async fn a_new_user_of_a_provider_is_announced_after_the_sign_in() {
    let hooked = Hooked::new(FakeServer::builder(), "AFTER_USER_CREATED").await;
    hooked.respond(refuse(403, "too late"));
    let authorize = hooked.server.url() + "/authorize?provider=github";
    let at_site = location(&location(&authorize).await).await;
    let expected = "http://localhost:3000?error=access_denied&error_code=&error_description=too+late\
                    #error=access_denied&error_description=too+late&sb=";
    assert_eq!(at_site, expected);
    assert_eq!((hooked.users().await, hooked.payloads().len()), (1, 1));
}

#[tokio::test]
async fn a_notification_goes_through_the_hook_and_cannot_fail() {
    let notify = [("GOTRUE_MAILER_NOTIFICATIONS_PASSWORD_CHANGED_ENABLED", "true")];
    let hooked = Hooked::new(FakeServer::builder().variables(notify).unwrap(), "SEND_EMAIL").await;
    let session = hooked.client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().unwrap();
    let user = hooked.client.user(session.access_token());
    for (response, password) in
        [(accept(json!({})), "another-horse-8"), (refuse(500, "mail provider busy"), "third-horse-9")]
    {
        hooked.respond(response);
        user.update(gotrue::ProfileUpdate::new().password(password)).await.unwrap();
        let payloads = hooked.payloads();
        assert_eq!(payloads.len(), 1);
        assert_eq!(payloads[0]["user"]["email"], EMAIL);
        let expected = json!({
            "token": "", "token_hash": "", "redirect_to": "http://localhost:3000",
            "email_action_type": "password_changed_notification", "site_url": hooked.server.url(),
            "token_new": "", "token_hash_new": "", "old_email": "", "old_phone": "", "provider": "", "factor_type": "",
        });
        assert_eq!(payloads[0]["email_data"], expected);
        hooked.client.sign_in(Password::email(EMAIL, password)).await.unwrap();
    }
    assert!(hooked.server.messages_to(EMAIL).is_empty());
}
