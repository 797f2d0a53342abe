//! Verification of access tokens.

use std::{ops::Deref, sync::Arc, time::Duration};

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    claims::Claims,
    compact::{CompactToken, Header},
    session_checks::SessionChecks,
    shared_secret::SharedSecret,
};
use crate::{
    client::{
        Client, Environment,
        keys::{
            Policy,
            key::{Algorithm, KeySet, PublicKey},
        },
    },
    error::{Error, Result, TokenError},
    secret::Secret,
    types::{ErrorCode, JwkSet},
};

/// Verifies access tokens. Returned by [`Client::jwt_verifier`].
///
/// ```
/// # async fn f(client: gotrue::Client, token: gotrue::Secret) -> Result<(), gotrue::Error> {
/// let verifier = client.jwt_verifier().audience("authenticated");
/// let claims = verifier.verify(&token).await?;
/// println!("{} as {:?}", claims.sub, claims.role);
/// # Ok(()) }
/// ```
///
/// A token is accepted if it is signed with a key that the server publishes (RS256, RS512, ES256, ES512 or EdDSA), has
/// not expired, and is for the expected issuer and audience. Times are compared with the server's clock, as far as
/// [`Client::clock_skew`] knows it. An HS256 token is accepted with the [secret](Self::hs256_secret), or if the server
/// publishes no usable key and [confirms](Self::ask_server_for_hs256) the token; otherwise it is refused.
///
/// Claims state what was true when the token was issued. Whether the user has signed out or was banned since then is
/// known only to the server: [`UserClient::get`](crate::UserClient::get).
///
/// # Defaults
///
/// | setting | default |
/// |---|---|
/// | [`audience`](Self::audience) | any, except for that of an ID token |
/// | [`issuer`](Self::issuer) | any, because the keys are the server's own and many servers have no issuer |
/// | [`leeway`](Self::leeway) | 10 seconds |
/// | [`key_ttl`](Self::key_ttl) | 10 minutes |
/// | [`max_key_age`](Self::max_key_age) | 24 hours |
/// | [`cooldown`](Self::cooldown) | 30 seconds |
/// | [`hs256_secret`](Self::hs256_secret) | none |
/// | [`ask_server_for_hs256`](Self::ask_server_for_hs256) | yes |
/// | [`keys`](Self::keys) | those that the server publishes |
/// | [`check_session`](Self::check_session) | no |
///
/// The longest accepted token has 1 MiB.
///
/// # ID tokens
///
/// If the server is used as an OpenID provider, it signs ID tokens with the same keys as access tokens. An ID token is
/// for an OAuth client, and any client could pass it to a service (RFC 8725, section 3.12). Set the
/// [audience](Self::audience) that the service expects, `authenticated` for most servers. Without one, a token is
/// refused if its audience is an OAuth client: a UUID, or the token's own `client_id`.
///
/// # Requests
///
/// The keys are fetched when they are first needed and cached for all verifiers of a client and its clones. A key set
/// that is older than [`key_ttl`](Self::key_ttl) is renewed by a background task, while its keys are still used. If it
/// cannot be renewed, for whatever reason, they are used up to [`max_key_age`](Self::max_key_age).
///
/// However many tokens are forged, they cause at most these requests, each with the client's retries:
///
/// - One for the keys (`GET /.well-known/jwks.json`) per [`cooldown`](Self::cooldown). While it fails for a reason that
///   may pass, such as a time-out: one per second, or fewer if `Retry-After` says so.
/// - Five for users (`GET /user`) per [`cooldown`](Self::cooldown), and only for HS256 if the server publishes no
///   usable key, there is no [secret](Self::hs256_secret), and [asking](Self::ask_server_for_hs256) is on.
#[derive(Clone, Debug)]
pub struct JwtVerifier {
    client: Client,
    issuer: Option<String>,
    audience: Option<String>,
    leeway: TimeDelta,
    policy: Policy,
    hs256_secret: Option<Result<SharedSecret>>,
    ask_server_for_hs256: bool,
    keys: Option<Arc<KeySet>>,
    session_checks: Option<Arc<SessionChecks>>,
}

impl Client {
    /// Returns a verifier of this server's access tokens. All verifiers of this client and its clones share the cached
    /// keys, so there is no need to keep one.
    #[must_use]
    pub fn jwt_verifier(&self) -> JwtVerifier {
        let policy = Policy {
            ttl: Duration::from_secs(10 * 60),
            max_age: Duration::from_secs(24 * 3600),
            cooldown: Duration::from_secs(30),
        };
        JwtVerifier {
            client: self.clone(),
            issuer: None,
            audience: None,
            leeway: TimeDelta::seconds(10),
            policy,
            hs256_secret: None,
            ask_server_for_hs256: true,
            keys: None,
            session_checks: None,
        }
    }
}

