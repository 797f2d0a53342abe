//! The operations of the OpenAPI document: method, path, credential, and whether they may be retried.

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// The credential of an operation, in addition to the API key, which identifies the project to a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// No credential.
    None,
    /// The access token of the signed-in user.
    User,
    /// The access token of the signed-in user, if there is one.
    OptionalUser,
    /// The service key.
    Admin,
    /// The id and secret of an OAuth client.
    OAuthClient,
}

/// An operation of the OpenAPI document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId`, which is also the name of the method of [`raw::Client`](crate::raw::Client).
    pub id: &'static str,
    /// The HTTP method, in upper case.
    pub method: &'static str,
    /// The path, with `{…}` for each parameter.
    pub path: &'static str,
    /// The credential that the operation takes.
    pub credential: Credential,
    /// Whether the operation is safe (RFC 9110, section 9.2.1): it changes nothing on the server and may be retried.
    pub safe: bool,
}

impl Operation {
    /// Returns the operation with this id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.id == id)
    }

    /// Returns the operation at this path, which is relative to the base URL. The path with the fewest parameters takes
    /// precedence.
    pub(crate) fn by_path(method: &str, path: &str) -> Option<&'static Self> {
        let all = OPERATIONS.iter().filter(|operation| operation.method == method && operation.is_at("", path));
        all.min_by_key(|operation| operation.path.matches('{').count())
    }

    /// Returns whether the path of a URL is that of the operation. It is not if a path parameter is empty or, such as
    /// `..`, has changed the path.
    pub(crate) fn is_at(&self, base_path: &str, path: &str) -> bool {
        let Some(path) = path.strip_prefix(base_path) else { return false };
        let mut parts = path.split('/');
        let fits = |expected: &str, part: &str| {
            if expected.starts_with('{') { !part.is_empty() } else { expected == part }
        };
        self.path.split('/').all(|expected| parts.next().is_some_and(|part| fits(expected, part)))
            && parts.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_its_path() {
        let id = |method, path| Operation::by_path(method, path).map(|operation| operation.id);
        assert_eq!(id("GET", "/user"), Some("get_user"));
        assert_eq!(id("GET", "/admin/users/4c7ff6f3"), Some("admin_get_user"));
        for operation in OPERATIONS {
            assert_eq!(id(operation.method, operation.path), Some(operation.id));
        }
        for (method, path) in [("PATCH", "/user"), ("GET", "/user/"), ("GET", "/tomorrow"), ("GET", "/admin/users//")] {
            assert_eq!(id(method, path), None, "{method} {path}");
        }
    }
}
