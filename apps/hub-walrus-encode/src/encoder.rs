use crate::blake2b::Kernel;
use crate::matrix::{Matrix, Reader};
use crate::parity::{Parity, SpillFile};
use crate::passes::{self, Passes};
use crate::plan::{Plan, Way};
use crate::pool::Watch;
use crate::sliced::Sliced;
use crate::{BlobId, EncodeError, Options, Progress, ReadAt, Slivers};
use hub_walrus::Code;
use std::fs::File;
use std::path::Path;

/// Computes blob ids.
#[derive(Clone, Debug)]
pub struct Encoder {
    code: Code,
    options: Options,
    kernel: Kernel,
}

/// What a blob is to Walrus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The blob id.
    pub id: BlobId,
    /// Bytes of the blob.
    pub length: u64,
    /// Root hash, which gives the id together with the length.
    pub root: [u8; 32],
    /// Roots of all slivers, which check the blob row by row.
    pub slivers: Slivers,
}

impl Encoder {
    /// An encoder for Mainnet and Testnet: 1000 shards.
    pub fn new(options: Options) -> Self {
        Self::with_code(Code::WALRUS, options)
    }

    /// An encoder for a network of another number of shards.
    pub fn with_code(code: Code, options: Options) -> Self {
        Self {
            code,
            options,
            kernel: Kernel::detect(),
        }
    }

    /// The encoding of a source, which must not change meanwhile: if it does, that is noticed and is an error.
    pub fn encode(
        &self,
        source: &(impl ReadAt + ?Sized),
        progress: &mut dyn Progress,
    ) -> Result<Encoding, EncodeError> {
        self.encode_by(source, progress, |matrix| Plan::new(matrix, &self.options))
    }

    fn encode_by(
        &self,
        source: &(impl ReadAt + ?Sized),
        progress: &mut dyn Progress,
        plan: impl FnOnce(Matrix) -> Plan,
    ) -> Result<Encoding, EncodeError> {
        let reader = Reader::new(source)?;
        let length = reader.length();
        let matrix = Matrix::new(self.code, length)?;
        let Plan { threads, way } = plan(matrix);
        let mut watch = Watch::new(progress, passes::units(matrix));
        let passes = |batch| Passes {
            matrix,
            reader: &reader,
            kernel: self.kernel,
            threads,
            batch,
        };
        let bytes = Parity::bytes(matrix);
        let roots = match way {
            Way::Memory { batch } => {
                let parity = Parity::Memory(vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)]);
                passes(batch).run(parity, &mut watch)?
            }
            Way::Spilled { batch } => {
                let file = SpillFile::create(&self.options.spill, bytes)?;
                passes(batch).run(Parity::File(file), &mut watch)?
            }
            Way::Sliced { width } => Sliced {
                matrix,
                reader: &reader,
                kernel: self.kernel,
                threads,
                width,
            }
            .run(&mut watch)?,
        };
        let slivers = Slivers::new(length, roots)?;
        Ok(Encoding {
            id: slivers.id(),
            length,
            root: slivers.roots().root_hash(),
            slivers,
        })
    }

    /// Row `row` of the extended matrix, as far as the blob's columns go: what [`Slivers::prove_symbol`] takes. For the
    /// rows that hold the blob that is [`Slivers::row_range`] of it; the others are computed from all of the blob.
    pub fn row(
        &self,
        source: &(impl ReadAt + ?Sized),
        row: u16,
        progress: &mut dyn Progress,
    ) -> Result<Vec<u8>, EncodeError> {
        let reader = Reader::new(source)?;
        let matrix = Matrix::new(self.code, reader.length())?;
        let symbols = passes::row(matrix, &reader, self.kernel, row.into(), progress)?;
        reader.unchanged()?;
        Ok(symbols)
    }

    /// The encoding of the file at a path.
    pub fn encode_file(
        &self,
        path: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Encoding, EncodeError> {
        self.encode(&open(path)?, progress)
    }
}

/// Opens a regular file; anything else is refused with a sentence, before it is opened.
fn open(path: &Path) -> Result<File, EncodeError> {
    let failed = |error| EncodeError::Open {
        path: path.to_owned(),
        error,
    };
    let data = std::fs::metadata(path).map_err(failed)?;
    if !data.is_file() {
        return Err(EncodeError::NotAFile {
            path: path.to_owned(),
            kind: match data.is_dir() {
                true => "a folder",
                false => "neither a file nor a folder",
            },
        });
    }
    File::open(path).map_err(failed)
}

#[cfg(test)]
mod tests;
