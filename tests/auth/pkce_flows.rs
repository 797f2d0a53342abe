//! Several open PKCE flows: each code is exchanged with the verifier of its own flow or not at all.

use std::{sync::LazyLock, time::Duration};

use gotrue::{
    Callback, Client, Error, ErrorCode, PkceFlows, ProfileUpdate, Provider, Recover, Session, SignInMessage, SignUp,
    VerifyOtp,
    auth::{CallbackOutcome, FlowKind, PkceFlow},
    url::Url,
};
use gotrue_fake::{FakeServer, ManualClock};
use proptest::prelude::*;
use serde_json::json;
use support::{client_of, server_that_answers};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const BACK: &str = "https://app.example.com/cb?tab=1#top";
const EMAIL: &str = "ada@example.com";
static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::new("http://127.0.0.1:9999", "").unwrap());
const MINUTE: Duration = Duration::from_secs(60);

/// Follows redirects up to the application's page.
pub async fn browse(url: &str) -> Url {
    let http = gotrue::reqwest::Client::builder().redirect(gotrue::reqwest::redirect::Policy::none()).build().unwrap();
    let mut url = Url::parse(url).unwrap();
    while url.host_str() != Some("app.example.com") {
        let reply = http.get(url.clone()).send().await.unwrap();
        let location = reply.headers().get("location").unwrap_or_else(|| panic!("{url} does not redirect"));
        url = url.join(location.to_str().unwrap()).unwrap();
    }
    url
}

async fn follow_last_mail(server: &FakeServer, to: &str) -> Callback {
    let link = server.last_message_to(to).unwrap().link.unwrap();
    Callback::parse(&browse(link.expose()).await)
}

fn start_with_provider(client: &Client, flows: &mut PkceFlows) -> (PkceFlow, Url) {
    let flow = flows.start(FlowKind::SignIn).unwrap();
    let authorize = client.authorize(Provider::Github).redirect_to(flow.redirect_to(BACK).unwrap());
    let url = authorize.pkce_with(flow.verifier()).unwrap();
    (flow, url)
}

#[track_caller]
fn signed_in(outcome: CallbackOutcome) -> (Session, FlowKind) {
    match outcome {
        CallbackOutcome::SignedIn { session, kind } => (session, kind),
        other @ CallbackOutcome::ConfirmationPending { .. } => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn flows_complete_in_any_order() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email(EMAIL, "correct-horse-7")).await.unwrap();
    let mut flows = client.pkce_flows();

    let (_, first) = start_with_provider(&client, &mut flows);
    let recovery = flows.start(FlowKind::Recovery).unwrap();
    let back = recovery.redirect_to(BACK).unwrap();
    client.recover(Recover::email(EMAIL).redirect_to(back).pkce(recovery.verifier())).await.unwrap();
    let link = flows.start(FlowKind::MagicLink).unwrap();
    let back = link.redirect_to(BACK).unwrap();
    let grace = SignInMessage::email("grace@example.com").redirect_to(back).pkce(link.verifier());
    client.send_magic_link(grace).await.unwrap();
    assert_eq!(flows.len(), 3);

    let ended = [
        (follow_last_mail(&server, "grace@example.com").await, FlowKind::MagicLink, "grace@example.com"),
        (Callback::parse(&browse(first.as_str()).await), FlowKind::SignIn, "github-user@example.com"),
        (follow_last_mail(&server, EMAIL).await, FlowKind::Recovery, EMAIL),
    ];
    for (callback, expected, email) in ended {
        let (session, kind) = signed_in(client.sign_in_from_callback(&mut flows, &callback).await.unwrap());
        assert_eq!((kind, session.user().email.as_deref()), (expected, Some(email)));
        // Only once.
        let again = client.sign_in_from_callback(&mut flows, &callback).await.unwrap_err();
        assert!(matches!(again, Error::MissingVerifier), "{again:?}");
    }
    assert!(flows.is_empty());
}

