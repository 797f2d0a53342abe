//! Second factors: authenticator applications.

use chrono::{DateTime, Duration, Utc};
use totp_rs::Totp;
use url::{Url, form_urlencoded};
use uuid::Uuid;
use wiremock::Request;

use super::{
    reply::{Refusal, Reply, ok},
    router::body,
    session::Caller,
    state::State,
};
use crate::{
    raw::{
        ErrorCode, FactorStatus, FactorType,
        types::{
            ChallengeFactorResponse, EnrollFactorRequest, EnrollFactorResponse, Factor, TotpEnrollment,
            UnenrollFactorResponse, VerifyFactorRequest,
        },
    },
    secret::Secret,
};

/// How many factors a user may have.
const MOST: usize = 10;

/// How long a challenge can be answered, and a factor without a challenge be verified.
const PATIENCE: Duration = Duration::seconds(300);

/// What the server does not tell of a factor.
#[derive(Debug)]
pub(super) struct TotpRow {
    factor_id: Uuid,
    secret: [u8; 20],
    challenges: Vec<ChallengeRow>,
}

#[derive(Debug)]
struct ChallengeRow {
    id: Uuid,
    created_at: DateTime<Utc>,
    answered: bool,
}

pub(super) fn enroll(state: &mut State, request: &Request) -> Reply {
    let caller = state.named_caller(request)?;
    let enroll: EnrollFactorRequest = body(request)?;
    check_type(&enroll.factor_type)?;
    let name = enroll.friendly_name.unwrap_or_default();
    state.forget_stale_factors(caller.user_id)?;
    state.check_new_factor(&caller, &name)?;

    let (id, now, secret) = (state.draw_id(), state.now(), state.draw_secret());
    let issuer = enroll.issuer.filter(|issuer| !issuer.is_empty()).unwrap_or_else(|| state.host());
    let user = &mut state.account(caller.user_id)?.user;
    let uri = otpauth_uri(&issuer, user.email.as_deref().unwrap_or_default(), &secret);
    user.factors.get_or_insert_default().push(new_factor(id, &name, now));
    state.totp.push(TotpRow { factor_id: id, secret, challenges: Vec::new() });
    ok(&EnrollFactorResponse {
        id,
        type_: FactorType::TOTP,
        friendly_name: Some(name),
        phone: None,
        totp: Some(TotpEnrollment {
            qr_code: Some(picture(&uri).into()),
            secret: Some(totp_rs::Secret::new_stack(secret).to_base32().into()),
            uri: Some(uri.into()),
        }),
    })
}

pub(super) fn challenge(state: &mut State, request: &Request) -> Reply {
    let caller = state.named_caller(request)?;
    let (factor_id, _) = state.factor(&caller, request)?;
    let (id, now) = (state.draw_id(), state.now());
    let factors = state.account(caller.user_id)?.user.factors.iter_mut().flatten();
    factors.filter(|factor| factor.id == factor_id).for_each(|factor| factor.last_challenged_at = Some(now));
    let row = state.totp_row(factor_id)?;
    row.challenges.push(ChallengeRow { id, created_at: now, answered: false });
    let expires_at = Some((now + PATIENCE).timestamp());
    ok(&ChallengeFactorResponse { id, type_: Some(FactorType::TOTP), expires_at, webauthn: None })
}

pub(super) fn verify(state: &mut State, request: &Request) -> Reply {
    let caller = state.named_caller(request)?;
    let (factor_id, _) = state.factor(&caller, request)?;
    let answer: VerifyFactorRequest = body(request)?;
    let code = answer.code.unwrap_or_default();
    if code.is_empty() {
        return Err(Refusal::validation_failed("Code needs to be non-empty"));
    }
    let now = state.now();
    let row = state.totp_row(factor_id)?;
    let challenge = row.open_challenge(answer.challenge_id, now)?;
    if totp(row.secret).check(code.expose(), seconds(now)).is_none() {
        return Err(Refusal::new(422, ErrorCode::MFA_VERIFICATION_FAILED, "Invalid TOTP code entered"));
    }
    row.challenges[challenge].answered = true;

    let factors = state.account(caller.user_id)?.user.factors.iter_mut().flatten();
    for factor in factors.filter(|factor| factor.id == factor_id && !factor.is_verified()) {
        factor.status = FactorStatus::VERIFIED;
        factor.updated_at = Some(now);
    }
    let session = state.second_factor_used(caller.session_id, factor_id)?;
    // The reply still has the other unverified factors.
    state.retain_factors(caller.user_id, Factor::is_verified)?;
    ok(&session)
}

