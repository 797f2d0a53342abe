//! A web application that keeps sessions in cookies, in each of the three forms.

use std::time::Duration;

use axum::{
    Form, Router,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use futures::future::join_all;
use gotrue::{
    Client, Password, ProfileUpdate, Secret, SignInMessage, SignUp,
    admin::CreateSsoProvider,
    auth::FlowKind,
    axum::RequireLayer,
    reqwest::{self, redirect::Policy},
    store::MemoryStores,
    types::AssuranceLevel,
    url::{Position, Url, form_urlencoded::byte_serialize},
    user::EnrollTotp,
    uuid::Uuid,
    web::{AuthRoutes, BrowserSession, CurrentUser, OpaqueCookies, SealedCookies, SessionLayer, SsrCookies},
};
use gotrue_fake::ManualClock;
use serde::Deserialize;
use serde_json::{Value, json};
use support::browser::{Answer, Browser};

use crate::{
    browser::parameter,
    saml::IdentityProvider,
    world::{PASSWORD, SITE, World, totp},
};

const HOUR: Duration = Duration::from_secs(3600);

/// A form of cookies.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cookies {
    Ssr,
    Sealed,
    Opaque,
}

const ALL: [Cookies; 3] = [Cookies::Ssr, Cookies::Sealed, Cookies::Opaque];

/// The application. Its client has a clock that the test advances.
struct Application {
    client: Client,
    clock: ManualClock,
    cookies: Cookies,
    stores: MemoryStores,
}

impl Application {
    fn new(world: &World, cookies: Cookies) -> Self {
        let (client, clock) = world.client_with_clock();
        Self { client, clock, cookies, stores: MemoryStores::new() }
    }

    /// A browser at a process of its own.
    fn browser(&self) -> Browser {
        let client = &self.client;
        let layer = match self.cookies {
            Cookies::Ssr => SessionLayer::new(client, SsrCookies::new(client)),
            Cookies::Sealed => SessionLayer::new(client, SealedCookies::new(&[7; 32]).unwrap()),
            Cookies::Opaque => SessionLayer::new(client, OpaqueCookies::new(self.stores.clone())),
        };
        Browser::new(routes().layer(layer))
    }

    /// A browser whose user has signed in.
    async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.post("/sign-in", &format!("email={}", encoded(email))).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }
}

fn routes() -> Router {
    let safe = Router::new()
        .route("/safe", get(async |user: CurrentUser| user.sub.to_string()))
        .route_layer(RequireLayer::new().assurance_level(AssuranceLevel::Aal2));
    Router::new()
        .route("/", get(home))
        .route("/server", get(server))
        .route("/sign-in", post(sign_in))
        .route("/link", post(send_link))
        .route("/enroll", post(enroll))
        .route("/verify", post(verify))
        .merge(safe)
        .nest_service("/auth", AuthRoutes::new(format!("{SITE}/auth")).unwrap())
}

/// The user whom the token names.
async fn home(user: Option<CurrentUser>) -> String {
    user.map_or("visitor".to_owned(), |user| user.email.clone().unwrap_or_default())
}

/// The user whom the server names.
async fn server(session: BrowserSession) -> String {
    session.user().get().await.map_or_else(|error| error.to_string(), |user| user.email.unwrap_or_default())
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

async fn sign_in(session: BrowserSession, Form(form): Form<Address>) -> Response {
    match session.sign_in(Password::email(form.email, PASSWORD)).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(error) => (StatusCode::FORBIDDEN, error.to_string()).into_response(),
    }
}

async fn send_link(session: BrowserSession, Form(form): Form<Address>) {
    let flow = session.start_flow(FlowKind::MagicLink, "/server".parse().unwrap()).unwrap();
    let callback = flow.redirect_to(format!("{SITE}/auth/callback")).unwrap();
    let message = SignInMessage::email(form.email).redirect_to(callback).pkce(flow.verifier());
    session.client().send_magic_link(message).await.unwrap();
}

async fn enroll(session: BrowserSession) -> String {
    let factor = session.user().mfa().enroll_totp(EnrollTotp::new()).await.unwrap();
    json!({ "id": factor.id, "secret": factor.secret }).to_string()
}

#[derive(Deserialize)]
struct Code {
    id: Uuid,
    code: Secret,
}

async fn verify(session: BrowserSession, Form(form): Form<Code>) -> StatusCode {
    match session.user().mfa().challenge_and_verify(form.id, form.code).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::FORBIDDEN,
    }
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn redirect(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.header("location"))
}

fn path(url: &Url) -> &str {
    &url[Position::BeforePath..]
}

