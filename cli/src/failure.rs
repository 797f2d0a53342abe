//! Failures: a message, a hint and an exit code.

use std::{error::Error as StdError, io};

use gotrue::{Error, ErrorCode, error::TokenError, reqwest::StatusCode};

pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Exit codes of a command that did not succeed. The numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The reader of the output has closed the pipe, as `head` does. Not a failure.
    PipeClosed = 0,
    /// The server refused, or something failed on this machine.
    Refused = 1,
    /// The command line or the input is not valid.
    Usage = 2,
    /// There was no response, or the server is busy. Trying again may help.
    Unavailable = 3,
    /// Not signed in, or not allowed.
    Unauthorized = 4,
    /// Something does not exist.
    NotFound = 5,
    /// Some of the work is done, and some was refused.
    Partial = 6,
    /// The user pressed Ctrl-C.
    Interrupted = 130,
}

/// A failure, ready to be printed.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
    pub hint: Option<String>,
    /// What is known about the request that failed, if it was a request.
    pub request: Box<Request>,
}

/// The request that failed.
#[derive(Debug, Default)]
pub struct Request {
    /// The server's error code, for scripts.
    pub code: Option<ErrorCode>,
    /// The HTTP status, for scripts.
    pub status: Option<StatusCode>,
    /// The ID under which the server, or a gateway, logged the request.
    pub id: Option<String>,
    /// The URL of the server, if there was no response from it.
    pub url: Option<String>,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, request: Box::default() }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the URL of the server, if there was no response from it and no other URL is known.
    pub fn at(mut self, url: &str) -> Self {
        if self.exit == Exit::Unavailable && self.request.status.is_none() {
            self.request.url.get_or_insert_with(|| url.to_owned());
        }
        self
    }

    /// Ignores that the reader of the output has closed the pipe, for a command whose exit code says more than that.
    pub fn unless_closed(printed: Result<()>) -> Result<()> {
        printed.or_else(|failure| if failure.exit == Exit::PipeClosed { Ok(()) } else { Err(failure) })
    }

    /// Prefixes the message with what failed, such as a file name.
    pub fn during(mut self, doing: impl std::fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::PipeClosed } else { Exit::Refused };
        Self::new(exit, error.to_string())
    }
}

impl From<gotrue::error::StoreError> for Failure {
    fn from(error: gotrue::error::StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let request = Request {
            code: error.code().cloned(),
            status: error.status(),
            id: error.request_id().map(str::to_owned),
            url: None,
        };
        Self { exit: exit_of(&error), message: with_causes(&error), hint: hint_of(&error), request: Box::new(request) }
    }
}

fn exit_of(error: &Error) -> Exit {
    let not_signed_in = matches!(error, Error::NoSession) || error.ends_session();
    match error.status().map(|status| status.as_u16()) {
        _ if matches!(error, Error::InvalidInput { .. }) => Exit::Usage,
        _ if not_signed_in => Exit::Unauthorized,
        Some(401 | 403) => Exit::Unauthorized,
        Some(404) => Exit::NotFound,
        _ if matches!(error, Error::IncompleteList { .. }) => Exit::Partial,
        _ if error.is_retryable() => Exit::Unavailable,
        _ => Exit::Refused,
    }
}

/// The error and its causes. For connection errors only the causes are specific.
fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

fn hint_of(error: &Error) -> Option<String> {
    if let Some(wait) = error.retry_after() {
        return Some(format!("try again in {}", humantime::format_duration(wait)));
    }
    if !error.weak_password_reasons().is_empty() {
        let reasons: Vec<_> =
            error.weak_password_reasons().iter().map(gotrue::types::WeakPasswordReason::as_str).collect();
        return Some(format!("choose another password; reasons: {}", reasons.join(", ")));
    }
    let hint = match error {
        Error::NoSession => "sign in first: gotrue login",
        Error::Connection(_) => "check that the server is up and that the URL is right: gotrue profile show",
        Error::UnreadableResponse(_) => {
            "check that the URL is that of a GoTrue server; for a hosted project it ends in /auth/v1"
        }
        Error::NoCallback | Error::MissingVerifier => "start again: gotrue login",
        Error::IncompleteList { .. } => "try again when fewer users come and go",
        Error::Listen(_) => "choose another port with --port",
        Error::Token(error) => return Some(hint_of_token(*error).to_owned()),
        error if error.code() == Some(&ErrorCode::UserBanned) => "an operator can lift the ban: gotrue users unban",
        error if error.ends_session() => "the session has ended; sign in again: gotrue login",
        error => hint_of_code(error.code()?)?,
    };
    Some(hint.to_owned())
}

fn hint_of_token(error: TokenError) -> &'static str {
    match error {
        TokenError::Expired(_) => "print a fresh token: gotrue token",
        TokenError::NotYetValid(_) => "check the clock of this machine",
        TokenError::WrongIssuer | TokenError::WrongAudience => "show the issuer and the audience: gotrue jwt inspect",
        TokenError::UnknownKey => "the token is from another server, or its key has been retired",
        _ => "do not trust this token",
    }
}

fn hint_of_code(code: &ErrorCode) -> Option<&'static str> {
    let hints = [
        (ErrorCode::NotAdmin, "the key is not a service key: --service-key, GOTRUE_SERVICE_KEY or a profile"),
        (ErrorCode::NoAuthorization, "a key is required: --service-key, GOTRUE_SERVICE_KEY or a profile"),
        (
            ErrorCode::BadJwt,
            "check that the key or token belongs to this server and has not expired: gotrue jwt inspect",
        ),
        (
            ErrorCode::InvalidCredentials,
            "check the address and the password, or sign in without a password: gotrue login --otp",
        ),
        (ErrorCode::EmailNotConfirmed, "open the link in the confirmation mail, or use: gotrue login --otp"),
        (ErrorCode::OtpExpired, "the code is wrong, already used or expired; request another"),
        (ErrorCode::OtpDisabled, "there is no such user; create one with --sign-up"),
        (ErrorCode::InsufficientAal, "verify a second factor first: gotrue mfa verify"),
        (ErrorCode::ReauthenticationNeeded, "pass --reauthenticate to receive a code"),
        (ErrorCode::UserNotFound, "find users by part of their address: gotrue users list --filter"),
        (ErrorCode::EmailExists, "show the user with this address: gotrue users get"),
        (ErrorCode::ProviderDisabled, "show the enabled providers: gotrue settings"),
        (ErrorCode::FeatureDisabled, "the feature must be enabled in the server's configuration"),
        (ErrorCode::SignupDisabled, "sign-ups must be enabled in the server's configuration"),
        (ErrorCode::CaptchaFailed, "the server requires a CAPTCHA; sign in in the browser: gotrue login --provider"),
    ];
    hints.into_iter().find(|(known, _)| known == code).map(|(_, hint)| hint)
}
