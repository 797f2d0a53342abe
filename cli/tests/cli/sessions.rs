//! `gotrue users sessions`.

use gotrue::SignUp;
use gotrue_fake::FakeServer;

use super::{
    account::{ADDRESS, PASSWORD},
    terminal::Terminal,
};

#[tokio::test]
async fn an_operator_ends_all_sessions_of_a_user() {
    let server = FakeServer::builder().hs256(true).start().await;
    let client = server.client().unwrap();
    client.sign_up(SignUp::email(ADDRESS, PASSWORD)).await.unwrap();
    client.sign_up(SignUp::email("grace@example.com", PASSWORD)).await.unwrap();
    let (mut operator, mut ada, mut grace) = (Terminal::at(&server), Terminal::at(&server), Terminal::at(&server));
    assert_eq!(ada.answer("login ada@example.com", PASSWORD).exit, 0);
    assert_eq!(grace.answer("login grace@example.com", PASSWORD).exit, 0);

    let shown = operator.run("users sessions ada@example.com");
    assert_eq!(shown.exit, 0, "{}", shown.err);
    assert!(shown.out.contains("login") && !shown.out.contains("grace@"), "{}", shown.out);
    assert!(shown.err.contains("cannot list sessions"), "{}", shown.err);
    assert_eq!(operator.run("users sessions ada@example.com --limit 1 --json").out.lines().count(), 1);

    let refused = operator.run("users sessions ada@example.com --end --yes");
    assert_eq!(refused.exit, 2);
    assert!(refused.err.contains("GOTRUE_JWT_SECRET") && refused.err.contains("users update --password"));
    operator.set("GOTRUE_JWT_SECRET", server.hs256_secret().expose());
    assert_eq!(operator.run("users sessions ada@example.com --end").exit, 2, "requires confirmation");
    assert_eq!(ada.run("whoami").exit, 0);

    let ended = operator.run("users sessions ada@example.com --end --yes");
    assert_eq!(ended.exit, 0, "{}", ended.err);
    assert!(ended.err.contains("ended all sessions of ada@example.com"), "{}", ended.err);
    assert_eq!(ada.run("whoami").exit, 4);
    assert_eq!(grace.run("whoami").exit, 0, "of this user only");
}
