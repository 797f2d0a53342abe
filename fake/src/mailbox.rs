//! The messages that the server sent.

use chrono::{DateTime, Utc};
use gotrue::Secret;
use serde::{Deserialize, Serialize};

use crate::model::OtpType;

/// An email or text message.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The email address or phone number.
    pub to: String,
    /// The subject. Empty for a text message.
    #[serde(default)]
    pub subject: String,
    /// The type of its code. `None` for the code of a reauthentication or of a second factor, and for a notification.
    pub otp_type: Option<OtpType>,
    /// The code. Empty for a notification, such as that of a new password.
    pub code: Secret,
    /// The hash in the link, for [`VerifyOtp::token_hash`](gotrue::VerifyOtp::token_hash). Email only.
    pub token_hash: Option<Secret>,
    /// The link. Email only.
    pub link: Option<Secret>,
    /// When it was sent, by the clock of the server.
    pub sent_at: DateTime<Utc>,
    pub(crate) id: u64,
}

impl Message {
    /// Returns whether it was sent to an email address.
    pub(crate) fn is_email(&self) -> bool {
        self.to.contains('@')
    }
}

/// The template of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Template {
    Confirmation,
    Invite,
    Recovery,
    MagicLink,
    EmailChange,
    Reauthentication,
    // Notifications of changes of an account.
    PasswordChanged,
    EmailChanged,
    PhoneChanged,
    IdentityLinked,
    IdentityUnlinked,
    FactorEnrolled,
    FactorUnenrolled,
}

impl Template {
    pub(crate) const ALL: [Self; 13] = [
        Self::Confirmation,
        Self::Invite,
        Self::Recovery,
        Self::MagicLink,
        Self::EmailChange,
        Self::Reauthentication,
        Self::PasswordChanged,
        Self::EmailChanged,
        Self::PhoneChanged,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
        Self::FactorEnrolled,
        Self::FactorUnenrolled,
    ];

    /// Returns the template of the email with a code of a type. `None` is a reauthentication.
    pub(crate) fn of(otp_type: Option<OtpType>) -> Self {
        match otp_type {
            None => Self::Reauthentication,
            Some(OtpType::Invite) => Self::Invite,
            Some(OtpType::Recovery) => Self::Recovery,
            Some(OtpType::EmailChange) => Self::EmailChange,
            Some(OtpType::Magiclink | OtpType::Email) => Self::MagicLink,
            Some(OtpType::Signup | OtpType::Sms | OtpType::PhoneChange) => Self::Confirmation,
        }
    }

    /// Parses the name of a template in the name of a variable.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }

    /// Returns the name in lower case, which is the action in the payload of the hook for emails.
    pub(crate) fn action(self) -> String {
        self.name().to_lowercase()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Confirmation => "CONFIRMATION",
            Self::Invite => "INVITE",
            Self::Recovery => "RECOVERY",
            Self::MagicLink => "MAGIC_LINK",
            Self::EmailChange => "EMAIL_CHANGE",
            Self::Reauthentication => "REAUTHENTICATION",
            Self::PasswordChanged => "PASSWORD_CHANGED_NOTIFICATION",
            Self::EmailChanged => "EMAIL_CHANGED_NOTIFICATION",
            Self::PhoneChanged => "PHONE_CHANGED_NOTIFICATION",
            Self::IdentityLinked => "IDENTITY_LINKED_NOTIFICATION",
            Self::IdentityUnlinked => "IDENTITY_UNLINKED_NOTIFICATION",
            Self::FactorEnrolled => "MFA_FACTOR_ENROLLED_NOTIFICATION",
            Self::FactorUnenrolled => "MFA_FACTOR_UNENROLLED_NOTIFICATION",
        }
    }

    /// Returns the subject of the real server.
    pub(crate) fn default_subject(self) -> &'static str {
        match self {
            Self::Confirmation => "Confirm your email address",
            Self::Invite => "You've been invited",
            Self::Recovery => "Reset your password",
            Self::MagicLink => "Your sign-in link",
            Self::EmailChange => "Confirm your new email address",
            Self::Reauthentication => "{{ .Token }} is your verification code",
            Self::PasswordChanged => "Your password was changed",
            Self::EmailChanged => "Your email address was changed",
            Self::PhoneChanged => "Your phone number was changed",
            Self::IdentityLinked => "A new sign-in method was linked to your account",
            Self::IdentityUnlinked => "A sign-in method was removed from your account",
            Self::FactorEnrolled => "A new verification method was added to your account",
            Self::FactorUnenrolled => "A verification method was removed from your account",
        }
    }
}