#[tokio::test]
async fn a_change_of_the_address_takes_two_links() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email(EMAIL, "correct-horse-7")).await.unwrap();
    let confirm = VerifyOtp::email(EMAIL, server.last_message_to(EMAIL).unwrap().code);
    let session = client.verify_otp(confirm).await.unwrap().session().unwrap();
    let mut flows = client.pkce_flows();
    let flow = flows.start(FlowKind::EmailChange).unwrap();
    let change = ProfileUpdate::new().email("ada@new.example.com").redirect_to(flow.redirect_to(BACK).unwrap());
    client.user(session.access_token()).update(change.pkce(flow.verifier())).await.unwrap();

    let callback = follow_last_mail(&server, EMAIL).await;
    let CallbackOutcome::ConfirmationPending { message } =
        client.sign_in_from_callback(&mut flows, &callback).await.unwrap()
    else {
        panic!("{callback:?}")
    };
    assert!(message.contains("the other email"), "{message}");
    assert_eq!(flows.len(), 1);

    let callback = follow_last_mail(&server, "ada@new.example.com").await;
    let (session, kind) = signed_in(client.sign_in_from_callback(&mut flows, &callback).await.unwrap());
    assert_eq!((kind, session.user().email.as_deref()), (FlowKind::EmailChange, Some("ada@new.example.com")));
}

#[tokio::test]
async fn a_code_without_a_flow_gets_no_verifier() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let mut flows = client.pkce_flows();
    // There is only one open flow; it is not used for a code that does not name it.
    flows.start(FlowKind::SignIn).unwrap();
    for url in ["app:/cb?code=8d8c4e55", "app:/cb?code=8d8c4e55&flow_id=another", "app:/cb?code=8d8c4e55&flow_id="] {
        let callback = Callback::parse(&Url::parse(url).unwrap());
        let error = client.sign_in_from_callback(&mut flows, &callback).await.unwrap_err();
        assert!(matches!(error, Error::MissingVerifier), "{url}: {error:?}");
        let text = "no verifier for this code: the flow was started elsewhere, has ended, or has expired";
        assert_eq!(error.to_string(), text);
        assert!(!error.is_retryable() && !error.ends_session() && error.status().is_none());
    }
    assert_eq!(flows.len(), 1);
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_code_never_gets_another_flows_verifier() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    let mut flows = client.pkce_flows();
    let (_, url) = start_with_provider(&client, &mut flows);
    let (other, _) = start_with_provider(&client, &mut flows);
    // The ids are exchanged.
    let Callback::Code { code, .. } = Callback::parse(&browse(url.as_str()).await) else { panic!() };
    let callback = Callback::Code { code, flow_id: Some(other.id().to_owned()) };
    let error = client.sign_in_from_callback(&mut flows, &callback).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::BadCodeVerifier));
    assert!(matches!(flows.take(other.id()), Err(Error::MissingVerifier)));
    assert_eq!(flows.len(), 1);
}

#[tokio::test]
async fn only_a_code_completes_a_flow() {
    let server = server_that_answers(ResponseTemplate::new(500)).await;
    let client = client_of(&server);
    let mut flows = client.pkce_flows();
    let flow = flows.start(FlowKind::SignIn).unwrap();
    let tokens = "access_token=a&expires_in=60&refresh_token=r&sb=&token_type=bearer";
    for (url, text) in [
        (format!("app:/cb#{tokens}"), "callback contains a session where a code is expected"),
        ("app:/cb".to_owned(), "callback is not from this server"),
    ] {
        let error =
            client.sign_in_from_callback(&mut flows, &Callback::parse(&Url::parse(&url).unwrap())).await.unwrap_err();
        assert_eq!(error.to_string(), text);
    }
    let url = format!("app:/cb?flow_id={}&error=access_denied&error_code=otp_expired", flow.id());
    let error =
        client.sign_in_from_callback(&mut flows, &Callback::parse(&Url::parse(&url).unwrap())).await.unwrap_err();
    assert!(matches!(error, Error::Callback(_)) && error.code() == Some(&ErrorCode::OtpExpired), "{error:?}");
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_flow_stays_open_when_the_exchange_may_succeed_later() {
    let server = MockServer::start().await;
    let busy = Mock::given(matchers::any()).respond_with(ResponseTemplate::new(503));
    busy.up_to_n_times(1).mount(&server).await;
    let session = ResponseTemplate::new(200).set_body_json(support::session());
    Mock::given(matchers::any()).respond_with(session).mount(&server).await;
    let client = client_of(&server);
    let mut flows = client.pkce_flows();
    let flow = flows.start(FlowKind::SignIn).unwrap();
    let callback = Callback::Code { code: "8d8c4e55".into(), flow_id: Some(flow.id().to_owned()) };
    assert!(client.sign_in_from_callback(&mut flows, &callback).await.unwrap_err().is_retryable());
    assert_eq!(flows.len(), 1);
    client.sign_in_from_callback(&mut flows, &callback).await.unwrap();
    assert!(flows.is_empty());
    for request in server.received_requests().await.unwrap() {
        let body: serde_json::Value = request.body_json().unwrap();
        assert_eq!(body, json!({ "auth_code": "8d8c4e55", "code_verifier": flow.verifier().secret() }));
    }
}

#[tokio::test]
async fn the_server_verifies_a_session_in_the_fragment() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let url = client.authorize(Provider::Github).redirect_to(BACK).url().unwrap();
    // The page has a fragment of its own.
    let back = browse(url.as_str()).await;
    assert_eq!(back.fragment().unwrap().split('#').next(), Some("top"));
    let Callback::Session(tokens) = Callback::parse(&back) else { panic!("{back}") };
    assert_eq!(tokens.kind, FlowKind::SignIn);
    let session = client.session_from_callback(tokens.clone()).await.unwrap();
    assert_eq!(session.user().email.as_deref(), Some("github-user@example.com"));
    assert_eq!(session.provider_token().unwrap().expose(), "github-access-token");
    assert_eq!(session.refresh_token(), &tokens.refresh_token);
    assert_eq!(session.expires_at(), gotrue::Clock::now(&clock) + Duration::from_secs(3600));
    client.refresh(session.refresh_token()).await.unwrap();

    let mut forged = tokens;
    forged.access_token = "forged".into();
    let error = client.session_from_callback(forged).await.unwrap_err();
    assert_eq!(error.code(), Some(&ErrorCode::BadJwt));
}

