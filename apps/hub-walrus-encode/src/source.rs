use std::fs::File;
use std::io;

/// Bytes that can be read anywhere, by several threads at once: a file, a slice, a file of a browser.
pub trait ReadAt: Sync {
    /// Length and version of the content as it is now.
    fn stamp(&self) -> io::Result<Stamp>;

    /// Fills the buffer with the bytes at `offset`. Fails with [`io::ErrorKind::UnexpectedEof`] if there are not as many.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Bytes between two pieces from which on it is cheaper to read the pieces one by one than all that lies between. Files
    /// and slices: 4 KiB. More where a call is dear.
    fn worth_skipping(&self) -> usize {
        4096
    }
}

/// Tells one state of a source from another: two stamps differ if the content differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes of the source.
    pub length: u64,
    /// Whatever changes when the content does: of a file, its times of change. Zeros if nothing is known.
    pub version: [i64; 4],
}

impl ReadAt for [u8] {
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp {
            length: self.len() as u64,
            version: [0; 4],
        })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..)?.get(..buffer.len()));
        match bytes {
            Some(bytes) => {
                buffer.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl ReadAt for Vec<u8> {
    fn stamp(&self) -> io::Result<Stamp> {
        self.as_slice().stamp()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.as_slice().read_exact_at(buffer, offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn stamp(&self) -> io::Result<Stamp> {
        (**self).stamp()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read_exact_at(buffer, offset)
    }

    fn worth_skipping(&self) -> usize {
        (**self).worth_skipping()
    }
}

#[cfg(unix)]
impl ReadAt for File {
    fn stamp(&self) -> io::Result<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let data = self.metadata()?;
        Ok(Stamp {
            length: data.len(),
            version: [
                data.mtime(),
                data.mtime_nsec(),
                data.ctime(),
                data.ctime_nsec(),
            ],
        })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, offset)
    }
}

#[cfg(windows)]
impl ReadAt for File {
    fn stamp(&self) -> io::Result<Stamp> {
        use std::os::windows::fs::MetadataExt;
        let data = self.metadata()?;
        let written = i64::from_le_bytes(data.last_write_time().to_le_bytes());
        Ok(Stamp {
            length: data.len(),
            version: [written, 0, 0, 0],
        })
    }

    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !buffer.is_empty() {
            match self.seek_read(buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Where there are no files.
#[cfg(not(any(unix, windows)))]
impl ReadAt for File {
    fn stamp(&self) -> io::Result<Stamp> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn read_exact_at(&self, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
