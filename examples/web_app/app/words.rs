//! Errors as messages to the user.

use gotrue::{Error, ErrorCode, types::WeakPasswordReason};

/// Returns what the user can do about an error. The details are for the log.
pub fn in_words(error: &Error) -> String {
    let Some(code) = error.code() else {
        return match error {
            Error::InvalidInput { what, why } => format!("The {what} {why}."),
            Error::MissingVerifier => "Open the link in the browser in which you asked for it, or start again.".into(),
            Error::NoSession => "You are signed out. Sign in again.".into(),
            _ => unexpected(error),
        };
    };
    let text = match code {
        ErrorCode::InvalidCredentials => "The email address or the password is wrong.",
        ErrorCode::EmailNotConfirmed => "Confirm your email address first. The link is in the email that we sent you.",
        ErrorCode::UserAlreadyExists | ErrorCode::EmailExists => "There is already an account with this email address.",
        ErrorCode::EmailAddressInvalid | ErrorCode::EmailAddressNotAuthorized => "This email address cannot be used.",
        ErrorCode::WeakPassword => return weak_password(error.weak_password_reasons()),
        ErrorCode::SamePassword => "The new password must differ from the current one.",
        ErrorCode::OtpExpired => "The code or link is wrong, was used, or has expired. Ask for a new one.",
        ErrorCode::OtpDisabled | ErrorCode::SignupDisabled => "New accounts cannot be created at the moment.",
        ErrorCode::MfaVerificationFailed => "The code is wrong. Enter the one that your app shows now.",
        ErrorCode::InsufficientAal => "Verify your second factor first.",
        ErrorCode::ReauthenticationNeeded => "Your sign-in is too long ago. Sign out, sign in again, and retry.",
        ErrorCode::UserBanned => "This account is blocked.",
        ErrorCode::OverRequestRateLimit | ErrorCode::OverEmailSendRateLimit => "Too many attempts. Wait a minute.",
        ErrorCode::FlowStateExpired | ErrorCode::FlowStateNotFound | ErrorCode::BadCodeVerifier => {
            "This sign-in has expired. Start again."
        }
        ErrorCode::SessionNotFound | ErrorCode::SessionExpired => "You are signed out. Sign in again.",
        _ => return unexpected(error),
    };
    text.to_owned()
}

fn weak_password(reasons: &[WeakPasswordReason]) -> String {
    let reasons = reasons.iter().map(|reason| match reason {
        WeakPasswordReason::Length => "it is too short",
        WeakPasswordReason::Characters => "it lacks some kinds of characters",
        WeakPasswordReason::Pwned => "it is known from a data breach",
        _ => "it is easy to guess",
    });
    format!("Choose another password: {}.", reasons.collect::<Vec<_>>().join(", "))
}

fn unexpected(error: &Error) -> String {
    tracing::error!(%error, "unexpected error");
    let text =
        if error.is_retryable() { "We cannot do this right now. Try again soon." } else { "Something went wrong." };
    match error.request_id() {
        Some(id) => format!("{text} If it persists, tell us this number: {id}."),
        None => text.to_owned(),
    }
}
