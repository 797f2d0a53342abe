//! Settings of tokens, sessions, URLs and limits.

use gotrue::Secret;

use crate::{
    builder::FakeServerBuilder,
    clock::duration,
    settings::{
        rates::{Rate, RateLimits},
        variables::SettingError,
    },
};

impl FakeServerBuilder {
    /// Sets the lifetime of access tokens. Defaults to one hour.
    pub fn token_lifetime(mut self, lifetime: std::time::Duration) -> Self {
        self.settings.token_lifetime = duration(lifetime);
        self
    }

    /// Sets the issuer of tokens (`GOTRUE_JWT_ISSUER`). Defaults to none, and with the [gateway](Self::gateway) to the URL
    /// of the server.
    pub fn jwt_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.settings.issuer = Some(issuer.into());
        self
    }

    /// Sets the audience of new users and their tokens (`GOTRUE_JWT_AUD`). Defaults to `authenticated`.
    pub fn jwt_audience(mut self, audience: impl Into<String>) -> Self {
        self.settings.audience = audience.into();
        self
    }

    /// Sets the algorithm of refresh tokens (`GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION`): 0 and 1 issue random
    /// tokens, each of which the server stores; 2 issues signed tokens with a counter, of which it stores only the
    /// counter. Every version accepts refresh tokens of both kinds. Defaults to 0.
    ///
    /// # Panics
    /// If the version is greater than 2, which the real server rejects on startup.
    pub fn refresh_token_version(mut self, version: u8) -> Self {
        self.settings.set_refresh_token_version(version);
        self
    }

    /// Sets the percentage of sessions with random refresh tokens that get signed ones when they are refreshed
    /// (`GOTRUE_SECURITY_REFRESH_TOKEN_UPGRADE_PERCENTAGE`). Has an effect only with version 2. Defaults to 0.
    ///
    /// # Panics
    /// If the percentage is greater than 100.
    pub fn refresh_token_upgrade_percentage(mut self, percentage: u8) -> Self {
        assert!(percentage <= 100, "expected a percentage of at most 100");
        self.settings.refresh_token_upgrade_percentage = percentage;
        self
    }

    /// Sets whether reuse of a refresh token after the reuse interval revokes the session's tokens
    /// (`GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED`): all random tokens of the session, or the whole session of a
    /// signed token. If not, only the request fails. Defaults to yes.
    pub fn refresh_token_rotation(mut self, rotation: bool) -> Self {
        self.settings.rotate_refresh_tokens = rotation;
        self
    }

    /// Sets whether reuse of a signed refresh token is always accepted (`GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE`).
    /// Defaults to no.
    pub fn refresh_token_allow_reuse(mut self, allow: bool) -> Self {
        self.settings.allow_refresh_token_reuse = allow;
        self
    }

    /// Sets how long a used refresh token is still accepted (`GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL`). Defaults
    /// to ten seconds.
    pub fn reuse_interval(mut self, interval: std::time::Duration) -> Self {
        self.settings.reuse_interval = duration(interval);
        self
    }

    /// Sets whether access tokens are signed with a shared secret (HS256), as in older projects. Such a server
    /// publishes no keys. Defaults to no.
    pub fn hs256(mut self, hs256: bool) -> Self {
        self.settings.hs256 = hs256;
        self
    }

    /// Sets the shared secret (`GOTRUE_JWT_SECRET`) that signs access tokens with HS256.
    pub fn jwt_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.settings.hs256 = true;
        self.settings.jwt_secret = Some(secret.into());
        self
    }

    /// Sets the private keys of the server (`GOTRUE_JWT_KEYS`): a list of JSON Web Keys, of which the one with the
    /// operation `sign` signs. Algorithms are ES256, ES512, RS256, RS512, `EdDSA` and HS256.
    ///
    /// # Errors
    /// If a key is malformed or unsupported, or not exactly one signs.
    pub fn jwt_keys(mut self, keys: &str) -> Result<Self, SettingError> {
        self.settings.set("GOTRUE_JWT_KEYS", keys)?;
        Ok(self)
    }

    /// Sets after what time a session can no longer be refreshed (`GOTRUE_SESSIONS_TIMEBOX`). Defaults to never.
    pub fn session_timebox(mut self, limit: std::time::Duration) -> Self {
        self.settings.session_timebox = Some(duration(limit));
        self
    }

    /// Sets after what time without a refresh a session can no longer be refreshed (`GOTRUE_SESSIONS_INACTIVITY_TIMEOUT`).
    /// Defaults to never.
    pub fn session_inactivity_timeout(mut self, limit: std::time::Duration) -> Self {
        self.settings.session_inactivity = Some(duration(limit));
        self
    }

    /// Sets how long a user with a second factor may go without using it in a session (`GOTRUE_SESSIONS_ALLOW_LOW_AAL`).
    /// Defaults to no limit.
    pub fn session_low_aal_limit(mut self, limit: std::time::Duration) -> Self {
        self.settings.low_aal_lifetime = Some(duration(limit));
        self
    }

    /// Sets whether only the most recent session of a user can be refreshed (`GOTRUE_SESSIONS_SINGLE_PER_USER`). Defaults
    /// to no.
    pub fn single_session_per_user(mut self, enabled: bool) -> Self {
        self.settings.single_session = enabled;
        self
    }

    /// Sets the site URL (`GOTRUE_SITE_URL`), the target of redirects if no other URL is given or allowed. Defaults to
    /// `http://localhost:3000`.
    pub fn site_url(mut self, url: impl Into<String>) -> Self {
        self.settings.site_url = url.into();
        self
    }

    /// Allows redirects only to the site, to loopback addresses and to URLs that match one of these patterns
    /// (`GOTRUE_URI_ALLOW_LIST`). `*` and `?` match within a part between dots and slashes, `**` matches anything,
    /// `{a,b}` one of several texts. A redirect to any other URL leads to the site instead. By default, any URL is
    /// allowed.
    pub fn redirect_urls<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.settings.redirect_urls = Some(patterns.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the URL by which clients reach the server (`API_EXTERNAL_URL`), such as that of a proxy, which links and
    /// metadata contain. If it has a path, requests are accepted with and without that path. Defaults to the URL of the
    /// server.
    pub fn external_url(mut self, url: impl Into<String>) -> Self {
        self.settings.external_url = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// Allows browsers to send a header (CORS), in addition to those that the server allows by default
    /// (`GOTRUE_CORS_ALLOWED_HEADERS`). Note that `apikey`, which many clients send, is not among the defaults.
    pub fn cors_allowed_header(mut self, name: &str) -> Self {
        self.settings.cors_allowed_headers.push(name.to_ascii_lowercase());
        self
    }

    /// Sets how many calls of an operation are accepted within five minutes; further ones fail with
    /// `over_request_rate_limit`. The limit applies separately to each operation that the real server limits, such as
    /// sign-up, tokens and codes. Defaults to no limit.
    pub fn rate_limit(mut self, calls: usize) -> Self {
        self.settings.rate_limit = Some(calls);
        self
    }

    /// Limits how often each client may call operations, as the real server does by default (`GOTRUE_RATE_LIMIT_OTP` and
    /// so on). Clients are told apart by this header (`GOTRUE_RATE_LIMIT_HEADER`).
    pub fn rate_limits_by_header(mut self, header: impl Into<String>) -> Self {
        self.settings.rate_limits = RateLimits { header: header.into(), ..RateLimits::of_real_server() };
        self
    }

    /// Sets how many emails and text messages may be sent in an hour (`GOTRUE_RATE_LIMIT_EMAIL_SENT`,
    /// `GOTRUE_RATE_LIMIT_SMS_SENT`). Defaults to no limit.
    pub fn messages_per_hour(mut self, emails: u32, text_messages: u32) -> Self {
        self.settings.sent_emails = Some(Rate::hourly(emails));
        self.settings.sent_text_messages = Some(Rate::hourly(text_messages));
        self
    }
}
