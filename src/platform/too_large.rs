//! Response bodies that exceed the size limit.

use std::{error::Error, fmt};

/// A response body over the limit, which is in bytes.
#[derive(Debug)]
pub(crate) struct TooLarge(pub(crate) usize);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response is larger than {} bytes", self.0)
    }
}

impl Error for TooLarge {}