impl JwtVerifier {
    /// Requires this issuer (`iss`). Default: any.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Requires this audience (`aud`), `authenticated` for most servers. Default: any, except for that of an
    /// [ID token](Self#id-tokens).
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the tolerance for `exp` and `nbf`, which allows for clocks that differ. Default: 10 seconds. The server has
    /// none, so a token that it is asked about must not have expired.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = TimeDelta::from_std(leeway).unwrap_or(TimeDelta::MAX);
        self
    }

    /// Sets the age at which keys are renewed in the background. Default: 10 minutes, the lifetime that the server
    /// states in `Cache-Control`.
    #[must_use]
    pub fn key_ttl(mut self, ttl: Duration) -> Self {
        self.policy.ttl = ttl;
        self
    }

    /// Sets the age from which keys are not used any more. It only matters if they cannot be renewed, or if no token
    /// was verified for that long. Then a token waits for the request. Default: 24 hours.
    ///
    /// A key that the server has withdrawn is accepted for up to this time if the server cannot be reached.
    #[must_use]
    pub fn max_key_age(mut self, age: Duration) -> Self {
        self.policy.max_age = age;
        self
    }

    /// Sets the minimum time between two requests that are caused by tokens with an unknown key, and the window in
    /// which the server is asked about at most five forged HS256 tokens. Default: 30 seconds. A new key of the server
    /// is therefore unknown for up to 30 seconds, unless the server publishes it before it signs with it.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.policy.cooldown = cooldown;
        self
    }

    /// Sets the secret of a server that signs with HS256 (`GOTRUE_JWT_SECRET`). Default: none, the server is asked.
    #[must_use]
    pub fn hs256_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.hs256_secret = Some(SharedSecret::new(&secret.into()));
        self
    }

    /// Sets whether the server verifies HS256 tokens (`GET /user`) if there is no [secret](Self::hs256_secret) and the
    /// server publishes no usable key. Otherwise they are refused. Default: yes.
    ///
    /// This costs one request for each verification, and thereby notices that a session is over. The server is asked
    /// about at most five forged tokens per [`cooldown`](Self::cooldown). After that, a token that it has not confirmed
    /// before fails with [`Error::VerificationLimit`](crate::Error::VerificationLimit) until the cooldown is over.
    /// A service under attack therefore rejects users that are new to it; set the secret to avoid that.
    #[must_use]
    pub fn ask_server_for_hs256(mut self, ask: bool) -> Self {
        self.ask_server_for_hs256 = ask;
        self
    }

    /// Uses these public keys, and never requests those of the server. A key that the server adds later is unknown until
    /// the service is restarted with it. Members of the set that are not usable keys are skipped.
    #[must_use]
    pub fn keys(mut self, keys: &JwkSet) -> Self {
        self.keys = Some(Arc::new(KeySet::new(keys)));
        self
    }

    /// Uses the [`keys`](Self::keys) in the variable `SUPABASE_JWKS`, a JSON Web Key Set, if it is set. If `GOTRUE_URL`
    /// is set, the variable is `GOTRUE_JWKS`, as the two families are never mixed.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the variable is not a JSON Web Key Set, or has no usable key.
    pub fn keys_from_env(self) -> Result<Self> {
        let Some(json) = Environment::read().jwks else { return Ok(self) };
        let keys: Option<JwkSet> = serde_json::from_str(&json).ok();
        let verifier = keys.map(|keys| self.keys(&keys)).filter(Self::has_keys);
        verifier.ok_or_else(|| Error::invalid("key set", "in the environment must be JSON with a usable public key"))
    }

    fn has_keys(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| !keys.is_empty())
    }

    /// Also asks the server whether the session of the token still exists (`GET /user`), at most once within this time
    /// for each token. A token of a user who has signed out is then refused this long after that at the latest, and not
    /// only when it expires. Clones of the verifier share what the server has said. Default: the server is not asked.
    ///
    /// If the server cannot be asked, the verification fails with the error of the request, which says nothing about
    /// the token.
    #[must_use]
    pub fn check_session(mut self, every: Duration) -> Self {
        self.session_checks = Some(Arc::new(SessionChecks::new(every)));
        self
    }

    /// Verifies a token and returns its claims.
    ///
    /// # Errors
    /// - [`Error::Token`](crate::Error::Token) if the token is refused.
    /// - If the server had to be asked: the error of that request. Such an error says nothing about the token, except
    ///   that [`Error::ends_session`](crate::Error::ends_session) states that its session is over.
    /// - [`Error::VerificationLimit`](crate::Error::VerificationLimit), see [above](Self#requests).
    /// - [`Error::InvalidInput`](crate::Error::InvalidInput) if the [secret](Self::hs256_secret) is empty.
    pub async fn verify(&self, token: &Secret) -> Result<VerifiedClaims> {
        let parts = CompactToken::split(token.expose())?;
        let mut buffer = parts.buffer();
        let header = parts.header(&mut buffer)?;
        match (header.algorithm(), &self.hs256_secret) {
            // The response also states whether the session exists.
            ("HS256", None) => return self.ask_server(token, &parts).await,
            ("HS256", Some(secret)) => secret.clone()?.verify(parts.signing_input, &parts.signature()?)?,
            _ => self.public_key(&header).await?.verify(parts.signing_input, &parts.signature()?)?,
        }
        let claims = self.validated(Claims::from_payload(parts.payload(&mut buffer)?)?)?;
        if let Some(checks) = &self.session_checks {
            self.before_expiry(&claims)?;
            let checked = checks.check(&self.client, token).await;
            checked.map_err(|error| if is_bad_jwt(&error) { self.refused(&claims).unwrap_or(error) } else { error })?;
        }
        Ok(VerifiedClaims(claims))
    }

    async fn public_key(&self, header: &Header<'_>) -> Result<Arc<PublicKey>> {
        let algorithm = Algorithm::parse(header.algorithm()).ok_or(TokenError::AlgorithmNotAllowed)?;
        if let Some(keys) = &self.keys {
            return Ok(keys.find(header.key_id(), algorithm)?);
        }
        self.client.keys().find(&self.client, self.policy, header.key_id(), algorithm).await
    }

    /// Lets the server verify a token.
    async fn ask_server(&self, token: &Secret, parts: &CompactToken<'_>) -> Result<VerifiedClaims> {
        if !self.ask_server_for_hs256 {
            return Err(TokenError::AlgorithmNotAllowed.into());
        }
        // A token that is refused in any case is not worth a request.
        let claims = self.validated(Claims::from_payload(parts.payload(&mut parts.buffer())?)?)?;
        self.before_expiry(&claims)?;
        // A server with a public key does not sign with HS256.
        if self.has_keys() || self.client.keys().is_published(&self.client, self.policy).await? {
            return Err(TokenError::AlgorithmNotAllowed.into());
        }
        match self.client.keys().server_checks().user(&self.client, token, self.policy.cooldown).await {
            Ok(user) if user.id == claims.sub => Ok(VerifiedClaims(claims)),
            Ok(_) => Err(TokenError::BadSignature.into()),
            // The other reasons for this code were ruled out before.
            Err(error) if is_bad_jwt(&error) => {
                Err(self.refused(&claims).unwrap_or_else(|| TokenError::BadSignature.into()))
            }
            Err(error) => Err(error),
        }
    }

    /// Fails if the token has expired, for a request to the server, which has no leeway.
    fn before_expiry(&self, claims: &Claims) -> Result<(), TokenError> {
        let is_expired = claims.exp <= self.client.server_now();
        if is_expired { Err(TokenError::Expired(claims.exp)) } else { Ok(()) }
    }

    /// Returns the error for a token that the server has refused if it may have expired by the server's clock.
    fn refused(&self, claims: &Claims) -> Option<Error> {
        let remaining = claims.exp.signed_duration_since(self.client.server_now());
        (remaining <= self.leeway).then(|| TokenError::Expired(claims.exp).into())
    }

    /// Returns the claims if their times, issuer and audience are accepted.
    fn validated(&self, claims: Claims) -> Result<Claims, TokenError> {
        let now = self.client.server_now();
        if now.signed_duration_since(claims.exp) >= self.leeway {
            return Err(TokenError::Expired(claims.exp));
        }
        if let Some(from) = claims.nbf.filter(|from| from.signed_duration_since(now) > self.leeway) {
            return Err(TokenError::NotYetValid(from));
        }
        if self.issuer.as_ref().is_some_and(|issuer| claims.iss.as_ref() != Some(issuer)) {
            return Err(TokenError::WrongIssuer);
        }
        let is_for_us = match &self.audience {
            Some(audience) => claims.aud.contains(audience),
            None => !is_for_oauth_client(&claims),
        };
        if is_for_us { Ok(claims) } else { Err(TokenError::WrongAudience) }
    }
}

fn is_bad_jwt(error: &Error) -> bool {
    error.code() == Some(&ErrorCode::BadJwt)
}

/// Returns whether the audience is an OAuth client of the server, as in an ID token. Their ids are UUIDs.
fn is_for_oauth_client(claims: &Claims) -> bool {
    let is_client = |name: &str| Uuid::try_parse(name).is_ok() || claims.client_id.as_deref() == Some(name);
    claims.aud.iter().any(is_client)
}

/// The claims of a token that was valid when it was verified. Only a [`JwtVerifier`] creates them.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedClaims(Claims);

impl VerifiedClaims {
    /// Returns the claims as a type that does not state that they were verified.
    #[must_use]
    pub fn into_claims(self) -> Claims {
        self.0
    }
}

impl Deref for VerifiedClaims {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}
