//! Recovery codes on the fake server: the rules of the real one.

use std::{collections::BTreeSet, time::Duration};

use gotrue::{
    Anonymous, Client, Error, Password, Secret, Session, SignUp,
    reqwest::{self, Method},
    types::{AssuranceLevel, FactorStatus, FactorType, RecoveryCodeSet},
    user::{EnrollTotp, RecoveryCodes, TotpFactor},
};
use gotrue_fake::{FakeServer, FakeServerBuilder, ManualClock};
use serde_json::{Value, json};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct-horse-7";

/// Ada, signed in at level aal2 by an authenticator app.
struct Ada {
    server: FakeServer,
    client: Client,
    clock: ManualClock,
    factor: TotpFactor,
    strong: Session,
}

impl Ada {
    async fn new() -> Self {
        Self::on(FakeServer::builder()).await
    }

    async fn on(server: FakeServerBuilder) -> Self {
        let clock = ManualClock::new();
        let server = server.clock(clock.clone()).start().await;
        let client = server.client_builder().clock(clock.clone()).build().unwrap();
        let session = client.sign_up(SignUp::email(EMAIL, PASSWORD)).await.unwrap().session().expect("a session");
        let mfa = client.user(session.access_token()).mfa();
        let factor = mfa.enroll_totp(EnrollTotp::new().friendly_name("phone")).await.unwrap();
        let code = server.totp_code(&factor.secret).unwrap();
        let strong = mfa.challenge_and_verify(factor.id, code).await.unwrap();
        Self { server, client, clock, factor, strong }
    }

    /// Her recovery codes, in a session of level aal2.
    fn codes(&self) -> RecoveryCodes {
        self.codes_in(&self.strong)
    }

    fn codes_in(&self, session: &Session) -> RecoveryCodes {
        self.client.user(session.access_token()).mfa().recovery_codes()
    }

    /// A new session of level aal1.
    async fn sign_in(&self) -> Session {
        self.client.sign_in(Password::email(EMAIL, PASSWORD)).await.unwrap()
    }

    /// Sends any body to an operation of recovery codes, in a session of level aal2. Returns the response of a success.
    async fn send(&self, method: Method, path: &str, body: &str) -> Result<Value, (u16, String)> {
        let url = format!("{}/factors/recovery-codes{path}", self.server.url());
        let request = reqwest::Client::new().request(method, url).bearer_auth(self.strong.access_token().expose());
        let reply = request.body(body.to_owned()).send().await.unwrap();
        let status = reply.status();
        let json: Value = reply.json().await.unwrap();
        let code = || json["error_code"].as_str().unwrap_or_default().to_owned();
        if status.is_success() { Ok(json) } else { Err((status.as_u16(), code())) }
    }
}

#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (u16, String) {
    let error = result.unwrap_err();
    (error.status().expect("a status").as_u16(), error.code().expect("a code").to_string())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn level(session: &Session) -> Option<AssuranceLevel> {
    gotrue::Claims::read_unverified(session.access_token()).unwrap().aal
}

fn methods(session: &Session) -> Vec<String> {
    let claims = gotrue::Claims::read_unverified(session.access_token()).unwrap();
    claims.amr.iter().map(|step| step.method.to_string()).collect()
}

/// A code as a user may type it.
fn typed(code: &Secret) -> String {
    let code = code.expose().to_uppercase();
    format!(" {}-{}\u{a0}\t{}", &code[..4], &code[4..8], &code[8..])
}

#[tokio::test]
async fn a_set_is_a_verified_factor() {
    let ada = Ada::new().await;
    assert_eq!(refusal(ada.codes().status().await), refused(404, "mfa_factor_not_found"));
    let set = ada.codes().generate().await.unwrap();
    assert_eq!((set.total, set.codes.len()), (Some(10), 10));
    let texts: BTreeSet<&str> = set.codes.iter().map(Secret::expose).collect();
    assert_eq!(texts.len(), 10, "all differ");
    let is_code = |text: &str| text.len() == 16 && text.chars().all(|c| matches!(c, 'a'..='z' | '2'..='7'));
    assert!(texts.iter().all(|text| is_code(text)), "{texts:?}");
    let status = ada.codes().status().await.unwrap();
    assert_eq!((status.id, status.total, status.remaining), (set.id, 10, 10));
    let user = ada.client.user(ada.strong.access_token()).get().await.unwrap();
    let factor = user.factors.unwrap().into_iter().find(|factor| factor.id == set.id).expect("a factor");
    assert_eq!((factor.factor_type, factor.status), (FactorType::RecoveryCode, FactorStatus::Verified));
    assert_eq!((factor.friendly_name.as_deref(), factor.phone.as_deref()), (Some("Recovery codes"), Some("")));
    // The status tells neither codes nor name.
    let status = ada.send(Method::GET, "", "").await.unwrap();
    assert_eq!(status, json!({ "id": set.id, "type": "recovery_code", "total": 10, "remaining": 10 }));
}

