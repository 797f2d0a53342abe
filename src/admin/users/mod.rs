//! Users.

mod all;
mod ban;
mod create;
mod factors;
mod list;
mod passkeys;
mod update;

use std::time::Duration;

use futures_util::TryStreamExt;
use uuid::Uuid;

pub use create::CreateUser;
pub use factors::AdminFactors;
pub use list::ListUsers;
pub use passkeys::AdminPasskeys;
pub use update::UpdateUser;

use crate::{
    admin::AdminClient,
    error::Result,
    input,
    types::{AdminDeleteUserRequest, User, UserOrder},
};

/// The users of the server.
///
/// ```
/// use gotrue::{admin::{CreateUser, UpdateUser}, futures_util::StreamExt};
/// use std::time::Duration;
///
/// # async fn f(admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let users = admin.users();
/// let ada = users.create(CreateUser::email("ada@example.com").password("correct-horse-7").confirm_email()).await?;
/// users.update(ada.id, UpdateUser::new().role("editor")).await?;
/// users.ban(ada.id, Duration::from_secs(24 * 60 * 60)).await?;
///
/// let mut all = users.list().filter("@example.com").stream();
/// while let Some(user) = all.next().await {
///     println!("{:?}", user?.email);
/// }
/// users.delete(ada.id).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Users {
    admin: AdminClient,
}

impl Users {
    pub(super) fn new(admin: AdminClient) -> Self {
        Self { admin }
    }

    /// Returns a list query. Sends no request yet.
    pub fn list(&self) -> ListUsers {
        ListUsers::new(self.admin.clone())
    }

    /// Returns a user, with identities and factors (`GET /admin/users/{user_id}`).
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn get(&self, id: Uuid) -> Result<User> {
        input::id("user id", id)?;
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_get_user(&id)).await
    }

    /// Returns the user with this email address, case-insensitive, in the server's default audience.
    ///
    /// The server has no such operation. This lists the users whose email address or name contains the address, page by
    /// page until one matches exactly, and fetches that user in full: usually two requests. If several match, which is
    /// only possible with SSO, the oldest is returned.
    pub async fn get_by_email(&self, email: impl AsRef<str>) -> Result<Option<User>> {
        let email = email.as_ref().trim();
        input::not_empty("email address", email)?;
        // The server stores addresses in lower case, and its filter is case-sensitive.
        let wanted = email.to_lowercase();
        let mut users = self.list().filter(&wanted).sort(UserOrder::CreatedAtAsc).stream();
        while let Some(user) = users.try_next().await? {
            if user.email.is_some_and(|email| email.to_lowercase() == wanted) {
                return self.get(user.id).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Bans a user for this long, from now: no sign-in, no refresh, and no call with an access token. Services that
    /// verify access tokens themselves accept them until they expire.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the duration is zero or longer than 292 years;
    /// `user_not_found`.
    pub async fn ban(&self, id: Uuid, duration: Duration) -> Result<User> {
        self.update(id, UpdateUser::new().ban(duration)).await
    }

    /// Lifts a ban.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn unban(&self, id: Uuid) -> Result<User> {
        self.update(id, UpdateUser::new().unban()).await
    }

    /// Deletes a user permanently (`DELETE /admin/users/{user_id}`).
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        input::id("user id", id)?;
        let request = AdminDeleteUserRequest { should_soft_delete: Some(false) };
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_user(&id, &request)).await.map(drop)
    }

    /// Deletes a user but keeps the row and its id, so that references to it stay valid. Hashes replace the email
    /// address, phone number and identities; sessions, factors and passkeys are deleted. This cannot be undone.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn soft_delete(&self, id: Uuid) -> Result<()> {
        input::id("user id", id)?;
        let request = AdminDeleteUserRequest { should_soft_delete: Some(true) };
        let call = self.admin.raw_call()?;
        call.finish(call.raw.admin_delete_user(&id, &request)).await.map(drop)
    }

    /// Returns the API for the factors of a user.
    #[must_use]
    pub fn factors(&self, user_id: Uuid) -> AdminFactors {
        AdminFactors::new(self.admin.clone(), user_id)
    }

    /// Returns the API for the passkeys of a user.
    #[must_use]
    pub fn passkeys(&self, user_id: Uuid) -> AdminPasskeys {
        AdminPasskeys::new(self.admin.clone(), user_id)
    }
}
