//! Listing users.

use futures_util::Stream;

use crate::{
    admin::{
        AdminClient,
        page::{Page, PageRef},
        users::all::{self, Start},
    },
    error::{Error, Result},
    input,
    platform::MaybeSend,
    types::{User, UserOrder},
};

/// A list of users (`GET /admin/users`), newest first, without their identities and factors.
///
/// ```
/// use gotrue::{futures_util::StreamExt, types::UserOrder};
///
/// # async fn f(users: gotrue::admin::Users) -> Result<(), gotrue::Error> {
/// let page = users.list().filter("@example.com").page(12).per_page(100).get().await?;
/// println!("{} of {:?}; next: {:?}, last: {:?}", page.items.len(), page.total, page.next_page, page.last_page);
///
/// let mut all = users.list().sort(UserOrder::CreatedAtAsc).per_page(200).stream();
/// while let Some(user) = all.next().await {
///     println!("{:?}", user?.email);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "call get or stream"]
pub struct ListUsers {
    admin: AdminClient,
    filter: Option<String>,
    sort: Option<Vec<UserOrder>>,
    audience: Option<String>,
    page: Option<u64>,
    per_page: Option<u64>,
    cursor: Option<Cursor>,
}

#[derive(Clone, Debug, Default)]
struct Cursor {
    limit: Option<u64>,
    from: Option<String>,
}

impl ListUsers {
    pub(in crate::admin) fn new(admin: AdminClient) -> Self {
        Self { admin, filter: None, sort: None, audience: None, page: None, per_page: None, cursor: None }
    }

    /// Keeps only users whose email address, or `full_name` in the metadata, contains this text. Email addresses are
    /// stored in lower case, and the comparison with them is case-sensitive; `%` matches any characters and `_` any
    /// single one.
    pub fn filter(mut self, part: impl Into<String>) -> Self {
        self.filter = Some(part.into());
        self
    }

    /// Sets the sort order. Defaults to newest first.
    pub fn sort(mut self, order: UserOrder) -> Self {
        self.sort = Some(vec![order]);
        self
    }

    /// Sets the audience of the users, if it is not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Sets the page number, starting at 1.
    pub fn page(mut self, page: u64) -> Self {
        self.page = Some(page);
        self
    }

    /// Sets the number of users per page. Defaults to 50.
    pub fn per_page(mut self, per_page: u64) -> Self {
        self.per_page = Some(per_page);
        self
    }

    /// Uses cursor pagination with this many users per page, at most 1000.
    ///
    /// Cheaper for the server, and no user is repeated or missed when others are created or deleted. It is an
    /// experimental feature (`GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED`): a server without it returns its first
    /// numbered page, with [`Page::next_page`] instead of [`Page::next_cursor`], and a stream then continues with
    /// numbered pages.
    pub fn by_cursor(mut self, limit: u64) -> Self {
        self.cursor.get_or_insert_default().limit = Some(limit);
        self
    }

    /// Starts at this cursor: the [`next_cursor`](Page::next_cursor) of the previous page.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor.get_or_insert_default().from = Some(cursor.into());
        self
    }

    /// Fetches one page.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `validation_failed` for an invalid cursor.
    pub async fn get(self) -> Result<Page<User>> {
        self.check()?;
        let per_page = self.per_page.map(|number| input::from_one("page size", number)).transpose()?;
        let (page, cursor, limit) = match self.start() {
            PageRef::Number(page) => (Some(input::from_one("page", page)?), None, None),
            PageRef::Cursor(from) => (None, from, self.cursor.and_then(|cursor| cursor.limit)),
        };
        let limit = limit.map(|limit| input::from_one("limit", limit)).transpose()?;
        let (cursor, filter, audience) = (cursor.as_deref(), self.filter.as_deref(), self.audience.as_deref());
        let call = self.admin.raw_call()?;
        let operation = call.raw.admin_list_users(cursor, filter, limit, page, per_page, self.sort.as_ref(), audience);
        let (list, headers) = call.finish_with_headers(operation).await?;
        Ok(match list.pagination {
            Some(pagination) => Page::by_cursor(list.users, pagination),
            None => Page::numbered(list.users, &headers),
        })
    }

    /// Streams all users, starting at the selected page, each once. Pages are fetched when they are needed; one page
    /// and the IDs of all users so far are kept in memory.
    ///
    /// The server numbers the users anew for each page and orders them by creation time alone. So a new or deleted user
    /// shifts the others to other pages, and users with the same creation time, as after a bulk insert with SQL, occur
    /// on any page. The stream skips users that it has returned, and compares their number with the total that the
    /// server reports. If some are missing, it reads all pages again with twice the page size, up to a page that holds
    /// all users. [`by_cursor`](Self::by_cursor) needs no such repetition. The stream ends after an error.
    ///
    /// # Errors
    /// [`Error::IncompleteList`] if users are still missing after that, or if the stream started at a later page.
    pub fn stream(self) -> impl Stream<Item = Result<User>> + MaybeSend + Unpin + 'static {
        let start = Start { page: self.start(), page_size: self.per_page };
        all::stream(start, move |page, page_size| self.clone().at(page, page_size).get())
    }

    fn start(&self) -> PageRef {
        match &self.cursor {
            Some(cursor) => PageRef::Cursor(cursor.from.clone()),
            // Always sent: a server with cursor pagination uses it if there is no page number.
            None => PageRef::Number(self.page.unwrap_or(1)),
        }
    }

    fn at(mut self, page: PageRef, page_size: Option<u64>) -> Self {
        self.per_page = page_size;
        match page {
            // This also follows a first page by cursor, if the server has no cursor pagination.
            PageRef::Number(page) => (self.page, self.cursor) = (Some(page), None),
            PageRef::Cursor(from) => self.cursor.get_or_insert_default().from = from,
        }
        self
    }

    fn check(&self) -> Result<()> {
        input::optional("filter", self.filter.as_deref())?;
        input::audience(self.audience.as_deref())?;
        let Some(cursor) = &self.cursor else { return Ok(()) };
        input::optional("cursor", cursor.from.as_deref())?;
        if self.page.is_some() || self.per_page.is_some() {
            return Err(Error::invalid("list", "cannot combine page numbers with a cursor"));
        }
        Ok(())
    }
}
