//! Limits on how often operations are called and messages are sent.

use chrono::Duration;

use crate::go_duration;

/// How many messages may be sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rate {
    /// So many in each hour.
    Interval(f64),
    /// So many at once, and one more after each duration.
    Burst(f64, Duration),
}

impl Rate {
    pub(crate) fn hourly(events: u32) -> Self {
        Self::Interval(events.into())
    }

    /// Parses a number of events per hour, or a burst such as `30/1h`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(events) = text.parse::<f64>() {
            return events.is_finite().then_some(Self::Interval(events));
        }
        let (events, over) = text.split_once('/')?;
        let over = go_duration::signed(over)?.max(Duration::zero());
        Some(Self::Burst(events.parse::<u32>().ok()?.into(), over))
    }

    /// Returns whether no message may be sent at all.
    pub(crate) fn is_zero(self) -> bool {
        let (Self::Interval(events) | Self::Burst(events, _)) = self;
        events <= 0.0
    }
}

/// How often each client may call operations. Clients are told apart by a header; without one, nothing is limited.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateLimits {
    pub(crate) header: String,
    pub(crate) verify: f64,
    pub(crate) token: f64,
    pub(crate) sso: f64,
    pub(crate) saml_assertion: f64,
    pub(crate) anonymous_users: f64,
    pub(crate) otp: f64,
    pub(crate) web3: f64,
    pub(crate) passkey: f64,
    pub(crate) client_registration: f64,
    pub(crate) factors: f64,
}

/// A limit on an operation, as a token bucket.
pub(crate) struct Limit {
    pub(crate) per_second: f64,
    pub(crate) burst: f64,
}

impl RateLimits {
    pub(crate) fn of_real_server() -> Self {
        Self {
            header: String::new(),
            verify: 30.0,
            token: 150.0,
            sso: 30.0,
            saml_assertion: 15.0,
            anonymous_users: 30.0,
            otp: 30.0,
            web3: 30.0,
            passkey: 30.0,
            client_registration: 10.0,
            factors: 15.0,
        }
    }

    /// Returns the limit on an operation. `is_special` is set for an anonymous sign-up and for a sign-in with a wallet.
    pub(crate) fn of(&self, operation: &str, is_special: bool) -> Option<Limit> {
        let in_five_minutes = |events: f64| Some(Limit { per_second: events / 300.0, burst: 30.0 });
        match operation {
            "sign_up" if is_special => {
                Some(Limit { per_second: self.anonymous_users / 3600.0, burst: self.anonymous_users.trunc() })
            }
            "token" if is_special => in_five_minutes(self.web3),
            "token" => in_five_minutes(self.token),
            "verify" => in_five_minutes(self.verify),
            "challenge_factor" | "verify_factor" => Some(Limit { per_second: self.factors / 60.0, burst: 30.0 }),
            "sso" => in_five_minutes(self.sso),
            "saml_acs" => in_five_minutes(self.saml_assertion),
            "oauth_register_client" => in_five_minutes(self.client_registration),
            "passkey_authentication_options" => in_five_minutes(self.passkey),
            "recover" | "resend" | "send_magic_link" | "send_otp" | "sign_up" | "update_user" => {
                in_five_minutes(self.otp)
            }
            _ => None,
        }
    }
}
