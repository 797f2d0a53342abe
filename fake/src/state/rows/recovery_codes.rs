//! Recovery codes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    settings::RecoveryCodeSettings,
    state::table::{Key, Row},
};

/// The recovery codes of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecoveryCodesRow {
    pub(crate) user_id: Uuid,
    pub(crate) factor_id: Uuid,
    codes: Vec<Code>,
    /// The number of wrong codes since the last right one.
    failures: u32,
    locked_until: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Code {
    text: String,
    used: bool,
}

impl Row for RecoveryCodesRow {
    fn keys(&self) -> Vec<Key> {
        vec![Key::Id(self.factor_id), Key::User(self.user_id)]
    }
}

impl RecoveryCodesRow {
    pub(crate) fn new(user_id: Uuid, factor_id: Uuid, codes: &[String]) -> Self {
        let mut row = Self { user_id, factor_id, codes: Vec::new(), failures: 0, locked_until: None };
        row.replace(codes);
        row
    }

    /// Replaces the codes and unlocks the verification.
    pub(crate) fn replace(&mut self, codes: &[String]) {
        self.codes = codes.iter().map(|text| Code { text: text.clone(), used: false }).collect();
        self.unlock();
    }

    pub(crate) fn total(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn remaining(&self) -> usize {
        self.codes.iter().filter(|code| !code.used).count()
    }

    pub(crate) fn is_locked(&self, now: DateTime<Utc>) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Returns whether a code is right and unused.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|known| !known.used && known.text == code)
    }

    /// Uses up a code, or counts a failure. Returns whether the code was right. The verification must not be locked.
    pub(crate) fn redeem(&mut self, code: &str, now: DateTime<Utc>, settings: &RecoveryCodeSettings) -> bool {
        if self.locked_until.is_some() {
            self.unlock();
        }
        let found = self.codes.iter_mut().find(|known| !known.used && known.text == code);
        if let Some(code) = found {
            code.used = true;
            self.unlock();
            return true;
        }
        self.failures += 1;
        if self.failures >= settings.max_verify_attempts {
            self.locked_until = Some(now + settings.lockout);
        }
        false
    }

    fn unlock(&mut self) {
        self.failures = 0;
        self.locked_until = None;
    }
}
