//! The attributes of cookies.

use cookie::{Cookie, CookieBuilder, SameSite, time::Duration};

/// The longest lifetime that browsers accept (RFC 6265bis, section 5.5).
const MAX_AGE: Duration = Duration::days(400);

/// The attributes of the cookies of a session.
#[derive(Clone, Debug)]
pub(super) struct Attributes {
    pub(super) domain: Option<String>,
    pub(super) secure: bool,
    pub(super) http_only: bool,
    pub(super) same_site: SameSite,
}

impl Attributes {
    pub(super) fn new(http_only: bool) -> Self {
        Self { domain: None, secure: true, http_only, same_site: SameSite::Lax }
    }

    /// Returns the name with the prefix that these attributes allow, with which browsers accept it from no one else
    /// (RFC 6265bis, section 4.1.3).
    pub(super) fn prefixed(&self, name: &str) -> String {
        match (self.secure, &self.domain) {
            (false, _) => name.to_owned(),
            (true, Some(_)) => format!("__Secure-{name}"),
            (true, None) => format!("__Host-{name}"),
        }
    }

    /// Returns a cookie. The value must be encoded.
    pub(super) fn set(&self, name: String, value: String) -> Cookie<'static> {
        self.with_domain(self.host_only(name, value).max_age(MAX_AGE)).build()
    }

    /// Returns the removal of a cookie with the domain, and first of the one without, which a server may have set before
    /// it had a domain.
    pub(super) fn removals(&self, name: &str) -> impl Iterator<Item = Cookie<'static>> {
        let removal = || self.host_only(name.to_owned(), String::new()).max_age(Duration::ZERO);
        let with_domain = self.domain.as_ref().map(|_| self.with_domain(removal()).build());
        std::iter::once(removal().build()).chain(with_domain)
    }

    fn host_only(&self, name: String, value: String) -> CookieBuilder<'static> {
        let cookie = Cookie::build((name, value)).path("/").same_site(self.same_site);
        // An attribute that is set to `false` is not written either, but makes cookies unequal.
        let cookie = if self.secure { cookie.secure(true) } else { cookie };
        if self.http_only { cookie.http_only(true) } else { cookie }
    }

    fn with_domain(&self, cookie: CookieBuilder<'static>) -> CookieBuilder<'static> {
        match &self.domain {
            Some(domain) => cookie.domain(domain.clone()),
            None => cookie,
        }
    }
}
