//! Reading every user of a server exactly once.

use std::collections::HashSet;

use gotrue::{
    Error, ErrorCode, User,
    admin::{ListUsers, Users},
    futures_util::{Stream, TryStreamExt},
    types::UserOrder,
    uuid::Uuid,
};

use crate::failure::{Failure, Result};

/// The number of users per request.
pub const PAGE: u64 = 500;

/// The largest number of users that are looked up to find out whether an unfinished export is of the same server.
const PROBES: usize = 10;

/// Reads all users.
pub struct Everyone<'a> {
    users: &'a Users,
    filter: Option<&'a str>,
    seen: HashSet<Uuid>,
}

impl<'a> Everyone<'a> {
    pub fn new(users: &'a Users, filter: Option<&'a str>) -> Self {
        Self { users, filter, seen: HashSet::new() }
    }

    /// Passes each user once to `write`, except those that were written before, in the order of an earlier export.
    /// Returns the number of users, those included.
    pub async fn read(mut self, written: &[Uuid], mut write: impl FnMut(User) -> Result<()>) -> Result<u64> {
        self.seen.extend(written);
        if written.is_empty() && self.has_cursors().await? {
            self.write_unseen(self.list().by_cursor(PAGE).stream(), &mut write).await?;
            return Ok(self.seen.len() as u64);
        }
        let is_continued = self.is_unchanged(written).await?;
        let first_page = if is_continued { written.len() as u64 / PAGE + 1 } else { 1 };
        match self.write_unseen(self.numbered().page(first_page).stream(), &mut write).await {
            // Users moved to a page before the first one, so all pages are read again.
            Err(ReadError::Server(Error::IncompleteList { .. })) if is_continued => {
                self.write_unseen(self.numbered().page(1).stream(), &mut write).await?;
            }
            done => done?,
        }
        Ok(self.seen.len() as u64)
    }

    async fn write_unseen(
        &mut self,
        mut users: impl Stream<Item = Result<User, Error>> + Unpin,
        write: &mut impl FnMut(User) -> Result<()>,
    ) -> Result<(), ReadError> {
        while let Some(user) = users.try_next().await.map_err(ReadError::Server)? {
            if self.seen.insert(user.id) {
                write(user).map_err(ReadError::File)?;
            }
        }
        Ok(())
    }

    fn list(&self) -> ListUsers {
        let list = self.users.list();
        match self.filter {
            Some(filter) => list.filter(filter),
            None => list,
        }
    }

    /// The oldest users first, so that new ones do not move the others to other pages.
    fn numbered(&self) -> ListUsers {
        self.list().sort(UserOrder::CreatedAtAsc).per_page(PAGE)
    }

    /// Returns whether the server has cursors, and more than one page. Without them it returns its first page.
    async fn has_cursors(&self) -> Result<bool> {
        Ok(self.list().by_cursor(PAGE).get().await?.next_cursor.is_some())
    }

    /// Returns whether the last whole page of an interrupted export still has the same users, so that none can have
    /// moved from a later page to an earlier one.
    async fn is_unchanged(&self, written: &[Uuid]) -> Result<bool> {
        let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let Some(last) = written.chunks_exact(size).last() else { return Ok(false) };
        let number = (written.len() / size) as u64;
        let page = self.numbered().page(number).get().await?;
        let now: HashSet<_> = page.items.iter().map(|user| user.id).collect();
        Ok(now == last.iter().copied().collect())
    }
}

/// Returns whether the server has any of the users of an unfinished export. Some may have been deleted since.
pub async fn has_any(users: &Users, written: &[Uuid]) -> Result<bool> {
    for id in written.iter().step_by(written.len() / PROBES + 1) {
        match users.get(*id).await {
            Ok(_) => return Ok(true),
            Err(error) if error.code() == Some(&ErrorCode::UserNotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(written.is_empty())
}

/// Why reading stopped.
enum ReadError {
    Server(Error),
    File(Failure),
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Server(error) => error.into(),
            ReadError::File(failure) => failure,
        }
    }
}
