//! Services elsewhere that the server asks.

use std::collections::BTreeMap;

use gotrue::Secret;

/// Passwords that have leaked countless times.
const LEAKED_PASSWORDS: [&str; 12] = [
    "123456",
    "123456789",
    "12345678",
    "password",
    "password1",
    "password123",
    "Password123!",
    "qwerty",
    "qwerty123",
    "abc123",
    "iloveyou",
    "letmein",
];

/// Passwords that are known to have leaked.
#[derive(Clone, Debug)]
pub(crate) struct LeakedPasswords {
    /// Whether they are refused.
    pub(crate) refuse: bool,
    /// The passwords, if no service is asked.
    pub(crate) list: Vec<String>,
    /// The URL of a service with the API of Have I Been Pwned.
    pub(crate) service: Option<String>,
    /// Whether passwords are refused while the service fails.
    pub(crate) fail_closed: bool,
    pub(crate) user_agent: String,
}

impl Default for LeakedPasswords {
    fn default() -> Self {
        Self {
            refuse: false,
            list: LEAKED_PASSWORDS.map(str::to_owned).to_vec(),
            service: None,
            fail_closed: false,
            user_agent: "https://github.com/supabase/gotrue".to_owned(),
        }
    }
}

/// What addresses are checked before an email is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct EmailValidation {
    /// Whether reserved and misspelled domains are refused.
    pub(crate) extended: bool,
    /// The URL of a service that is asked.
    pub(crate) service: Option<String>,
    /// The headers of requests to the service, which may contain its key.
    pub(crate) headers: BTreeMap<String, Vec<Secret>>,
    /// Whether emails are sent after the response, so that no address is refused.
    pub(crate) in_background: bool,
}
