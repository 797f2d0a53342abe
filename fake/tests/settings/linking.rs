//! Linking domains: which providers share accounts by email address.

use gotrue::reqwest::Method;
use serde_json::{Value, json};

use crate::{EMAIL, PASSWORD, World, claims, refusal, token};

impl World {
    /// Signs in with a provider whose user has the address, and returns the session.
    async fn sign_in_at(&self, provider: &str) -> Value {
        let mut location = self.server.url() + &format!("/authorize?provider={provider}&login_hint={EMAIL}");
        for _ in 0..2 {
            let path = location.strip_prefix(&self.server.url()).unwrap().to_owned();
            let (_, body) = self.send(Method::GET, &path, "", json!({})).await;
            location = body["location"].as_str().unwrap().to_owned();
        }
        let (_, fragment) = location.split_once('#').unwrap_or_else(|| panic!("{location}"));
        let access_token = fragment.split('&').find_map(|pair| pair.strip_prefix("access_token=")).unwrap();
        json!({ "access_token": access_token })
    }

    async fn user_at(&self, provider: &str) -> Value {
        claims(&self.sign_in_at(provider).await)["sub"].clone()
    }
}

#[tokio::test]
async fn providers_share_accounts_within_a_domain() {
    let by_pairs = [("GOTRUE_EXPERIMENTAL_PROVIDER_LINKING_DOMAINS", "google=social, gitlab = social")];
    let by_list = [("GOTRUE_EXPERIMENTAL_PROVIDERS_WITH_OWN_LINKING_DOMAIN", "google,gitlab")];
    for (kind, settings, shared) in [
        ("no domains", &[][..], vec!["password", "github", "google", "gitlab"]),
        ("a shared domain", &by_pairs[..], vec!["google", "gitlab"]),
        ("domains of their own", &by_list[..], vec!["password", "github"]),
    ] {
        let world = World::with(settings).await;
        let password = claims(&world.sign_up().await)["sub"].clone();
        let mut users = vec![("password", password)];
        for provider in ["github", "google", "gitlab"] {
            users.push((provider, world.user_at(provider).await));
        }
        for (one, first) in &users {
            for (other, second) in &users {
                let together = shared.contains(one) && shared.contains(other)
                    || settings == &by_pairs[..] && [one, other].iter().all(|way| ["password", "github"].contains(way));
                assert_eq!(first == second, one == other || together, "{kind}: {one} and {other}");
            }
            // The identity is found again, whatever the domain.
            if *one != "password" {
                assert_eq!(world.user_at(one).await, *first, "{kind}: {one} again");
            }
        }
    }
}

#[tokio::test]
async fn an_account_of_another_domain_has_an_address_of_its_own() {
    let settings = [("GOTRUE_EXPERIMENTAL_PROVIDER_LINKING_DOMAINS", "google=social")];
    let world = World::with(&settings).await;
    let theirs = world.sign_in_at("google").await;
    // The address is free for an account in the default domain, which alone is found by it.
    let session = world.sign_up().await;
    assert_ne!(claims(&session)["sub"], claims(&theirs)["sub"]);
    let (_, found) = world.post("/token?grant_type=password", json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(claims(&found)["sub"], claims(&session)["sub"]);
    for change in [json!({ "password": "another-horse-8" }), json!({ "email": "new@example.com" })] {
        let refused = world.send(Method::PUT, "/user", token(&theirs), change).await;
        assert_eq!(refusal(&refused), (422, "user_sso_managed"));
    }
    let kept = world.send(Method::PUT, "/user", token(&theirs), json!({ "data": { "plan": "free" } })).await;
    assert_eq!(kept.0, 200);
    let passkey = world.send(Method::POST, "/passkeys/registration/options", token(&theirs), json!({})).await;
    assert_eq!(passkey.1["msg"], "SSO users cannot register passkeys");
}