pub(super) fn unenroll(state: &mut State, request: &Request) -> Reply {
    let caller = state.named_caller(request)?;
    let (id, verified) = state.factor(&caller, request)?;
    if verified && !state.is_aal2(caller.session_id) {
        let message = "AAL2 required to unenroll verified factor";
        return Err(Refusal::new(422, ErrorCode::INSUFFICIENT_AAL, message));
    }
    state.retain_factors(caller.user_id, |factor| factor.id != id)?;
    state.second_factor_gone(id);
    ok(&UnenrollFactorResponse { id })
}

/// Of the kinds of factors, one is switched on here.
fn check_type(factor_type: &FactorType) -> Result<(), Refusal> {
    let off = |code, kind| Err(Refusal::new(422, code, format!("MFA enroll is disabled for {kind}")));
    match factor_type.as_str() {
        "totp" => Ok(()),
        "phone" => off(ErrorCode::MFA_PHONE_ENROLL_NOT_ENABLED, "Phone"),
        "webauthn" => off(ErrorCode::MFA_WEBAUTHN_ENROLL_NOT_ENABLED, "WebAuthn"),
        _ => Err(Refusal::validation_failed("factor_type needs to be totp, phone, or webauthn")),
    }
}

impl State {
    /// Whether a user has a second factor that was not used in this session.
    pub(super) fn lacks_aal2(&mut self, caller: &Caller) -> Result<bool, Refusal> {
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        Ok(factors.any(Factor::is_verified) && !self.is_aal2(caller.session_id))
    }

    fn check_new_factor(&mut self, caller: &Caller, name: &str) -> Result<(), Refusal> {
        let factors = self.account(caller.user_id)?.user.factors.clone().unwrap_or_default();
        if factors.iter().any(|factor| factor.friendly_name.as_deref().unwrap_or_default() == name) {
            let message = format!("A factor with the friendly name {name:?} for this user already exists");
            return Err(Refusal::new(422, ErrorCode::MFA_FACTOR_NAME_CONFLICT, message));
        }
        if factors.len() >= MOST {
            let message = "Maximum number of verified factors reached, unenroll to continue";
            return Err(Refusal::new(422, ErrorCode::TOO_MANY_ENROLLED_MFA_FACTORS, message));
        }
        if self.lacks_aal2(caller)? {
            return Err(Refusal::new(403, ErrorCode::INSUFFICIENT_AAL, "AAL2 required to enroll a new factor"));
        }
        Ok(())
    }

    /// The factor in the path of a request, and whether it is verified.
    fn factor(&mut self, caller: &Caller, request: &Request) -> Result<(Uuid, bool), Refusal> {
        let no_uuid = || Refusal::new(404, ErrorCode::VALIDATION_FAILED, "factor_id must be an UUID");
        let id = request.url.path().split('/').nth(2).and_then(|id| Uuid::try_parse(id).ok()).ok_or_else(no_uuid)?;
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        let factor = factors.find(|factor| factor.id == id).ok_or_else(no_factor)?;
        Ok((id, factor.is_verified()))
    }

    fn totp_row(&mut self, factor_id: Uuid) -> Result<&mut TotpRow, Refusal> {
        self.totp.iter_mut().find(|row| row.factor_id == factor_id).ok_or_else(no_factor)
    }

    /// Factors that were enrolled and never challenged do not stay.
    fn forget_stale_factors(&mut self, user_id: Uuid) -> Result<(), Refusal> {
        let oldest = self.now() - PATIENCE;
        let challenged: Vec<Uuid> =
            self.totp.iter().filter(|row| !row.challenges.is_empty()).map(|row| row.factor_id).collect();
        self.retain_factors(user_id, |factor| {
            factor.is_verified() || challenged.contains(&factor.id) || factor.created_at.is_some_and(|at| at >= oldest)
        })
    }

