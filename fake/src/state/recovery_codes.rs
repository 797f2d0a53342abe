//! Recovery codes of users.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    model::{ErrorCode, FactorType, types::Factor},
    state::{rows::recovery_codes::RecoveryCodesRow, store::State, table::Key},
    wire::ApiError,
};

impl State {
    /// Returns new codes, all different.
    pub(crate) fn new_recovery_codes(&mut self) -> Vec<String> {
        let (count, length) = (self.settings.recovery_codes.count, self.settings.recovery_codes.code_length);
        let mut codes = BTreeSet::new();
        while codes.len() < count {
            codes.insert(self.random.recovery_code(length));
        }
        codes.into_iter().collect()
    }

    /// Returns the recovery codes of a user.
    pub(crate) fn recovery_codes_of(&mut self, user_id: Uuid) -> Result<&mut RecoveryCodesRow, ApiError> {
        let no_codes = || ApiError::new(404, ErrorCode::MfaFactorNotFound, "The user has not enrolled recovery codes");
        self.recovery_codes.find_mut(&Key::User(user_id)).ok_or_else(no_codes)
    }

    /// Returns whether the user has a factor, other than this one, that can be used without a recovery code.
    pub(crate) fn has_usable_factor_besides(&mut self, user_id: Uuid, factor_id: Uuid) -> Result<bool, ApiError> {
        let is_usable = |factor: &Factor| {
            factor.id != factor_id && factor.is_verified() && factor.factor_type != FactorType::RecoveryCode
        };
        Ok(self.account(user_id)?.user.factors.iter().flatten().any(is_usable))
    }
}