/// Starts a sign-in, and returns the URL to which the browser is redirected.
async fn start(browser: &mut Browser, path: &str) -> Url {
    let answer = browser.get(path).await;
    let location = answer.header("location").unwrap_or_else(|| panic!("{}", answer.status));
    assert!(!location.starts_with('/'), "{location}");
    location.parse().unwrap()
}

pub async fn sign_in_to_sign_out(world: &World) {
    for cookies in ALL {
        let (email, _) = world.new_user(&format!("{cookies:?}").to_lowercase()).await;
        let app = Application::new(world, cookies);
        assert_eq!(app.browser().get("/").await.body, "visitor");
        let mut browser = app.signed_in(&email).await;
        assert_eq!(browser.get("/").await.body, email);
        assert_eq!(browser.get("/server").await.body, email);

        // A due session.
        let before = browser.jar.clone();
        world.advance(&app.clock, Duration::from_secs(3600 - 60)).await;
        assert_eq!(browser.get("/").await.body, email);
        if world.is_fake() || !world.confirms() {
            assert_eq!(browser.jar == before, cookies == Cookies::Opaque, "{cookies:?}");
        } // Otherwise the server has verified the token (HS256), and stated the time with that.
        assert_eq!(browser.get("/server").await.body, email);

        // An expired session, requested fifty times at once.
        world.advance(&app.clock, HOUR * 2).await;
        let mut tabs = vec![browser.clone(); 50];
        let answers = join_all(tabs.iter_mut().map(|tab| tab.get("/server"))).await;
        assert!(answers.iter().all(|answer| answer.body == email), "{cookies:?}");
        for mut tab in [tabs.remove(49), tabs.remove(0)] {
            assert_eq!(tab.get("/server").await.body, email, "{cookies:?}");
            browser = tab;
        }

        let mut elsewhere = Browser { jar: browser.jar.clone(), ..app.browser() };
        assert_eq!(elsewhere.get("/").await.body, email);
        assert_eq!(redirect(&browser.post("/auth/sign-out", "").await), (303, Some("/")));
        assert!(browser.jar.is_empty());
        if cookies == Cookies::Opaque {
            assert_eq!(elsewhere.get("/").await.body, "visitor");
        } else {
            world.advance(&app.clock, HOUR * 2).await;
            let answer = elsewhere.get("/").await;
            assert_eq!(answer.body, "visitor", "{cookies:?}");
            assert!(elsewhere.jar.is_empty());
        }
    }
}

/// What else ends a session: each time, the next refresh notices it and the cookies are removed.
pub async fn ended_by_the_server(world: &World) {
    let users = world.admin();
    let users = users.users();
    for (number, how) in ["banned", "deleted", "another password"].into_iter().enumerate() {
        let (email, session) = world.new_user(&format!("ada-{number}")).await;
        let app = Application::new(world, Cookies::Sealed);
        let mut browser = app.signed_in(&email).await;
        assert_eq!(browser.get("/server").await.body, email);
        let id = session.user().id;
        match how {
            "banned" => drop(users.ban(id, HOUR * 100).await.unwrap()),
            "deleted" => users.delete(id).await.unwrap(),
            _ => {
                let elsewhere = world.client.user(session.access_token());
                elsewhere.update(ProfileUpdate::new().password("better-horse-8")).await.unwrap();
            }
        }
        world.advance(&app.clock, HOUR * 2).await;
        let answer = browser.get("/").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "visitor"), "{how}");
        assert!(browser.jar.is_empty(), "{how}");
    }
}

/// Opening the link uses nothing up; the button does.
pub async fn a_confirmation_link(world: &World) {
    let email = world.email("ada");
    world.client.sign_up(SignUp::email(&email, PASSWORD)).await.unwrap();
    let message = world.message(&email, 1).await;
    let (hash, otp_type) = (parameter(message.link(), "token").unwrap(), parameter(message.link(), "type").unwrap());
    let link = format!("/auth/confirm?token_hash={hash}&type={otp_type}&next=/server");
    let mut browser = Application::new(world, Cookies::Sealed).browser();
    for _ in 0..2 {
        assert_eq!(browser.get(&link).await.status, 200);
        assert!(browser.jar.is_empty());
    }
    assert_eq!(redirect(&browser.post(&link, "").await), (303, Some("/server")));
    assert_eq!(browser.get("/server").await.body, email);
    assert_eq!(redirect(&browser.post(&link, "").await), (303, Some("/sign-in?notice=link_expired")));
}

