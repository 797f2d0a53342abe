//! Tokens, sessions and redirects.

use std::time::Duration;

use gotrue::reqwest::Method;
use gotrue_fake::FakeServer;
use serde_json::{Value, json};

use crate::{EMAIL, PASSWORD, World, claims, part, refusal, token};

/// An Ed25519 key of RFC 8037, appendix A.1, and two more.
const KEYS: &str = r#"[
    {"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"new","key_ops":["sign","verify"],
     "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty":"oct","alg":"HS256","kid":"old","key_ops":["verify"],"k":"c2VjcmV0"}
]"#;

/// A throw-away RSA key.
const RSA_KEY: &str = "\
    [{\"kty\":\"RSA\",\"alg\":\"RS256\",\"kid\":\"rsa\",\"key_ops\":[\"sign\",\"verify\"],\"n\":\"0jAxsmiT6TZXBa7qMydjx9D\
    XM1Gd6sgfX69J2oQ5CBL0U6ve9AIBq2RqziGXaMRRJxl9Or-en28RFQV7EFu7lKwoJHwnoQls55N6MNXIu5Skg5HEt7e8Fyd\
    XsHkPM3py3kR3K_1aWjJICqX5UU2g8tGFmmqU0oEs5d3MPsOgspZxHslhoFFo5AhfwEjxFLLwmNlb1jdMUUh4o12Ff9cesNL\
    fRWMzwA6hxyN0ORI3K-RoFlpp8T1wjbVdC7USVg52yXb19krYM2wrVA2rAtGRI74vJM27znf3ii0xFKDfL9Z7KRsNJ-lYx8o\
    B6sMgrDlUG6SU_6foCXA0eM24UBqcFQ\",\"e\":\"AQAB\",\"d\":\"FXKsh4-LVFdiruZH6Ltiv6-MXiS8cApGxU1ORHmMlknU27r\
    kj9Kql_IxweIEoMCzpUFBGZ8XER7Ux-fcxHEP5Z5hpEN1CcY78i-G3vfZuWZ0GSblQ3gAvf4aQRxBVFfw48RpwrfiIeUSm9-\
    O3uCEhXKi5vxsPkTHL5ef8WGmAsMO47OfEfcp5XwBtnkE0FmWMbIvNzTkM3v7RnPJ_3z-3EkXOm0m3dDEnHTTkB44BOdMYr_\
    PmZ3ZaxmlH8kREAih2JBrgtS7B72OgkkK6HRE-bznhLcflS3EvrgEzkh7_EK4jcraQEy7oAoJ3RlwzaLepW-vkSvxszrKvi0\
    xP0vWoQ\",\"p\":\"7DBJuS99s9-QcYEpiERGbobpFwPU40eR5S4A_wi3lBz8xITnz4MTb5ktyyTqmdruj61ewYs4diZ0TclZiO\
    PJ7CeG2PKMS0LlMjvICGKJJac7Ds_VSreiabQVh2ClJnntJ5q5KD9-41xFr3XjYrF9emsNNAPGYPdiAOBXnDOlDzE\",\"q\":\"\
    49GYuKFH7n1heL7psOuWbGR-rNpXtuesyRKYeWaumdJK6qH_C7Jrlwore1_ET1qErXBElnKigCNECXF5MNyaaLVpl92qTjfg\
    5zlTPI02ZHsUz8QrZpHVsOHpNW8bFP7FLXxgBEq9VquhV6NkYygDSjQIjfzqAvo56zVk7MI_iiU\",\"dp\":\"axF0yjMiK8FED\
    IA94Jz6xK35ykodXq6aD6dsIjDEb6s4VqndH-_Ohr-Mx9NDWl2p2Y4BL4G6Ja1G-eA1610_swM0GPLS8Gcx2TTKeCqa-2u01\
    QEYMpfOU1akj8sa8rdA77wvBXTLQ6wXlvO9EYdeV3lh8dtoOZrLXZRVguTShXE\",\"dq\":\"bjZi1McpfmXntrtdYLrIPc3sPo\
    EuuAyiWXAGlYyoYUAMADC4qxb418wStw_gb6dR0noipEn29ViaPJtJzuqaRJem6tJQ5qA_zHy-GOgT7U5iBhVYDbn1kCnqYX\
    BLwL9z8opeBRWHPZuwZS5ljVa5KLe9f7tgFmqphHGDTsq2ZIU\",\"qi\":\"2EVzsQGkSGe_yrSrH8sJkh9_0QI4RTWXVNS9NNZ\
    q_mcWO3UyLFN-o6mI7hvd0pYvecHFujEmnhtztol5QagXe5q4DglPfHlcJZYxfB2j2BHO_AfaQBzTx2Hu1hdhvtLuTLKQtHm\
    1QDgOJHtZY4vijr2hLfjPNNyE4ituMJq6xt8\"}]";

