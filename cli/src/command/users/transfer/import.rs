//! `gotrue users import`.

use std::{
    cell::Cell,
    fs::{self, OpenOptions},
    io::Write,
    iter,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use gotrue::{
    Error, ErrorCode, Users,
    chrono::Utc,
    futures_util::{StreamExt, TryStreamExt, stream},
    reqwest::StatusCode,
    serde_json::json,
};
use uuid::Uuid;

use super::{
    format::Format,
    journal::{EVERY, Journal},
    progress::Progress,
    row::Row,
    sibling::sibling,
    source::{Read, Source},
};
use crate::{
    context::Context,
    failure::{Exit, Failure, Result},
};

/// How often a row is tried before the server counts as gone.
const ATTEMPTS: usize = 10;

/// How many rows are under way at most.
const MOST_AT_ONCE: i64 = 256;

/// How many rows may have been sent that the journal of an interrupted run, with whatever `--parallel`, does not know of.
const DOUBTFUL: u64 = EVERY + MOST_AT_ONCE.unsigned_abs();

/// The wait after the first attempt; it doubles each time, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

const ABOUT: &str = "Makes users of the rows of a file

JSON lines or CSV, with the columns id, email, phone, password, password_hash, email_confirmed, phone_confirmed, role, \
                     user_metadata, app_metadata and banned_until; what is not there is left to the server. Nothing is \
                     sent to the users.

FILE.progress keeps how far it is: after an interruption the same command goes on, and makes nobody twice. Rows that \
                     the server refuses are in FILE.refused.jsonl, without their passwords.";

/// Makes users of the rows of a file.
#[derive(Debug, clap::Args)]
#[command(long_about = ABOUT)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// Its form, if its name does not say so
    #[arg(long)]
    format: Option<Format>,
    /// How many users are made at once
    #[arg(long, default_value_t = 8, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=MOST_AT_ONCE))]
    parallel: u16,
}

/// What became of a row.
enum Outcome {
    Created,
    Refused { why: String, code: Option<ErrorCode> },
}

/// A row that is done.
struct Done {
    number: u64,
    next: u64,
    row: Row,
    outcome: Outcome,
}

impl Import {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let mut source = Source::open(&self.file, Format::of(self.format, Some(&self.file))?)?;
        let journal = Journal::open(&self.file, context.client()?.base_url().as_str())?;
        let report = Report::open(&self.file, journal.report_size())?;
        let mut run = Run { journal, report, progress: Progress::new(Some(fs::metadata(&self.file)?.len())) };
        run.skip_done(context, &mut source)?;

        let interrupted = Cell::new(false);
        let stop = async {
            interrupt().await;
            interrupted.set(true);
        };
        let sent = run.send(&users, source, self.parallel, stop).await;
        run.progress.end();
        // However it ended, what is done is done.
        run.journal.write()?;
        sent?;
        if interrupted.get() {
            return Err(Failure::new(Exit::Interrupted, format!("interrupted after {} rows", run.journal.done()))
                .hint("the same command goes on from there"));
        }
        run.finish(context)
    }
}

/// One run of an import.
struct Run {
    journal: Journal,
    report: Report,
    progress: Progress,
}

impl Run {
    fn skip_done(&mut self, context: &Context, source: &mut Source) -> Result<()> {
        let done = self.journal.done();
        if done > 0 {
            context.out.note(format!("going on after {done} rows"));
        }
        for _ in 0..done {
            source.read()?;
        }
        Ok(())
    }

    /// Sends the rows that are not done, so many at once, and notes each in its turn. Once it is to stop it begins no
    /// other row, and waits for those that are under way.
    async fn send(
        &mut self,
        users: &Users,
        mut source: Source,
        parallel: u16,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        let (first, ids) = (self.journal.done(), self.journal.ids());
        // What was sent since an interrupted run last wrote its journal may have arrived.
        let doubtful = if self.journal.is_old() { first + DOUBTFUL } else { 0 };
        let rows = stream::iter(iter::from_fn(move || source.read().transpose())).zip(stream::iter(first..));
        let work = rows.take_until(Box::pin(stop)).map(|(read, number)| async move {
            let Read { row, next } = read?;
            let done = match row {
                Ok(row) => {
                    let id = row.id.unwrap_or_else(|| ids.of(number));
                    let outcome = create(users, &row, id, number < doubtful).await?;
                    Done { number, next, row, outcome }
                }
                Err(why) => Done { number, next, row: Row::default(), outcome: Outcome::Refused { why, code: None } },
            };
            Ok::<_, Failure>(done)
        });
        let mut work = pin!(work.buffered(parallel.into()));
        while let Some(done) = work.try_next().await? {
            if let Outcome::Refused { why, code } = &done.outcome {
                self.report.add(done.number, &done.row, why, code.as_ref())?;
            }
            self.journal.note(matches!(done.outcome, Outcome::Created), self.report.size)?;
            self.progress.row(done.next);
        }
        Ok(())
    }

