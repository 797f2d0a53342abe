//! Reading every user of a server exactly once.

use std::collections::HashSet;

use gotrue::{
    User,
    admin::{ListUsers, Page, Users},
    types::UserOrder,
    uuid::Uuid,
};

use crate::failure::{Exit, Failure, Result};

/// The number of users per request.
pub const PAGE: u64 = 500;

/// How often all users are read if some are missing, with twice as many per request each time.
const MAX_PASSES: u32 = 24;

/// Reads all users.
///
/// The server orders by creation time alone, so users with the same time may appear on two pages or on none, and a
/// deletion moves users to pages that have been read. So the users that were read are held against the total, and read
/// again with larger pages until none is missing. A server with cursors has neither problem.
pub struct Everyone<'a> {
    users: &'a Users,
    filter: Option<&'a str>,
    seen: HashSet<Uuid>,
}

/// One reading of all pages.
struct Pass {
    distinct: HashSet<Uuid>,
    first_total: Option<u64>,
    last_total: Option<u64>,
}

impl Pass {
    /// Returns whether some users are certain or likely to be missing.
    fn is_incomplete(&self) -> bool {
        let is_short = self.last_total.is_some_and(|total| (self.distinct.len() as u64) < total);
        is_short || self.last_total < self.first_total
    }
}

impl<'a> Everyone<'a> {
    pub fn new(users: &'a Users, filter: Option<&'a str>) -> Self {
        Self { users, filter, seen: HashSet::new() }
    }

    /// Passes each user once to `write`, except those that were written before, in the order of an earlier export.
    /// Returns the number of users, those included.
    pub async fn read(mut self, written: &[Uuid], mut write: impl FnMut(User) -> Result<()>) -> Result<u64> {
        self.seen.extend(written);
        let mut first_page = 1;
        if written.is_empty() {
            if self.read_by_cursor(&mut write).await? {
                return Ok(self.seen.len() as u64);
            }
        } else if self.is_unchanged(written).await? {
            first_page = written.len() as u64 / PAGE + 1;
        }
        let mut pass = self.pages(first_page, PAGE, &mut write).await?;
        if first_page > 1 {
            pass.distinct.extend(written);
        }
        let mut size = PAGE;
        for _ in 0..MAX_PASSES {
            if !pass.is_incomplete() {
                return Ok(self.seen.len() as u64);
            }
            size = size.saturating_mul(2);
            pass = self.pages(1, size, &mut write).await?;
        }
        let (found, total) = (pass.distinct.len(), pass.last_total.unwrap_or_default());
        let message = format!("the server has {total} users, but only {found} could be read");
        Err(Failure::new(Exit::Partial, message).hint("try again when fewer users come and go"))
    }

    fn list(&self) -> ListUsers {
        let list = self.users.list();
        match self.filter {
            Some(filter) => list.filter(filter),
            None => list,
        }
    }

    fn write_unseen(&mut self, users: Vec<User>, write: &mut impl FnMut(User) -> Result<()>) -> Result<()> {
        for user in users {
            if self.seen.insert(user.id) {
                write(user)?;
            }
        }
        Ok(())
    }

    /// Reads by cursor. Returns false if the server has no cursors.
    async fn read_by_cursor(&mut self, write: &mut impl FnMut(User) -> Result<()>) -> Result<bool> {
        let mut page = self.list().by_cursor(PAGE).get().await?;
        if page.total.is_some() || page.next_page.is_some() || page.next_cursor.is_none() {
            return Ok(false);
        }
        loop {
            self.write_unseen(page.items, write)?;
            let Some(cursor) = page.next_cursor else { return Ok(true) };
            page = self.list().by_cursor(PAGE).cursor(&cursor).get().await?;
            if page.next_cursor.as_ref() == Some(&cursor) {
                return Err(Failure::new(Exit::Refused, "the server returned the same cursor twice"));
            }
        }
    }

    async fn page(&self, number: u64, size: u64) -> Result<Page<User>> {
        Ok(self.list().sort(UserOrder::CreatedAtAsc).page(number).per_page(size).get().await?)
    }

    async fn pages(&mut self, first: u64, size: u64, write: &mut impl FnMut(User) -> Result<()>) -> Result<Pass> {
        let mut pass = Pass { distinct: HashSet::new(), first_total: None, last_total: None };
        let mut number = first;
        loop {
            let page = self.page(number, size).await?;
            pass.first_total = pass.first_total.or(page.total);
            pass.last_total = page.total;
            let count = page.items.len() as u64;
            let has_more = match page.total {
                Some(total) => number.saturating_mul(size) < total,
                None => page.has_more() || count == size,
            };
            pass.distinct.extend(page.items.iter().map(|user| user.id));
            self.write_unseen(page.items, write)?;
            if !has_more || count == 0 {
                return Ok(pass);
            }
            number += 1;
        }
    }

    /// Returns whether the last whole page of an interrupted export still has the same users, so that nobody can have
    /// moved from a later page to an earlier one.
    async fn is_unchanged(&self, written: &[Uuid]) -> Result<bool> {
        let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let Some(last) = written.chunks_exact(size).last() else { return Ok(false) };
        let number = (written.len() / size) as u64;
        let page = self.page(number, PAGE).await?;
        let now: HashSet<_> = page.items.iter().map(|user| user.id).collect();
        Ok(now == last.iter().copied().collect())
    }
}
