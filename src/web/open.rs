//! Reading, verifying and refreshing the session of a request.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;

use super::{
    CookieSession, RequestCookies, SessionCookies,
    browser_session::{VerifiedSession, session_of},
    refreshes::Refreshes,
};
use crate::{
    client::Client,
    error::{Error, Result, TokenError},
    jwt::{Claims, JwtVerifier},
    session::Session,
    tower::{Rejection, is_about_token},
};

/// A token is refreshed this long before it expires, or a quarter of its lifetime if that is shorter. `@supabase/ssr`
/// has the same margin, and that of a session manager is shorter, so that handlers need no refresh.
const MARGIN: TimeDelta = TimeDelta::seconds(90);

/// Opens the sessions of requests.
#[derive(Clone)]
pub(super) struct Opener {
    pub(super) client: Client,
    pub(super) verifier: JwtVerifier,
    pub(super) cookies: Arc<dyn SessionCookies>,
    pub(super) refreshes: Arc<Refreshes>,
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("client", &self.client).field("cookies", &self.cookies).finish_non_exhaustive()
    }
}

/// Why there is no valid token.
enum Failure {
    /// There is no session, or it is over.
    None,
    /// It is unknown whether there is one.
    Unknown,
}

impl Failure {
    fn of(error: &Error) -> Self {
        if is_about_token(error) { Self::None } else { Self::Unknown }
    }
}

impl Opener {
    pub(super) fn new(client: &Client, cookies: Arc<dyn SessionCookies>) -> Self {
        Self {
            client: client.clone(),
            verifier: client.jwt_verifier().audience("authenticated"),
            cookies,
            refreshes: Arc::default(),
        }
    }

    pub(super) async fn open(&self, cookies: Arc<RequestCookies>) -> Opened {
        let mut opened = Opened {
            cookies,
            in_request: None,
            current: None,
            is_refreshed: false,
            is_unknown: false,
            verification: Err(Rejection::Missing),
        };
        match self.cookies.read(&opened.cookies).await {
            Ok(None) => {}
            Ok(Some(session)) => {
                opened.in_request = Some(session.clone());
                self.verify(&mut opened, session).await;
            }
            Err(error) => {
                tracing::warn!(%error, "the session of a browser could not be read");
                opened.fail(&Failure::Unknown);
            }
        }
        opened
    }

    async fn verify(&self, opened: &mut Opened, session: CookieSession) {
        let claims = match self.verifier.verify(session.access_token()).await {
            Ok(claims) => claims.into_claims(),
            Err(error) => {
                tracing::debug!(%error, "the access token in a cookie was refused");
                return match self.expired(&session, &error) {
                    Some(claims) => self.refresh(opened, session, &claims, None).await,
                    None => opened.fail(&Failure::of(&error)),
                };
            }
        };
        let claims = Arc::new(claims);
        if self.is_due(&claims) {
            let valid = claims.clone();
            return self.refresh(opened, session, &claims, Some(valid)).await;
        }
        opened.current = Some(session);
        opened.verification = Ok(claims);
    }

    /// Returns the claims of a token that was refused because it has expired, as far as anyone can tell: the key that
    /// it is signed with may have been replaced since.
    fn expired(&self, session: &CookieSession, error: &Error) -> Option<Claims> {
        let claims = Claims::read_unverified(session.access_token()).ok()?;
        match error.token()? {
            TokenError::Expired(_) => Some(claims),
            TokenError::UnknownKey if claims.exp <= self.client.server_now() => Some(claims),
            _ => None,
        }
    }

    fn is_due(&self, claims: &Claims) -> bool {
        let lifetime = claims.iat.map_or(MARGIN * 4, |issued| claims.exp - issued);
        claims.exp - self.client.server_now() < MARGIN.min(lifetime / 4)
    }

    /// Refreshes the session. `valid` are the claims of its access token, unless that has expired.
    async fn refresh(&self, opened: &mut Opened, session: CookieSession, claims: &Claims, valid: Option<Arc<Claims>>) {
        let refreshed = match self.exchange(&opened.cookies, &session, claims).await {
            Ok(refreshed) => refreshed,
            Err(error) if error.ends_session() => {
                tracing::debug!(%error, "a session has ended");
                return opened.fail(&Failure::None);
            }
            Err(error) => {
                tracing::warn!(%error, "a session could not be refreshed");
                opened.current = Some(session);
                match valid {
                    Some(claims) => opened.verification = Ok(claims),
                    None => opened.fail(&Failure::Unknown),
                }
                return;
            }
        };
        opened.current = Some(CookieSession::new(&refreshed).continuing(&session));
        opened.is_refreshed = true;
        match self.verifier.verify(refreshed.access_token()).await {
            Ok(claims) => opened.verification = Ok(Arc::new(claims.into_claims())),
            Err(error) => {
                tracing::warn!(%error, "a new access token was refused");
                opened.verification = Err(Rejection::Unavailable);
            }
        }
    }

    async fn exchange(
        &self,
        cookies: &Arc<RequestCookies>,
        cookie: &CookieSession,
        claims: &Claims,
    ) -> Result<Session> {
        let session = session_of(cookie, claims, &self.client);
        let session = session.ok_or_else(|| Error::invalid("session cookie", "has claims that cannot be read"))?;
        let exchange = || {
            let (form, client, cookies) = (self.cookies.clone(), self.client.clone(), cookies.clone());
            async move { form.refresh(&client, &cookies, &session).await }
        };
        self.refreshes.refresh(self.client.clock(), cookie.refresh_token(), exchange).await
    }
}

/// The session of a request as the layer has found it.
pub(super) struct Opened {
    pub(super) cookies: Arc<RequestCookies>,
    /// The session in the cookies.
    pub(super) in_request: Option<CookieSession>,
    /// The session after the refresh, if there was one.
    pub(super) current: Option<CookieSession>,
    pub(super) is_refreshed: bool,
    /// Whether it is unknown if there is a session, so that the cookies must stay.
    pub(super) is_unknown: bool,
    pub(super) verification: Result<Arc<Claims>, Rejection>,
}

impl Opened {
    /// Returns the session if its access token is valid.
    pub(super) fn verified(&self) -> Option<VerifiedSession> {
        let claims = self.verification.clone().ok()?;
        Some(VerifiedSession { cookie: self.current.clone()?, claims })
    }

    fn fail(&mut self, failure: &Failure) {
        match failure {
            Failure::None => self.current = None,
            Failure::Unknown => {
                self.is_unknown = true;
                self.verification = Err(Rejection::Unavailable);
            }
        }
    }
}
