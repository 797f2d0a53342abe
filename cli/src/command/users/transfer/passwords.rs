//! The passwords of a file of users, counted before an import starts.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
};

use super::{
    hash::HashKind,
    input::open_text,
    layout::Layout,
    originals::Originals,
    row::Row,
    source::{ReadRow, Source},
};
use crate::{
    failure::Result,
    output::{Output, counted},
};

/// How many users of a file have which kind of password.
#[derive(Debug, Default)]
pub struct Passwords {
    users: u64,
    in_plain_text: u64,
    hashes: BTreeMap<HashKind, u64>,
}

impl Passwords {
    /// Counts the passwords of all rows that can be read. Returns nothing for a file of rows without any.
    pub fn of(path: &Path, layout: &Layout, originals: &mut Originals) -> Result<Option<Self>> {
        if matches!(layout, Layout::Own(_)) && !mentions_passwords(path)? {
            return Ok(None);
        }
        let (mut source, mut counts) = (Source::open(path, layout)?, Self::default());
        while let Some(ReadRow { row, .. }) = source.read()? {
            if let Ok(row) = row.and_then(|row| originals.restore_password(row)) {
                counts.count(&row);
            }
        }
        Ok(Some(counts))
    }

    fn count(&mut self, row: &Row) {
        self.users += 1;
        self.in_plain_text += u64::from(row.password.is_some());
        if let Some(hash) = &row.password_hash {
            *self.hashes.entry(HashKind::of(hash.expose())).or_default() += 1;
        }
    }

    /// The number of users whose hash the server does not accept.
    pub fn unsupported(&self) -> u64 {
        self.hashes.iter().filter(|(kind, _)| !kind.is_accepted()).map(|(_, count)| count).sum()
    }

    /// Prints the counts, and a warning about hashes that the server does not accept.
    pub fn report(&self, out: Output) {
        if self.users == 0 {
            return;
        }
        let with_password = self.in_plain_text + self.hashes.values().sum::<u64>();
        let mut parts = vec![(self.in_plain_text, "with a password in plain text".to_owned())];
        parts.extend(self.kinds(true).map(|(kind, count)| (count, format!("with a hash ({})", kind.name()))));
        parts.push((self.unsupported(), "with an unsupported hash".to_owned()));
        parts.push((self.users - with_password.min(self.users), "without a password".to_owned()));
        let parts: Vec<_> =
            parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        out.note(format!("{}: {}", counted(self.users, "user"), parts.join(", ")));
        if self.unsupported() > 0 {
            let kinds: Vec<_> =
                self.kinds(false).map(|(kind, count)| format!("{count} with {}", kind.name())).collect();
            out.warning(format!(
                "the server accepts bcrypt, Argon2 (i, id) and Firebase scrypt, but not the hashes of {}: {}",
                counted(self.unsupported(), "user"),
                kinds.join(", ")
            ));
        }
    }

    fn kinds(&self, are_accepted: bool) -> impl Iterator<Item = (HashKind, u64)> {
        let hashes = self.hashes.iter().map(|(kind, count)| (*kind, *count));
        hashes.filter(move |(kind, _)| kind.is_accepted() == are_accepted)
    }
}

/// Returns whether a file contains the name of a column with passwords. Most files do not, and are not read twice.
fn mentions_passwords(path: &Path) -> Result<bool> {
    let (mut file, mut line) = (BufReader::new(open_text(path)?), Vec::new());
    while file.read_until(b'\n', &mut line)? > 0 {
        if String::from_utf8_lossy(&line).to_lowercase().contains("password") {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}
