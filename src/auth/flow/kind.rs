//! The purpose of a PKCE flow.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The purpose of a flow. It determines what an application does once the flow is complete: after a recovery, for
/// example, it asks for a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowKind {
    /// A sign-in with a provider or by single sign-on.
    SignIn,
    /// The confirmation of a sign-up.
    SignUp,
    /// A link that signs in.
    MagicLink,
    /// The recovery of a password.
    Recovery,
    /// A change of the email address.
    EmailChange,
    /// An invitation. Its link always results in a session, never in a code.
    Invite,
    /// The linking of another identity to the signed-in user.
    LinkIdentity,
}

impl FlowKind {
    /// Returns how long a flow stays open: ten minutes if the user stays in the browser, and a day if the flow
    /// continues with a link in an email, which is valid for a day by default. The code in the redirect is valid for
    /// five minutes in every case.
    #[must_use]
    pub fn lifetime(self) -> Duration {
        const MINUTE: Duration = Duration::from_secs(60);
        match self {
            Self::SignIn | Self::LinkIdentity => 10 * MINUTE,
            Self::SignUp | Self::MagicLink | Self::Recovery | Self::EmailChange | Self::Invite => 24 * 60 * MINUTE,
        }
    }

    /// Converts the `type` parameter of a link or its redirect.
    pub(crate) fn of_link(name: &str) -> Self {
        match name {
            "signup" => Self::SignUp,
            "magiclink" => Self::MagicLink,
            "recovery" => Self::Recovery,
            "email_change" => Self::EmailChange,
            "invite" => Self::Invite,
            _ => Self::SignIn,
        }
    }
}
