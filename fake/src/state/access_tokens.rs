//! Access tokens, and authentication of requests.

use chrono::Duration;
use gotrue::{Secret, hooks::HookClaims};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    hooks::Event,
    model::{
        ErrorCode,
        types::{Factor, Session, User},
    },
    state::{claim_types, store::State, table::Key},
    wire::{ApiError, Request},
};

/// The sender of a request.
pub(crate) struct Caller {
    pub(crate) user_id: Uuid,
    /// Nil if the token belongs to no session.
    pub(crate) session_id: Uuid,
    pub(crate) is_anonymous: bool,
    /// The audience of the token.
    pub(crate) aud: Option<String>,
}

/// Returns the audience that a request asks for.
fn header_aud(request: &Request) -> Option<&str> {
    request.header("x-jwt-aud").filter(|aud| !aud.is_empty())
}

fn bad_jwt(status: u16, message: &str) -> ApiError {
    ApiError::new(status, ErrorCode::BadJwt, message)
}

fn bearer(request: &Request) -> Result<&str, ApiError> {
    let header = request.header("authorization");
    header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' '))
        .map(|(_, token)| token)
        .ok_or_else(|| ApiError::new(401, ErrorCode::NoAuthorization, "This endpoint requires a valid Bearer token"))
}

pub(crate) fn session_gone() -> ApiError {
    ApiError::new(403, ErrorCode::SessionNotFound, "Session from session_id claim in JWT does not exist")
}

impl State {
    /// Returns new tokens of a session, after it was authenticated by a method.
    pub(crate) fn tokens(
        &mut self,
        session_id: Uuid,
        refresh_token: String,
        method: &str,
    ) -> Result<Session, ApiError> {
        let now = self.now();
        let row = self.sessions.find(&Key::Id(session_id)).ok_or_else(session_gone)?;
        let (user_id, aal, amr, application) = (row.user_id, row.aal(), row.amr(), row.application.clone());
        let user = self.account(user_id)?.user.clone();
        let lifetime = self.lifetime_of(session_id, &user);
        let expires_at = (now + lifetime).timestamp();
        let mut claims = json!({
            "sub": user.id,
            "aud": user.aud,
            "exp": expires_at,
            "iat": now.timestamp(),
            "email": user.email,
            "phone": user.phone,
            "app_metadata": user.app_metadata,
            "user_metadata": user.user_metadata,
            "role": user.role,
            "aal": aal,
            "amr": amr,
            "session_id": session_id,
            "is_anonymous": user.is_anonymous,
        });
        // A server without this setting issues tokens without the claim; a Supabase project has it.
        let has_issuer = self.settings.issuer.is_some() || self.settings.gateway;
        let issuer = self.token_issuer();
        if has_issuer && !issuer.is_empty() {
            claims["iss"] = json!(issuer);
        }
        if let Some(application) = application {
            claims["client_id"] = json!(application.client_id);
            claims["scope"] = json!(application.scope);
        }
        let claims = self.customized(user.id, claims, method)?;
        Ok(Session {
            access_token: self.sign(&claims)?,
            token_type: "bearer".to_owned(),
            expires_in: lifetime.num_seconds(),
            expires_at: Some(expires_at),
            refresh_token: refresh_token.into(),
            user,
            provider_token: None,
            provider_refresh_token: None,
            weak_password: None,
            id_token: None,
        })
    }

    /// Returns the claims as the hook for access tokens wants them.
    fn customized(&mut self, user_id: Uuid, claims: Value, method: &str) -> Result<Value, ApiError> {
        let payload = json!({ "user_id": user_id, "claims": claims, "authentication_method": method });
        let Some(mut output) = self.call_hook(Event::CustomAccessToken, payload)? else { return Ok(claims) };
        if output.is_object() && output.get("claims").is_none() {
            return Err(self.undone(ApiError::internal("output claims field is missing")));
        }
        let claims = output["claims"].take();
        let checked: Result<HookClaims, _> = HookClaims::deserialize(&claims);
        match checked.map(|checked| checked.validate()) {
            Ok(Ok(())) => Ok(claims),
            Ok(Err(why)) => {
                let message = format!("output claims do not conform to the expected schema: \n- {why}\n");
                Err(self.undone(ApiError::internal(&message)))
            }
            Err(_) => Err(self.undone(ApiError::internal("Error unmarshaling JSON output."))),
        }
    }

    /// Verifies an access token and returns its claims.
    pub(crate) fn claims(&self, token: &str) -> Result<Value, ApiError> {
        let bad = |why: &str| {
            let message = format!("invalid JWT: unable to parse or verify signature, {why}");
            ApiError::new(403, ErrorCode::BadJwt, message)
        };
        let claims = self.keys.verify(token, self.settings.jwt_methods.as_deref()).map_err(|why| bad(&why))?;
        let claims = claim_types::checked(claims);
        let claims = claims.map_err(|why| bad(&format!("token is malformed: could not JSON decode claim: {why}")))?;
        // A time may have a fraction. One that is no 64-bit number of seconds is in the distant past.
        let in_range = |seconds: f64| if seconds.abs() < 9.2e18 { seconds.floor() } else { f64::MIN };
        let time = |name: &str| claims[name].as_f64().map(in_range);
        let now = Duration::seconds(self.now().timestamp()).as_seconds_f64();
        let expired = time("exp").is_some_and(|exp| exp <= now).then_some("token is expired");
        let early = time("nbf").is_some_and(|nbf| now < nbf).then_some("token is not valid yet");
        let flaws: Vec<_> = expired.into_iter().chain(early).collect();
        if flaws.is_empty() { Ok(claims) } else { Err(bad(&format!("token has invalid claims: {}", flaws.join(", ")))) }
    }

