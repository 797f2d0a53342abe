//! The passkeys of a user.

use uuid::Uuid;

use crate::{admin::AdminClient, error::Result, input, types::Passkey};

/// The passkeys of a user. Also works while passkeys are disabled.
///
/// ```
/// # async fn f(admin: gotrue::AdminClient, user_id: uuid::Uuid) -> Result<(), gotrue::Error> {
/// let passkeys = admin.users().passkeys(user_id);
/// for passkey in passkeys.list().await? {
///     println!("{:?}, last used at {:?}", passkey.friendly_name, passkey.last_used_at);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AdminPasskeys {
    admin: AdminClient,
    user_id: Uuid,
}

impl AdminPasskeys {
    pub(super) fn new(admin: AdminClient, user_id: Uuid) -> Self {
        Self { admin, user_id }
    }

    /// Lists the passkeys.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn list(&self) -> Result<Vec<Passkey>> {
        input::id("user id", self.user_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_list_passkeys(&self.user_id)).await
    }

    /// Deletes a passkey.
    ///
    /// # Errors
    /// `user_not_found`; `validation_failed` with status 404 if the passkey does not exist.
    pub async fn delete(&self, passkey_id: Uuid) -> Result<()> {
        input::id("user id", self.user_id)?;
        input::id("passkey id", passkey_id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_passkey(&self.user_id, &passkey_id)).await
    }
}
