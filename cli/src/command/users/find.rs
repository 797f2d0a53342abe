//! Lookup of a user by ID or address.

use gotrue::{
    User,
    admin::Users,
    futures_util::{StreamExt, TryStreamExt, future},
    uuid::Uuid,
};

use crate::{
    failure::{Failure, Result},
    phone,
};

/// The largest useful page: fewer requests, and fewer gaps between pages.
const PAGE: u64 = 1000;

/// Finds the user with this ID, email address or phone number. Fails if there are several: an SSO user can have the
/// same address as another user.
pub async fn find(users: &Users, user: &str) -> Result<User> {
    if user.trim().is_empty() {
        return Err(Failure::usage("expected the ID, email address or phone number of a user"));
    }
    if let Ok(id) = Uuid::try_parse(user) {
        return Ok(users.get(id).await?);
    }
    let matches = match phone::digits(user) {
        Some(phone) => with_phone(users, phone).await?,
        None => with_email(users, user).await?,
    };
    match matches.as_slice() {
        [] => Err(Failure::not_found(format!("there is no user {user}"))
            .hint("find users by part of their address: gotrue users list --filter")),
        [only] => Ok(users.get(only.id).await?),
        several => {
            let mut described = Vec::new();
            for user in several {
                described.push(with_identities(&users.get(user.id).await?));
            }
            Err(Failure::usage(format!("{} users have the address {user}", several.len()))
                .hint(format!("pass the ID of one: {}", described.join(", "))))
        }
    }
}

/// The server has no lookup by address, but its filter finds part of one.
async fn with_email(users: &Users, email: &str) -> Result<Vec<User>> {
    // The server stores addresses in lower case, and its filter is case-sensitive.
    let (written, wanted) = (email.trim(), email.trim().to_lowercase());
    let mut found = with_filter(users, &wanted, &wanted).await?;
    if found.is_empty() && written != wanted {
        // A row that was made by SQL may have another case.
        found = with_filter(users, written, &wanted).await?;
    }
    Ok(found)
}

/// Returns the users that match the server's filter and have this address, whatever its case.
async fn with_filter(users: &Users, filter: &str, wanted: &str) -> Result<Vec<User>> {
    let found = users.list().filter(filter).per_page(PAGE).stream();
    let is_wanted =
        |user: &User| future::ready(user.email.as_ref().is_some_and(|email| email.to_lowercase() == wanted));
    Ok(found.try_filter(is_wanted).try_collect().await?)
}

/// The server's filter does not cover phone numbers, so this reads all users.
async fn with_phone(users: &Users, wanted: String) -> Result<Vec<User>> {
    let is_wanted = |user: &User| future::ready(user.phone.as_deref().and_then(phone::digits) == Some(wanted.clone()));
    Ok(users.list().per_page(PAGE).stream().try_filter(is_wanted).boxed().try_collect().await?)
}

/// Describes a user by address and ID.
pub fn name_of(user: &User) -> String {
    let address = user.email.as_ref().or(user.phone.as_ref()).filter(|name| !name.is_empty());
    address.map_or_else(|| user.id.to_string(), |name| format!("{name} ({})", user.id))
}

fn with_identities(user: &User) -> String {
    let providers: Vec<_> = user.identities.iter().flatten().map(|identity| identity.provider.as_str()).collect();
    if providers.is_empty() { user.id.to_string() } else { format!("{} ({})", user.id, providers.join(", ")) }
}
