//! Access tokens verified.

use std::{ops::Deref, sync::Arc, time::Duration};

use chrono::TimeDelta;

use super::{
    claims::Claims,
    token::{Header, Token},
};
use crate::{
    client::{
        Client,
        keys::{
            Fetched, Policy,
            key::{self, Found, Key},
        },
    },
    error::{Result, TokenError},
    secret::Secret,
    types::ErrorCode,
};

/// Verifies access tokens, from [`Client::jwt_verifier`].
///
/// A token is good when the server has signed it, with ES256, RS256 or EdDSA, and the key is in the set that it
/// publishes; and when it is good at this time, by the client's clock. The keys are fetched when they are first needed
/// and kept, so that mostly there is no request. All verifiers of a client and its clones share them. A token that is
/// signed with the secret of an older server (HS256) takes that [secret](Self::hs256_secret), or a
/// [question to the server](Self::ask_server_for_hs256).
///
/// What a good token says was true when it was issued. Since then the user may have signed out or been banned, which
/// only the server knows: [`UserClient::get`](crate::UserClient::get).
///
/// By default neither issuer nor audience are checked: the keys are the server's own, and many servers name no issuer.
/// Where the server is used as an OpenID provider, check the [audience](Self::audience): its ID tokens are signed with
/// the same keys, and their audience is the application.
///
/// ```
/// # async fn f(client: gotrue::Client, token: gotrue::Secret) -> Result<(), gotrue::Error> {
/// let verifier = client.jwt_verifier().audience("authenticated");
/// let claims = verifier.verify(&token).await?;
/// println!("{} as {:?}", claims.sub, claims.role);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct JwtVerifier {
    client: Client,
    issuer: Option<String>,
    audience: Option<String>,
    leeway: Duration,
    policy: Policy,
    hs256_secret: Option<Result<Arc<Key>>>,
    ask_server_for_hs256: bool,
}

impl Client {
    /// Verifies access tokens of this server, with its public keys. All verifiers of this client and of its clones share
    /// the keys, so that there is no need to keep one.
    #[must_use]
    pub fn jwt_verifier(&self) -> JwtVerifier {
        JwtVerifier::new(self.clone())
    }
}

impl JwtVerifier {
    pub(crate) fn new(client: Client) -> Self {
        let policy = Policy { ttl: Duration::from_secs(600), cooldown: Duration::from_secs(30) };
        Self {
            client,
            issuer: None,
            audience: None,
            leeway: Duration::from_secs(10),
            policy,
            hs256_secret: None,
            ask_server_for_hs256: true,
        }
    }

    /// Who must have issued the token (`iss`). Default: not checked.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// For whom the token must be (`aud`), mostly `authenticated`. Default: not checked.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// By how much the clocks of this machine and the server may differ. Default: 10 seconds.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long keys are good until they are fetched anew. Default: 10 minutes, as the server says. Keys that cannot be
    /// fetched anew, because the server is down, stay good.
    #[must_use]
    pub fn key_ttl(mut self, ttl: Duration) -> Self {
        self.policy.ttl = ttl;
        self
    }

    /// How long a token with an unknown key is refused without asking the server again. Default: 30 seconds since the
    /// keys were fetched. So a flood of such tokens does not become one of requests.
    #[must_use]
    pub fn cooldown(mut self, cooldown: Duration) -> Self {
        self.policy.cooldown = cooldown;
        self
    }

