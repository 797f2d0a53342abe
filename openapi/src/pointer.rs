//! JSON pointers (RFC 6901) into the document.

/// The HTTP methods that a path can have, as the document spells them.
pub(crate) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Appends steps to a pointer.
#[must_use]
pub fn join(pointer: &str, steps: &[&str]) -> String {
    steps.iter().fold(pointer.to_owned(), |pointer, step| pointer + "/" + &escape(step))
}

/// Escapes a name as a step of a pointer.
#[must_use]
pub fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// Returns the name that a step of a pointer stands for.
#[must_use]
pub fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Returns a readable name of a place in the document: `POST /logout`, `User.email`, or the steps of the pointer.
#[must_use]
pub fn place(pointer: &str) -> String {
    let steps: Vec<String> = pointer.split('/').skip(1).map(unescape).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps[..] {
        [] => "the document".to_owned(),
        ["paths", path, method, ..] if METHODS.contains(&method) => format!("{} {path}", method.to_uppercase()),
        ["paths", path, ..] => path.to_owned(),
        ["components", _, name, ref deeper @ ..] => [&[name], &properties(deeper)[..]].concat().join("."),
        _ => steps.join("."),
    }
}

/// Returns the names of the properties among the steps into a schema.
fn properties<'a>(steps: &[&'a str]) -> Vec<&'a str> {
    match *steps {
        ["properties", name, ref deeper @ ..] => [&[name], &properties(deeper)[..]].concat(),
        [_, ref deeper @ ..] => properties(deeper),
        [] => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_a_readable_name() {
        for (pointer, name) in [
            ("", "the document"),
            ("/info/version", "info.version"),
            ("/paths/~1users~1{id}/get/responses/200", "GET /users/{id}"),
            ("/paths/~1users/parameters/0", "/users"),
            ("/components/schemas/User", "User"),
            ("/components/schemas/User/properties/identities/items/properties/id", "User.identities.id"),
        ] {
            assert_eq!(place(pointer), name, "{pointer}");
        }
    }

    #[test]
    fn a_step_is_escaped() {
        assert_eq!(join("/paths", &["/a~b"]), "/paths/~1a~0b");
        assert_eq!(unescape(&escape("/a~1~0b")), "/a~1~0b");
    }
}
