//! The audit log.

use futures_util::Stream;

use super::{
    AdminClient,
    page::{self, Page, PageRef},
};
use crate::{
    error::{Error, Result},
    input,
    platform::MaybeSend,
    types::{AuditAction, AuditLogEntry, AuditLogType},
};

/// A query of the audit log (`GET /admin/audit`), newest entries first.
///
/// Returns nothing if the server is configured not to keep the log in its database.
///
/// ```
/// use gotrue::{futures_util::StreamExt, types::AuditAction};
///
/// # async fn f(admin: gotrue::AdminClient) -> Result<(), gotrue::Error> {
/// let page = admin.audit_log().author("ada@example.com").per_page(20).get().await?;
/// println!("{} of {:?}", page.items.len(), page.total);
///
/// let mut sign_ins = admin.audit_log().action(AuditAction::Login).stream();
/// while let Some(entry) = sign_ins.next().await {
///     println!("{:?}", entry?.created_at);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "call get or stream"]
pub struct AuditLog {
    admin: AdminClient,
    filters: Vec<Filter>,
    page: u64,
    per_page: Option<u64>,
}

/// The server filters by one column at a time.
#[derive(Clone, Debug)]
struct Filter {
    column: &'static str,
    value: String,
}

impl AuditLog {
    pub(super) fn new(admin: AdminClient) -> Self {
        Self { admin, filters: Vec::new(), page: 1, per_page: None }
    }

    /// Keeps only entries whose author's email address, phone number or name contains this text. Only one filter is
    /// allowed.
    pub fn author(self, part: impl Into<String>) -> Self {
        self.filter("author", part.into())
    }

    /// Keeps only entries of this action, or of any action whose name contains it. Only one filter is allowed.
    pub fn action(self, action: impl Into<AuditAction>) -> Self {
        self.filter("action", action.into().as_str().to_owned())
    }

    /// Keeps only entries of this type. Only one filter is allowed.
    pub fn log_type(self, log_type: impl Into<AuditLogType>) -> Self {
        self.filter("type", log_type.into().as_str().to_owned())
    }

    fn filter(mut self, column: &'static str, value: String) -> Self {
        self.filters.push(Filter { column, value });
        self
    }

    /// Sets the page number, starting at 1.
    pub fn page(mut self, page: u64) -> Self {
        self.page = page;
        self
    }

    /// Sets the number of entries per page. Defaults to 50.
    pub fn per_page(mut self, per_page: u64) -> Self {
        self.per_page = Some(per_page);
        self
    }

    /// Fetches one page.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] before any request.
    pub async fn get(self) -> Result<Page<AuditLogEntry>> {
        let page = Some(input::from_one("page", self.page)?);
        let per_page = self.per_page.map(|number| input::from_one("page size", number)).transpose()?;
        let query = self.query()?;
        let call = self.admin.raw_call()?;
        let operation = call.raw.admin_audit(page, per_page, query.as_deref());
        let (entries, headers) = call.finish_with_headers(operation).await?;
        Ok(Page::numbered(entries, &headers))
    }

    /// Streams all entries, starting at the selected page, with one page in memory at a time.
    ///
    /// New entries shift the others to later pages, so an entry may occur twice, with the same `id`. The stream ends
    /// after an error.
    pub fn stream(self) -> impl Stream<Item = Result<AuditLogEntry>> + MaybeSend + Unpin + 'static {
        page::stream_from(PageRef::Number(self.page), move |page| self.clone().page(page.number()).get())
    }

    fn query(&self) -> Result<Option<String>> {
        match &self.filters[..] {
            [] => Ok(None),
            [Filter { column, value }] => {
                input::not_empty("audit filter", value)?;
                Ok(Some(format!("{column}:{value}")))
            }
            _ => Err(Error::invalid("audit filter", "can be set only once; the server filters by one column")),
        }
    }
}
