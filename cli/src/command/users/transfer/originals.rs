//! The passwords of refused rows, which are only in the file that was imported first.

use std::path::{Path, PathBuf};

use super::{
    format::Format,
    refused::ENDING,
    row::Row,
    source::{ReadRow, Source},
};

/// The file that a file of refused rows came from.
pub struct Originals {
    path: Option<PathBuf>,
    source: Option<Source>,
}

impl Originals {
    /// Finds the original by the name of the file of refused rows.
    pub fn of(file: &Path) -> Self {
        let name = file.to_str().and_then(|name| name.strip_suffix(ENDING)?.strip_suffix('.'));
        Self { path: name.map(PathBuf::from), source: None }
    }

    /// Adds the password that was omitted from a refused row.
    pub fn restore_password(&mut self, row: Row) -> Result<Row, String> {
        let Some(line) = row.refused.as_ref().filter(|refusal| refusal.password_omitted).map(|refusal| refusal.line)
        else {
            return Ok(row);
        };
        if row.has_password() {
            return Ok(row);
        }
        match self.row_at(line) {
            Some(original) if original.has_password() => {
                Ok(Row { password: original.password, password_hash: original.password_hash, ..row })
            }
            _ => Err(format!(
                "has no password, and line {line} of the original file has none either: add it, or remove password_omitted"
            )),
        }
    }

    /// Reads the row on a line. Refused rows are in the order of the original, so most reads only go forward.
    fn row_at(&mut self, line: u64) -> Option<Row> {
        for _ in 0..2 {
            if self.source.is_none() {
                let path = self.path.as_ref()?;
                self.source = Source::open(path, Format::of(None, Some(path)).ok()?).ok();
            }
            while let Some(ReadRow { row, line: at, .. }) = self.source.as_mut()?.read().ok()? {
                if at == line {
                    return row.ok();
                }
                if at > line {
                    break;
                }
            }
            // The line may be before the current position.
            self.source = None;
        }
        None
    }
}