/// A throw-away P-521 key.
const P521_KEY: &str = r#"[
    {"kty":"EC","crv":"P-521","alg":"ES512","kid":"p521","key_ops":["sign","verify"],
     "d":"AUpVQTlsWgc7KpX4uZ9m6lBxalwEvFjrhvPKLgzxWA6DfmqABJ938pAMAvBNLeGGwFnnPSHCK6D6CH5YFhP63oKU",
     "x":"AdWfwsT2ryNYixE1rovGsnS82lJHp-9XuPeGzArNvbblhF5LqSwXgRhEGPMqXojPBfTCICQDi5G8SWRopxkSYY6d",
     "y":"AFW9jOocsZ4uqZmMB8wx5C-CQMU-SKb7dJcEBrTEvuiin3Qy-Cei4idHzqlEMt2VcI6tfP3GlkDwz7t171BLG5OX"}
]"#;

async fn refresh(world: &World, session: &Value) -> (u16, Value) {
    world.post("/token?grant_type=refresh_token", json!({ "refresh_token": session["refresh_token"] })).await
}

#[tokio::test]
async fn tokens_have_the_claims_of_the_settings() {
    let settings = [
        ("GOTRUE_JWT_EXP", "120"),
        ("GOTRUE_JWT_ISSUER", "https://auth.example.com"),
        ("GOTRUE_JWT_AUD", "staff"),
        ("GOTRUE_JWT_DEFAULT_GROUP_NAME", "clerk"),
        ("GOTRUE_JWT_SECRET", "a-secret-of-at-least-32-characters"),
        ("GOTRUE_JWT_KEY_ID", "key-1"),
    ];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    let claims = claims(&session);
    assert_eq!(session["expires_in"], 120);
    assert_eq!(claims["exp"], claims["iat"].as_i64().unwrap() + 120);
    assert_eq!(claims["iss"], "https://auth.example.com");
    assert_eq!((&claims["aud"], &claims["role"]), (&json!("staff"), &json!("clerk")));
    assert_eq!(world.server.hs256_secret().expose(), "a-secret-of-at-least-32-characters");
    assert_eq!(world.get("/.well-known/jwks.json").await["keys"], json!([]));
}

