//! The factors of a user.

use uuid::Uuid;

use crate::{
    admin::AdminClient,
    error::Result,
    input,
    types::{AdminUpdateFactorRequest, Factor},
};

/// The factors of a user.
///
/// ```
/// # async fn f(admin: gotrue::AdminClient, user_id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// // The user has lost the phone.
/// let factors = admin.users().factors(user_id);
/// for factor in factors.list().await? {
///     factors.delete(factor.id).await?;
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AdminFactors {
    admin: AdminClient,
    user_id: Uuid,
}

impl AdminFactors {
    pub(super) fn new(admin: AdminClient, user_id: Uuid) -> Self {
        Self { admin, user_id }
    }

    /// Lists the factors, verified or not.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn list(&self) -> Result<Vec<Factor>> {
        input::id("user id", self.user_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_list_factors(&self.user_id)).await
    }

    /// Renames a factor.
    ///
    /// # Errors
    /// `user_not_found`, `mfa_factor_not_found`.
    pub async fn rename(&self, factor_id: Uuid, friendly_name: impl Into<String>) -> Result<Factor> {
        let friendly_name = friendly_name.into();
        input::not_empty("friendly name", &friendly_name)?;
        self.check(factor_id)?;
        let request = AdminUpdateFactorRequest { friendly_name: Some(friendly_name), phone: None };
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_update_factor(&self.user_id, &factor_id, &request)).await
    }

    /// Changes the phone number of a phone factor. A verified factor stays verified. Has no effect on other factors.
    ///
    /// # Errors
    /// `user_not_found`, `mfa_factor_not_found`, `validation_failed`.
    pub async fn set_phone(&self, factor_id: Uuid, phone: impl Into<String>) -> Result<Factor> {
        let phone = phone.into();
        input::not_empty("phone number", &phone)?;
        self.check(factor_id)?;
        let request = AdminUpdateFactorRequest { friendly_name: None, phone: Some(phone) };
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_update_factor(&self.user_id, &factor_id, &request)).await
    }

    /// Deletes a factor and returns it. Sessions that used it are downgraded to `aal1`.
    ///
    /// # Errors
    /// `user_not_found`, `mfa_factor_not_found`.
    pub async fn delete(&self, factor_id: Uuid) -> Result<Factor> {
        self.check(factor_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_factor(&self.user_id, &factor_id)).await
    }

    fn check(&self, factor_id: Uuid) -> Result<()> {
        input::id("user id", self.user_id)?;
        input::id("factor id", factor_id)
    }
}
