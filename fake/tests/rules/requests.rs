//! Requests: bodies, credentials, paths and redirects.

use gotrue::{AuthorizationCode, PkceVerifier, Recover, SignInMessage, SignUp, VerifyOtp, reqwest};
use gotrue_fake::FakeServer;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{EMAIL, as_admin, send, sign_up};

#[tokio::test]
async fn bodies_are_read_as_go_reads_them() {
    let server = FakeServer::start().await;
    let body = r#"{"Email":"ada@example.com","password":"x","PASSWORD":"correct-horse-7","code_challenge":null}"#;
    let (status, session) = send(&server, Method::POST, "/signup", "", body).await;
    assert_eq!((status, &session["user"]["email"]), (StatusCode::OK, &json!(EMAIL)));
    let body = r#"{"email":"ada@example.com","phone":"","password":"correct-horse-7"}"#;
    let (status, _) = send(&server, Method::POST, "/token?grant_type=password", "", body).await;
    assert_eq!(status, StatusCode::OK);
    // A null body is an empty one, which signs up an anonymous user.
    let (status, session) = send(&server, Method::POST, "/signup", "", "null").await;
    assert_eq!((status, &session["user"]["is_anonymous"]), (StatusCode::OK, &json!(true)));
    let (status, error) = send(&server, Method::POST, "/signup", "", "[]").await;
    let message =
        "Could not parse request body as JSON: json: cannot unmarshal array into Go value of type api.SignupParams";
    assert_eq!((status, &error["msg"]), (StatusCode::BAD_REQUEST, &json!(message)));
}

#[tokio::test]
async fn a_challenge_method_may_be_in_any_case() {
    let server = FakeServer::start().await;
    let challenge = "a".repeat(43);
    for method in ["S256", "s256", "Plain"] {
        let body = json!({ "email": EMAIL, "code_challenge": challenge, "code_challenge_method": method });
        let (status, error) = send(&server, Method::POST, "/otp", "", &body.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{error}");
    }
}

#[tokio::test]
async fn a_refused_update_changes_nothing() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    for email in [EMAIL, "bob@example.com"] {
        client.sign_up(SignUp::email(email, "correct-horse-7")).await.unwrap();
        client.verify_otp(VerifyOtp::email(email, server.last_message_to(email).unwrap().code)).await.unwrap();
    }
    let session = client.sign_in(gotrue::Password::email(EMAIL, "correct-horse-7")).await.unwrap();
    let other = client.sign_in(gotrue::Password::email(EMAIL, "correct-horse-7")).await.unwrap();
    let token = format!("Bearer {}", session.access_token().expose());
    for wrong in [
        json!({ "email": "bob@example.com" }),
        json!({ "email": "bob" }),
        json!({ "phone": "0123" }),
        json!({ "app_metadata": {} }),
    ] {
        let mut body = json!({ "password": "another-horse-8", "data": { "color": "blue" } });
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let (status, error) = send(&server, Method::PUT, "/user", &token, &body.to_string()).await;
        assert!(status.is_client_error(), "{error}");
    }
    let user = client.user(other.access_token()).get().await.unwrap();
    assert_eq!(user.user_metadata.unwrap().get("color"), None);
    client.sign_in(gotrue::Password::email(EMAIL, "correct-horse-7")).await.unwrap();
    assert!(client.refresh(other.refresh_token()).await.is_ok());
    // An empty address is not given.
    let (status, _) = send(&server, Method::PUT, "/user", &token, r#"{"email":"","phone":"","data":{"a":1}}"#).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_banned_user_cannot_redeem_a_code_or_link() {
    let server = FakeServer::start().await;
    let (client, token) = sign_up(&server).await;
    client.recover(Recover::email(EMAIL)).await.unwrap();
    let message = server.last_message_to(EMAIL).unwrap();
    let id = client.user(&token).get().await.unwrap().id;
    let key = format!("Bearer {}", server.service_key().expose());
    send(&server, Method::PUT, &format!("/admin/users/{id}"), &key, r#"{"ban_duration":"1h"}"#).await;
    let refused = client.verify_otp(VerifyOtp::email(EMAIL, message.code)).await.unwrap_err();
    assert_eq!((refused.status().unwrap(), refused.code().unwrap().as_str()), (StatusCode::FORBIDDEN, "user_banned"));
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = http.get(message.link.unwrap().expose()).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.contains("error_code=user_banned"), "{location}");
}

#[tokio::test]
async fn a_flow_is_found_by_its_method() {
    let server = FakeServer::start().await;
    let (client, token) = sign_up(&server).await;
    let [recovery, change] = [(); 2].map(|()| PkceVerifier::generate().unwrap());
    let with = |verifier: &PkceVerifier, email: &str| {
        let challenge = verifier.challenge();
        json!({ "email": email, "code_challenge": challenge, "code_challenge_method": "s256" }).to_string()
    };
    send(&server, Method::POST, "/recover", "", &with(&recovery, EMAIL)).await;
    let link = server.last_message_to(EMAIL).unwrap().link.unwrap();
    // A later flow for another purpose does not get in the way.
    let bearer = format!("Bearer {}", token.expose());
    let (status, _) = send(&server, Method::PUT, "/user", &bearer, &with(&change, "ada@example.org")).await;
    assert_eq!(status, StatusCode::OK);
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = http.get(link.expose()).send().await.unwrap();
    let location = reqwest::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    client.sign_in(AuthorizationCode::new(code, recovery)).await.unwrap();
}

#[tokio::test]
async fn the_scheme_of_a_token_may_be_in_any_case() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", token.expose());
        assert_eq!(send(&server, Method::GET, "/user", &header, "").await.0, StatusCode::OK);
    }
    for header in [format!("Token {}", token.expose()), token.expose().to_owned(), "Bearer ".to_owned()] {
        let (status, error) = send(&server, Method::GET, "/user", &header, "").await;
        assert_eq!((status, &error["error_code"]), (StatusCode::UNAUTHORIZED, &json!("no_authorization")));
    }
}