    /// Authenticates a request with a user's access token.
    pub(crate) fn caller(&mut self, request: &Request) -> Result<Caller, ApiError> {
        let claims = self.claims(bearer(request)?)?;
        let caller = self.caller_of(&claims)?;
        let now = self.now();
        if self.account(caller.user_id)?.is_banned(now) {
            return Err(ApiError::new(403, ErrorCode::UserBanned, "User is banned"));
        }
        Ok(caller)
    }

    /// Returns the user and session of an access token, which must exist.
    fn caller_of(&mut self, claims: &Value) -> Result<Caller, ApiError> {
        let claim = |name: &str| claims[name].as_str().filter(|text| !text.is_empty());
        let sub = claim("sub").ok_or_else(|| bad_jwt(403, "invalid claim: missing sub claim"))?;
        let user_id = Uuid::try_parse(sub).map_err(|_| bad_jwt(400, "invalid claim: sub claim must be a UUID"))?;
        self.account(user_id)?;
        let session_id = claim("session_id").map_or(Ok(Uuid::nil()), Uuid::try_parse);
        let session_id = session_id.map_err(|_| bad_jwt(403, "invalid claim: session_id claim must be a UUID"))?;
        if !session_id.is_nil() && self.sessions.find(&Key::Id(session_id)).is_none() {
            return Err(session_gone());
        }
        let aud = match &claims["aud"] {
            Value::Array(all) => all.first().and_then(Value::as_str),
            one => one.as_str(),
        };
        let aud = aud.map(str::to_owned);
        Ok(Caller { user_id, session_id, is_anonymous: claims["is_anonymous"] == true, aud })
    }

    /// Returns the audience that a request without an access token is about.
    pub(crate) fn request_aud(&self, request: &Request) -> String {
        header_aud(request).unwrap_or(&self.settings.audience).to_owned()
    }

    /// Returns the audience that a user's request is about.
    pub(crate) fn aud_of(&self, request: &Request, caller: &Caller) -> String {
        let of_token = caller.aud.as_deref().filter(|aud| !aud.is_empty());
        header_aud(request).or(of_token).unwrap_or(&self.settings.audience).to_owned()
    }

    /// Returns whether a user's request is about another audience than the token, or the token has none.
    pub(crate) fn is_elsewhere(&self, request: &Request, caller: &Caller) -> bool {
        caller.aud.as_deref() != Some(&self.aud_of(request, caller))
    }

    /// Returns the issuer of tokens. It may be empty.
    pub(crate) fn token_issuer(&self) -> String {
        self.settings.issuer.clone().unwrap_or_else(|| self.base_url.clone())
    }

    /// Returns the lifetime of an access token. It ends with the session if that is too low for the user's factors.
    fn lifetime_of(&self, session_id: Uuid, user: &User) -> Duration {
        let (now, lifetime) = (self.now(), self.settings.token_lifetime);
        let session = self.sessions.find(&Key::Id(session_id));
        let is_low = session.is_some_and(|session| session.second_factor.is_none())
            && user.factors.iter().flatten().any(Factor::is_verified);
        match (self.settings.low_aal_lifetime, session) {
            (Some(limit), Some(session)) if is_low => (session.created_at + limit - now).min(lifetime),
            _ => lifetime,
        }
    }

    /// Authenticates a request of a user who is not anonymous.
    pub(crate) fn named_caller(&mut self, request: &Request) -> Result<Caller, ApiError> {
        let caller = self.caller(request)?;
        if caller.is_anonymous {
            let message = "Anonymous user not allowed to perform these actions";
            return Err(ApiError::new(403, ErrorCode::NoAuthorization, message));
        }
        Ok(caller)
    }

    /// Authenticates a request with a service key, or with the access token of an administrator, whose session must
    /// not have ended.
    pub(crate) fn check_admin(&mut self, request: &Request) -> Result<(), ApiError> {
        let claims = self.claims(bearer(request)?)?;
        if claims["session_id"].as_str().is_some_and(|id| !id.is_empty() && id != Uuid::nil().to_string()) {
            let caller = self.caller_of(&claims)?;
            if self.is_session_over(caller.session_id)? {
                return Err(ApiError::new(403, ErrorCode::SessionExpired, "Session is no longer valid"));
            }
        }
        if claims["role"].as_str().is_some_and(|role| self.settings.admin_roles.iter().any(|known| known == role)) {
            Ok(())
        } else {
            Err(ApiError::new(403, ErrorCode::NotAdmin, "User not allowed"))
        }
    }

    pub(crate) fn service_key(&self) -> Secret {
        let exp = (self.now() + Duration::days(3650)).timestamp();
        self.sign(&json!({ "role": "service_role", "exp": exp })).unwrap_or_default()
    }

    pub(crate) fn sign(&self, claims: &Value) -> Result<Secret, ApiError> {
        self.keys.sign(claims).map_err(|why| ApiError::new(500, ErrorCode::UnexpectedFailure, why))
    }

    /// Returns whether the user has a verified second factor that was not used in this session.
    pub(crate) fn lacks_aal2(&mut self, caller: &Caller) -> Result<bool, ApiError> {
        let mut factors = self.account(caller.user_id)?.user.factors.iter().flatten();
        Ok(factors.any(Factor::is_verified) && !self.is_aal2(caller.session_id))
    }
}
