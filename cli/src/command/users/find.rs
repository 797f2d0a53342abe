//! Lookup of a user by ID or address.

use gotrue::{User, Users, uuid::Uuid};

use crate::failure::{Failure, Result};

/// Finds the user with this ID or address.
pub async fn find(users: &Users, user: &str) -> Result<User> {
    if let Ok(id) = Uuid::try_parse(user) {
        return Ok(users.get(id).await?);
    }
    users.get_by_email(user).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no user {user}"))
            .hint("find users by part of their address: gotrue users list --filter")
    })
}

/// Describes a user by address and ID.
pub fn name_of(user: &User) -> String {
    let address = user.email.as_ref().or(user.phone.as_ref()).filter(|name| !name.is_empty());
    address.map_or_else(|| user.id.to_string(), |name| format!("{name} ({})", user.id))
}