    /// Removes the other factors of a user. Nothing is told where there are none.
    fn retain_factors(&mut self, user_id: Uuid, keep: impl Fn(&Factor) -> bool) -> Result<(), Refusal> {
        let user = &mut self.account(user_id)?.user;
        let (kept, gone): (Vec<_>, Vec<_>) = user.factors.take().unwrap_or_default().into_iter().partition(keep);
        user.factors = Some(kept).filter(|kept| !kept.is_empty());
        self.totp.retain(|row| gone.iter().all(|factor| factor.id != row.factor_id));
        Ok(())
    }

    /// The host of the site.
    fn host(&self) -> String {
        self.base_url.split_once("://").map_or("", |(_, host)| host).to_owned()
    }

    /// The code that an authenticator shows now.
    pub(super) fn totp_code(&self, secret: &Secret) -> Option<Secret> {
        let bytes = totp_rs::Secret::try_from_base32(secret.expose()).ok()?;
        let secret = bytes.as_bytes().try_into().ok()?;
        Some(totp(secret).generate(seconds(self.now())).to_string().into())
    }
}

impl TotpRow {
    /// The place of a challenge that can be answered.
    fn open_challenge(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<usize, Refusal> {
        let unknown = || {
            let message = "MFA factor with the provided challenge ID not found";
            Refusal::new(422, ErrorCode::MFA_FACTOR_NOT_FOUND, message)
        };
        let place = self.challenges.iter().position(|challenge| challenge.id == id).ok_or_else(unknown)?;
        let challenge = &self.challenges[place];
        if challenge.answered {
            let message = "Challenge and verify IP addresses mismatch.";
            return Err(Refusal::new(422, ErrorCode::MFA_IP_ADDRESS_MISMATCH, message));
        }
        if now > challenge.created_at + PATIENCE {
            self.challenges.remove(place);
            let message =
                format!("MFA challenge {id} has expired, verify against another challenge or create a new challenge.");
            return Err(Refusal::new(422, ErrorCode::MFA_CHALLENGE_EXPIRED, message));
        }
        Ok(place)
    }
}

fn no_factor() -> Refusal {
    Refusal::new(404, ErrorCode::MFA_FACTOR_NOT_FOUND, "Factor not found")
}

fn new_factor(id: Uuid, name: &str, now: DateTime<Utc>) -> Factor {
    Factor {
        id,
        created_at: Some(now),
        updated_at: Some(now),
        status: FactorStatus::UNVERIFIED,
        friendly_name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        factor_type: FactorType::TOTP,
        phone: Some(String::new()),
        last_challenged_at: None,
        web_authn_aaguid: None,
        last_webauthn_challenge_data: None,
    }
}

/// SHA-1, six digits, thirty seconds, and one step to either side, as the real server has it.
fn totp(secret: [u8; 20]) -> Totp {
    totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(secret)).build_noncompliant()
}

fn seconds(moment: DateTime<Utc>) -> u64 {
    moment.timestamp().try_into().unwrap_or_default()
}

fn otpauth_uri(issuer: &str, account: &str, secret: &[u8; 20]) -> String {
    let secret = totp_rs::Secret::new_stack(*secret).to_base32();
    let parameters =
        [("algorithm", "SHA1"), ("digits", "6"), ("issuer", issuer), ("period", "30"), ("secret", &secret)];
    Url::parse("otpauth://totp").map_or_else(
        |_| String::new(),
        |mut uri| {
            uri.set_path(&format!("/{issuer}:{account}"));
            // A space is `%20` here, since not every authenticator knows `+`.
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            uri.set_query(Some(&query.replace('+', "%20")));
            uri.into()
        },
    )
}

/// In place of a QR code, which nobody scans in a test: a picture of the URI in letters.
fn picture(uri: &str) -> String {
    let uri = uri.replace('&', "&amp;");
    format!("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><text y=\"12\">{uri}</text></svg>\n")
}
