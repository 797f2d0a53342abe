//! The cookies of `@supabase/ssr`.

use cookie::{Cookie, SameSite};
use futures_util::future::{self, BoxFuture, FutureExt};

use super::{
    CookieSession, JavaScriptFlow, RequestCookies, SessionCookies,
    attributes::Attributes,
    chunks,
    ssr_encoding::{decode, encode},
    ssr_flows,
};
use crate::{client::Client, error::Result};

/// How a value is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SsrEncoding {
    /// `base64-` and the JSON in base64url (`cookieEncoding: "base64url"`).
    #[default]
    Base64Url,
    /// The JSON, percent-encoded (`cookieEncoding: "raw"`), as before version 0.4.
    Raw,
}

/// The session in the cookies of `@supabase/ssr`, which a browser client and this server share.
///
/// The browser's JavaScript has to read and write these cookies, so they cannot be `HttpOnly`, and the session in them
/// is not secret from scripts on the page. Nor can they have a prefix in their name, so every host of the same site can
/// set them. A server without a client in JavaScript uses
/// [`SealedCookies`](super::SealedCookies).
///
/// The cookie has the name `sb-PROJECT-auth-token`, where `PROJECT` is the first label of the server's host name. If
/// the browser reaches the server under another name than this process does, set [`name`](Self::name) to the name that
/// the browser client uses. A value of more than 3180 characters is split into `NAME.0`, `NAME.1` and so on.
///
/// Both encodings are read. The cookies have `Path=/`, `Max-Age` of 400 days, `SameSite=Lax` and `Secure`; browsers
/// send secure cookies to `http://localhost` as well, except for Safari.
///
/// ```
/// # fn f(client: gotrue::Client) {
/// use gotrue::web::{SessionLayer, SsrCookies};
///
/// let layer = SessionLayer::new(&client, SsrCookies::new(&client));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SsrCookies {
    name: String,
    encoding: SsrEncoding,
    tokens_only: bool,
    attributes: Attributes,
}

impl SsrCookies {
    /// The cookies of the server that this client is for.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        Self {
            name: default_name(client.base_url().host_str().unwrap_or_default()),
            encoding: SsrEncoding::default(),
            tokens_only: false,
            attributes: Attributes::new(false),
        }
    }

    /// Sets the name of the cookie, which is the `storageKey` or `cookieOptions.name` of the browser client.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how values are written. Default: [`SsrEncoding::Base64Url`].
    #[must_use]
    pub fn encoding(mut self, encoding: SsrEncoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// Sets whether the user is omitted, which makes the cookies shorter. The browser client needs the same setting
    /// (`cookies.encode: "tokens-only"`). Default: `false`.
    #[must_use]
    pub fn tokens_only(mut self, tokens_only: bool) -> Self {
        self.tokens_only = tokens_only;
        self
    }

    /// Sets the domain, whose subdomains also get the cookies. Default: none, only this host gets them.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.attributes.domain = Some(domain.into());
        self
    }

    /// Sets whether browsers send the cookies over TLS only. Default: `true`.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// Sets whether scripts are kept from reading the cookies. A browser client then has no session; use it only if the
    /// cookies are shared among servers. Default: `false`.
    #[must_use]
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.attributes.http_only = http_only;
        self
    }

    /// Sets with which requests from other sites browsers send the cookies. With [`SameSite::Strict`], a user who
    /// follows a link from another site arrives as a visitor, even after a reload. Default: [`SameSite::Lax`].
    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.attributes.same_site = same_site;
        self
    }

    fn encode(&self, session: &CookieSession) -> String {
        let json = if self.tokens_only { session.clone().without_user().to_json() } else { session.to_json() };
        match self.encoding {
            SsrEncoding::Base64Url => encode(json.expose()),
            SsrEncoding::Raw => json.into(),
        }
    }
}

impl SessionCookies for SsrCookies {
    fn read<'a>(&'a self, cookies: &'a RequestCookies) -> BoxFuture<'a, Result<Option<CookieSession>>> {
        let json = chunks::read(cookies, &self.name).and_then(|value| decode(&value));
        let session = json.and_then(|json| CookieSession::from_json(json.expose()).ok());
        future::ready(Ok(session)).boxed()
    }

    fn write<'a>(
        &'a self,
        cookies: &'a RequestCookies,
        _: Option<&'a CookieSession>,
        after: Option<&'a CookieSession>,
    ) -> BoxFuture<'a, Result<Vec<Cookie<'static>>>> {
        let value = after.map(|session| self.encode(session));
        future::ready(Ok(chunks::write(cookies, &self.attributes, &self.name, value.as_deref()))).boxed()
    }

    fn javascript_flow(&self, cookies: &RequestCookies, flow_id: Option<&str>) -> Option<JavaScriptFlow> {
        ssr_flows::find(cookies, &self.attributes, &self.name, flow_id)
    }

    fn is_secure(&self) -> bool {
        self.attributes.secure
    }

    fn is_strict(&self) -> bool {
        self.attributes.same_site == SameSite::Strict
    }
}

/// Returns the name that supabase-js derives from the URL of the project.
fn default_name(host: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    // The host is an IPv6 address in the one case in which characters are not allowed in the name of a cookie.
    let label: String = host.split('.').next().unwrap_or_default().chars().filter(is_allowed).collect();
    format!("sb-{label}-auth-token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_supabase_js() {
        for (url, name) in [
            ("https://ABCDEFGHIJKLMNOPQRST.supabase.co/auth/v1", "sb-abcdefghijklmnopqrst-auth-token"),
            ("http://localhost:54321/auth/v1", "sb-localhost-auth-token"),
            ("http://127.0.0.1:54321", "sb-127-auth-token"),
            ("https://my-app.example.co.uk:8443/base", "sb-my-app-auth-token"),
            ("http://supabase_kong_x:8000", "sb-supabase_kong_x-auth-token"),
            ("http://[::1]:54321", "sb-1-auth-token"),
        ] {
            assert_eq!(SsrCookies::new(&Client::new(url, "").unwrap()).name, name, "{url}");
        }
    }
}
