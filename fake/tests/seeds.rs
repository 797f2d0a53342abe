//! Two servers are two servers, unless they have the same seed.

use gotrue::{Client, Password, Session, SignUp};
use gotrue_fake::{FakeServer, FakeServerBuilder, ManualClock};

/// What a server makes up for the same sign-up.
async fn session(builder: FakeServerBuilder) -> (FakeServer, Client, Session) {
    let server = builder.clock(ManualClock::new()).start().await;
    let client = server.client_builder().clock(ManualClock::new()).build().unwrap();
    client.sign_up(SignUp::email("ada@example.com", "correct-horse-7")).await.unwrap();
    let session = client.sign_in(Password::email("ada@example.com", "correct-horse-7")).await.unwrap();
    (server, client, session)
}

/// The token without its signature, which is random.
fn signed_part(session: &Session) -> String {
    session.access_token().expose().rsplit_once('.').unwrap().0.to_owned()
}

#[tokio::test]
async fn servers_with_the_same_seed_do_the_same() {
    let [first, second] = [session(FakeServer::builder().seed(7)).await, session(FakeServer::builder().seed(7)).await];
    assert_eq!(first.2.user().id, second.2.user().id);
    assert_eq!(first.2.refresh_token(), second.2.refresh_token());
    assert_eq!(signed_part(&first.2), signed_part(&second.2));
    let keys = [first.1.jwks().await.unwrap(), second.1.jwks().await.unwrap()];
    assert_eq!(serde_json::to_value(&keys[0]).unwrap(), serde_json::to_value(&keys[1]).unwrap());
    assert!(second.1.user(first.2.access_token()).get().await.is_ok());
}

#[tokio::test]
async fn servers_without_a_seed_refuse_the_tokens_of_each_other() {
    for hs256 in [false, true] {
        let builder = || FakeServer::builder().hs256(hs256);
        let [first, second] = [session(builder()).await, session(builder()).await];
        assert_ne!(first.2.user().id, second.2.user().id);
        let refused = second.1.user(first.2.access_token()).get().await.unwrap_err();
        assert_eq!(refused.code().unwrap(), "bad_jwt");
        let refused = second.1.admin(first.0.service_key()).users().list().get().await.unwrap_err();
        assert_eq!(refused.code().unwrap(), "bad_jwt");
        let refused = second.1.refresh(first.2.refresh_token()).await.unwrap_err();
        assert_eq!(refused.code().unwrap(), "refresh_token_not_found");
    }
}

#[tokio::test]
async fn servers_beside_each_other_share_users_but_not_settings() {
    let open = FakeServer::builder().jwt_secret("one").start().await;
    let closed = FakeServer::builder().jwt_secret("one").disable_signup(true).beside(&open).start().await;
    let foreign = FakeServer::builder().jwt_secret("two").beside(&open).start().await;
    let ada = SignUp::email("ada@example.com", "correct-horse-7");
    let ada = open.client().unwrap().sign_up(ada).await.unwrap().session().unwrap();
    let refused = closed.client().unwrap().sign_up(SignUp::email("bob@example.com", "correct-horse-7")).await;
    assert_eq!(refused.unwrap_err().code().unwrap(), "signup_disabled");
    // The settings of one are not those of the next request to another.
    open.client().unwrap().sign_up(SignUp::email("bob@example.com", "correct-horse-7")).await.unwrap();
    let known = closed.client().unwrap().user(ada.access_token()).get().await.unwrap();
    assert_eq!(known.id, ada.user().id);
    let refused = foreign.client().unwrap().user(ada.access_token()).get().await;
    assert_eq!(refused.unwrap_err().code().unwrap(), "bad_jwt");
    let admin = foreign.client().unwrap().admin(foreign.service_key());
    assert_eq!(admin.users().list().get().await.unwrap().items.len(), 2);
    // A snapshot is of all of them.
    closed.restore(&open.snapshot()).unwrap();
    assert_eq!(closed.client().unwrap().settings().await.unwrap().disable_signup, Some(true));
    assert_eq!(open.client().unwrap().settings().await.unwrap().disable_signup, Some(false));
}