#[tokio::test]
async fn keys_sign_and_verify() {
    let world = World::with(&[("GOTRUE_JWT_KEYS", KEYS), ("GOTRUE_JWT_SECRET", "secret")]).await;
    let session = world.sign_up().await;
    assert_eq!(world.send(Method::GET, "/user", token(&session), json!({})).await.0, 200);
    let keys = &world.get("/.well-known/jwks.json").await["keys"];
    assert_eq!((&keys[0]["kid"], &keys[0]["key_ops"], &keys[1]), (&json!("new"), &json!(["verify"]), &json!(null)));
    assert!(keys[0].get("d").is_none(), "the private key stays private");
    // A token without a key id is verified with the shared secret, as long as a key has its algorithm.
    let old = FakeServer::builder().jwt_secret("secret").start().await;
    assert_eq!(world.send(Method::GET, "/admin/users", old.service_key().expose(), json!({})).await.0, 200);

    let not_signing = KEYS.replace("\"sign\",", "");
    for (bad, why) in [
        ("x", "expected a list of JSON Web Keys"),
        ("", "expected a list of JSON Web Keys"),
        (not_signing.as_str(), "no key has the operation \"sign\""),
        (r#"[{"kty":"EC","crv":"P-384","alg":"ES384"}]"#, "unsupported key: kty \"EC\", alg \"ES384\""),
        (r#"[{"kty":"EC","crv":"P-521","alg":"ES512","d":"AQ"}]"#, "a key has no valid member \"d\""),
        // The coordinates are those of no point.
        (&P521_KEY.replace("\"x\"", "\"z\"").replace("\"y\"", "\"x\"").replace("\"z\"", "\"y\""), "a key is malformed"),
        (r#"[{"kty":"EC","crv":"P-256","alg":"ES256"}]"#, "a key has no valid member \"d\""),
    ] {
        let error = FakeServer::builder().variables([("GOTRUE_JWT_KEYS", bad)]).unwrap_err();
        assert_eq!(error.to_string(), format!("GOTRUE_JWT_KEYS: {why}"));
    }
}

#[tokio::test]
async fn a_p521_key_signs() {
    let world = World::with(&[("GOTRUE_JWT_KEYS", P521_KEY)]).await;
    let session = world.sign_up().await;
    let client = gotrue::Client::builder().base_url(world.server.url()).clock(world.clock.clone()).build().unwrap();
    client.jwt_verifier().verify(&token(&session).into()).await.unwrap();
    assert_eq!(world.send(Method::GET, "/user", token(&session), json!({})).await.0, 200);
    let keys = &world.get("/.well-known/jwks.json").await["keys"];
    assert_eq!((&keys[0]["alg"], &keys[0]["crv"]), (&json!("ES512"), &json!("P-521")));
    assert!(keys[0].get("d").is_none(), "the private key stays private");
    let (start, signature) = token(&session).rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{start}.{first}{}", &signature[1..]);
    assert_eq!(world.send(Method::GET, "/user", &forged, json!({})).await.0, 403);
}

#[tokio::test]
async fn an_rsa_key_signs() {
    let world = World::with(&[("GOTRUE_JWT_KEYS", RSA_KEY)]).await;
    let session = world.sign_up().await;
    assert_eq!(world.send(Method::GET, "/user", token(&session), json!({})).await.0, 200);
    let header = part(&session, 0);
    assert_eq!((&header["alg"], &header["kid"]), (&json!("RS256"), &json!("rsa")));
    let key = &world.get("/.well-known/jwks.json").await["keys"][0];
    assert_eq!((&key["kty"], &key["e"], &key["key_ops"]), (&json!("RSA"), &json!("AQAB"), &json!(["verify"])));
    assert!(
        ["d", "p", "q", "dp", "dq", "qi"].iter().all(|name| key.get(name).is_none()),
        "the private key stays private"
    );
    // A client verifies the token with the published key.
    let client = world.server.client().unwrap();
    let verifier = client.jwt_verifier();
    assert!(verifier.verify(&token(&session).into()).await.is_ok());
}

#[tokio::test]
async fn algorithms_of_accepted_tokens_are_chosen() {
    let refused = |algorithm: &str| {
        let why = format!("token signature is invalid: signing method {algorithm} is invalid");
        json!(format!("invalid JWT: unable to parse or verify signature, {why}"))
    };
    let world = World::with(&[("GOTRUE_JWT_SECRET", "secret"), ("GOTRUE_JWT_VALID_METHODS", "RS256,ES256")]).await;
    let session = world.sign_up().await;
    let (status, body) = world.send(Method::GET, "/user", token(&session), json!({})).await;
    assert_eq!((status, &body["msg"]), (403, &refused("HS256")));
    // By default, they are those of the keys.
    let other = World::with(&[]).await;
    let (status, body) = other.send(Method::GET, "/user", token(&session), json!({})).await;
    assert_eq!((status, &body["msg"]), (403, &refused("HS256")));
}

#[tokio::test]
async fn administrators_are_signed_out_when_their_session_ends() {
    let world = World::with(&[("GOTRUE_SESSIONS_TIMEBOX", "10m"), ("GOTRUE_JWT_ADMIN_ROLES", "authenticated")]).await;
    let session = world.sign_up().await;
    let list = || world.send(Method::GET, "/admin/users", token(&session), json!({}));
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(list().await.0, 200);
    world.clock.advance(Duration::from_secs(1));
    let refused = list().await;
    assert_eq!(refusal(&refused), (403, "session_expired"));
    assert_eq!(refused.1["msg"], "Session is no longer valid");
    // The server checks that only here.
    assert_eq!(world.send(Method::GET, "/user", token(&session), json!({})).await.0, 200);
}

#[tokio::test]
async fn roles_of_administrators_are_chosen() {
    let world = World::with(&[("GOTRUE_JWT_ADMIN_ROLES", "root")]).await;
    let refused = world.send(Method::GET, "/admin/users", world.server.service_key().expose(), json!({})).await;
    assert_eq!(refusal(&refused), (403, "not_admin"));
}

#[tokio::test]
async fn sessions_end() {
    for (name, why) in [
        ("GOTRUE_SESSIONS_TIMEBOX", "Session Expired"),
        ("GOTRUE_SESSIONS_INACTIVITY_TIMEOUT", "Session Expired (Inactivity)"),
    ] {
        let world = World::with(&[(name, "1h")]).await;
        let session = world.sign_up().await;
        world.clock.advance(Duration::from_secs(3600));
        let (status, session) = refresh(&world, &session).await;
        assert_eq!(status, 200, "{name}");
        world.clock.advance(Duration::from_secs(3601));
        let refused = refresh(&world, &session).await;
        assert_eq!(refusal(&refused), (400, "session_expired"), "{name}");
        assert_eq!(refused.1["msg"], format!("Invalid Refresh Token: {why}"));
    }
}

#[tokio::test]
async fn a_newer_session_ends_the_older_one() {
    let world = World::with(&[("GOTRUE_SESSIONS_SINGLE_PER_USER", "true")]).await;
    let older = world.sign_up().await;
    world.clock.advance(Duration::from_secs(1));
    let password = json!({ "email": EMAIL, "password": PASSWORD });
    let (_, newer) = world.post("/token?grant_type=password", password).await;
    let refused = refresh(&world, &older).await;
    assert_eq!(refused.1["msg"], "Invalid Refresh Token: Session Expired (Revoked by Newer Login)");
    assert_eq!(refresh(&world, &newer).await.0, 200);
}

#[tokio::test]
async fn a_session_without_the_second_factor_ends_early() {
    let world = World::with(&[("GOTRUE_SESSIONS_ALLOW_LOW_AAL", "10m")]).await;
    let session = world.sign_up().await;
    let factor = json!({ "factor_type": "totp", "friendly_name": "app" });
    let (_, factor) = world.send(Method::POST, "/factors", token(&session), factor).await;
    let path = format!("/factors/{}", factor["id"].as_str().unwrap());
    let (_, challenge) = world.send(Method::POST, &format!("{path}/challenge"), token(&session), json!({})).await;
    let code = world.server.totp_code(&factor["totp"]["secret"].as_str().unwrap().into()).unwrap();
    let body = json!({ "challenge_id": challenge["id"], "code": code });
    let (_, raised) = world.send(Method::POST, &format!("{path}/verify"), token(&session), body).await;
    assert_eq!(raised["expires_in"], 3600);
    let password = json!({ "email": EMAIL, "password": PASSWORD });
    let (_, low) = world.post("/token?grant_type=password", password).await;
    assert_eq!(low["expires_in"], 600);
    world.clock.advance(Duration::from_secs(601));
    let refused = refresh(&world, &low).await;
    let message = "Invalid Refresh Token: Session Expired (Low AAL: User Needs MFA Verification)";
    assert_eq!(refused.1["msg"], message);
    assert_eq!(refresh(&world, &raised).await.0, 200);
}

#[tokio::test]
async fn refresh_tokens_follow_the_settings() {
    let settings = [
        ("GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION", "2"),
        ("GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL", "5"),
        ("GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE", "true"),
    ];
    let world = World::with(&settings).await;
    let session = world.sign_up().await;
    assert!(session["refresh_token"].as_str().unwrap().len() > 12);
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(refresh(&world, &session).await.0, 200, "reuse is allowed");
    }
}

#[tokio::test]
async fn redirects_lead_to_allowed_urls_or_the_site() {
    let settings =
        [("GOTRUE_SITE_URL", "https://app.example.com"), ("GOTRUE_URI_ALLOW_LIST", "https://*.example.com/**")];
    let world = World::with(&settings).await;
    for (asked, target) in [
        ("https://beta.example.com/back", "https://beta.example.com/back"),
        ("https://evil.example.org/", "https://app.example.com"),
    ] {
        let path = format!("/authorize?provider=github&redirect_to={asked}");
        let (_, redirect) = world.send(Method::GET, &path, "", json!({})).await;
        let callback = redirect["location"].as_str().unwrap().replace(&world.server.url(), "");
        let (_, back) = world.send(Method::GET, &callback, "", json!({})).await;
        assert!(back["location"].as_str().unwrap().starts_with(&format!("{target}#access_token=")), "{back}");
    }
}
