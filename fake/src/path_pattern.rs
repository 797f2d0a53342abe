//! Paths with parameters, as the real server's router matches them.

/// Returns whether a path has this pattern, in which a segment in braces is a parameter.
pub(crate) fn is_at(pattern: &str, path: &str) -> bool {
    pattern.split('/').count() == path.split('/').count() && is_below(pattern, path)
}

/// Returns whether a path has this pattern, or continues after a slash. A parameter may be empty if a slash follows.
pub(crate) fn is_below(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/').peekable();
    pattern.split('/').all(|wanted| {
        let Some(there) = segments.next() else { return false };
        if wanted.starts_with('{') { !there.is_empty() || segments.peek().is_some() } else { wanted == there }
    })
}