#[test]
fn flows_expire_by_kind() {
    let clock = ManualClock::new();
    let client = Client::builder().clock(clock.clone()).build().unwrap();
    let mut flows = client.pkce_flows();
    let provider = [FlowKind::SignIn, FlowKind::LinkIdentity];
    let mail = [FlowKind::SignUp, FlowKind::MagicLink, FlowKind::Recovery, FlowKind::EmailChange];
    let mut start = |kind| flows.start(kind).unwrap();
    let (early, late) = (provider.map(&mut start), mail.map(&mut start));
    clock.advance(9 * MINUTE + Duration::from_secs(59));
    assert_eq!(flows.len(), 6);
    // Setting the clock does not make time pass.
    clock.set(gotrue::Clock::now(&clock) + Duration::from_secs(7 * 24 * 3600));
    assert_eq!(flows.len(), 6);
    clock.advance(Duration::from_secs(1));
    for flow in early {
        assert!(matches!(flows.take(flow.id()), Err(Error::MissingVerifier)));
    }
    clock.advance(23 * 60 * MINUTE + 49 * MINUTE);
    assert_eq!(flows.take(late[0].id()).unwrap().verifier(), late[0].verifier());
    clock.advance(MINUTE);
    assert!(flows.is_empty());
}

#[test]
fn the_oldest_flow_is_dropped() {
    let mut flows = PkceFlows::new();
    let started: Vec<_> = (0..17).map(|_| flows.start(FlowKind::SignIn).unwrap()).collect();
    assert_eq!(flows.len(), 16);
    assert!(matches!(flows.take(started[0].id()), Err(Error::MissingVerifier)));
    assert_eq!(flows.take(started[1].id()).unwrap().verifier(), started[1].verifier());

    let mut flows = flows.capacity(2);
    assert_eq!(flows.len(), 2);
    assert!(flows.take(started[14].id()).is_err());
    assert_eq!(flows.take(started[15].id()).unwrap().verifier(), started[15].verifier());
    let mut one = PkceFlows::new().capacity(0);
    let only = one.start(FlowKind::SignIn).unwrap();
    assert_eq!(one.take(only.id()).unwrap().verifier(), only.verifier());
}

