//! Users.

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
pub use factors::UserFactors;
pub use list::ListUsers;
pub use passkeys::UserPasskeys;
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

    /// A list of users. Nothing is asked yet.
    pub fn list(&self) -> ListUsers {
        ListUsers::new(self.admin.clone())
    }

    /// A user, with identities and factors (`GET /admin/users/{user_id}`).
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn get(&self, id: Uuid) -> Result<User> {
        input::id("user id", id)?;
        let call = self.admin.call()?;
        call.answer(call.raw.admin_get_user(&id).await).await
    }

    /// The user with this e-mail address, in any case, of the server's default audience.
    ///
    /// The server has no such operation. This searches for users with the address within their own or in their name,
    /// goes through the pages until one has exactly that address, and then gets that one whole: mostly two requests.
    /// Of several, which only SSO makes possible, the oldest is given.
    pub async fn get_by_email(&self, email: impl AsRef<str>) -> Result<Option<User>> {
        let email = email.as_ref().trim();
        input::not_empty("e-mail address", email)?;
        // The server keeps addresses in lower case and minds the case of the filter.
        let wanted = email.to_lowercase();
        let mut users = self.list().filter(&wanted).sort(UserOrder::CreatedAtAsc).stream();
        while let Some(user) = users.try_next().await? {
            if user.email.is_some_and(|there| there.to_lowercase() == wanted) {
                return self.get(user.id).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Locks a user out for this long from now: no sign-in, no refresh, and no call with an access token. Others who
    /// verify the token by themselves take it until it expires.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) when it is for no time, or for more than 292 years;
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

    /// Deletes a user for good (`DELETE /admin/users/{user_id}`).
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        input::id("user id", id)?;
        let how = AdminDeleteUserRequest { should_soft_delete: Some(false) };
        let call = self.admin.call()?;
        call.answer(call.raw.admin_delete_user(&id, &how).await).await.map(drop)
    }

    /// Deletes a user but for the row and its id, so that what refers to it stays whole: hashes take the place of the
    /// address, the number and the identities, and sessions, factors and passkeys are gone. There is no way back.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn soft_delete(&self, id: Uuid) -> Result<()> {
        input::id("user id", id)?;
        let how = AdminDeleteUserRequest { should_soft_delete: Some(true) };
        let call = self.admin.call()?;
        call.answer(call.raw.admin_delete_user(&id, &how).await).await.map(drop)
    }

    /// The second factors of a user.
    #[must_use]
    pub fn factors(&self, user_id: Uuid) -> UserFactors {
        UserFactors::new(self.admin.clone(), user_id)
    }

    /// The passkeys of a user.
    #[must_use]
    pub fn passkeys(&self, user_id: Uuid) -> UserPasskeys {
        UserPasskeys::new(self.admin.clone(), user_id)
    }
}
