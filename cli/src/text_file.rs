//! Text that an argument names.

use std::{fs, io, path::Path};

use crate::failure::{Failure, Result};

/// Reads a UTF-8 file, or standard input for `-`, without a byte order mark.
pub fn read(path: &Path) -> Result<String> {
    let text = if path.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let text = text.map_err(|error| {
        if error.kind() == io::ErrorKind::InvalidData {
            return Failure::usage("expected UTF-8")
                .hint("convert it: iconv -f UTF-16 -t UTF-8")
                .during(path.display());
        }
        Failure::from(error).during(path.display())
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
