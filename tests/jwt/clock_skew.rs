//! Times are compared with the server's clock, as far as it is known.

use gotrue::{chrono::TimeDelta, error::TokenError};

use crate::{
    key_server::KeyServer,
    refusal,
    signer::{Signer, claims_with},
};
use serde_json::json;

const START: i64 = 1_767_225_600;

#[tokio::test]
async fn the_learnt_skew_counts_for_expiry_and_start() {
    let signer = Signer::ec("one");
    for ahead in [-86_400, -3600, -590, -60, -5, 0, 5, 60, 590, 3600, 86_400] {
        let server = KeyServer::start(&[&signer]).await;
        server.set_ahead(TimeDelta::seconds(ahead));
        // Issued now, by the server's clock, for a minute.
        let issued = START + ahead;
        let fresh = signer.sign(&claims_with(&json!({ "nbf": issued, "exp": issued + 60 })));
        let over = signer.sign(&claims_with(&json!({ "nbf": issued - 120, "exp": issued - 60 })));
        let early = signer.sign(&claims_with(&json!({ "nbf": issued + 60, "exp": issued + 120 })));
        let verifier = server.verifier();
        verifier.verify(&fresh).await.unwrap_or_else(|error| panic!("{ahead}: {error}"));
        assert!(matches!(refusal(verifier.verify(&over).await), TokenError::Expired(_)), "{ahead}");
        assert!(matches!(refusal(verifier.verify(&early).await), TokenError::NotYetValid(_)), "{ahead}");
        assert_eq!(server.client.clock_skew(), Some(TimeDelta::seconds(ahead)));

        server.advance(69);
        verifier.verify(&fresh).await.unwrap();
        verifier.verify(&early).await.unwrap();
        server.advance(1);
        assert!(matches!(refusal(verifier.verify(&fresh).await), TokenError::Expired(_)), "{ahead}");
    }
}

#[tokio::test]
async fn a_clock_that_is_corrected_is_noticed_with_the_next_response() {
    let signer = Signer::ec("one");
    let server = KeyServer::start(&[&signer]).await;
    // The client is an hour behind.
    server.set_ahead(TimeDelta::hours(1));
    let token = signer.sign(&claims_with(&json!({ "nbf": START + 3600, "exp": START + 7200 })));
    server.verifier().verify(&token).await.unwrap();
    server.clock.set(gotrue::Clock::now(&server.clock) + TimeDelta::hours(1));
    server.set_ahead(TimeDelta::zero());
    server.advance(600);
    server.client.jwks().await.unwrap();
    assert_eq!(server.client.clock_skew(), Some(TimeDelta::zero()));
    server.verifier().verify(&token).await.unwrap();
}
