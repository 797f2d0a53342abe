//! The session on the server's side, and its id in a cookie.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use cookie::{Cookie, SameSite};
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::{CookieSession, RequestCookies, SessionCookies, attributes::Attributes};
use crate::{
    client::Client,
    error::{Error, Result, StoreError},
    jwt::Claims,
    platform::sha256,
    session::Session,
    store::{SessionStore, SessionStores, StoredSession},
    types,
};

/// How often a write is retried while other processes write.
const STORE_ATTEMPTS: usize = 8;

/// The session in a store on the server's side, and a cookie that contains an id only: 256 random bits, `HttpOnly`,
/// `Secure`, `SameSite=Lax`, and named `__Host-session-id`, so that no other host can set it.
///
/// - The store has the SHA-256 hash of the id, so that a reader of the store cannot use the sessions. Encrypt them as
///   well, with `RedisStores::encrypt` or `PostgresStores::encrypt`, because they contain the tokens.
/// - Each sign-in and each change of the assurance level starts a new id and removes the former one (session fixation).
/// - Processes that share the store refresh a session once, and all of them see at once that it has ended.
/// - A session expires when its time to live in the store has passed since the last refresh, and when its cookie does
///   (see [`lifetime`](Self::lifetime)).
///
/// An unknown id counts as no session. Its cookie stays, because the response to a request that was sent before a
/// sign-in must not remove the id of that sign-in.
///
/// ```no_run
/// # async fn f(client: gotrue::Client, key: [u8; 32]) -> Result<(), gotrue::Error> {
/// # #[cfg(feature = "postgres")] {
/// use gotrue::{PostgresStores, web::{OpaqueCookies, SessionLayer}};
/// use std::time::Duration;
///
/// let stores = PostgresStores::connect("postgres://user:password@db.example.com/app", "my-app")
///     .await?
///     .encrypt(&key)?
///     .time_to_live(Duration::from_secs(30 * 24 * 3600));
/// let layer = SessionLayer::new(&client, OpaqueCookies::new(stores));
/// # }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct OpaqueCookies {
    name: String,
    stores: Arc<dyn SessionStores>,
    attributes: Attributes,
    lifetime: Option<Duration>,
}

impl OpaqueCookies {
    /// Keeps the sessions in these stores, each under the hash of its id.
    #[must_use]
    pub fn new(stores: impl SessionStores) -> Self {
        let (name, attributes) = ("session-id".to_owned(), Attributes::new(true));
        Self { name, stores: Arc::new(stores), attributes, lifetime: None }
    }

    /// Sets the name of the cookie without its prefix. Default: `session-id`. Applications on one host need different
    /// names, also if their ports differ.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the domain, whose subdomains also get the cookie and can set it. Its prefix is then `__Secure-`. Default:
    /// none, only this host gets it.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.attributes.domain = Some(domain.into());
        self
    }

    /// Sets whether browsers send the cookie over TLS only. Without it, the name has no prefix. Default: `true`.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// Sets with which requests from other sites browsers send the cookie. With [`SameSite::Strict`], a user who follows a
    /// link from another site arrives as a visitor, even after a reload. Default: [`SameSite::Lax`].
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.attributes.same_site = same_site;
        self
    }

    /// Sets how long the browser keeps an id, in whole seconds from the sign-in or the last change of the assurance
    /// level, whether it is used or not. Default: 400 days, the longest that browsers accept.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Returns the name with its prefix.
    fn full_name(&self) -> String {
        self.attributes.prefixed(&self.name)
    }

    /// Returns the store of the session with the id in these cookies.
    fn store(&self, cookies: &RequestCookies) -> Result<Option<Arc<dyn SessionStore>>> {
        let id = cookies.get(&self.full_name()).and_then(SessionId::parse);
        id.map(|id| self.stores.session(&id.hash())).transpose()
    }

    fn cookie(&self, id: SessionId) -> Cookie<'static> {
        let mut cookie = self.attributes.set(self.full_name(), id.0);
        if let Some(lifetime) = self.lifetime {
            let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
            cookie.set_max_age(cookie::time::Duration::seconds(seconds));
        }
        cookie
    }

    /// Stores a session under a new id.
    async fn start(&self, session: Session) -> Result<Cookie<'static>> {
        let id = SessionId::new()?;
        let store = self.stores.session(&id.hash())?;
        let record = StoredSession::of_sign_in(session)?;
        if store.compare_and_swap(None, Some(record)).await? { Ok(self.cookie(id)) } else { Err(contention()) }
    }

    /// Returns the cookies of a browser whose session is over, and removes that session.
    async fn end(&self, cookies: &RequestCookies, before: Option<&CookieSession>) -> Result<Vec<Cookie<'static>>> {
        let name = self.full_name();
        match (cookies.get(&name), self.store(cookies)?) {
            (None, _) | (Some(_), Some(_)) if before.is_none() => return Ok(Vec::new()),
            (_, Some(store)) => remove(&*store).await,
            (_, None) => {}
        }
        Ok(self.attributes.removals(&name).collect())
    }
}

impl SessionCookies for OpaqueCookies {
    fn read<'a>(&'a self, cookies: &'a RequestCookies) -> BoxFuture<'a, Result<Option<CookieSession>>> {
        Box::pin(async {
            let Some(store) = self.store(cookies)? else { return Ok(None) };
            Ok(store.load().await?.map(|record| CookieSession::new(&record.session)))
        })
    }

