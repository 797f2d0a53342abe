//! The users, with an index of their ids and addresses.

use std::{
    collections::HashSet,
    ops::{Deref, DerefMut},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::account::Account;

/// The users, in the order of their creation. Mutable access drops the index, which is rebuilt when it is needed, so that
/// creating thousands of users does not compare each with all others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Accounts {
    rows: Vec<Account>,
    #[serde(skip)]
    index: Option<Index>,
}

#[derive(Clone, Debug, Default)]
struct Index {
    ids: HashSet<Uuid>,
    emails: HashSet<String>,
    phones: HashSet<String>,
}

impl Index {
    fn add(&mut self, account: &Account) {
        self.ids.insert(account.user.id);
        self.emails.insert(account.email().to_owned());
        let identities = account.user.identities.iter().flatten();
        self.emails.extend(identities.filter_map(|identity| identity.email.clone()));
        self.phones.insert(account.phone().to_owned());
    }
}

impl Accounts {
    pub(crate) fn push(&mut self, account: Account) {
        if let Some(index) = &mut self.index {
            index.add(&account);
        }
        self.rows.push(account);
    }

    pub(crate) fn has_id(&mut self, id: Uuid) -> bool {
        self.index().ids.contains(&id)
    }

    /// Reports whether a user or an identity has the address.
    pub(crate) fn has_email(&mut self, email: &str) -> bool {
        self.index().emails.contains(&email.to_lowercase())
    }

    /// Takes the number as it is stored, without a plus.
    pub(crate) fn has_phone(&mut self, phone: &str) -> bool {
        self.index().phones.contains(phone)
    }

    fn index(&mut self) -> &Index {
        let rows = &self.rows;
        self.index.get_or_insert_with(|| {
            let mut index = Index::default();
            for account in rows {
                index.add(account);
            }
            index
        })
    }
}

impl Deref for Accounts {
    type Target = Vec<Account>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl DerefMut for Accounts {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.index = None;
        &mut self.rows
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{settings::ServerSettings, state::rows::account::blank_user};

    #[test]
    fn the_index_follows_changes() {
        let account = |id: u128, email: &str| {
            Account::new(blank_user(
                &ServerSettings::default(),
                Uuid::from_u128(id),
                email,
                "15550000001",
                "authenticated",
                DateTime::UNIX_EPOCH,
            ))
        };
        let mut accounts = Accounts::default();
        assert!(!accounts.has_email("ada@example.com"));
        accounts.push(account(1, "ada@example.com"));
        assert!(accounts.has_email("Ada@example.com") && accounts.has_phone("15550000001"));
        assert!(accounts.has_id(Uuid::from_u128(1)) && !accounts.has_id(Uuid::from_u128(2)));
        accounts[0].user.email = Some("grace@example.com".to_owned());
        assert!(!accounts.has_email("ada@example.com") && accounts.has_email("grace@example.com"));
        accounts.clear();
        assert!(!accounts.has_email("grace@example.com") && !accounts.has_phone("15550000001"));
    }
}