    /// The secret of a server that signs with HS256, `GOTRUE_JWT_SECRET`. Without it, the server is asked.
    #[must_use]
    pub fn hs256_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.hs256_secret = Some(Key::shared(&secret.into()).map(Arc::new));
        self
    }

    /// Whether a token that is signed with HS256, and for which there is no secret, is shown to the server
    /// (`GET /user`), which costs a request each time. Otherwise it is refused. Default: yes.
    #[must_use]
    pub fn ask_server_for_hs256(mut self, ask: bool) -> Self {
        self.ask_server_for_hs256 = ask;
        self
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// [`Error::Token`](crate::Error::Token) when it is not to be trusted. When the server had to be asked and could
    /// not answer, the error of that call, so that [`is_retryable`](crate::Error::is_retryable) tells the two apart. A
    /// server that was asked about a token may also say that the session is over
    /// ([`ends_session`](crate::Error::ends_session)).
    pub async fn verify(&self, token: &Secret) -> Result<VerifiedClaims> {
        let parts = Token::split(token.expose())?;
        let mut buffer = parts.buffer();
        let header = parts.header(&mut buffer)?;
        let key = match (header.algorithm(), &self.hs256_secret) {
            ("HS256", Some(secret)) => secret.clone()?,
            ("HS256", None) if self.ask_server_for_hs256 => return self.ask_server(token, &parts).await,
            _ => self.public_key(&header).await?,
        };
        key.check(parts.message, &parts.signature()?)?;
        Ok(VerifiedClaims(self.checked(parts.claims(&mut buffer)?)?))
    }

    /// The key that must have signed a token with this header.
    async fn public_key(&self, header: &Header<'_>) -> Result<Arc<Key>> {
        let algorithm = key::parse(header.algorithm()).ok_or(TokenError::AlgorithmNotAllowed)?;
        let find = |keys: &Arc<Fetched>| keys.keys.find(header.key_id(), algorithm);
        let (known, is_fresh) = self.known(find);
        match known {
            Found::Nothing => {}
            // Old keys are good while the next are on their way.
            known if is_fresh || self.client.keys().is_fetching() => return Ok(known.key()?),
            _ => {}
        }
        let key_is_missing = matches!(known, Found::Nothing);
        match self.client.keys().renewed(&self.client, self.policy, key_is_missing).await {
            Ok(keys) => Ok(keys.as_ref().map_or(Found::Nothing, find).key()?),
            Err(error) if error.is_retryable() && !key_is_missing => Ok(known.key()?),
            Err(error) => Err(error),
        }
    }

    /// What there is among the keys as they are, and whether those need not be fetched anew.
    fn known(&self, find: impl Fn(&Arc<Fetched>) -> Found) -> (Found, bool) {
        let current = self.client.keys().current();
        let now = self.client.clock().uptime();
        current.as_ref().map_or((Found::Nothing, false), |keys| (find(keys), keys.is_fresh(now, self.policy)))
    }

    /// Has the server verify a token.
    async fn ask_server(&self, token: &Secret, parts: &Token<'_>) -> Result<VerifiedClaims> {
        // What it would refuse anyway is not worth a request.
        let claims = self.checked(parts.claims(&mut parts.buffer())?)?;
        match self.client.user_of(token).await {
            Ok(user) if user.id == claims.sub => Ok(VerifiedClaims(claims)),
            Ok(_) => Err(TokenError::BadSignature.into()),
            // The time was checked, so that only the signature is left.
            Err(error) if error.code() == Some(&ErrorCode::BadJwt) => Err(TokenError::BadSignature.into()),
            Err(error) => Err(error),
        }
    }

    /// The claims, if they are good here and now.
    fn checked(&self, claims: Claims) -> Result<Claims, TokenError> {
        let now = self.client.clock().now();
        let leeway = TimeDelta::from_std(self.leeway).unwrap_or(TimeDelta::MAX);
        if now.signed_duration_since(claims.exp) >= leeway {
            return Err(TokenError::Expired(claims.exp));
        }
        if let Some(from) = claims.nbf.filter(|from| from.signed_duration_since(now) > leeway) {
            return Err(TokenError::NotYetValid(from));
        }
        if self.issuer.as_ref().is_some_and(|issuer| claims.iss.as_ref() != Some(issuer)) {
            return Err(TokenError::WrongIssuer);
        }
        if self.audience.as_ref().is_some_and(|audience| !claims.aud.contains(audience)) {
            return Err(TokenError::WrongAudience);
        }
        Ok(claims)
    }
}

/// Claims of a token that was good when it was verified. Only a [`JwtVerifier`] makes them.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedClaims(Claims);

impl VerifiedClaims {
    /// The claims, which no longer say that they were verified.
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