    fn finish(self, context: &Context) -> Result<()> {
        let (created, refused) = (self.journal.created(), self.journal.refused());
        self.journal.remove()?;
        let in_report =
            if refused > 0 { format!("{refused}, in {}", self.report.path.display()) } else { String::new() };
        context.out.record(
            &json!({ "created": created, "refused": refused }),
            [
                ("created", created.to_string()),
                ("refused", in_report),
                ("rate", format!("{:.0} a second", self.progress.rate())),
            ],
        )
    }
}

/// Waits for Ctrl-C.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler it ends the program by itself.
        std::future::pending::<()>().await;
    }
}

/// Makes a user of a row, whatever the network does in between. `doubtful` says that it may have been made before.
async fn create(users: &Users, row: &Row, id: Uuid, mut doubtful: bool) -> Result<Outcome> {
    let backoff = ExponentialBuilder::default().with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).with_jitter();
    let mut waits = backoff.with_max_times(ATTEMPTS).build();
    loop {
        let error = match attempt(users, row, id, doubtful).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        // A refusal says that it was not made; the rest leaves it open.
        doubtful |= error.status().is_none_or(|status| status != StatusCode::TOO_MANY_REQUESTS);
        match waits.next() {
            Some(wait) if error.is_retryable() => {
                tokio::time::sleep(wait.max(error.retry_after().unwrap_or_default())).await;
            }
            _ => return Err(error.into()),
        }
    }
}

/// One attempt. An error is one of the network or of the key, and none of the row.
async fn attempt(users: &Users, row: &Row, id: Uuid, doubtful: bool) -> Result<Outcome, Error> {
    if doubtful && exists(users, id).await? {
        return Ok(Outcome::Created);
    }
    let request = match row.request(id, Utc::now()) {
        Ok(request) => request,
        Err(why) => return Ok(Outcome::Refused { why: why.to_owned(), code: None }),
    };
    match users.create(request).await {
        Ok(_) => Ok(Outcome::Created),
        Err(error) if is_of_row(&error) => {
            let why = error.api().map_or_else(|| error.to_string(), |error| error.message().to_owned());
            Ok(Outcome::Refused { why, code: error.code().cloned() })
        }
        Err(error) => Err(error),
    }
}

async fn exists(users: &Users, id: Uuid) -> Result<bool, Error> {
    match users.get(id).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(&ErrorCode::USER_NOT_FOUND) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a refusal is for what is in the row, rather than for who asks.
fn is_of_row(error: &Error) -> bool {
    let of_key = |status: StatusCode| matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let is_refusal = error.status().is_some_and(|status| status.is_client_error() && !of_key(status));
    matches!(error, Error::InvalidInput { .. }) || is_refusal && !error.is_retryable()
}

/// The rows that were refused: `users.jsonl.refused.jsonl`.
struct Report {
    path: PathBuf,
    size: u64,
}

impl Report {
    /// What it says of rows that are not done is cut off: they are sent again.
    fn open(file: &Path, size: u64) -> Result<Self> {
        let path = sibling(file, "refused.jsonl");
        if path.exists() {
            let cut = OpenOptions::new().write(true).open(&path).and_then(|report| report.set_len(size));
            cut.map_err(|error| Failure::from(error).during(path.display()))?;
        }
        Ok(Self { path, size })
    }

    /// Rows count from one. The passwords stay out.
    fn add(&mut self, number: u64, row: &Row, why: &str, code: Option<&ErrorCode>) -> Result<()> {
        let line = json!({ "row": number + 1, "why": why, "code": code, "user": row });
        let write = || {
            let mut report = OpenOptions::new().append(true).create(true).open(&self.path)?;
            writeln!(report, "{line}")?;
            report.metadata()
        };
        let written = write().map_err(|error| Failure::from(error).during(self.path.display()))?;
        self.size = written.len();
        Ok(())
    }
}
