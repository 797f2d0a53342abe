//! Lists of users.

use futures_util::Stream;

use crate::{
    admin::{
        AdminClient,
        page::{self, Page, Place},
    },
    error::{Error, Result},
    input,
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

    /// Only users with this in their e-mail address, or in the `full_name` of their metadata. The server minds the case
    /// in addresses, which it keeps in lower case; `%` and `_` stand for any characters and for any one.
    pub fn filter(mut self, part: impl Into<String>) -> Self {
        self.filter = Some(part.into());
        self
    }

    /// The order. Newest first by default.
    pub fn sort(mut self, order: UserOrder) -> Self {
        self.sort = Some(vec![order]);
        self
    }

    /// The audience in which the users live, if not the server's default.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Which page, from 1.
    pub fn page(mut self, page: u64) -> Self {
        self.page = Some(page);
        self
    }

    /// How many users to a page. The server's default is 50.
    pub fn per_page(mut self, per_page: u64) -> Self {
        self.per_page = Some(per_page);
        self
    }

    /// By cursor instead of by number, this many users to a page, 1000 at most.
    ///
    /// Cheaper for the server, and nobody is seen twice or missed because others come and go. It is an experiment of
    /// the server's (`GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED`): one that does not know it gives its first page
    /// by number, with [`Page::next_page`] in place of [`Page::next_cursor`], and a stream then goes on by number.
    pub fn by_cursor(mut self, limit: u64) -> Self {
        self.cursor.get_or_insert_default().limit = Some(limit);
        self
    }

    /// By cursor, from here: the [`next_cursor`](Page::next_cursor) of the page before.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor.get_or_insert_default().from = Some(cursor.into());
        self
    }

    /// One page.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request; `validation_failed` for a cursor that is none.
    pub async fn get(self) -> Result<Page<User>> {
        self.check()?;
        let per_page = self.per_page.map(|number| input::from_one("number per page", number)).transpose()?;
        let (page, cursor, limit) = match self.start() {
            Place::Number(page) => (Some(input::from_one("page", page)?), None, None),
            Place::Cursor(from) => (None, from, self.cursor.and_then(|cursor| cursor.limit)),
        };
        let limit = limit.map(|limit| input::from_one("limit", limit)).transpose()?;
        let (cursor, filter, audience) = (cursor.as_deref(), self.filter.as_deref(), self.audience.as_deref());
        let call = self.admin.call()?;
        let reply =
            call.raw.admin_list_users(cursor, filter, limit, page, per_page, self.sort.as_ref(), audience).await;
        let (list, headers) = call.answer_with_headers(reply).await?;
        Ok(match list.pagination {
            Some(pagination) => Page::by_cursor(list.users, pagination),
            None => Page::numbered(list.users, &headers),
        })
    }

    /// All users from the page on, with one page in memory at a time. The next one is asked for when it is needed.
    ///
    /// The server counts anew for each page. In the default order a user who signs up meanwhile moves the others along,
    /// so one may come twice; with [`UserOrder::CreatedAtAsc`] that cannot be, but one who is deleted may make another
    /// be missed. [`by_cursor`](Self::by_cursor) knows neither. The stream ends after an error.
    pub fn stream(self) -> impl Stream<Item = Result<User>> + Send + Unpin + 'static {
        page::all_from(self.start(), move |place| self.clone().at(place).get())
    }

    fn start(&self) -> Place {
        match &self.cursor {
            Some(cursor) => Place::Cursor(cursor.from.clone()),
            // Always sent: a server that goes by cursor does so when there is no number.
            None => Place::Number(self.page.unwrap_or(1)),
        }
    }

    fn at(mut self, place: Place) -> Self {
        match place {
            // Also after a first page by cursor, from a server that knows none.
            Place::Number(page) => (self.page, self.cursor) = (Some(page), None),
            Place::Cursor(from) => self.cursor.get_or_insert_default().from = from,
        }
        self
    }

    fn check(&self) -> Result<()> {
        input::optional("filter", self.filter.as_deref())?;
        input::audience(self.audience.as_deref())?;
        let Some(cursor) = &self.cursor else { return Ok(()) };
        input::optional("cursor", cursor.from.as_deref())?;
        if self.page.is_some() || self.per_page.is_some() {
            return Err(Error::invalid("list", "cannot go both by number and by cursor"));
        }
        Ok(())
    }
}
