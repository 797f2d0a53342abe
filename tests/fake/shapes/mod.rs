//! The fake server compared with recorded exchanges: each recorded request is sent to it in the same state, and the
//! response has the same status, headers and members, and errors have the same messages.

mod play;
mod shape;
mod state;

use std::{collections::BTreeMap, fs, path::Path};

use play::{Exchange, Play};

/// Exchanges that the fake server cannot replay, with the reason.
const NOT_PLAYED: [(&str, &str); 2] = [
    ("037-token_id_token-bad", "the real server could not reach the provider for its keys; this one has them"),
    ("083-authorize-pkce", "the real server could not reach the provider; this one is its own provider"),
];

/// Allowed differences: the exchange, the place in the response, and the reason.
const ALLOWED: [(&str, &str, &str); 16] = [
    ("001-health-ok", "/version", "the real server was built without a version"),
    ("006-openid_configuration-ok", "/issuer", "the real server was given none"),
    ("007-oauth_server_metadata-ok", "/issuer", "the real server was given none"),
    ("082-authorize-implicit", "location", OWN_PROVIDER),
    ("090-identity_link-redirect", "location", OWN_PROVIDER),
    ("220-authorize-provider-implicit", "location", OWN_PROVIDER),
    ("222-authorize-provider-pkce", "location", OWN_PROVIDER),
    ("198-oauth_token-authorization-code", "/id_token/claims/iss", "the real server was given none"),
    ("224-token_pkce-provider", "/access_token/claims/user_metadata/custom_claims", OWN_PROVIDER),
    ("224-token_pkce-provider", "/user/user_metadata/custom_claims", OWN_PROVIDER),
    ("224-token_pkce-provider", "/user/identities/identity_data/custom_claims", OWN_PROVIDER),
    ("225-token_id_token-ok", "/access_token/claims/user_metadata/custom_claims", OWN_PROVIDER),
    ("225-token_id_token-ok", "/user/user_metadata/custom_claims", OWN_PROVIDER),
    ("225-token_id_token-ok", "/user/identities/identity_data/", "the real server shows the identity as it was before"),
    ("227-user_get-provider-user", "/user_metadata/custom_claims", OWN_PROVIDER),
    ("247-factor_verify-webauthn-request", LAST_CHALLENGE, "it is what a library has read out of the credential"),
];

const OWN_PROVIDER: &str = "the fake is its own provider, who agrees at once";
const LAST_CHALLENGE: &str = "/user/factors/last_webauthn_challenge_data";

fn recorded() -> Vec<Exchange> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |file: &Path| file.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|file| Exchange::parse(&name(file), &fs::read_to_string(file).unwrap())).collect()
}

#[tokio::test]
async fn each_recorded_exchange_has_a_response_of_the_same_shape() {
    let mut play = Play::start().await;
    let (mut played, mut wrong, mut allowed) = (0, BTreeMap::new(), [false; ALLOWED.len()]);
    for exchange in recorded().iter().filter(|exchange| why_not(exchange).is_none()) {
        play.prepare(exchange).await;
        let came = play.send(exchange).await;
        let mut differences = shape::differences(&exchange.recorded(), &came);
        differences.retain(|difference| {
            let place = ALLOWED.iter().position(|(name, at, _)| *name == exchange.name && difference.starts_with(at));
            place.inspect(|place| allowed[*place] = true).is_none()
        });
        if !differences.is_empty() {
            wrong.insert(exchange.name.clone(), differences);
        }
        played += 1;
    }
    let lines = wrong.iter().map(|(name, differences)| format!("{name}: {}", differences.join("; ")));
    assert!(wrong.is_empty(), "{} of {played} differ:\n{}", wrong.len(), lines.collect::<Vec<_>>().join("\n"));
    // A difference that no longer exists must not be allowed.
    let unused: Vec<_> =
        ALLOWED.iter().zip(allowed).filter(|(_, is_used)| !is_used).map(|(allowed, _)| allowed).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

fn why_not(exchange: &Exchange) -> Option<&'static str> {
    NOT_PLAYED.iter().find(|(name, _)| *name == exchange.name).map(|(_, why)| *why)
}

#[test]
fn the_exceptions_are_recorded_exchanges() {
    let names: Vec<String> = recorded().into_iter().map(|exchange| exchange.name).collect();
    for (name, why) in NOT_PLAYED.into_iter().chain(ALLOWED.iter().map(|(name, _, why)| (*name, *why))) {
        assert!(names.iter().any(|known| known == name), "{name} is not recorded ({why})");
    }
    assert!(names.len() - NOT_PLAYED.len() > 190, "{} are played", names.len() - NOT_PLAYED.len());
}
