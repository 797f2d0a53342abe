//! The file that an import reads, opened as text.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::failure::{Exit, Failure, Result};

/// How much of a file is checked for its encoding.
const SAMPLE: usize = 1024;

/// Opens a UTF-8 file behind its byte order mark, if it has one. Fails if the file is in another encoding.
pub fn open_text(path: &Path) -> Result<File> {
    let open = || -> io::Result<(File, Vec<u8>)> {
        let file = File::open(path)?;
        let mut sample = Vec::new();
        (&file).take(SAMPLE as u64).read_to_end(&mut sample)?;
        Ok((file, sample))
    };
    let (mut file, sample) = open().map_err(|error| Failure::from(error).during(path.display()))?;
    let is_utf16 = sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") || sample.contains(&0);
    if is_utf16 {
        let message = format!("{}: expected UTF-8, but the file looks like UTF-16", path.display());
        return Err(Failure::usage(message).hint("convert it: iconv -f UTF-16 -t UTF-8"));
    }
    let start = if sample.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    file.seek(SeekFrom::Start(start))?;
    Ok(file)
}

/// Returns whether a file can be read only once, such as that of a shell's `<(command)`.
pub fn is_pipe(path: &Path) -> Result<bool> {
    let metadata = fs::metadata(path).map_err(|error| Failure::from(error).during(path.display()))?;
    Ok(!metadata.is_file() && !metadata.is_dir())
}

/// Copies standard input or a pipe to a temporary file, which only its owner can read.
pub fn spool(input: &mut impl Read, name: &str) -> Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    io::copy(input, &mut file)?;
    file.flush()?;
    if file.as_file().metadata()?.len() == 0 {
        return Err(Failure::new(Exit::Usage, format!("{name} is empty")));
    }
    Ok(file)
}