pub async fn a_link_of_this_browser(world: &World) {
    let (email, _) = world.new_user("ada").await;
    let app = Application::new(world, Cookies::Ssr);
    let mut browser = app.browser();
    assert_eq!(browser.post("/link", &format!("email={}", encoded(&email))).await.status, 200);
    let number = if world.confirms() { 2 } else { 1 };
    let callback = world.browse(world.message(&email, number).await.link()).await;
    let mut other = app.browser();
    assert_eq!(redirect(&other.get(path(&callback)).await), (303, Some("/sign-in?notice=flow_expired")));
    assert!(other.jar.is_empty());
    assert_eq!(redirect(&browser.get(path(&callback)).await), (303, Some("/server")));
    assert_eq!(browser.get("/server").await.body, email);
}

pub async fn a_second_factor(world: &World) {
    let mut raised = Vec::new();
    for cookies in ALL {
        let (email, _) = world.new_user(&format!("{cookies:?}").to_lowercase()).await;
        let app = Application::new(world, cookies);
        let mut browser = app.signed_in(&email).await;
        assert_eq!(browser.get("/safe").await.status, 403);
        let factor: Value = serde_json::from_str(&browser.post("/enroll", "").await.body).unwrap();
        let id = factor["id"].as_str().unwrap();
        let before = browser.jar.clone();
        assert_eq!(browser.post("/verify", &format!("id={id}&code=000000")).await.status, 403);
        assert!(browser.jar == before, "{cookies:?}");
        let code = totp(&factor["secret"].as_str().unwrap().into());
        assert_eq!(browser.post("/verify", &format!("id={id}&code={}", code.expose())).await.status, 204);
        assert!(browser.jar != before, "{cookies:?}");
        assert_eq!(browser.get("/safe").await.status, 200, "{cookies:?}");
        raised.push((app, browser));
    }
    // A refresh keeps the level. The fake server shares its clock with all of them.
    for (number, (app, browser)) in raised.iter_mut().enumerate() {
        if number == 0 || !world.is_fake() {
            world.advance(&app.clock, HOUR * 2).await;
        }
        assert_eq!(browser.get("/safe").await.status, 200, "{:?}", app.cookies);
    }
}

pub async fn a_provider(world: &World) {
    for cookies in ALL {
        let app = Application::new(world, cookies);
        let mut browser = app.browser();
        let callback = world.browse(&start(&mut browser, "/auth/provider/keycloak?next=/server").await).await;
        assert_eq!(redirect(&browser.get(path(&callback)).await), (303, Some("/server")));
        let email = browser.get("/").await.body;
        assert!(email.contains('@'), "{email}");
        assert_eq!(browser.get("/server").await.body, email);
        // The code is good once.
        assert_eq!(redirect(&browser.get(path(&callback)).await), (303, Some("/sign-in?notice=flow_expired")));
        assert_eq!(browser.get("/server").await.body, email);
    }
}

/// A sign-in with the identity provider of a company (SAML).
pub async fn a_company(world: &World) {
    let domain = format!("{}.example", world.run());
    let provider = IdentityProvider::new(world.run());
    let create = CreateSsoProvider::metadata_xml(provider.metadata()).domains([&domain]);
    let company = world.admin().sso_providers().create(create).await.unwrap();
    let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
    let email = format!("ada@{domain}");
    for cookies in ALL {
        let app = Application::new(world, cookies);
        let mut browser = app.browser();
        let url = start(&mut browser, &format!("/auth/sso?domain={domain}&next=/server")).await;
        assert!(url.as_str().starts_with(&provider.entity), "{url}");
        let (acs, form) = provider.sign_in(&url, &email);
        let response = http.post(&acs).form(&form).send().await.unwrap();
        let callback: Url = response.headers()["location"].to_str().unwrap().parse().unwrap();
        assert!(callback.as_str().starts_with(&format!("{SITE}/auth/callback?")), "{callback}");
        // The response is good once, and the callback in this browser only.
        let again = http.post(&acs).form(&form).send().await.unwrap();
        let target: Url = again.headers()["location"].to_str().unwrap().parse().unwrap();
        assert_eq!(parameter(&target, "error_code").as_deref(), Some("saml_relay_state_not_found"));
        let mut other = app.browser();
        assert_eq!(redirect(&other.get(path(&callback)).await), (303, Some("/sign-in?notice=flow_expired")));

        assert_eq!(redirect(&browser.get(path(&callback)).await), (303, Some("/server")));
        assert_eq!(browser.get("/").await.body, email);
        assert_eq!(browser.get("/server").await.body, email);
    }
    world.admin().sso_providers().delete(company.id).await.unwrap();
}
