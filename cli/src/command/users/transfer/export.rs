//! `gotrue users export`.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
};

use gotrue::{serde_json::json, uuid::Uuid};

use super::{
    everyone::{Everyone, has_any},
    format::Format,
    interrupt::until_interrupted,
    part::{Part, is_stream},
    progress::Progress,
    row::Row,
    too_deep::{MAX_LEVELS, too_deep_column},
    writer::Writer,
};
use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
    output::{Output, counted},
};

const ABOUT: &str = "Write all users to a file that import can read

The columns are id, email, phone, email_confirmed, phone_confirmed, role, user_metadata, app_metadata and \
                     banned_until; metadata is JSON. The server returns no passwords and no password hashes, so the \
                     file contains none, nor identities, factors or sessions. To keep passwords, copy them from the \
                     database into the column password_hash (encrypted_password of auth.users).

A user whose metadata is nested more than 97 levels deep is not exported: a warning names the user and the column, and \
                     the exit code is 6.

Each user is written once: the users are counted, and read again if some are missing. The file can only be read by its \
                     owner. It is written to FILE.part until it is complete; --resume continues an export that was \
                     interrupted. Pipes and devices are written to at once.";

/// Write all users to a file that import can read.
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT)]
pub struct Export {
    /// File to write; standard output by default
    file: Option<PathBuf>,
    /// Format, if the file name does not end in .jsonl or .csv
    #[arg(long)]
    format: Option<Format>,
    /// Only users whose email address or full name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Continue an interrupted export
    #[arg(long, requires = "file")]
    resume: bool,
}

impl Export {
    pub async fn run(self, context: &Context) -> Result<()> {
        let format = Format::of(self.format, self.file.as_deref())?;
        let is_stream = self.file.as_deref().map_or(Ok(false), is_stream)?;
        if is_stream && self.resume {
            return Err(Failure::usage("expected a file for --resume, not a pipe or a device"));
        }
        let users = context.admin()?.users();
        // The server stores addresses in lower case, and its filter is case-sensitive.
        let filter = self.filter.as_ref().map(|filter| filter.to_lowercase());
        let everyone = Everyone::new(&users, filter.as_deref());
        let progress = Progress::new(context.out, None);
        let Some(file) = self.file.as_ref().filter(|_| !is_stream) else {
            let mut out = Writer::new(self.stream()?, format, true)?;
            return write(everyone, &[], &mut out, &progress, context.out).await?.result();
        };
        let part = Part::open(file, format, self.resume, filter.as_deref())?;
        if !has_any(&users, &part.written).await? {
            let message = "none of the users in the unfinished export is on the server";
            return Err(Failure::new(Exit::Refused, message).hint("start again without --resume"));
        }
        let mut out = Writer::new(&part.file, format, part.is_empty)?;
        let written = until_interrupted(write(everyone, &part.written, &mut out, &progress, context.out)).await;
        progress.finish();
        let flushed = out.flush();
        let interrupted = || Err(Failure::new(Exit::Interrupted, "interrupted"));
        let exported = written.unwrap_or_else(interrupted).map_err(|failure| failure.hint("continue with --resume"))?;
        flushed?;
        drop(out);
        part.finish(file)?;
        let count = exported.written;
        let printed = context.out.record(
            &json!({ "users": count, "file": file.to_string_lossy() }),
            [("users", count.to_string()), ("file", file.display().to_string())],
        );
        Failure::unless_closed(printed)?;
        exported.result()
    }

    /// Opens what the users are written to at once: the pipe or device, or else standard output.
    fn stream(&self) -> Result<Box<dyn Write>> {
        let Some(file) = &self.file else { return Ok(Box::new(io::stdout().lock())) };
        let stream = OpenOptions::new().write(true).open(file);
        Ok(Box::new(stream.map_err(|error| Failure::from(error).during(file.display()))?))
    }
}

/// Writes the users that are not written yet.
async fn write(
    everyone: Everyone<'_>,
    written: &[Uuid],
    out: &mut Writer<impl Write>,
    progress: &Progress,
    output: Output,
) -> Result<Exported> {
    let mut refused = 0;
    let count = everyone.read(written, |user| {
        progress.row(0);
        let (id, row) = (user.id, Row::from(user));
        if let Some(column) = too_deep_column(&row) {
            refused += 1;
            output.warning(format!("user {id} is not exported: {column} is more than {MAX_LEVELS} levels deep"));
            return Ok(());
        }
        out.row(&row)
    });
    let count = count.await?;
    out.flush()?;
    Ok(Exported { written: count - refused, refused })
}

/// The numbers of users that are in the export, and that cannot be.
struct Exported {
    written: u64,
    refused: u64,
}

impl Exported {
    fn result(self) -> Result<()> {
        match self.refused {
            0 => Ok(()),
            count => Err(Failure::new(Exit::Partial, format!("{} not exported", counted(count, "user")))
                .hint("shorten the metadata with gotrue users update, or copy the users from the database")),
        }
    }
}
