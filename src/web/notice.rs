//! What a page tells a user whose sign-in was not completed.

use std::{fmt, str::FromStr};

use crate::{
    error::{Error, Result},
    types::ErrorCode,
};

/// What the sign-in page tells a user whose sign-in was not completed, from the query parameter `notice`.
///
/// The parameter contains one of these names, and the text is one of this crate, so that no one can put a text of their
/// own on the page. `Display` writes the text in English.
///
/// ```
/// use gotrue::web::SignInNotice;
///
/// let notice: SignInNotice = "link_expired".parse()?;
/// assert_eq!(notice.to_string(), "The link is invalid or has expired. Request a new one.");
/// assert!("<script>".parse::<SignInNotice>().is_err());
/// # Ok::<(), gotrue::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignInNotice {
    /// `access_denied`: the user, or the provider, has refused.
    AccessDenied,
    /// `link_expired`: the link is wrong, was used, or has expired.
    LinkExpired,
    /// `flow_expired`: the sign-in was started in another browser, has been completed, or took too long.
    FlowExpired,
    /// `sign_up_disabled`: there is no such user, and new ones are not accepted.
    SignUpDisabled,
    /// `user_banned`: the user is banned.
    UserBanned,
    /// `email_not_confirmed`: the email address has to be confirmed first.
    EmailNotConfirmed,
    /// `confirmation_pending`: the first of the two confirmations of a new email address is done.
    ConfirmationPending,
    /// `too_many_requests`: a limit of the server was exceeded.
    TooManyRequests,
    /// `unavailable`: the server, or the provider, cannot be reached.
    Unavailable,
    /// `invalid_credentials`: the address or the password is wrong.
    InvalidCredentials,
    /// `failed`: something else.
    Failed,
}

impl SignInNotice {
    const ALL: [Self; 11] = [
        Self::AccessDenied,
        Self::LinkExpired,
        Self::FlowExpired,
        Self::SignUpDisabled,
        Self::UserBanned,
        Self::EmailNotConfirmed,
        Self::ConfirmationPending,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::InvalidCredentials,
        Self::Failed,
    ];

    /// Returns the notice for the error of a sign-in.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let kind = match error {
            Error::Callback(error) => error.error.as_deref(),
            _ => None,
        };
        match error.code() {
            _ if matches!(error, Error::MissingVerifier) => Self::FlowExpired,
            Some(ErrorCode::OtpExpired) => Self::LinkExpired,
            Some(
                ErrorCode::FlowStateNotFound
                | ErrorCode::FlowStateExpired
                | ErrorCode::BadCodeVerifier
                | ErrorCode::BadOauthState
                | ErrorCode::BadOauthCallback,
            ) => Self::FlowExpired,
            Some(ErrorCode::InvalidCredentials) => Self::InvalidCredentials,
            Some(ErrorCode::SignupDisabled) => Self::SignUpDisabled,
            Some(ErrorCode::UserBanned) => Self::UserBanned,
            Some(ErrorCode::EmailNotConfirmed | ErrorCode::ProviderEmailNeedsVerification) => Self::EmailNotConfirmed,
            Some(ErrorCode::OverRequestRateLimit | ErrorCode::OverEmailSendRateLimit) => Self::TooManyRequests,
            _ if kind == Some("access_denied") => Self::AccessDenied,
            _ if matches!(kind, Some("server_error" | "temporarily_unavailable")) => Self::Unavailable,
            _ if error.is_retryable() => Self::Unavailable,
            _ => Self::Failed,
        }
    }

    /// Returns the name that is part of URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.texts().0
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::AccessDenied => ("access_denied", "The sign-in was cancelled or denied."),
            Self::LinkExpired => ("link_expired", "The link is invalid or has expired. Request a new one."),
            Self::FlowExpired => {
                ("flow_expired", "The sign-in was started in another browser or took too long. Try again.")
            }
            Self::SignUpDisabled => ("sign_up_disabled", "New accounts cannot be created at the moment."),
            Self::UserBanned => ("user_banned", "This account is suspended."),
            Self::EmailNotConfirmed => ("email_not_confirmed", "Confirm your email address first."),
            Self::ConfirmationPending => {
                ("confirmation_pending", "Confirmed. Now follow the link that was sent to the other email address.")
            }
            Self::TooManyRequests => ("too_many_requests", "Too many attempts. Wait a moment, then try again."),
            Self::Unavailable => ("unavailable", "Signing in is not possible at the moment. Try again later."),
            Self::InvalidCredentials => ("invalid_credentials", "The address or the password is wrong."),
            Self::Failed => ("failed", "The sign-in failed. Try again."),
        }
    }
}

impl fmt::Display for SignInNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.texts().1)
    }
}

impl FromStr for SignInNotice {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|notice| notice.as_str() == name);
        known.ok_or_else(|| Error::invalid("notice", "must be a name of this crate"))
    }
}
