//! Events.

use futures::StreamExt;
use gotrue::{
    Callback, Error, Event, MemoryStore, Password, ProfileUpdate, Recover, SignOutScope, SignUp, VerifyOtp,
    auth::FlowKind, types::OtpType,
};
use gotrue_fake::{FakeServer, ManualClock};
use serde_json::json;

use crate::play::{EMAIL, PASSWORD, names, world};

#[tokio::test]
async fn each_change_has_exactly_one_event() {
    let clock = ManualClock::new();
    let server = FakeServer::builder().clock(clock.clone()).start().await;
    let client = server.client_builder().clock(clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    let mut events = auth.events();
    assert_eq!(names(&mut events).await, ["initial: none"]);
    auth.sign_out(SignOutScope::Local).await.unwrap();
    assert!(auth.sign_in(Password::email(EMAIL, PASSWORD)).await.is_err());
    assert!(names(&mut events).await.is_empty());

    auth.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap();
    auth.access_token().await.unwrap();
    auth.user().update(ProfileUpdate::new().data(json!({ "a": 1 }))).await.unwrap();
    assert_eq!(auth.session().unwrap().user().user_metadata.as_ref().unwrap()["a"], 1);
    auth.refresh().await.unwrap();
    client.recover(Recover::email(EMAIL)).await.unwrap();
    let code = server.last_message_to(EMAIL).unwrap().code;
    auth.verify_otp(VerifyOtp::email(EMAIL, code).otp_type(OtpType::Recovery)).await.unwrap();
    auth.sign_out(SignOutScope::Local).await.unwrap();
    let seen = names(&mut events).await;
    assert_eq!(seen, ["signed in", "user updated", "refreshed", "recovery", "signed out: requested"]);
    assert_eq!(names(&mut auth.events()).await, ["initial: none"]);
}

#[tokio::test]
async fn a_second_factor_raises_the_level_of_the_stored_session() {
    let world = world().await;
    let mut events = world.auth.events();
    let mfa = world.auth.user().mfa();
    let factor = mfa.enroll_totp(gotrue::user::EnrollTotp::new()).await.unwrap();
    let code = world.server.totp_code(&factor.secret).unwrap();
    let session = world.auth.user().mfa().challenge_and_verify(factor.id, code).await.unwrap();
    let assurance = gotrue::user::Assurance::of(session.access_token(), session.user());
    assert_eq!(assurance.current, Some(gotrue::types::AssuranceLevel::Aal2));
    assert_eq!(world.auth.session().unwrap().access_token(), session.access_token());
    world.auth.refresh().await.unwrap();
    let seen = names(&mut events).await;
    assert_eq!(seen, ["initial: session", "mfa verified", "refreshed"]);
}

#[tokio::test]
async fn a_flow_ends_with_the_event_of_its_kind() {
    let world = world().await;
    let client = world.auth.client();
    let mut flows = client.pkce_flows();
    let mut events = world.auth.events();
    let open = |link: gotrue::Secret| async move {
        let http = gotrue::reqwest::Client::builder().redirect(gotrue::reqwest::redirect::Policy::none());
        let reply = http.build().unwrap().get(link.expose()).send().await.unwrap();
        Callback::parse(&reply.headers()["location"].to_str().unwrap().parse().unwrap())
    };
    let flow = flows.start(FlowKind::Recovery).unwrap();
    let back = flow.redirect_to("https://app.example.com/cb").unwrap();
    client.recover(Recover::email(EMAIL).redirect_to(back).pkce(flow.verifier())).await.unwrap();
    let callback = open(world.server.last_message_to(EMAIL).unwrap().link.unwrap()).await;
    world.auth.sign_in_from_callback(&mut flows, &callback).await.unwrap().session().unwrap();

    let (url, flow) = {
        let flow = flows.start(FlowKind::SignIn).unwrap();
        let back = flow.redirect_to("https://app.example.com/cb").unwrap();
        (client.authorize("github").redirect_to(back).pkce_with(flow.verifier()).unwrap(), flow)
    };
    let reply = gotrue::reqwest::Client::builder().redirect(gotrue::reqwest::redirect::Policy::none()).build().unwrap();
    let to_provider = reply.get(url).send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let callback = open(to_provider.into()).await;
    world.auth.sign_in_from_callback(&mut flows, &callback).await.unwrap().session().unwrap();
    assert!(flows.take(flow.id()).is_err(), "a flow ends once");
    assert_eq!(names(&mut events).await, ["initial: session", "recovery", "signed in"]);

    let lost = Callback::parse(&"https://app.example.com/cb?code=x&flow_id=unknown".parse().unwrap());
    assert!(matches!(world.auth.sign_in_from_callback(&mut flows, &lost).await, Err(Error::MissingVerifier)));
}

#[tokio::test]
async fn a_slow_reader_learns_that_it_missed_events_and_blocks_no_one() {
    let world = world().await;
    let mut slow = world.auth.events();
    for _ in 0..100 {
        world.auth.refresh().await.unwrap();
    }
    let seen = names(&mut slow).await;
    assert_eq!(seen[..2], ["initial: session", "missed 36"]);
    assert_eq!(seen.len(), 2 + 64);
}

#[tokio::test]
async fn any_method_may_be_called_while_handling_an_event() {
    let world = world().await;
    let auth = world.auth.clone();
    let mut events = auth.events();
    let handler = tokio::spawn({
        let auth = auth.clone();
        async move {
            let mut handled = 0;
            while let Some(event) = events.next().await {
                let _ = auth.session();
                let _ = auth.access_token().await;
                let _ = auth.refresh().await;
                let _ = auth.user().get().await;
                let _ = auth.user().update(ProfileUpdate::new().data(json!({ "handled": handled }))).await;
                drop(auth.auto_refresh());
                drop(auth.events());
                let _ = auth.sign_in(Password::email(EMAIL, PASSWORD)).await;
                let _ = auth.sign_out(SignOutScope::Local).await;
                handled += 1;
                if handled == 3 || matches!(event, Event::Missed(_)) {
                    return handled;
                }
            }
            handled
        }
    });
    assert_eq!(handler.await.unwrap(), 3);
}
