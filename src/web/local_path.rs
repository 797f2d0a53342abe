//! Paths within the application, to which a browser may be redirected.

use std::{fmt, str::FromStr};

use url::Url;

use crate::error::{Error, Result};

/// A path of the application, with its query and fragment. A redirect to it never leaves the application, so it is safe
/// to take one from a request, such as the page to return to after the sign-in.
///
/// ```
/// use gotrue::web::LocalPath;
///
/// let path: LocalPath = "/orders?page=2".parse()?;
/// assert_eq!(path.as_str(), "/orders?page=2");
/// assert!("https://evil.example/".parse::<LocalPath>().is_err());
/// assert!("//evil.example/".parse::<LocalPath>().is_err());
/// # Ok::<(), gotrue::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LocalPath(String);

impl LocalPath {
    /// Returns the path, percent-encoded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LocalPath {
    /// Returns `/`.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<LocalPath> for String {
    fn from(path: LocalPath) -> Self {
        path.0
    }
}

impl FromStr for LocalPath {
    type Err = Error;

    /// Resolves the path as browsers do, which ignore some characters and treat backslashes as slashes.
    fn from_str(text: &str) -> Result<Self> {
        const BASE: &str = "https://local.invalid";
        let resolved = text.starts_with('/').then(|| Url::parse(BASE).and_then(|base| base.join(text)).ok()).flatten();
        let path = resolved.as_ref().and_then(|url| url.as_str().strip_prefix(BASE));
        // Removing `/.` may have left two slashes, which start a host.
        let is_local = |path: &&str| path.starts_with('/') && !path.starts_with("//");
        path.filter(is_local)
            .map(|path| Self(path.to_owned()))
            .ok_or_else(|| Error::invalid("path", "must be a path of this application"))
    }
}
