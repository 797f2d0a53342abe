//! What goes wrong: in words, with a hint what to do next, and as an exit code.

use std::{error::Error as StdError, io};

use gotrue::{Error, ErrorCode, error::TokenError, reqwest::StatusCode};

pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// How the command ends when it did not do what was asked. The numbers are promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Whoever reads our output has had enough, as `head` has. No failure.
    ReaderGone = 0,
    /// The server, or this machine, refused.
    Refused = 1,
    /// What was typed cannot be right.
    Usage = 2,
    /// There was no answer, or the server is busy: worth another try.
    Unavailable = 3,
    /// Nobody is signed in, or they may not do this.
    Unauthorized = 4,
    /// There is no such thing.
    NotFound = 5,
    /// Somebody pressed Ctrl-C.
    Interrupted = 130,
}

/// A failure, ready to be told.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub message: String,
    pub hint: Option<String>,
    /// The server's code, for programs.
    pub code: Option<ErrorCode>,
    /// The HTTP status, for programs.
    pub status: Option<StatusCode>,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, code: None, status: None }
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

    /// What was being done, before the failure's own words.
    pub fn during(mut self, doing: impl std::fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe { Exit::ReaderGone } else { Exit::Refused };
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
        Self {
            exit: exit_of(&error),
            message: with_causes(&error),
            hint: hint_of(&error),
            code: error.code().cloned(),
            status: error.status(),
        }
    }
}

fn exit_of(error: &Error) -> Exit {
    let not_signed_in = matches!(error, Error::NoSession) || error.ends_session();
    match error.status().map(|status| status.as_u16()) {
        _ if matches!(error, Error::InvalidInput { .. }) => Exit::Usage,
        _ if not_signed_in => Exit::Unauthorized,
        Some(401 | 403) => Exit::Unauthorized,
        Some(404) => Exit::NotFound,
        _ if error.is_retryable() => Exit::Unavailable,
        _ => Exit::Refused,
    }
}

/// The error and what caused it. The causes of the connection's errors say what is the matter.
fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

/// What to do next.
fn hint_of(error: &Error) -> Option<String> {
    if let Some(wait) = error.retry_after() {
        return Some(format!("try again in {}", humantime::format_duration(wait)));
    }
    if !error.weak_password_reasons().is_empty() {
        let reasons: Vec<_> =
            error.weak_password_reasons().iter().map(gotrue::types::WeakPasswordReason::as_str).collect();
        return Some(format!("choose another password; this one fails: {}", reasons.join(", ")));
    }
    let hint = match error {
        Error::NoSession => "sign in first: gotrue login",
        Error::Connection(_) => "is the server up, and is this its URL? See --url, GOTRUE_URL and gotrue profile list",
        Error::UnreadableResponse(_) => "is this the URL of a GoTrue server? That of a hosted project ends in /auth/v1",
        Error::NoCallback | Error::MissingVerifier => "begin again: gotrue login",
        Error::Listen(_) => "choose another port with --port",
        Error::Token(error) => return Some(hint_of_token(*error).to_owned()),
        error if error.code() == Some(&ErrorCode::UserBanned) => "an operator lets them in again: gotrue users unban",
        error if error.ends_session() => "the session is over; sign in again: gotrue login",
        error => hint_of_code(error.code()?)?,
    };
    Some(hint.to_owned())
}

fn hint_of_token(error: TokenError) -> &'static str {
    match error {
        TokenError::Expired(_) => "gotrue token prints a fresh one",
        TokenError::NotYetValid(_) => "is the clock of this machine right?",
        TokenError::WrongIssuer | TokenError::WrongAudience => "gotrue jwt inspect shows whose it is and for whom",
        TokenError::UnknownKey => "it is another server's, or its key has been retired",
        _ => "do not trust it",
    }
}

fn hint_of_code(code: &ErrorCode) -> Option<&'static str> {
    let hints = [
        (ErrorCode::NotAdmin, "this takes the service key: --service-key, GOTRUE_SERVICE_KEY or a profile"),
        (ErrorCode::NoAuthorization, "this takes a key: --service-key, GOTRUE_SERVICE_KEY or a profile"),
        (ErrorCode::BadJwt, "is this key or token the server's own, and still good? See gotrue jwt inspect"),
        (ErrorCode::InvalidCredentials, "are address and password right? Without the password: gotrue login --otp"),
        (ErrorCode::EmailNotConfirmed, "open the link in the mail first, or: gotrue login --otp"),
        (ErrorCode::OtpExpired, "the code is wrong, used or too old; ask for another"),
        (ErrorCode::OtpDisabled, "there is no such user; --sign-up makes one"),
        (ErrorCode::InsufficientAal, "a second factor is needed first: gotrue mfa verify"),
        (ErrorCode::ReauthenticationNeeded, "add --reauthenticate, which sends a code"),
        (ErrorCode::UserNotFound, "gotrue users list --filter finds users by a part of their address"),
        (ErrorCode::EmailExists, "gotrue users get shows who has it"),
        (ErrorCode::ProviderDisabled, "gotrue settings shows what is switched on"),
        (ErrorCode::FeatureDisabled, "the owner of the server has to switch it on"),
        (ErrorCode::SignupDisabled, "the owner of the server has to switch sign-ups on"),
        (ErrorCode::CaptchaFailed, "this server asks for a captcha; sign in by the browser: gotrue login --provider"),
    ];
    hints.into_iter().find(|(known, _)| known == code).map(|(_, hint)| hint)
}
