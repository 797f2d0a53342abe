//! Bodies that are refused for their size.

use std::{error::Error, fmt};

/// A body that was refused for its size.
#[derive(Debug)]
pub(crate) struct TooLarge(pub(crate) usize);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "larger than {} bytes", self.0)
    }
}

impl Error for TooLarge {}