#[tokio::test]
async fn a_set_has_a_name() {
    let ada = Ada::new().await;
    for (body, name) in [
        ("", "Recovery codes"),
        ("{}", "Recovery codes"),
        (r#"{"friendly_name":" "}"#, "Recovery codes"),
        (r#"{"friendly_name":"paper"}"#, "paper"),
    ] {
        let set = ada.send(Method::POST, "", body).await.unwrap();
        assert_eq!(set["friendly_name"], name, "{body}");
        ada.codes().delete().await.unwrap();
    }
    // The real server takes a body that it cannot read whole for none.
    let set = ada.send(Method::POST, "", &"x".repeat((1 << 20) + 1)).await.unwrap();
    assert_eq!(set["friendly_name"], "Recovery codes");
    ada.codes().delete().await.unwrap();
    assert_eq!(ada.send(Method::POST, "", "{").await, Err(refused(400, "bad_json")));
    assert_eq!(refusal(ada.codes().generate_named("phone").await), refused(422, "mfa_factor_name_conflict"));
    let mfa = ada.client.user(ada.strong.access_token()).mfa();
    mfa.enroll_totp(EnrollTotp::new().friendly_name("Recovery codes")).await.unwrap();
    assert_eq!(refusal(ada.codes().generate().await), refused(422, "mfa_factor_name_conflict"));
}

#[tokio::test]
async fn generating_has_conditions() {
    let ada = Ada::new().await;
    let weak = ada.sign_in().await;
    assert_eq!(refusal(ada.codes_in(&weak).generate().await), refused(403, "insufficient_aal"));
    ada.codes().generate().await.unwrap();
    assert_eq!(refusal(ada.codes().generate_named("more").await), refused(422, "mfa_verified_factor_exists"));

    let guest = ada.client.sign_in(Anonymous::new()).await.unwrap();
    assert_eq!(refusal(ada.codes_in(&guest).status().await), refused(403, "no_authorization"));
    assert_eq!(refusal(ada.codes_in(&guest).generate().await), refused(403, "no_authorization"));
    assert_eq!(refusal(ada.codes_in(&guest).verify("a").await), refused(403, "no_authorization"));

    // The set fills one of the ten places.
    let mfa = ada.client.user(ada.strong.access_token()).mfa();
    for number in 0..8 {
        mfa.enroll_totp(EnrollTotp::new().friendly_name(number.to_string())).await.unwrap();
    }
    let one_more = mfa.enroll_totp(EnrollTotp::new().friendly_name("one more")).await;
    assert_eq!(refusal(one_more), refused(422, "too_many_enrolled_mfa_factors"));
    ada.codes().delete().await.unwrap();
    mfa.enroll_totp(EnrollTotp::new().friendly_name("one more")).await.unwrap();
    assert_eq!(refusal(ada.codes().generate().await), refused(422, "too_many_enrolled_mfa_factors"));
}

#[tokio::test]
async fn a_code_is_valid_once_however_it_is_typed() {
    let ada = Ada::new().await;
    let RecoveryCodeSet { id, codes, .. } = ada.codes().generate().await.unwrap();
    let (weak, other) = (ada.sign_in().await, ada.sign_in().await);
    assert_eq!(level(&weak), Some(AssuranceLevel::Aal1));
    let raised = ada.codes_in(&weak).verify(typed(&codes[3])).await.unwrap();
    assert_eq!(level(&raised), Some(AssuranceLevel::Aal2));
    assert_eq!(methods(&raised), ["mfa/recovery_code", "password"]);
    assert_ne!(raised.refresh_token(), weak.refresh_token());
    // Sessions below aal2 have ended, the one of the authenticator has not.
    assert_eq!(refusal(ada.client.user(other.access_token()).get().await), refused(403, "session_not_found"));
    assert_eq!(ada.codes().status().await.unwrap().remaining, 9);
    assert_eq!(refusal(ada.codes().verify(codes[3].clone()).await), refused(422, "mfa_verification_failed"));
    // It also works at aal2, and uses up a code each time.
    let both = ada.codes().verify(codes[4].clone()).await.unwrap();
    assert_eq!(methods(&both), ["mfa/recovery_code", "totp", "password"]);
    assert_eq!(ada.codes().status().await.unwrap().remaining, 8);

    // Without the codes, the sessions that used one fall back.
    ada.codes_in(&both).delete().await.unwrap();
    let lowered = ada.client.refresh(raised.refresh_token()).await.unwrap();
    assert_eq!((level(&lowered), methods(&lowered)), (Some(AssuranceLevel::Aal1), vec!["password".to_owned()]));
    let lowered = ada.client.refresh(both.refresh_token()).await.unwrap();
    assert_eq!(level(&lowered), Some(AssuranceLevel::Aal1));
    assert_eq!(methods(&lowered), ["totp", "password"]);
    assert!(lowered.user().factors.iter().flatten().all(|factor| factor.id != id));
    assert_eq!(refusal(ada.codes_in(&lowered).delete().await), refused(403, "insufficient_aal"));
}

#[tokio::test]
async fn unverified_factors_stay() {
    let ada = Ada::new().await;
    let set = ada.codes().generate().await.unwrap();
    let mfa = ada.client.user(ada.strong.access_token()).mfa();
    mfa.enroll_totp(EnrollTotp::new().friendly_name("new phone")).await.unwrap();
    ada.codes().verify(set.codes[0].clone()).await.unwrap();
    assert_eq!(mfa.factors().await.unwrap().unverified().count(), 1);
}

#[tokio::test]
async fn wrong_codes_lock_the_verification() {
    let ada = Ada::on(FakeServer::builder().recovery_code_lockout(3, Duration::from_secs(120))).await;
    let codes = ada.codes();
    let failed = || refused(422, "mfa_verification_failed");
    assert_eq!(refusal(codes.verify("a").await), failed(), "the response without codes is the same");
    let set = codes.generate().await.unwrap();
    assert_eq!(ada.send(Method::POST, "/verify", r#"{"code":"--"}"#).await, Err(refused(400, "validation_failed")));
    assert_eq!(ada.send(Method::POST, "/verify", "").await, Err(refused(400, "bad_json")));
    for _ in 0..3 {
        assert_eq!(refusal(codes.verify("wrong").await), failed());
    }
    // The failure that locks it does not say so. A right code is then refused as well, and is not used up.
    let locked = || refused(429, "mfa_recovery_codes_locked");
    assert_eq!(refusal(codes.verify(set.codes[0].clone()).await), locked());
    ada.clock.advance(Duration::from_secs(119));
    assert_eq!(refusal(codes.verify("wrong").await), locked(), "a refused code does not prolong it");
    ada.clock.advance(Duration::from_secs(1));
    // It starts again from zero.
    for _ in 0..2 {
        assert_eq!(refusal(codes.verify("wrong").await), failed());
    }
    codes.verify(set.codes[0].clone()).await.unwrap();
    // So it does after a right code.
    for _ in 0..3 {
        assert_eq!(refusal(codes.verify("wrong").await), failed());
    }
    assert_eq!(refusal(codes.verify("wrong").await), locked());
    assert_eq!(codes.status().await.unwrap().remaining, 9, "the status does not tell");

    let fresh = codes.regenerate().await.unwrap();
    assert_eq!((fresh.id, fresh.friendly_name.as_deref()), (set.id, Some("Recovery codes")));
    assert_eq!(refusal(codes.verify(set.codes[1].clone()).await), failed(), "the previous codes are gone");
    codes.verify(fresh.codes[0].clone()).await.unwrap();
    assert_eq!(codes.status().await.unwrap().remaining, 9);
}

#[tokio::test]
async fn codes_are_never_the_only_factor() {
    let ada = Ada::new().await;
    let mfa = ada.client.user(ada.strong.access_token()).mfa();
    let set = ada.codes().generate().await.unwrap();
    let spare = mfa.enroll_totp(EnrollTotp::new().friendly_name("spare")).await.unwrap();
    assert_eq!(refusal(mfa.unenroll(ada.factor.id).await), refused(422, "mfa_recovery_codes_sole_factor"));
    mfa.unenroll(spare.id).await.unwrap();
    ada.codes().delete().await.unwrap();
    mfa.unenroll(ada.factor.id).await.unwrap();
    // At aal1 now, the level is checked first; without a factor, there is no way to aal2.
    let weak = ada.client.refresh(ada.strong.refresh_token()).await.unwrap();
    assert_eq!(refusal(ada.codes_in(&weak).generate().await), refused(403, "insufficient_aal"));
    assert_eq!(
        refusal(ada.codes_in(&weak).verify(set.codes[0].clone()).await),
        refused(422, "mfa_verification_failed")
    );
}

#[tokio::test]
async fn other_operations_refuse_the_set() {
    let ada = Ada::new().await;
    let set = ada.codes().generate().await.unwrap();
    let user = ada.client.user(ada.strong.access_token());
    let mfa = user.mfa();
    assert_eq!(refusal(mfa.unenroll(set.id).await), refused(422, "validation_failed"));
    assert_eq!(refusal(mfa.challenge(set.id).await), refused(400, "validation_failed"));
    let challenge = gotrue::user::FactorChallenge::new(set.id, set.id);
    assert_eq!(refusal(mfa.verify(&challenge, set.codes[0].clone()).await), refused(400, "validation_failed"));
    let verify = user.request(Method::POST, &format!("/factors/{}/verify", set.id)).await.unwrap();
    let without_code = verify.json(&json!({ "challenge_id": set.id })).send::<Value>().await;
    assert!(without_code.as_ref().is_err_and(|error| error.to_string().contains("Code needs to be non-empty")));
    assert_eq!(refusal(without_code), refused(400, "validation_failed"));
    let enroll = user.request(Method::POST, "/factors").await.unwrap();
    let more = json!({ "factor_type": "recovery_code", "friendly_name": "more" });
    assert_eq!(refusal(enroll.json(&more).send::<Value>().await), refused(400, "validation_failed"));
    assert_eq!(ada.codes().status().await.unwrap().remaining, 10);
}

#[tokio::test]
async fn an_administrator_may_delete_the_set() {
    let ada = Ada::new().await;
    let set = ada.codes().generate().await.unwrap();
    let raised = ada.codes_in(&ada.sign_in().await).verify(set.codes[0].clone()).await.unwrap();
    let factors = ada.client.admin(ada.server.service_key()).users().factors(raised.user().id);
    assert_eq!(factors.list().await.unwrap().len(), 2);
    factors.delete(set.id).await.unwrap();
    assert_eq!(refusal(ada.codes().status().await), refused(404, "mfa_factor_not_found"));
    let lowered = ada.client.refresh(raised.refresh_token()).await.unwrap();
    assert_eq!(level(&lowered), Some(AssuranceLevel::Aal1));
    // New ones can be generated.
    ada.codes().generate().await.unwrap();
}

#[tokio::test]
async fn the_switches_are_those_of_the_server() {
    let off = FakeServer::builder().recovery_code_enrollment(false).recovery_code_verification(false);
    let ada = Ada::on(off).await;
    let weak = ada.sign_in().await;
    // They are checked before anything else, but for the status and the deletion they do not matter.
    let no_enrollment = || refused(422, "mfa_recovery_codes_enroll_not_enabled");
    assert_eq!(refusal(ada.codes_in(&weak).generate().await), no_enrollment());
    assert_eq!(refusal(ada.codes_in(&weak).regenerate().await), no_enrollment());
    let no_verification = refused(422, "mfa_recovery_codes_verify_not_enabled");
    assert_eq!(ada.send(Method::POST, "/verify", "").await, Err(no_verification));
    assert_eq!(refusal(ada.codes().status().await), refused(404, "mfa_factor_not_found"));
    assert_eq!(refusal(ada.codes().delete().await), refused(404, "mfa_factor_not_found"));

    let ada = Ada::on(FakeServer::builder().recovery_codes(4, 32)).await;
    let set = ada.codes().generate().await.unwrap();
    assert_eq!((set.codes.len(), set.codes[0].expose().len()), (4, 32));
    assert_eq!(refusal(ada.codes_in(&ada.sign_in().await).regenerate().await), refused(403, "insufficient_aal"));
}

#[tokio::test]
async fn verifications_of_all_factors_share_a_rate_limit() {
    let ada = Ada::on(FakeServer::builder().rate_limit(2)).await;
    // Her enrollment took the first.
    let set = ada.codes().generate().await.unwrap();
    ada.codes().verify(set.codes[0].clone()).await.unwrap();
    assert_eq!(refusal(ada.codes().verify(set.codes[1].clone()).await), refused(429, "over_request_rate_limit"));
    assert_eq!(ada.codes().status().await.unwrap().remaining, 9);
}

#[tokio::test]
async fn successes_are_audited() {
    let ada = Ada::new().await;
    let set = ada.codes().generate().await.unwrap();
    let _ = ada.codes().verify("wrong").await;
    ada.codes().verify(set.codes[0].clone()).await.unwrap();
    ada.codes().regenerate().await.unwrap();
    ada.codes().delete().await.unwrap();
    let log = ada.client.admin(ada.server.service_key()).audit_log().get().await.unwrap();
    let entries: Vec<(String, Value)> = log
        .items
        .into_iter()
        .filter_map(|entry| entry.payload)
        .filter(|payload| payload.action.as_ref().is_some_and(|action| action.as_str().starts_with("recovery_codes")))
        .map(|payload| (payload.action.unwrap().to_string(), payload.traits.unwrap()))
        .collect();
    let id = set.id;
    assert_eq!(
        entries,
        [
            ("recovery_codes_deleted".to_owned(), json!({ "factor_id": id })),
            ("recovery_codes_regenerated".to_owned(), json!({ "factor_id": id, "count": 10 })),
            ("recovery_codes_verified".to_owned(), json!({ "factor_id": id, "remaining": 9 })),
            ("recovery_codes_generated".to_owned(), json!({ "factor_id": id, "count": 10 })),
        ]
    );
}
