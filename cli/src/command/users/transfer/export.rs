//! `gotrue users export`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use gotrue::{
    UserOrder, Users,
    futures_util::TryStreamExt,
    serde_json::{self, json},
};

use super::{
    format::Format,
    progress::Progress,
    row::{COLUMNS, Row},
    sibling::sibling,
};
use crate::{
    context::Context,
    failure::{Failure, Result},
};

/// How many users are asked for at once, and held.
const PAGE: u64 = 500;

/// Writes all users to a file, the oldest first, as an import reads them. No server gives their passwords.
///
/// FILE.part holds what has come so far; an export that was interrupted goes on with --resume. Users who were deleted
/// meanwhile may then hide a few others.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// The file; standard output without one
    file: Option<PathBuf>,
    /// Its form, if its name does not say so
    #[arg(long)]
    format: Option<Format>,
    /// Only users with this in their address, or in the name in their metadata
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Goes on where an export was interrupted
    #[arg(long, requires = "file")]
    resume: bool,
}

impl Export {
    pub async fn run(self, context: &Context) -> Result<()> {
        let users = context.admin()?.users();
        let format = Format::of(self.format, self.file.as_deref())?;
        let Some(file) = &self.file else {
            let mut out = Writer::new(io::stdout().lock(), format, true)?;
            return self.write(&users, 1, &mut out, &mut Progress::new(None)).await;
        };
        let part = sibling(file, "part");
        let pages = if self.resume { whole_pages(&part, format)? } else { 0 };
        let target = open(&part, pages > 0).map_err(|error| Failure::from(error).during(part.display()))?;
        let mut out = Writer::new(&target, format, pages == 0)?;
        let mut progress = Progress::new(None);
        let written = self.write(&users, pages + 1, &mut out, &mut progress).await;
        progress.end();
        written.map_err(|failure| failure.hint("--resume goes on from there"))?;
        target.sync_all()?;
        fs::rename(&part, file).map_err(|error| Failure::from(error).during(file.display()))?;
        let rows = pages * PAGE + progress.rows();
        context.out.record(
            &json!({ "users": rows, "file": file }),
            [("users", rows.to_string()), ("file", file.display().to_string())],
        )
    }

    /// Writes the users from a page on.
    async fn write(
        &self,
        users: &Users,
        first_page: u64,
        out: &mut Writer<impl Write>,
        progress: &mut Progress,
    ) -> Result<()> {
        let mut list = users.list().sort(UserOrder::CreatedAtAsc).page(first_page).per_page(PAGE);
        if let Some(filter) = &self.filter {
            list = list.filter(filter);
        }
        let mut users = list.stream();
        while let Some(user) = users.try_next().await? {
            out.row(&user.into())?;
            progress.row(0);
        }
        out.flush()
    }
}

fn open(part: &Path, goes_on: bool) -> io::Result<File> {
    OpenOptions::new().create(true).write(true).append(goes_on).truncate(!goes_on).open(part)
}

/// How many pages are whole in what has come so far. What is beyond them is cut off.
fn whole_pages(part: &Path, format: Format) -> Result<u64> {
    let file = match File::open(part) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Failure::from(error).during(part.display())),
    };
    let mut ends = Ends::default();
    match format {
        Format::Jsonl => ends.of_lines(BufReader::new(file))?,
        Format::Csv => ends.of_records(csv::Reader::from_reader(file)),
    }
    OpenOptions::new().write(true).open(part)?.set_len(ends.page_end)?;
    Ok(ends.rows / PAGE)
}

/// Where the rows of a file end.
#[derive(Default)]
struct Ends {
    rows: u64,
    /// Where the last whole page ends.
    page_end: u64,
}

impl Ends {
    fn note(&mut self, end: u64) {
        self.rows += 1;
        if self.rows.is_multiple_of(PAGE) {
            self.page_end = end;
        }
    }

    fn of_lines(&mut self, mut file: impl BufRead) -> io::Result<()> {
        let (mut line, mut end) = (Vec::new(), 0);
        while file.read_until(b'\n', &mut line)? > 0 {
            end += line.len() as u64;
            if line.ends_with(b"\n") {
                self.note(end);
            }
            line.clear();
        }
        Ok(())
    }

    fn of_records(&mut self, mut file: csv::Reader<File>) {
        let mut record = csv::ByteRecord::new();
        // One that was cut off is the last.
        while file.read_byte_record(&mut record).unwrap_or(false) {
            self.note(file.position().byte());
        }
    }
}

/// Writes rows in their form.
enum Writer<W: Write> {
    JsonLines(BufWriter<W>),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Writer<W> {
    fn new(target: W, format: Format, with_head: bool) -> Result<Self> {
        match format {
            Format::Jsonl => Ok(Self::JsonLines(BufWriter::new(target))),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(target);
                if with_head {
                    writer.write_record(COLUMNS).map_err(io::Error::from)?;
                }
                Ok(Self::Csv(Box::new(writer)))
            }
        }
    }

    fn row(&mut self, row: &Row) -> Result<()> {
        match self {
            Self::JsonLines(target) => {
                serde_json::to_writer(&mut *target, row).map_err(io::Error::from)?;
                target.write_all(b"\n")?;
            }
            Self::Csv(writer) => writer.write_record(row.cells()).map_err(io::Error::from)?,
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Self::JsonLines(target) => target.flush()?,
            Self::Csv(writer) => writer.flush()?,
        }
        Ok(())
    }
}
