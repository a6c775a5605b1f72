//! Where the added symbols of the rows wait for the columns: half the blob's size, in memory or in a file without a name.

use crate::matrix::Matrix;
use crate::{EncodeError, Spill};
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Added symbols of all rows, row after row.
pub(crate) enum Parity {
    Memory(Vec<u8>),
    File(SpillFile),
}

/// A file without a name.
pub(crate) struct SpillFile {
    file: Box<dyn Scratch>,
    folder: PathBuf,
    bytes: u64,
}

/// What is asked of the file; tests fill the disk here.
pub(crate) trait Scratch: Send + Sync {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

impl Parity {
    /// Bytes of all added symbols.
    pub(crate) fn bytes(matrix: Matrix) -> u64 {
        (matrix.rows * matrix.added_columns()) as u64 * matrix.symbol as u64
    }
}

impl SpillFile {
    pub(crate) fn create(spill: &Spill, bytes: u64) -> Result<Self, EncodeError> {
        let folder = match spill {
            Spill::Folder(folder) => folder.clone(),
            Spill::SystemFolder | Spill::Never => std::env::temp_dir(),
        };
        let made = tempfile::tempfile_in(&folder).and_then(|file| {
            // What is not written reads as zeros, as do rows beyond the end of the blob.
            file.set_len(bytes)?;
            Ok(file)
        });
        match made {
            Ok(file) => Ok(Self::over(Box::new(file), folder, bytes)),
            Err(error) => Err(EncodeError::Spill {
                folder,
                bytes,
                error,
            }),
        }
    }

    pub(crate) fn over(file: Box<dyn Scratch>, folder: PathBuf, bytes: u64) -> Self {
        Self {
            file,
            folder,
            bytes,
        }
    }

    pub(crate) fn write(&self, bytes: &[u8], offset: u64) -> Result<(), EncodeError> {
        self.file
            .write_all_at(bytes, offset)
            .map_err(|error| self.failed(error))
    }

    pub(crate) fn read(&self, buffer: &mut [u8], offset: u64) -> Result<(), EncodeError> {
        self.file
            .read_exact_at(buffer, offset)
            .map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> EncodeError {
        EncodeError::Spill {
            folder: self.folder.clone(),
            bytes: self.bytes,
            error,
        }
    }
}

#[cfg(unix)]
impl Scratch for File {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }
}

#[cfg(windows)]
impl Scratch for File {
    fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !bytes.is_empty() {
            match self.seek_write(bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    offset += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        crate::ReadAt::read_exact_at(self, buffer, offset)
    }
}

/// Where there are no files, nothing is spilled: see the plan.
#[cfg(not(any(unix, windows)))]
impl Scratch for File {
    fn write_all_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn read_exact_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
