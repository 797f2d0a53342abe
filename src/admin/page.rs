//! Pages, and the walk over all of them.

use std::{future::Future, vec};

use futures_util::{
    Stream,
    stream::{self, StreamExt},
};
use reqwest::header::HeaderMap;

use super::link_header::Links;
use crate::{error::Result, types::CursorPagination};

/// A page of a list, with what the server says of its neighbours.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are on all pages. Unknown by cursor, and where the server does not say.
    pub total: Option<u64>,
    /// The number of the next page. None on the last one, and where the server does not say.
    pub next_page: Option<u64>,
    /// The number of the last page. None when there is nothing, and where the server does not say.
    pub last_page: Option<u64>,
    /// By cursor: where the next page begins. None on the last one.
    pub next_cursor: Option<String>,
    /// Whether the server said what comes next, be it that nothing does.
    is_told: bool,
}

impl<T> Page<T> {
    /// Whether the server said that there is another page.
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
            is_told: links.page("next").is_some() || links.has("last") && !links.has("next"),
        }
    }

    pub(super) fn by_cursor(items: Vec<T>, pagination: CursorPagination) -> Self {
        let CursorPagination { next_cursor, has_more } = pagination;
        let next_cursor = next_cursor.filter(|cursor| !cursor.is_empty() && has_more != Some(false));
        Self { items, total: None, next_page: None, last_page: None, next_cursor, is_told: true }
    }
}

/// Where a page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Number(u64),
    /// The first page has no cursor.
    Cursor(Option<String>),
}

impl Place {
    /// The number, also of the first page by cursor: a server that knows no cursors gives its page 1.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Cursor(_) => 1,
        }
    }
}

/// Everything from a page on, one page in memory at a time. The next one is asked for when it is needed.
pub(super) fn all_from<T, F, P>(start: Place, fetch: F) -> impl Stream<Item = Result<T>> + Send + Unpin + 'static
where
    T: Send + 'static,
    F: Fn(Place) -> P + Send + 'static,
    P: Future<Output = Result<Page<T>>> + Send + 'static,
{
    let walk = Walk { items: Vec::new().into_iter(), next: Some(start), size: 0 };
    stream::try_unfold((walk, fetch), |(mut walk, fetch)| async move {
        loop {
            if let Some(item) = walk.items.next() {
                return Ok(Some((item, (walk, fetch))));
            }
            let Some(place) = walk.next.take() else { return Ok(None) };
            let page = fetch(place.clone()).await?;
            walk.arrive(&place, page);
        }
    })
    .boxed()
}

/// How far a walk has got.
struct Walk<T> {
    items: vec::IntoIter<T>,
    next: Option<Place>,
    /// How many there were on the page before.
    size: usize,
}

impl<T> Walk<T> {
    fn arrive(&mut self, place: &Place, page: Page<T>) {
        self.next = after(place, &page, self.size);
        self.size = page.items.len();
        self.items = page.items.into_iter();
    }
}

/// Where to go on. Never to where we have been, whatever the server says.
fn after<T>(place: &Place, page: &Page<T>, size_before: usize) -> Option<Place> {
    if let Some(cursor) = &page.next_cursor {
        let next = Place::Cursor(Some(cursor.clone()));
        return (next != *place).then_some(next);
    }
    if page.items.is_empty() {
        return None;
    }
    if page.is_told {
        return page.next_page.filter(|next| *next > place.number()).map(Place::Number);
    }
    // The last page is the one that is shorter than the one before. The first is not held against what was asked for:
    // the server, or a gateway, may give less than that to each page.
    (page.items.len() >= size_before).then(|| Place::Number(place.number() + 1))
}
