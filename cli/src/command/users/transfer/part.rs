//! The file of an unfinished export: `users.jsonl.part`.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use csv::StringRecord;
use gotrue::{
    serde_json::{self, Value},
    uuid::Uuid,
};

use super::{
    format::Format,
    row::Row,
    sibling::{create_private, lock, make_private, sibling},
};
use crate::failure::{Exit, Failure, Result};

/// Returns whether the target of an export is a pipe or a device, which cannot be replaced. Fails if it is a directory
/// or a link to a file.
pub fn is_stream(target: &Path) -> Result<bool> {
    let refused = |why| Err(Failure::usage(format!("{}: expected a file, not a {why}", target.display())));
    match fs::metadata(target) {
        Ok(metadata) if metadata.is_dir() => refused("directory"),
        Ok(metadata) if !metadata.is_file() => Ok(true),
        // It would be replaced by a file, and the one that it leads to would stay as it is.
        _ if target.is_symlink() => refused("symbolic link"),
        _ => Ok(false),
    }
}

/// An unfinished export. Only its owner can read it, and it becomes the export when it is complete.
pub struct Part {
    path: PathBuf,
    pub file: File,
    /// The users that are in it, in order.
    pub written: Vec<Uuid>,
    /// Whether it has no header yet.
    pub is_empty: bool,
}

impl Part {
    /// Starts the file, or opens that of an interrupted export, without a row that was cut off. Fails if users are in it
    /// that the filter, in lower case, does not select.
    pub fn open(target: &Path, format: Format, is_resumed: bool, filter: Option<&str>) -> Result<Self> {
        let path = sibling(target, "part");
        let opened = if is_resumed { resume(&path, format, filter) } else { Ok(None) };
        let opened = opened.and_then(|opened| match opened {
            Some((file, written, is_empty)) => Ok(Self { path: path.clone(), file, written, is_empty }),
            None => Ok(Self { file: start(&path)?, path: path.clone(), written: Vec::new(), is_empty: true }),
        });
        opened.map_err(|failure| failure.during(path.display()))
    }

    /// Makes it the export.
    pub fn finish(self, target: &Path) -> Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, target).map_err(|error| Failure::from(error).during(target.display()))
    }
}

fn start(path: &Path) -> Result<File> {
    // Never through a link that stands at its place.
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        lock_part(&File::open(path)?)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let file = create_private(path)?;
    lock_part(&file)?;
    Ok(file)
}

fn lock_part(file: &File) -> Result<()> {
    lock(file, "another export to this file is running")
}

/// Returns the file, its users and whether it is empty, or nothing if there is no file.
fn resume(path: &Path, format: Format, filter: Option<&str>) -> Result<Option<(File, Vec<Uuid>, bool)>> {
    let file = match OpenOptions::new().read(true).append(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    lock_part(&file)?;
    make_private(&file)?;
    let (written, end) = match format {
        Format::Jsonl => whole_lines(BufReader::new(&file), filter)?,
        Format::Csv => whole_records(&file, filter)?,
    };
    file.set_len(end)?;
    Ok(Some((file, written, end == 0)))
}

fn not_an_export() -> Failure {
    Failure::new(Exit::Refused, "not an unfinished export").hint("start again without --resume")
}

/// Returns the ID of a row that is in the export.
fn id_of(row: &Row, filter: Option<&str>) -> Result<Uuid> {
    if filter.is_some_and(|filter| !is_selected(row, filter)) {
        return Err(Failure::usage("the unfinished export has users that --filter does not select")
            .hint("start again without --resume"));
    }
    row.id.ok_or_else(not_an_export)
}

/// Returns whether the server may return a user for this filter, in which `%` and `_` stand for any characters.
fn is_selected(row: &Row, filter: &str) -> bool {
    let name = row.user_metadata.as_ref().map(|metadata| match &metadata["full_name"] {
        Value::String(name) => name.to_lowercase(),
        other => other.to_string(),
    });
    let texts = [row.email.as_ref().map(|email| email.to_lowercase()), name];
    texts.iter().flatten().any(|text| filter.split(['%', '_', '\\']).all(|part| text.contains(part)))
}

/// Returns the IDs of the rows, and where the last whole row ends.
fn whole_lines(mut file: impl BufRead, filter: Option<&str>) -> Result<(Vec<Uuid>, u64)> {
    let (mut ids, mut line, mut end) = (Vec::new(), Vec::new(), 0);
    while file.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        ids.push(id_of(&serde_json::from_slice(&line).map_err(|_| not_an_export())?, filter)?);
        end += line.len() as u64;
        line.clear();
    }
    Ok((ids, end))
}

fn whole_records(file: &File, filter: Option<&str>) -> Result<(Vec<Uuid>, u64)> {
    let length = file.metadata()?.len();
    let mut reader = csv::Reader::from_reader(BufReader::new(file));
    let header = reader.headers().map_err(|_| not_an_export())?.clone();
    let (mut ids, mut record) = (Vec::new(), StringRecord::new());
    let mut end = if header.is_empty() { 0 } else { reader.position().byte() };
    // A row that was cut off is the last one: it has too few cells, or no line break after it.
    while reader.read_record(&mut record).unwrap_or(false) {
        if reader.position().byte() == length && !ends_with_line_break(file)? {
            break;
        }
        ids.push(id_of(&record.deserialize(Some(&header)).map_err(|_| not_an_export())?, filter)?);
        end = reader.position().byte();
    }
    Ok((ids, end))
}

fn ends_with_line_break(mut file: &File) -> Result<bool> {
    use std::io::{Read, Seek, SeekFrom};

    let position = file.stream_position()?;
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    file.seek(SeekFrom::Start(position))?;
    Ok(last == *b"\n")
}
