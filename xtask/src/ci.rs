use crate::outcome::{Outcome, Result};
use std::io::Write;
pub fn run(_out: &mut dyn Write) -> Result<Outcome> {
    Ok(Outcome::Fine)
}