#[test]
fn flows_survive_a_restart() {
    let clock = ManualClock::new();
    let client = || Client::builder().clock(clock.clone()).build().unwrap();
    let mut flows = client().pkce_flows();
    let mail = flows.start(FlowKind::SignUp).unwrap();
    clock.advance(5 * MINUTE);
    let provider = flows.start(FlowKind::SignIn).unwrap();
    let text = serde_json::to_string(&flows.save()).unwrap();
    assert!(text.contains(mail.verifier().secret().expose()) && text.contains("\"sign_up\""));
    let saved = || serde_json::from_str::<Vec<PkceFlow>>(&text).unwrap();
    assert!(!format!("{:?}", saved()).contains(mail.verifier().secret().expose()));

    clock.advance(9 * MINUTE);
    let mut flows = client().pkce_flows();
    flows.restore(saved());
    // Restoring twice has no effect.
    flows.restore(saved());
    assert_eq!(flows.len(), 2);
    clock.advance(MINUTE);
    assert!(flows.take(provider.id()).is_err());
    assert_eq!(flows.take(mail.id()).unwrap().verifier(), mail.verifier());

    // A clock that was set back does not extend a flow.
    clock.set(gotrue::Clock::now(&clock) - Duration::from_secs(100 * 24 * 3600));
    let mut flows = client().pkce_flows();
    flows.restore(saved());
    clock.advance(10 * MINUTE);
    assert_eq!(flows.len(), 1);
    clock.set(gotrue::Clock::now(&clock) + Duration::from_secs(200 * 24 * 3600));
    let mut flows = client().pkce_flows();
    flows.restore(saved());
    assert!(flows.is_empty());

    let flow = |id: &str, verifier: &str| {
        let json = json!({ "id": id, "verifier": verifier, "kind": "sign_in", "expires_at": "2999-01-01T00:00:00Z" });
        serde_json::from_value::<PkceFlow>(json)
    };
    let error = flow("x", "short").unwrap_err().to_string();
    assert_eq!(error, "PKCE verifier must be 43 to 128 unreserved characters");
    flows.restore([flow("", &"v".repeat(43)).unwrap()]);
    assert!(flows.is_empty());
}

#[test]
fn nothing_prints_a_verifier() {
    let mut flows = PkceFlows::new();
    let flow = flows.start(FlowKind::SignIn).unwrap();
    let text = format!("{flow:?} {flows:?} {:?}", flows.save());
    assert!(!text.contains(flow.verifier().secret().expose()) && text.contains("open: 1"), "{text}");
    let error = flow.redirect_to("not a URL").unwrap_err();
    assert_eq!(error.to_string(), "redirect URL is invalid: relative URL without a base");
}

proptest! {
    #[test]
    fn the_id_travels_with_any_url(
        base in "(https://app\\.example\\.com/|http://127\\.0\\.0\\.1:8123/|com\\.example\\.app:/cb/|app://cb/)[a-zü%/ ]{0,8}",
        pairs in prop::collection::vec((".{0,8}", ".{0,8}"), 0..4),
        fragment in prop::option::of(".{0,8}"),
        has_id_already in any::<bool>(),
    ) {
        let mut own = Url::parse(&base).unwrap();
        if !pairs.is_empty() {
            own.query_pairs_mut().extend_pairs(&pairs);
        }
        own.set_fragment(fragment.as_deref());
        let mut given = own.clone();
        if has_id_already {
            given.query_pairs_mut().append_pair(PkceFlow::PARAMETER, "of another flow");
        }
        let flow = PkceFlows::new().start(FlowKind::SignIn).unwrap();
        let with_id = flow.redirect_to(&given).unwrap();

        let mut expected: Vec<(String, String)> = own.query_pairs().into_owned().collect();
        expected.retain(|(name, _)| name != PkceFlow::PARAMETER);
        expected.push((PkceFlow::PARAMETER.to_owned(), flow.id().to_owned()));
        prop_assert_eq!(with_id.query_pairs().into_owned().collect::<Vec<_>>(), expected);
        let rest = |url: &Url| (url.path().to_owned(), url.fragment().map(str::to_owned), url.origin().ascii_serialization());
        prop_assert_eq!(rest(&with_id), rest(&own));

        // As a parameter of the URL that the browser opens, and with the code that the server adds.
        let begin = CLIENT.authorize("github").redirect_to(with_id.clone()).pkce_with(flow.verifier()).unwrap();
        let sent = begin.query_pairs().find(|(name, _)| name == "redirect_to").unwrap().1.into_owned();
        let mut back = Url::parse(&sent).unwrap();
        prop_assert_eq!(&back, &with_id);
        let code = "8d8c4e55-d49c-4b5b-a6d7-6cd0aec59d10";
        back.query_pairs_mut().append_pair("code", code);
        let ours = ["error", "error_code", "code"];
        if !pairs.iter().any(|(name, _)| ours.contains(&name.as_str())) {
            let expected = Callback::Code { code: code.into(), flow_id: Some(flow.id().to_owned()) };
            prop_assert_eq!(Callback::parse(&back), expected);
        }
    }
}
