//! The provider of text messages. The fake server sends none, but a real one without credentials fails to.

use std::collections::BTreeSet;

/// The credentials that each provider needs, by the rest of the names of their variables.
const CREDENTIALS: [(&str, &[&str]); 5] = [
    ("messagebird", &["MESSAGEBIRD_ACCESS_KEY", "MESSAGEBIRD_ORIGINATOR"]),
    ("textlocal", &["TEXTLOCAL_API_KEY", "TEXTLOCAL_SENDER"]),
    ("twilio", &["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_MESSAGE_SERVICE_SID"]),
    ("twilio_verify", &["TWILIO_VERIFY_ACCOUNT_SID", "TWILIO_VERIFY_AUTH_TOKEN", "TWILIO_VERIFY_MESSAGE_SERVICE_SID"]),
    ("vonage", &["VONAGE_API_KEY", "VONAGE_API_SECRET", "VONAGE_FROM"]),
];

/// Returns the names of the variables of all credentials.
pub(super) fn variables() -> impl Iterator<Item = String> {
    CREDENTIALS.iter().flat_map(|(_, names)| names.iter().map(|name| format!("GOTRUE_SMS_{name}")))
}

/// The provider of text messages.
#[derive(Clone, Debug)]
pub(crate) struct SmsProvider {
    pub(crate) name: String,
    /// Whether it works without credentials.
    pub(crate) needs_none: bool,
    /// The credentials that are set.
    set: BTreeSet<&'static str>,
}

impl SmsProvider {
    pub(crate) fn new(name: &str, needs_none: bool) -> Self {
        Self { name: name.to_owned(), needs_none, set: BTreeSet::new() }
    }

    /// Notes whether a credential is set. `None` if the variable is not one of a credential.
    pub(crate) fn set(&mut self, variable: &str, value: &str) -> Option<()> {
        let rest = variable.strip_prefix("GOTRUE_SMS_")?;
        let known = CREDENTIALS.iter().flat_map(|(_, names)| names.iter()).find(|name| **name == rest)?;
        self.set.remove(known);
        self.set.extend(Some(*known).filter(|_| !value.is_empty()));
        Some(())
    }

    /// Returns whether it can send messages.
    pub(crate) fn is_ready(&self) -> bool {
        let needed = CREDENTIALS.iter().find(|(name, _)| *name == self.name);
        self.needs_none || needed.is_some_and(|(_, names)| names.iter().all(|name| self.set.contains(name)))
    }
}
