//! The passwords of refused rows, which are only in the file that was imported first.

use std::path::{Path, PathBuf};

use super::{
    layout::Layout,
    refused::ENDING,
    row::Row,
    source::{ReadRow, Source},
};

/// The file that a file of refused rows came from.
pub struct Originals {
    file: Option<(PathBuf, Layout)>,
    source: Option<Source>,
}

impl Originals {
    /// Returns that of a file that is not one of refused rows.
    pub fn none() -> Self {
        Self { file: None, source: None }
    }

    /// Finds the original by the name of the file of refused rows.
    pub fn of(file: &Path, layout: impl Fn(&Path) -> Option<Layout>) -> Self {
        let name = file.to_str().and_then(|name| name.strip_suffix(ENDING)?.strip_suffix('.'));
        let file = name.map(PathBuf::from).and_then(|path| layout(&path).map(|layout| (path, layout)));
        Self { file, source: None }
    }

    /// Adds the password that was omitted from a refused row.
    pub fn restore_password(&mut self, row: Row) -> Result<Row, String> {
        let Some(refusal) = row.refused.as_ref().filter(|refusal| refusal.password_omitted) else { return Ok(row) };
        if row.has_password() {
            return Ok(row);
        }
        let line = refusal.line;
        match self.row_at(line) {
            Some(original) if original.has_password() => {
                // The original may have changed since, so that another user is there.
                if refusal.password_of.as_ref() != Some(&original.identity()) {
                    return Err(format!(
                        "has no password, and row {line} of the original file is now another user's: add it, or remove \
                         password_omitted"
                    ));
                }
                Ok(Row { password: original.password, password_hash: original.password_hash, ..row })
            }
            _ => Err(format!(
                "has no password, and row {line} of the original file has none either: add it, or remove password_omitted"
            )),
        }
    }

    /// Reads the row on a line. Refused rows are in the order of the original, so most reads only go forward.
    fn row_at(&mut self, line: u64) -> Option<Row> {
        for _ in 0..2 {
            if self.source.is_none() {
                let (path, layout) = self.file.as_ref()?;
                self.source = Source::open(path, layout).ok();
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
