use crate::outcome::{Outcome, Result};
use std::{io::Write, path::Path};
pub fn compare(_d: &Path, _document: &Path, _out: &mut dyn Write) -> Result<Outcome> {
    Ok(Outcome::Fine)
}
pub fn accept(_d: &Path, _document: &Path, _r: Option<&str>, _out: &mut dyn Write) -> Result<Outcome> {
    Ok(Outcome::Fine)
}
