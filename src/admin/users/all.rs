//! Streaming every user exactly once.

use std::collections::HashMap;

use futures_util::{Stream, stream};
use uuid::Uuid;

use crate::{
    admin::page::{Page, PageRef, Pages},
    error::{Error, Result},
    platform::MaybeSend,
    types::User,
};

/// How often all pages are read again if users are missing, each time with twice as many users per page.
const MAX_REPEATS: u32 = 16;

/// A walk over all pages of a list.
///
/// The server orders users by creation time alone (`models/user.go`), so users with the same time may occur on two
/// pages or on none, and users who are created or deleted shift the others to other pages. The walk skips users that it
/// has seen, and reads all pages again, with larger pages, if it has seen fewer than the server counts.
struct Walk<F> {
    fetch: F,
    start: Start,
    pages: Pages<User>,
    /// All users so far, each with the last pass over the pages in which it was found.
    seen: HashMap<Uuid, u32>,
    /// The number of users found in this pass.
    found: u64,
    /// The requested page size, if it is not the server's default.
    page_size: Option<u64>,
    /// The size of the first page of this pass.
    page_len: Option<u64>,
    /// The total according to the first and the last page of this pass.
    totals: Option<(u64, u64)>,
    repeats: u32,
}

/// Where a walk starts.
pub(super) struct Start {
    pub(super) page: PageRef,
    /// The number of users per page, if it is not the server's default.
    pub(super) page_size: Option<u64>,
}

/// Streams all users. `fetch` fetches a page with the given size.
pub(super) fn stream<F, P>(start: Start, fetch: F) -> impl Stream<Item = Result<User>> + MaybeSend + Unpin + 'static
where
    F: Fn(PageRef, Option<u64>) -> P + MaybeSend + 'static,
    P: Future<Output = Result<Page<User>>> + MaybeSend + 'static,
{
    let walk = Walk {
        fetch,
        pages: Pages::from(start.page.clone()),
        seen: HashMap::new(),
        found: 0,
        page_size: start.page_size,
        page_len: None,
        totals: None,
        repeats: 0,
        start,
    };
    Box::pin(stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|user| (user, walk))) }))
}

impl<F, P> Walk<F>
where
    F: Fn(PageRef, Option<u64>) -> P,
    P: Future<Output = Result<Page<User>>>,
{
    async fn next(&mut self) -> Result<Option<User>> {
        loop {
            if let Some(user) = self.pages.next_item() {
                return Ok(Some(user));
            }
            if let Some(page_ref) = self.pages.next_page() {
                let mut page = (self.fetch)(page_ref.clone(), self.page_size).await?;
                let next = self.pages.after(&page_ref, &page);
                // A page without new users counts as the last one, so that a server that ignores the page number is not
                // asked forever.
                if self.record(&mut page) {
                    self.pages.advance(page.items, next);
                }
            } else if !self.repeat()? {
                return Ok(None);
            }
        }
    }

    /// Removes the users that have been returned. Returns whether the page had users that no other page of this pass
    /// had.
    fn record(&mut self, page: &mut Page<User>) -> bool {
        self.page_len.get_or_insert(page.items.len() as u64);
        if let Some(total) = page.total {
            self.totals = Some((self.totals.map_or(total, |(first, _)| first), total));
        }
        let found_before = self.found;
        page.items.retain(|user| {
            let pass = self.seen.insert(user.id, self.repeats);
            self.found += u64::from(pass != Some(self.repeats));
            pass.is_none()
        });
        self.found > found_before
    }

    /// Starts another pass if users are missing. Returns `false` if none are missing, or if that is unknown.
    fn repeat(&mut self) -> Result<bool> {
        // Without a total, as with cursor pagination, there is nothing to compare with.
        let Some((first, last)) = self.totals.take() else { return Ok(false) };
        let first_page = self.start.page.number();
        let size = self.page_size.or(self.page_len).unwrap_or_default();
        // Users who signed up in the meantime are not expected.
        let expected = first.min(last).saturating_sub((first_page - 1).saturating_mul(size));
        let found = self.found;
        let is_complete = found >= expected;
        if first_page > 1 {
            // A larger page would not start at the same user.
            return if is_complete { Ok(false) } else { Err(Error::IncompleteList { expected, found }) };
        }
        // If users were deleted, others may have moved to a page that had already been read.
        if is_complete && last >= first {
            return Ok(false);
        }
        if self.repeats == MAX_REPEATS {
            return if is_complete { Ok(false) } else { Err(Error::IncompleteList { expected, found }) };
        }
        self.repeats += 1;
        self.found = 0;
        self.page_size = Some(size.max(1).saturating_mul(2));
        (self.pages, self.page_len) = (Pages::from(PageRef::Number(1)), None);
        Ok(true)
    }
}