    fn write<'a>(
        &'a self,
        cookies: &'a RequestCookies,
        before: Option<&'a CookieSession>,
        after: Option<&'a CookieSession>,
    ) -> BoxFuture<'a, Result<Vec<Cookie<'static>>>> {
        Box::pin(async move {
            let Some(after) = after else { return self.end(cookies, before).await };
            let session = session_in(after)?;
            let former = before.zip(self.store(cookies)?);
            match former {
                Some((before, store)) if has_same_standing(before, after) => {
                    replace(&*store, before, session).await?;
                    Ok(Vec::new())
                }
                _ => {
                    let cookie = self.start(session).await?;
                    if let Some((_, store)) = former {
                        remove(&*store).await;
                    }
                    Ok(vec![cookie])
                }
            }
        })
    }

    fn refresh<'a>(
        &'a self,
        client: &'a Client,
        cookies: &'a RequestCookies,
        session: &'a Session,
    ) -> BoxFuture<'a, Result<Session>> {
        Box::pin(async move {
            let store = self.store(cookies)?.ok_or(Error::NoSession)?;
            let manager = client.session_manager(store).await?;
            let stored = manager.session().ok_or(Error::NoSession)?;
            // Another process has refreshed it.
            if stored.refresh_token() != session.refresh_token() {
                return Ok(stored);
            }
            manager.refresh().await
        })
    }

    fn is_secure(&self) -> bool {
        self.attributes.secure
    }

    fn is_strict(&self) -> bool {
        self.attributes.same_site == SameSite::Strict
    }
}

/// The value of the cookie: 256 random bits.
struct SessionId(String);

impl SessionId {
    fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(Error::Randomness)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns `None` if no session has such an id.
    fn parse(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        (bytes.len() == 32).then(|| Self(value.to_owned()))
    }

    fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(self.0.as_bytes()))
    }
}

/// Returns whether both are states of one sign-in with the same assurance level, so that the id may stay.
fn has_same_standing(before: &CookieSession, after: &CookieSession) -> bool {
    let standing = |session: &CookieSession| {
        let claims = Claims::read_unverified(session.access_token()).ok()?;
        Some((claims.session_id?, claims.aal?))
    };
    standing(before).is_some() && standing(before) == standing(after)
}

/// Stores a later state of the session. One that has ended in the meantime stays so.
async fn replace(store: &dyn SessionStore, before: &CookieSession, session: Session) -> Result<()> {
    for _ in 0..STORE_ATTEMPTS {
        let Some(stored) = store.load().await? else { return Ok(()) };
        let latest = latest(&stored.session, before, &session);
        if is_same(&latest, &stored.session) {
            return Ok(());
        }
        let record = stored.followed_by(latest)?;
        if store.compare_and_swap(Some(stored.revision()), Some(record)).await? {
            return Ok(());
        }
    }
    Err(contention())
}

/// Returns the session with the latest tokens, and with the user that the handler of a request has left.
fn latest(stored: &Session, before: &CookieSession, session: &Session) -> Session {
    let has_new_tokens = session.refresh_token() != before.refresh_token();
    if session.refresh_token() == stored.refresh_token()
        || has_new_tokens && session.expires_at() >= stored.expires_at()
    {
        session.clone()
    } else {
        // Another request has refreshed it.
        stored.clone().with_user(session.user().clone())
    }
}

fn is_same(one: &Session, other: &Session) -> bool {
    let user = |session: &Session| serde_json::to_value(session.user()).unwrap_or_default();
    one.access_token() == other.access_token()
        && one.refresh_token() == other.refresh_token()
        && user(one) == user(other)
}

/// Removes a session. The browser loses its id in any case, so that a failure is only logged.
async fn remove(store: &dyn SessionStore) {
    let removed = async {
        while let Some(record) = store.load().await? {
            if store.compare_and_swap(Some(record.revision()), None).await? {
                break;
            }
        }
        Ok::<_, StoreError>(())
    };
    if let Err(error) = removed.await {
        tracing::warn!(%error, "the session of a browser could not be removed");
    }
}

/// Returns the session that a handler has left, for the store.
fn session_in(cookie: &CookieSession) -> Result<Session> {
    #[derive(Deserialize)]
    struct Parts {
        #[serde(default)]
        expires_at: i64,
        expires_in: i64,
        user: types::User,
    }

    let parts: Parts = serde_json::from_str(cookie.to_json().expose())
        .map_err(|_| Error::invalid("session", "must have a user and the lifetime of its access token"))?;
    let expires_at = DateTime::from_timestamp(parts.expires_at, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let (access_token, refresh_token) = (cookie.access_token().clone(), cookie.refresh_token().clone());
    let session = Session::of_tokens(access_token, refresh_token, expires_at, parts.expires_in, parts.user);
    let (token, refresh_token) = (cookie.token("provider_token"), cookie.token("provider_refresh_token"));
    Ok(session.with_provider_tokens("bearer".to_owned(), token, refresh_token))
}

fn contention() -> Error {
    StoreError::new("write the session", "other processes keep writing").into()
}
