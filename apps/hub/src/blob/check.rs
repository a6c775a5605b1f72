use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{encode_file, BlobId, Error, Slivers};
use serde_json::json;

use crate::failure::{Failure, WRONG};
use crate::ids;
use crate::output::Output;
use crate::progress::Bars;
use crate::Outcome;

/// Whether a file has the bytes of a blob.
///
/// Nothing is sent. With sliver roots it also says where the file is wrong.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub blob check hello.txt VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4")]
pub struct Check {
    /// The file.
    file: PathBuf,

    /// The blob's id.
    #[arg(value_parser = ids::blob_id)]
    id: BlobId,

    /// Sliver roots of the blob, as hub blob id --roots writes them.
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
}

impl Check {
    pub fn run(self, output: &Output) -> Outcome {
        let encoding = encode_file(&self.file, &Bars::new())?;
        let ok = encoding.id == self.id;
        let mut wrong = vec![];
        if let (false, Some(path)) = (ok, &self.roots) {
            let roots = fs::read(path).map_err(|e| Error::io("read", path, e))?;
            let slivers = Slivers::of_blob(&self.id, encoding.length, &roots).map_err(|e| {
                Failure::new(
                    WRONG,
                    e.to_string(),
                    "the file has another length than the blob, or the roots are of another one",
                )
            })?;
            wrong = wrong_rows(&self.file, &slivers)?;
        }
        if !ok && wrong.is_empty() {
            return Err(Error::WrongBytes {
                id: self.id,
                source_name: self.file.display().to_string(),
                found: encoding.id,
            }
            .into());
        }
        if let Some((row, first, last)) = wrong.first() {
            return Err(Failure::new(
                WRONG,
                format!(
                    "{} is not blob {}: {} of its rows are wrong, the first is row {row}, bytes {first} to {last}",
                    self.file.display(),
                    self.id,
                    wrong.len()
                ),
                format!("fetch it again: hub blob get {}", self.id),
            ));
        }
        output.result(
            &format!("{} is blob {}", self.file.display(), self.id),
            &json!({ "blob_id": self.id.to_string(), "ok": true, "length": encoding.length }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// Rows that are wrong, with their first and last byte.
fn wrong_rows(path: &std::path::Path, slivers: &Slivers) -> Result<Vec<(u16, u64, u64)>, Failure> {
    let failed = |e| Failure::from(Error::io("read", path, e));
    let mut file = File::open(path).map_err(failed)?;
    let mut wrong = vec![];
    for row in 0..slivers.rows() {
        let range = slivers.row_range(row);
        if range.is_empty() {
            break;
        }
        let mut bytes = vec![];
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        (&mut file)
            .take(range.end - range.start)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if slivers.check_row(row, &bytes).is_err() {
            wrong.push((row, range.start, range.end - 1));
        }
    }
    Ok(wrong)
}