#[tokio::test]
async fn a_token_is_for_its_audience() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let get = |aud: &'static str| {
        let request = reqwest::Client::new().get(server.url() + "/user").header("x-jwt-aud", aud);
        request.bearer_auth(token.expose()).send()
    };
    assert_eq!(get("authenticated").await.unwrap().status(), StatusCode::OK);
    assert_eq!(get("somewhere").await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn phone_numbers_lose_a_plus_and_spaces() {
    let server = FakeServer::start().await;
    let client = server.client().unwrap();
    client.send_otp(SignInMessage::phone("+1 555 0000001")).await.unwrap();
    assert!(server.last_message_to("15550000001").is_some());
    for wrong in ["++15550000001", "1-555-0000001", "(1)5550000001"] {
        let body = json!({ "phone": wrong }).to_string();
        assert_eq!(send(&server, Method::POST, "/otp", "", &body).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn redirects_lead_to_allowed_urls() {
    let builder = FakeServer::builder().site_url("https://example.com").redirect_urls(["https://*.example.org/**"]);
    let server = builder.start().await;
    let (client, _) = sign_up(&server).await;
    let site = "https://example.com";
    let cases = [
        (Some("https://app.example.org/back"), None, "https://app.example.org/back"),
        (Some("https://example.com/back"), None, "https://example.com/back"),
        (Some("http://127.0.0.1:9/back"), None, "http://127.0.0.1:9/back"),
        (Some("https://example.net/back"), None, site),
        (Some("https://example.com:8443/back"), None, site),
        (Some("https://example.net"), Some("https://app.example.org/from"), "https://app.example.org/from"),
        (None, Some("https://app.example.org/from"), "https://app.example.org/from"),
        (None, Some("https://example.net/from"), site),
        (None, None, site),
    ];
    for (redirect_to, referer, expected) in cases {
        let mut request = reqwest::Client::new().post(server.url() + "/recover");
        if let Some(url) = redirect_to {
            request = request.query(&[("redirect_to", url)]);
        }
        if let Some(url) = referer {
            request = request.header("referer", url);
        }
        let response = request.body(json!({ "email": EMAIL }).to_string()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let link = server.last_message_to(EMAIL).unwrap().link.unwrap();
        // The URL is not encoded, unless it has to be.
        let (_, url) = link.expose().split_once("&redirect_to=").unwrap();
        assert_eq!(url, expected);
    }
    client.recover(Recover::email(EMAIL).redirect_to("https://app.example.org/?a=b#c")).await.unwrap();
    let link = server.last_message_to(EMAIL).unwrap().link.unwrap();
    assert!(link.expose().ends_with("&redirect_to=https%3A%2F%2Fapp.example.org%2F%3Fa%3Db%23c"), "{}", link.expose());
}

#[tokio::test]
async fn a_sign_up_tells_nothing_about_others() {
    let server = FakeServer::builder().confirm_addresses(true).start().await;
    let client = server.client().unwrap();
    let key = format!("Bearer {}", server.service_key().expose());
    let invitation = json!({ "email": EMAIL, "data": { "team": "engines" } }).to_string();
    assert_eq!(send(&server, Method::POST, "/invite", &key, &invitation).await.0, StatusCode::OK);
    let body = json!({ "email": EMAIL, "password": "correct-horse-7", "data": { "mine": true } }).to_string();
    let (_, invited) = send(&server, Method::POST, "/signup", "", &body).await;
    assert_eq!((&invited["user_metadata"], &invited["identities"]), (&json!({}), &json!([])));
    // Once the address is confirmed, a new sign-up gets a made-up user with the data of the request.
    client.verify_otp(VerifyOtp::email(EMAIL, server.last_message_to(EMAIL).unwrap().code)).await.unwrap();
    let (_, made_up) = send(&server, Method::POST, "/signup", "", &body).await;
    assert_ne!(made_up["id"], invited["id"]);
    assert_eq!(made_up["user_metadata"], json!({ "mine": true }));
    assert_eq!(made_up["app_metadata"], json!({ "provider": "email", "providers": ["email"] }));
}

#[tokio::test]
async fn groups_of_routes_take_a_trailing_slash() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let bearer = format!("Bearer {}", token.expose());
    assert_eq!(send(&server, Method::GET, "/user/", &bearer, "").await.0, StatusCode::OK);
    let key = format!("Bearer {}", server.service_key().expose());
    assert_eq!(send(&server, Method::GET, "/admin/users/", &key, "").await.0, StatusCode::OK);
    for path in ["/settings/", "/token/", "/logout/"] {
        assert_eq!(send(&server, Method::POST, path, &bearer, "{}").await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let unknown = Method::from_bytes(b"BREW").unwrap();
    assert_eq!(send(&server, unknown, "/unknown", "", "").await.0, StatusCode::METHOD_NOT_ALLOWED);
}

/// The real server checks credentials and ids before it knows whether there is an operation.
#[tokio::test]
async fn groups_of_routes_check_requests_without_an_operation() {
    let server = FakeServer::start().await;
    let (client, token) = sign_up(&server).await;
    let id = client.user(&token).get().await.unwrap().id;
    let (user, admin) = (format!("Bearer {}", token.expose()), format!("Bearer {}", server.service_key().expose()));
    let unknown = "00000000-0000-4000-8000-00000000000a";
    for (method, path, bearer, status, code) in [
        ("GET", "/user/nope", "", 401, "no_authorization"),
        ("GET", "/user/nope", &user, 404, ""),
        ("PATCH", "/user", "", 401, "no_authorization"),
        ("PATCH", "/user", &user, 405, ""),
        ("PATCH", "/factors", &admin, 403, "bad_jwt"),
        ("GET", "/factors/a/nope", &user, 404, "validation_failed"),
        ("GET", &format!("/factors/{unknown}"), &user, 404, "mfa_factor_not_found"),
        ("GET", "/admin/nope", "", 401, "no_authorization"),
        ("GET", "/admin/nope", &user, 403, "not_admin"),
        ("GET", "/admin/nope", &admin, 404, ""),
        ("PATCH", "/admin/users/a", &admin, 404, "validation_failed"),
        ("PATCH", &format!("/admin/users/{unknown}"), &admin, 404, "user_not_found"),
        ("PATCH", &format!("/admin/users/{id}"), &admin, 405, ""),
        ("GET", "/admin/users//", &admin, 404, "validation_failed"),
        ("GET", "/admin/oauth/clients//", &admin, 400, "validation_failed"),
        ("PATCH", "/admin/sso/providers/a", &admin, 404, "sso_provider_not_found"),
        ("GET", "/passkeys/registration", &user, 404, ""),
        ("GET", "/passkeys/authentication", "", 404, ""),
        ("PUT", "/passkeys/a", &user, 405, ""),
        ("PATCH", "/passkeys/a", &user, 404, "validation_failed"),
        ("GET", "/admin/custom-providers/custom%3Aa", &admin, 400, "validation_failed"),
        ("GET", "/admin/custom-providers/custom:a", &admin, 404, "custom_provider_not_found"),
        ("PUT", "/passkeys", "", 405, ""),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (got, error) = send(&server, method.clone(), path, bearer, "").await;
        let got = (got.as_u16(), error["error_code"].as_str().unwrap_or_default());
        assert_eq!(got, (status, code), "{method} {path}");
    }
    let (status, error) = send(&server, Method::GET, "/scim/v2/Users", "", "").await;
    assert_eq!((status, &error["detail"]), (StatusCode::NOT_FOUND, &json!("Endpoint or resource does not exist")));
    let refused = reqwest::Client::new().patch(server.url() + "/user").bearer_auth(token.expose()).send().await;
    let allowed: Vec<_> = refused.unwrap().headers().get_all("allow").iter().cloned().collect();
    assert_eq!(allowed, ["GET", "PUT"]);
}

#[tokio::test]
async fn paths_and_queries_are_decoded_as_go_does() {
    let server = FakeServer::start().await;
    let (client, token) = sign_up(&server).await;
    let id = client.user(&token).get().await.unwrap().id.to_string();
    let admin = format!("Bearer {}", server.service_key().expose());
    for (path, status) in [
        (format!("/admin/users/{}", id.to_uppercase()), StatusCode::OK),
        (format!("/admin/users/{}", id.replace('-', "")), StatusCode::OK),
        // Go encodes braces, but no hyphens and letters: such a path is not decoded.
        (format!("/admin/users/%7B{id}%7D"), StatusCode::OK),
        (format!("/admin/users/{}", id.replace('-', "%2D")), StatusCode::NOT_FOUND),
        ("/admin/user%73".to_owned(), StatusCode::NOT_FOUND),
        ("/admin/users?page=%zz&per_page=0;1".to_owned(), StatusCode::OK),
    ] {
        assert_eq!(send(&server, Method::GET, &path, &admin, "").await.0, status, "{path}");
    }
    let (_, error) = send(&server, Method::GET, "/admin/custom-providers/a%20b", &admin, "").await;
    assert!(error["msg"].as_str().unwrap().ends_with("'custom:a b'"), "{error}");
}

#[tokio::test]
async fn a_body_is_too_large_only_for_what_reads_it() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let bearer = format!("Bearer {}", token.expose());
    let body = json!({ "email": "a".repeat(1 << 20) }).to_string();
    for (method, path, bearer, status) in [
        (Method::PUT, "/user", "", StatusCode::UNAUTHORIZED),
        (Method::PUT, "/user", &bearer, StatusCode::PAYLOAD_TOO_LARGE),
        (Method::POST, "/otp", "", StatusCode::PAYLOAD_TOO_LARGE),
        (Method::POST, "/oauth/clients/register", "", StatusCode::BAD_REQUEST),
        (Method::POST, "/magiclink", "", StatusCode::BAD_REQUEST),
        (Method::POST, "/oauth/token", "", StatusCode::BAD_REQUEST),
        (Method::POST, "/logout", &bearer, StatusCode::NO_CONTENT),
    ] {
        assert_eq!(send(&server, method, path, bearer, &body).await.0, status, "{path}");
    }
    // The end of the body is missing where only its first value is read.
    let (_, error) = send(&server, Method::POST, "/magiclink", "", &body).await;
    assert_eq!(error["msg"], "Could not read verification params: http: request body too large");
}

/// Go reads one member after the other.
#[tokio::test]
async fn the_first_member_of_a_wrong_type_is_reported() {
    let server = FakeServer::start().await;
    let type_error = |member: &str, expected: &str| {
        format!(
            "Could not parse request body as JSON: json: cannot unmarshal number into Go struct field \
             SignupParams.{member} of type {expected}"
        )
    };
    for (body, member, expected) in [
        (r#"{"password":1,"email":1}"#, "password", "string"),
        (r#"{"code_challenge":1,"email":"a@example.com","password":"x"}"#, "code_challenge", "string"),
        (r#"{"email":1,"email":"a@example.com","password":"correct-horse-7"}"#, "email", "string"),
        (r#"{"data":1,"email":1}"#, "data", "map[string]interface {}"),
        (r#"{"data":{"a":1},"data":null,"email":1}"#, "email", "string"),
        (r#"{"phone":1,"email":[1]}"#, "phone", "string"),
    ] {
        let (_, error) = send(&server, Method::POST, "/signup", "", body).await;
        assert_eq!(error["msg"], type_error(member, expected), "{body}");
    }
}

#[tokio::test]
async fn types_in_messages_have_the_names_of_the_real_server() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let (user, admin) = (format!("Bearer {}", token.expose()), format!("Bearer {}", server.service_key().expose()));
    let (_, factor) = send(&server, Method::POST, "/factors", &user, r#"{"factor_type":"webauthn"}"#).await;
    let factor = format!("/factors/{}", factor["id"].as_str().unwrap());
    let passkey = "/passkeys/00000000-0000-4000-8000-000000000000";
    for (method, path, bearer, body, expected) in [
        (Method::POST, "/admin/users", &admin, r#"{"user_metadata":1}"#, "AdminUserParams.user_metadata of type map["),
        (Method::POST, "/sso", &admin, r#"{"provider_id":1}"#, "SingleSignOnParams.provider_id of type uuid.UUID"),
        (Method::PATCH, passkey, &user, r#"{"friendly_name":1}"#, "PasskeyUpdateParams.friendly_name of type string"),
        (
            Method::POST,
            "/admin/sso/providers",
            &admin,
            r#"{"domains":["a",1]}"#,
            "cannot unmarshal number into Go struct field CreateSSOProviderParams.domains of type string",
        ),
        (
            Method::POST,
            "/admin/sso/providers",
            &admin,
            r#"{"attribute_mapping":[]}"#,
            "cannot unmarshal array into Go struct field CreateSSOProviderParams.attribute_mapping of type models.SAMLA",
        ),
        (Method::POST, "/admin/users", &admin, r#"{"password":1,"password":"a"}"#, "AdminUserParams.password of type"),
        (
            Method::POST,
            "/passkeys/registration/verify",
            &user,
            r#"{"challenge_id":1}"#,
            "PasskeyRegistrationVerifyParams.challenge_id of type string",
        ),
        (
            Method::POST,
            "/passkeys/authentication/verify",
            &user,
            r#"{"challenge_id":1}"#,
            "PasskeyAuthenticationVerifyParams.challenge_id of type string",
        ),
        (
            Method::POST,
            &format!("{factor}/challenge"),
            &user,
            r#"{"webauthn":1}"#,
            "ChallengeFactorParams.webauthn of type api.WebAuthnParams",
        ),
        (Method::POST, &format!("{factor}/challenge"), &user, "", "unexpected end of JSON input"),
    ] {
        let (status, error) = send(&server, method, path, bearer, body).await;
        assert_eq!((status, &error["error_code"]), (StatusCode::BAD_REQUEST, &json!("bad_json")), "{path}");
        assert!(error["msg"].as_str().unwrap().contains(expected), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_signature_fails_as_its_algorithm_does() {
    let server = FakeServer::start().await;
    let key = server.service_key();
    let (signed, _) = key.expose().rsplit_once('.').unwrap();
    let (_, error) = send(&server, Method::GET, "/user", &format!("Bearer {signed}.AAAA"), "").await;
    let message = "invalid JWT: unable to parse or verify signature, token signature is invalid: ";
    assert_eq!(error["msg"], format!("{message}crypto/ecdsa: verification error"));
}

#[tokio::test]
async fn the_token_endpoint_of_oauth_reads_json_as_go_does() {
    let server = FakeServer::start().await;
    let client = json!({ "redirect_uris": ["https://example.com/a"], "token_endpoint_auth_method": "none" });
    let (_, client) = as_admin(&server, Method::POST, "/admin/oauth/clients", client).await;
    let id = client["client_id"].as_str().unwrap();
    for (body, error) in [
        (json!({ "client_id": 5 }), "Invalid client credentials: failed to parse JSON body"),
        (json!({ "client_id": null }), "Invalid client credentials: client_id is required"),
        (json!({ "CLIENT_ID": id, "code": 5 }), "Invalid JSON body"),
        (json!({ "client_id": id, "unknown": {}, "code": null }), "grant_type is required"),
    ] {
        let request = reqwest::Client::new().post(server.url() + "/oauth/token");
        let response = request.json(&body).send().await.unwrap();
        let got: serde_json::Value = response.json().await.unwrap();
        assert!(got["msg"] == error || got["error_description"] == error, "{body}: {got}");
    }
}

#[tokio::test]
async fn what_is_after_the_first_value_of_a_stream_is_not_read() {
    let server = FakeServer::start().await;
    let client = r#"{"redirect_uris":["https://example.com/a"]} x"#;
    let admin = format!("Bearer {}", server.service_key().expose());
    let (status, error) = send(&server, Method::POST, "/admin/oauth/clients", &admin, client).await;
    assert_eq!(status, StatusCode::CREATED, "{error}");
    let (_, error) = send(&server, Method::POST, "/magiclink", "", r#"{"email":"#).await;
    assert_eq!(error["msg"], "Could not read verification params: unexpected EOF");
}

#[tokio::test]
async fn a_phone_number_with_a_fixed_code_has_the_id_of_a_message() {
    let builder = || FakeServer::builder().sms_test_otp("15550000001", "123456");
    let server = builder().confirm_addresses(true).start().await;
    // A sign-up has none.
    let (status, sent) = send(&server, Method::POST, "/otp", "", r#"{"phone":"15550000001"}"#).await;
    assert_eq!((status, sent), (StatusCode::OK, json!({})));
    let server = builder().start().await;
    for (phone, id) in [("15550000001", json!("test-otp")), ("15550000002", json!(null))] {
        let (_, sent) = send(&server, Method::POST, "/otp", "", &json!({ "phone": phone }).to_string()).await;
        assert_eq!(sent["message_id"], id, "{phone}");
    }
}

#[tokio::test]
async fn text_in_messages_is_quoted_as_by_go() {
    let server = FakeServer::start().await;
    let body = r#"{"id_token":"a.b.c","provider":"\u0001\u00a0\"é"}"#;
    let (_, error) = send(&server, Method::POST, "/token?grant_type=id_token", "", body).await;
    assert_eq!(error["msg"], r#"Custom OIDC provider "\x01\u00a0\"é" not allowed"#);
}

/// Go reads ten thousand levels.
#[tokio::test]
async fn json_may_be_nested_deeply() {
    let server = FakeServer::start().await;
    let body = |member: &str, nested| {
        let (open, close) = ("[".repeat(nested), "]".repeat(nested));
        format!(r#"{{"email":"{EMAIL}","password":"correct-horse-7",{member}{open}{close}}}}}"#)
    };
    let (status, error) = send(&server, Method::POST, "/recover", "", &body(r#""unknown":{"a":"#, 9_999)).await;
    let message = "Could not parse request body as JSON: invalid character '[' exceeded max depth";
    assert_eq!((status, &error["msg"]), (StatusCode::BAD_REQUEST, &json!(message)));
    let (status, _) = send(&server, Method::POST, "/recover", "", &body(r#""unknown":{"a":"#, 9_998)).await;
    assert_eq!(status, StatusCode::OK);
    let response = reqwest::Client::new().post(server.url() + "/signup").body(body(r#""data":{"a":"#, 200)).send();
    let text = response.await.unwrap().text().await.unwrap();
    let (_, token) = text.split_once(r#""access_token":""#).unwrap();
    let bearer = format!("Bearer {}", token.split('"').next().unwrap());
    // The metadata is in the access token too, and in a snapshot.
    assert_eq!(send(&server, Method::GET, "/user", &bearer, "").await.0, StatusCode::OK);
    server.restore(&server.snapshot()).unwrap();
    assert_eq!(send(&server, Method::GET, "/user", &bearer, "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_redirect_has_a_page_in_response_to_get_only() {
    let server = FakeServer::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (method, is_page) in [(Method::GET, true), (Method::POST, false), (Method::DELETE, false)] {
        let response = http.request(method.clone(), server.url() + "/callback").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()["content-type"] == "text/html; charset=utf-8", is_page, "{method}");
        let text = response.text().await.unwrap();
        assert_eq!(text.starts_with("<a href"), is_page, "{text}");
        assert!(text.ends_with(r#""msg":"OAuth state parameter missing"}"#), "{text}");
    }
}

#[tokio::test]
async fn a_nul_in_metadata_cannot_be_stored() {
    let server = FakeServer::start().await;
    let body = r#"{"email":"ada@example.com","password":"correct-horse-7","data":{"a":["\u0000"]}}"#;
    let (status, error) = send(&server, Method::POST, "/signup", "", body).await;
    assert_eq!((status, &error["msg"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("Database error saving new user")));
    let (_, token) = sign_up(&server).await;
    let bearer = format!("Bearer {}", token.expose());
    let (status, _) = send(&server, Method::PUT, "/user", &bearer, r#"{"data":{"\u0000":1}}"#).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_nul_cannot_be_looked_for() {
    let server = FakeServer::start().await;
    let (_, token) = sign_up(&server).await;
    let bearer = format!("Bearer {}", token.expose());
    let code = r#"{"auth_code":"\u0000","code_verifier":"a"}"#;
    let hash = r#"{"type":"recovery","token_hash":"\u0000"}"#;
    for (method, path, body, message) in [
        (Method::POST, "/token?grant_type=pkce", code, "Internal Server Error"),
        (Method::POST, "/verify", hash, "Database error finding user from email link"),
        (Method::GET, "/authorize?provider=github&invite_token=%00", "", "Database error finding user"),
        (Method::GET, "/oauth/authorizations/%00", "", "error finding authorization"),
        (Method::GET, "/oauth/authorizations/%FF", "", "error finding authorization"),
    ] {
        let (status, error) = send(&server, method, path, &bearer, body).await;
        assert_eq!((status, &error["msg"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!(message)), "{path}");
    }
    let (_, error) = send(&server, Method::POST, "/logout?scope=%00", &bearer, "").await;
    assert_eq!(error["msg"], r#"Unsupported logout scope "\x00""#);
}

/// The database computes it, and the server does not read it again.
#[tokio::test]
async fn the_confirmation_of_an_update_is_seen_later() {
    let server = FakeServer::start().await;
    let (_, session) = send(&server, Method::POST, "/signup", "", "{}").await;
    let bearer = format!("Bearer {}", session["access_token"].as_str().unwrap());
    let body = json!({ "email": EMAIL }).to_string();
    let (_, user) = send(&server, Method::PUT, "/user", &bearer, &body).await;
    assert_eq!((user["email"].as_str(), user.get("confirmed_at")), (Some(EMAIL), None));
    let (_, user) = send(&server, Method::GET, "/user", &bearer, "").await;
    assert!(user["confirmed_at"].is_string(), "{user}");
}

/// What `curl -d` sends unless it is told otherwise: the server reads the form first, and finds no JSON then.
#[tokio::test]
async fn a_form_is_no_json() {
    let server = FakeServer::start().await;
    let body = json!({ "email": EMAIL, "password": "correct-horse-7" }).to_string();
    let url = server.url();
    let send = async |method: Method, path: &str, media_type: &str| {
        let request = reqwest::Client::new().request(method, format!("{url}{path}")).body(body.clone());
        let response = request.header("content-type", media_type).send().await.unwrap();
        (response.status(), response.json::<serde_json::Value>().await.unwrap())
    };
    let message = json!("Could not parse request body as JSON: unexpected end of JSON input");
    for path in ["/signup", "/otp", "/token?grant_type=password"] {
        let (status, error) = send(Method::POST, path, "application/x-www-form-urlencoded; charset=utf-8").await;
        assert_eq!((status, &error["msg"]), (StatusCode::BAD_REQUEST, &message), "{path}");
    }
    let (status, _) = send(Method::POST, "/signup", "text/plain").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn only_a_date_is_an_api_version() {
    let server = FakeServer::start().await;
    for (version, is_new) in
        [("2024-01-01", true), ("2034-05-06", true), ("2023-12-31", false), ("zz", false), ("2024-1-1", false)]
    {
        let request = reqwest::Client::new().post(server.url() + "/token").header("x-supabase-api-version", version);
        let response = request.body("{}").send().await.unwrap();
        assert_eq!(response.headers().contains_key("x-supabase-api-version"), is_new, "{version}");
        let error: serde_json::Value = response.json().await.unwrap();
        assert_eq!(error.get("message").is_some(), is_new, "{version}: {error}");
    }
}

#[tokio::test]
async fn pages_have_a_size() {
    let server = FakeServer::start().await;
    for (size, status, message) in [
        ("0", 500, "Internal Server Error"),
        ("x", 400, "Bad Pagination Parameters: strconv.ParseUint: parsing \"x\": invalid syntax"),
        (
            "99999999999999999999",
            400,
            "Bad Pagination Parameters: strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
        ),
    ] {
        let (got, error) = as_admin(&server, Method::GET, &format!("/admin/users?per_page={size}"), json!({})).await;
        assert_eq!((got.as_u16(), &error["msg"]), (status, &json!(message)));
    }
}

#[tokio::test]
async fn tokens_are_parsed_as_by_the_real_server() {
    let server = FakeServer::builder().hs256(true).start().await;
    let jwt = |header: &str, claims: &str, signature: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{claims}.{signature}")
    };
    for (token, why) in [
        ("a.b.c".to_owned(), "token is malformed: could not base64 decode header: illegal base64 data at input byte 0"),
        (
            "fn19.fQ.c".to_owned(),
            "token is malformed: could not JSON decode header: invalid character '~' looking for beginning of value",
        ),
        ("a.b".to_owned(), "token is malformed: token contains an invalid number of segments"),
        ("a.b.c.d".to_owned(), "token is malformed: token contains an invalid number of segments"),
        ("!.!.!".to_owned(), "token is malformed: could not base64 decode header: illegal base64 data at input byte 0"),
        (jwt("{}", "{}", "AA"), "token is unverifiable: signing method (alg) is unspecified"),
        (jwt(r#"{"alg":"ZZ"}"#, "{}", "AA"), "token is unverifiable: signing method (alg) is unavailable"),
        (jwt(r#"{"alg":"none"}"#, "{}", ""), "token signature is invalid: signing method none is invalid"),
        (jwt(r#"{"alg":"HS512"}"#, "{}", "AA"), "token signature is invalid: signing method HS512 is invalid"),
        (jwt(r#"{"alg":"HS256"}"#, "{}", "AAAA"), "token signature is invalid: signature is invalid"),
        (
            jwt(r#"{"alg":"HS256"}"#, "{}", "AAA="),
            "token is malformed: could not base64 decode signature: illegal base64 data at input byte 3",
        ),
        ("\u{e9}".to_owned(), "token is malformed: token contains an invalid number of segments"),
    ] {
        let (status, error) = send(&server, Method::GET, "/user", &format!("Bearer {token}"), "").await;
        let message = json!(format!("invalid JWT: unable to parse or verify signature, {why}"));
        assert_eq!((status, &error["msg"]), (StatusCode::FORBIDDEN, &message));
    }
}

#[tokio::test]
async fn claims_of_another_type_are_refused() {
    let server = FakeServer::builder().hs256(true).start().await;
    let key = jsonwebtoken::EncodingKey::from_secret(server.hs256_secret().expose().as_bytes());
    let future = "\"exp\":4000000000";
    let not_decoded = |why: &str| format!("token is malformed: could not JSON decode claim: {why}");
    for (claims, why) in [
        ("[]".to_owned(), not_decoded("json: cannot unmarshal array into Go value of type tokens.AccessTokenClaims")),
        (
            format!("{{\"role\":5,{future}}}"),
            not_decoded("json: cannot unmarshal number into Go struct field AccessTokenClaims.role of type string"),
        ),
        (
            format!("{{\"sub\":true,{future}}}"),
            not_decoded(
                "json: cannot unmarshal bool into Go struct field AccessTokenClaims.RegisteredClaims.sub of type string",
            ),
        ),
        (
            format!("{{\"is_anonymous\":\"x\",{future}}}"),
            not_decoded(
                "json: cannot unmarshal string into Go struct field AccessTokenClaims.is_anonymous of type bool",
            ),
        ),
        (
            format!("{{\"app_metadata\":[],{future}}}"),
            not_decoded(
                "json: cannot unmarshal array into Go struct field AccessTokenClaims.app_metadata of type \
                 map[string]interface {}",
            ),
        ),
        (format!("{{\"aud\":5,{future}}}"), not_decoded("invalid type for claim")),
        (
            r#"{"exp":"x"}"#.to_owned(),
            not_decoded(
                r#"could not parse NumericData: json: invalid number literal, trying to unmarshal "\"x\"" into Number"#,
            ),
        ),
        (r#"{"exp":"5"}"#.to_owned(), "token has invalid claims: token is expired".to_owned()),
        (r#"{"exp":1e300}"#.to_owned(), "token has invalid claims: token is expired".to_owned()),
    ] {
        let claims: Value = serde_json::from_str(&claims).unwrap();
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
        let (status, error) = send(&server, Method::GET, "/user", &format!("Bearer {token}"), "").await;
        let message = json!(format!("invalid JWT: unable to parse or verify signature, {why}"));
        assert_eq!((status, &error["msg"]), (StatusCode::FORBIDDEN, &message));
    }
}
