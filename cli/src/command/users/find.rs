//! Finding a user by what an operator knows of them.

use gotrue::{User, Users, uuid::Uuid};

use crate::failure::{Failure, Result};

/// The user with this id or address.
pub async fn find(users: &Users, user: &str) -> Result<User> {
    if let Ok(id) = Uuid::try_parse(user) {
        return Ok(users.get(id).await?);
    }
    users.get_by_email(user).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no user {user}")).hint("gotrue users list --filter finds a part of it")
    })
}

/// The name by which people know a user.
pub fn name_of(user: &User) -> String {
    let address = user.email.as_ref().or(user.phone.as_ref()).filter(|name| !name.is_empty());
    address.map_or_else(|| user.id.to_string(), |name| format!("{name} ({})", user.id))
}
