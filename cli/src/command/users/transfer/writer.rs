//! Writing users to a file.

use std::io::{self, BufWriter, Write};

use gotrue::serde_json;

use super::{
    format::Format,
    row::{COLUMNS, Row},
};
use crate::failure::Result;

/// Writes rows in a format.
pub enum Writer<W: Write> {
    JsonLines(BufWriter<W>),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Writer<W> {
    pub fn new(target: W, format: Format, with_header: bool) -> Result<Self> {
        match format {
            Format::Jsonl => Ok(Self::JsonLines(BufWriter::new(target))),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(target);
                if with_header {
                    writer.write_record(COLUMNS).map_err(io::Error::from)?;
                }
                Ok(Self::Csv(Box::new(writer)))
            }
        }
    }

    pub fn row(&mut self, row: &Row) -> Result<()> {
        match self {
            Self::JsonLines(target) => {
                serde_json::to_writer(&mut *target, row).map_err(io::Error::from)?;
                target.write_all(b"\n")?;
            }
            Self::Csv(writer) => writer.write_record(row.cells()).map_err(io::Error::from)?,
        }
        Ok(())
    }

    pub fn flush(&mut self) -> Result<()> {
        match self {
            Self::JsonLines(target) => target.flush()?,
            Self::Csv(writer) => writer.flush()?,
        }
        Ok(())
    }
}
