use crate::{reference, BlobId, EncodeError, Options, Progress, ReadAt, Slivers};
use hub_walrus::Code;
use std::fs::File;
use std::path::Path;

/// Computes blob ids.
#[derive(Clone, Debug)]
pub struct Encoder {
    code: Code,
    options: Options,
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
        Self { code, options }
    }

    /// The encoding of a source, which must not change meanwhile: if it does, that is noticed and is an error.
    pub fn encode(
        &self,
        source: &(impl ReadAt + ?Sized),
        progress: &mut dyn Progress,
    ) -> Result<Encoding, EncodeError> {
        let read = |error| EncodeError::Read { offset: 0, error };
        let _ = self.options.budget();
        let length = source.stamp().map_err(read)?.length;
        self.code.symbol_size(length)?;
        let mut blob = vec![0; length as usize];
        source.read_exact_at(&mut blob, 0).map_err(read)?;
        let slivers = Slivers::new(length, reference::sliver_roots(self.code, &blob)?)?;
        if progress.advance(length, length).is_break() {
            return Err(EncodeError::Cancelled);
        }
        Ok(Encoding {
            id: slivers.id(),
            length,
            root: slivers.roots().root_hash(),
            slivers,
        })
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
