//! How the users of a file are written down.

use std::path::Path;

use super::{format::Format, refused::ENDING, vendor::Vendor};
use crate::failure::Result;

/// The layout of a file of users.
#[derive(Clone, Debug)]
pub enum Layout {
    /// Rows as an export writes them.
    Own(Format),
    /// The export of another service.
    Vendor { vendor: Vendor, is_csv: bool },
}

impl Layout {
    /// Returns the layout of a file, or that of standard input. Files of refused rows always have the layout of an
    /// export.
    pub fn of(path: Option<&Path>, format: Option<Format>, vendor: Option<&Vendor>) -> Result<Self> {
        let is_refused = path.and_then(Path::to_str).is_some_and(|name| name.ends_with(ENDING));
        match vendor {
            Some(vendor) if !is_refused => {
                let is_csv = format.or_else(|| Format::of(None, path).ok()) == Some(Format::Csv);
                Ok(Self::Vendor { vendor: vendor.clone(), is_csv })
            }
            _ => Format::of(format, path).map(Self::Own),
        }
    }

    /// What the numbers of rows count.
    pub fn unit(&self) -> &'static str {
        if matches!(self, Self::Own(_)) { "line" } else { "user" }
    }
}
