//! Pagination.

use std::{future::Future, vec};

use futures_util::{Stream, stream};
use reqwest::header::HeaderMap;

use super::link_header::Links;
use crate::{error::Result, platform::MaybeSend, types::CursorPagination};

/// A page of a list, with its position among the other pages.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items on this page.
    pub items: Vec<T>,
    /// The number of items on all pages. `None` with cursor pagination, or if the server does not send it.
    pub total: Option<u64>,
    /// The number of the next page. `None` on the last page, or if the server does not send it.
    pub next_page: Option<u64>,
    /// The number of the last page. `None` if the list is empty, or if the server does not send it.
    pub last_page: Option<u64>,
    /// With cursor pagination: the cursor of the next page. `None` on the last page.
    pub next_cursor: Option<String>,
    /// Whether the response says if there is a next page.
    is_next_known: bool,
}

impl<T> Page<T> {
    /// Returns whether the server reported a next page.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.next_page.is_some() || self.next_cursor.is_some()
    }

    pub(super) fn numbered(items: Vec<T>, headers: &HeaderMap) -> Self {
        let links = Links::read(headers);
        Self {
            items,
            total: headers.get("x-total-count").and_then(|value| value.to_str().ok()?.trim().parse().ok()),
            next_page: links.page("next"),
            last_page: links.page("last"),
            next_cursor: None,
            is_next_known: links.page("next").is_some() || links.has("last") && !links.has("next"),
        }
    }

    pub(super) fn by_cursor(items: Vec<T>, pagination: CursorPagination) -> Self {
        let CursorPagination { next_cursor, has_more, .. } = pagination;
        let next_cursor = next_cursor.filter(|cursor| !cursor.is_empty() && has_more != Some(false));
        Self { items, total: None, next_page: None, last_page: None, next_cursor, is_next_known: true }
    }
}

/// A reference to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PageRef {
    Number(u64),
    /// `None` for the first page.
    Cursor(Option<String>),
}

impl PageRef {
    /// Returns the page number; 1 for a cursor, because a server without cursor pagination returns its first page then.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Cursor(_) => 1,
        }
    }
}

/// Streams all items from a page on, with one page in memory at a time. Pages are fetched when they are needed.
pub(super) fn stream_from<T, F, P>(
    start: PageRef,
    fetch: F,
) -> impl Stream<Item = Result<T>> + MaybeSend + Unpin + 'static
where
    T: MaybeSend + 'static,
    F: Fn(PageRef) -> P + MaybeSend + 'static,
    P: Future<Output = Result<Page<T>>> + MaybeSend + 'static,
{
    let pages = Pages::from(start);
    Box::pin(stream::try_unfold((pages, fetch), |(mut pages, fetch)| async move {
        loop {
            if let Some(item) = pages.next_item() {
                return Ok(Some((item, (pages, fetch))));
            }
            let Some(page_ref) = pages.next_page() else { return Ok(None) };
            let page = fetch(page_ref.clone()).await?;
            let next = pages.after(&page_ref, &page);
            pages.advance(page.items, next);
        }
    }))
}

/// The position of a stream over all pages.
pub(super) struct Pages<T> {
    items: vec::IntoIter<T>,
    next: Option<PageRef>,
    /// The number of items on the previous page.
    previous_len: usize,
}

impl<T> From<PageRef> for Pages<T> {
    fn from(start: PageRef) -> Self {
        Self { items: Vec::new().into_iter(), next: Some(start), previous_len: 0 }
    }
}

impl<T> Pages<T> {
    /// Returns the next item of the current page.
    pub(super) fn next_item(&mut self) -> Option<T> {
        self.items.next()
    }

    /// Returns the page to fetch next. Releases the memory of the current page, so that there are never two.
    pub(super) fn next_page(&mut self) -> Option<PageRef> {
        self.items = Vec::new().into_iter();
        self.next.take()
    }

    /// Returns the page after the one that was just fetched, to pass to [`advance`](Self::advance).
    pub(super) fn after(&mut self, page_ref: &PageRef, page: &Page<T>) -> Option<PageRef> {
        let next = next_after(page_ref, page, self.previous_len);
        self.previous_len = page.items.len();
        next
    }

    /// Continues with these items and then with this page.
    pub(super) fn advance(&mut self, items: Vec<T>, next: Option<PageRef>) {
        self.items = items.into_iter();
        self.next = next;
    }
}

/// Returns the page after this one. Never an earlier page, so that the stream ends whatever the server returns.
fn next_after<T>(page_ref: &PageRef, page: &Page<T>, previous_len: usize) -> Option<PageRef> {
    if let Some(cursor) = &page.next_cursor {
        let next = PageRef::Cursor(Some(cursor.clone()));
        return (next != *page_ref).then_some(next);
    }
    if page.items.is_empty() {
        return None;
    }
    if page.is_next_known {
        return page.next_page.filter(|next| *next > page_ref.number()).map(PageRef::Number);
    }
    // If the server does not say whether there is a next page, a page that is shorter than the previous one is the
    // last. The first page is not compared with the requested size, because the server or a gateway may limit that
    // size.
    (page.items.len() >= previous_len).then(|| PageRef::Number(page_ref.number() + 1))
}
