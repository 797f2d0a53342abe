//! A session in a callback is as old as the redirect, however late it is used, and whatever the device's clock says.

use std::time::Duration;

use gotrue::{Callback, Clock, MemoryStore, Provider, Secret, auth::CallbackSession, chrono::TimeDelta};
use gotrue_fake::{FakeServer, ManualClock};

use crate::pkce_flows::browse;

const LIFETIME: i64 = 3600;

/// What the redirect says of the expiry: besides `expires_in`, `expires_at`, which older servers do not send.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expiry {
    ByTime,
    ByTokenAlone,
    /// `expires_at` of a server whose clock was wrong, or of a proxy.
    TooLate,
    NotATime,
}

struct World {
    server: FakeServer,
    clock: ManualClock,
}

impl World {
    async fn start() -> Self {
        let clock = ManualClock::new();
        let server = FakeServer::builder().clock(clock.clone()).start().await;
        Self { server, clock }
    }

    /// The tokens of a redirect, as they arrive at once.
    async fn tokens(&self, expiry: Expiry) -> CallbackSession {
        let client = self.server.client().unwrap();
        let url = client.authorize(Provider::Github).redirect_to("https://app.example.com/cb").url().unwrap();
        let mut url = browse(url.as_str()).await;
        let fragment = url.fragment().unwrap().to_owned();
        let sent = fragment.split('&').find(|part| part.starts_with("expires_at=")).unwrap().to_owned();
        let changed = match expiry {
            Expiry::ByTime => sent.clone(),
            Expiry::ByTokenAlone => "x=y".to_owned(),
            Expiry::TooLate => "expires_at=99999999999".to_owned(),
            Expiry::NotATime => "expires_at=9223372036854775807".to_owned(),
        };
        url.set_fragment(Some(&fragment.replace(&sent, &changed)));
        let Callback::Session(tokens) = Callback::parse(&url) else { panic!("{url}") };
        assert_eq!(tokens.expires_in, LIFETIME);
        tokens
    }

    /// A device whose clock is off by this much.
    fn device(&self, off: TimeDelta) -> ManualClock {
        ManualClock::at(self.clock.now() + off)
    }
}

/// For how long the server accepts a token.
fn remaining(world: &World, token: &Secret) -> i64 {
    (gotrue::Claims::read_unverified(token).unwrap().exp - world.clock.now()).num_seconds()
}

#[tokio::test]
async fn the_lifetime_counts_from_the_redirect() {
    let (exact, slow, fast) = (TimeDelta::zero(), TimeDelta::minutes(-90), TimeDelta::hours(20));
    let world = World::start().await;
    for (delay, expiry, off) in [
        (0, Expiry::ByTime, exact),
        (55 * 60, Expiry::ByTime, exact),
        (LIFETIME - 1, Expiry::ByTime, exact),
        (LIFETIME, Expiry::ByTime, exact),
        (8 * 3600, Expiry::ByTime, exact),
        (55 * 60, Expiry::ByTokenAlone, exact),
        (LIFETIME, Expiry::ByTokenAlone, exact),
        (55 * 60, Expiry::TooLate, exact),
        (LIFETIME, Expiry::TooLate, exact),
        (55 * 60, Expiry::NotATime, exact),
        (55 * 60, Expiry::ByTime, slow),
        (LIFETIME + 1, Expiry::ByTime, slow),
        (0, Expiry::ByTime, fast),
        (55 * 60, Expiry::ByTokenAlone, fast),
    ] {
        let case = format!("{delay} s late, {expiry:?}, device off by {off}");
        let tokens = world.tokens(expiry).await;
        world.clock.advance(Duration::from_secs(delay.unsigned_abs()));
        let device = world.device(off);
        let client = world.server.client_builder().clock(device.clone()).build().unwrap();
        let session = client.session_from_callback(tokens.clone()).await.expect(&case);

        // A fast clock that is not corrected yet costs one refresh.
        let is_refreshed = session.access_token() != &tokens.access_token;
        assert_eq!(is_refreshed, delay >= LIFETIME || off == fast, "{case}");
        let good = remaining(&world, session.access_token());
        assert_eq!(good, if is_refreshed { LIFETIME } else { LIFETIME - delay }, "{case}");
        assert_eq!(session.expires_in(), good, "{case}");
        assert_eq!((session.expires_at() - device.now()).num_seconds(), good, "{case}");
        assert_eq!(session.provider_token().map(Secret::expose), Some("github-access-token"), "{case}");
        assert_eq!(session.token_type(), "bearer");
        // The refresh token is the current one.
        client.refresh(session.refresh_token()).await.expect(&case);
    }
}

#[tokio::test]
async fn a_kept_session_is_refreshed_when_due() {
    let world = World::start().await;
    let tokens = world.tokens(Expiry::ByTime).await;
    world.clock.advance(Duration::from_secs(55 * 60));
    let client = world.server.client_builder().clock(world.clock.clone()).build().unwrap();
    let auth = client.session_manager(MemoryStore::new()).await.unwrap();
    auth.set_from_callback(tokens.clone()).await.unwrap();
    assert_eq!(auth.access_token().await.unwrap(), tokens.access_token);
    world.clock.advance(Duration::from_secs(5 * 60));
    let token = auth.access_token().await.unwrap();
    assert_ne!(token, tokens.access_token);
    client.user(token).get().await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_not_expired_but_rejected_is_an_error() {
    let world = World::start().await;
    let mut tokens = world.tokens(Expiry::ByTime).await;
    tokens.access_token = "forged".into();
    let client = world.server.client_builder().clock(world.clock.clone()).build().unwrap();
    let error = client.session_from_callback(tokens.clone()).await.unwrap_err();
    assert_eq!(error.code(), Some(&gotrue::ErrorCode::BadJwt));
    // The refresh token was not used.
    client.refresh(&tokens.refresh_token).await.unwrap();
}

#[tokio::test]
async fn an_expired_session_whose_refresh_token_is_rejected_is_an_error() {
    let world = World::start().await;
    let mut tokens = world.tokens(Expiry::ByTime).await;
    tokens.refresh_token = "unknown12345".into();
    world.clock.advance(Duration::from_secs(2 * 3600));
    let client = world.server.client_builder().clock(world.clock.clone()).build().unwrap();
    assert!(client.session_from_callback(tokens).await.unwrap_err().ends_session());
}

#[tokio::test]
async fn a_token_never_lives_longer_than_its_lifetime() {
    // A token that cannot be read, and an expiry that makes no sense.
    let server =
        support::server_that_answers(wiremock::ResponseTemplate::new(200).set_body_json(support::user())).await;
    let client = support::client_of(&server);
    for expires_at in ["&expires_at=99999999999", "&expires_at=soon", ""] {
        let url = format!("app:/cb#access_token=a{expires_at}&expires_in=60&refresh_token=r&token_type=bearer");
        let Callback::Session(tokens) = Callback::parse(&url.parse().unwrap()) else { panic!("{url}") };
        assert_eq!(client.session_from_callback(tokens).await.unwrap().expires_in(), 60, "{url}");
    }
}
