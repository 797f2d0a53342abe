//! Optional values in a chain of setters.

/// Sets optional values in a chain of setters.
///
/// ```
/// use gotrue::{SetOptional, admin::UpdateUser};
///
/// fn update(email: Option<String>, role: Option<&str>) -> UpdateUser {
///     UpdateUser::new().maybe(email, UpdateUser::email).maybe(role, UpdateUser::role)
/// }
/// # update(None, Some("editor"));
/// ```
pub trait SetOptional: Sized {
    /// Calls the setter if there is a value.
    #[must_use]
    fn maybe<T>(self, value: Option<T>, set: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => set(self, value),
            None => self,
        }
    }
}

impl<T> SetOptional for T {}
