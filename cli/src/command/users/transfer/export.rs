//! `gotrue users export`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use gotrue::{admin::Users, serde_json::json, uuid::Uuid};

use super::{
    everyone::{Everyone, has_any},
    format::Format,
    interrupt::until_interrupted,
    part::Part,
    progress::Progress,
    writer::Writer,
};
use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
};

const ABOUT: &str = "Write all users to a file that import can read

The columns are id, email, phone, email_confirmed, phone_confirmed, role, user_metadata, app_metadata and \
                     banned_until; metadata is JSON. The server returns no passwords and no password hashes, so the \
                     file contains none, nor identities, factors or sessions. To keep passwords, copy them from the \
                     database into the column password_hash (encrypted_password of auth.users).

Each user is written once: the users are counted, and read again if some are missing. The file can only be read by its \
                     owner. It is written to FILE.part until it is complete; --resume continues an export that was \
                     interrupted.";

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
        let users = context.admin()?.users();
        let progress = Progress::new(context.out, None);
        let Some(file) = &self.file else {
            let mut out = Writer::new(io::stdout().lock(), format, true)?;
            return self.write(&users, &[], &mut out, &progress).await.map(drop);
        };
        let part = Part::open(file, format, self.resume)?;
        if !has_any(&users, &part.written).await? {
            let message = "none of the users in the unfinished export is on the server";
            return Err(Failure::new(Exit::Refused, message).hint("start again without --resume"));
        }
        let mut out = Writer::new(&part.file, format, part.is_empty)?;
        let written = until_interrupted(self.write(&users, &part.written, &mut out, &progress)).await;
        progress.finish();
        let flushed = out.flush();
        let interrupted = || Err(Failure::new(Exit::Interrupted, "interrupted"));
        let count = written.unwrap_or_else(interrupted).map_err(|failure| failure.hint("continue with --resume"))?;
        flushed?;
        drop(out);
        part.finish(file)?;
        context.out.record(
            &json!({ "users": count, "file": file.to_string_lossy() }),
            [("users", count.to_string()), ("file", file.display().to_string())],
        )
    }

    /// Writes the users that are not written yet. Returns the number of all users.
    async fn write(
        &self,
        users: &Users,
        written: &[Uuid],
        out: &mut Writer<impl Write>,
        progress: &Progress,
    ) -> Result<u64> {
        // The server stores addresses in lower case, and its filter is case-sensitive.
        let filter = self.filter.as_ref().map(|filter| filter.to_lowercase());
        let everyone = Everyone::new(users, filter.as_deref());
        let count = everyone.read(written, |user| {
            progress.row(0);
            out.row(&user.into())
        });
        let count = count.await?;
        out.flush()?;
        Ok(count)
    }
}
