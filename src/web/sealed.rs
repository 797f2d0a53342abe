//! Encrypted cookies.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};
use futures_util::future::{self, BoxFuture, FutureExt};

use super::{CookieSession, RequestCookies, SessionCookies, attributes::Attributes, chunks};
use crate::{
    cipher::Cipher,
    error::{Error, Result},
};

/// The session in cookies that only the server can read and write: encrypted and authenticated (AES-256-GCM, with the
/// name of the cookie as associated data), `HttpOnly`, `Secure`, `SameSite=Lax`, and named `__Host-session`, so that
/// no other host can set them.
///
/// They contain the tokens, not the user, and suit every server without a client in JavaScript. A value of more than
/// 3180 characters is split into several cookies.
///
/// The cipher is that of aws-lc-rs, as everywhere in this crate, and not that of the private jar of the crate `cookie`,
/// which would add a second implementation of cryptography.
///
/// ```
/// # fn f(client: gotrue::Client, key: [u8; 32], former_key: [u8; 32]) -> Result<(), gotrue::Error> {
/// use gotrue::web::{SealedCookies, SessionLayer};
///
/// // To replace the key, add the former one until the sessions that it sealed have been refreshed or have ended. If
/// // several processes run at once, first add the new key to all of them as if it were a former one: a process removes
/// // cookies that it cannot open.
/// let cookies = SealedCookies::new(&key)?.former_key(&former_key)?;
/// let layer = SessionLayer::new(&client, cookies);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SealedCookies {
    name: String,
    /// The first one seals, all of them open.
    ciphers: Vec<Arc<Cipher>>,
    attributes: Attributes,
}

impl fmt::Debug for SealedCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCookies")
            .field("name", &self.full_name())
            .field("keys", &self.ciphers.len())
            .field("attributes", &self.attributes)
            .finish()
    }
}

impl SealedCookies {
    /// Seals the cookies with this key: 32 random bytes, the same in all processes of the service and after a restart.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the cipher rejects the key; no key of this length is known to be rejected.
    pub fn new(key: &[u8; 32]) -> Result<Self> {
        let ciphers = vec![Self::cipher(key)?];
        Ok(Self { name: "session".to_owned(), ciphers, attributes: Attributes::new(true) })
    }

    /// Also opens cookies that were sealed with this key, which has been replaced or is about to replace the other.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn former_key(mut self, key: &[u8; 32]) -> Result<Self> {
        self.ciphers.push(Self::cipher(key)?);
        Ok(self)
    }

    fn cipher(key: &[u8; 32]) -> Result<Arc<Cipher>> {
        Cipher::new(key).map(Arc::new).map_err(|_| Error::invalid("cookie key", "is rejected by the cipher"))
    }

    /// Sets the name of the cookie without its prefix. Default: `session`. Applications on one host need different names,
    /// also if their ports differ.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the domain, whose subdomains also get the cookies and can set them. Its prefix is then `__Secure-`.
    /// Default: none, only this host gets them.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.attributes.domain = Some(domain.into());
        self
    }

    /// Sets whether browsers send the cookies over TLS only. Without it, the name has no prefix. Default: `true`.
    /// Browsers send secure cookies to `http://localhost` as well, except for Safari.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// Sets with which requests from other sites browsers send the cookies. With [`SameSite::Strict`], a user who
    /// follows a link from another site arrives as a visitor, even after a reload. Default: [`SameSite::Lax`].
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.attributes.same_site = same_site;
        self
    }

    /// Returns the name with its prefix.
    fn full_name(&self) -> String {
        self.attributes.prefixed(&self.name)
    }

    fn seal(&self, session: &CookieSession, name: &str) -> Result<String> {
        let json = session.clone().without_user().to_json().expose().as_bytes().to_vec();
        let sealed = self.ciphers.first().and_then(|cipher| cipher.encrypt(json, name).ok());
        // Encryption fails only if there is no randomness for the nonce.
        sealed.map(|sealed| URL_SAFE_NO_PAD.encode(sealed)).ok_or(Error::Randomness(getrandom::Error::UNEXPECTED))
    }

    fn open(&self, value: &str, name: &str) -> Option<CookieSession> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let json = self.ciphers.iter().find_map(|cipher| cipher.decrypt(&sealed, name))?;
        CookieSession::from_json(std::str::from_utf8(&json).ok()?).ok()
    }
}

impl SessionCookies for SealedCookies {
    fn read<'a>(&'a self, cookies: &'a RequestCookies) -> BoxFuture<'a, Result<Option<CookieSession>>> {
        let name = self.full_name();
        let session = chunks::read(cookies, &name).and_then(|value| self.open(&value, &name));
        future::ready(Ok(session)).boxed()
    }

    fn write<'a>(
        &'a self,
        cookies: &'a RequestCookies,
        _: Option<&'a CookieSession>,
        after: Option<&'a CookieSession>,
    ) -> BoxFuture<'a, Result<Vec<Cookie<'static>>>> {
        let name = self.full_name();
        let value = after.map(|session| self.seal(session, &name)).transpose();
        let written = value.map(|value| chunks::write(cookies, &self.attributes, &name, value.as_deref()));
        future::ready(written).boxed()
    }

    fn is_secure(&self) -> bool {
        self.attributes.secure
    }

    fn is_strict(&self) -> bool {
        self.attributes.same_site == SameSite::Strict
    }
}
