//! Where the bytes of a folder's files come from: a disk, or what a browser was given.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use hub_walrus_encode::ReadAt;

use crate::encodings::State;
use crate::folder::{FolderError, ModelFile};

/// Opens the files of a folder by their paths in it, which have `/` between their parts.
pub trait Contents: Sync {
    /// Opens a file for reading. Fails with [`io::ErrorKind::NotFound`] if there is none.
    fn open(&self, path: &str) -> io::Result<Opened<'_>>;
    /// The path as its author knows it, for sentences.
    fn shown(&self, path: &str) -> PathBuf {
        PathBuf::from(path)
    }
}

/// A file that is open.
pub struct Opened<'a> {
    source: Box<dyn ReadAt + 'a>,
    state: Option<State>,
}

impl<'a> Opened<'a> {
    /// A source of which nobody can tell later whether it has changed since.
    pub fn new(source: impl ReadAt + 'a) -> Self {
        Self {
            source: Box::new(source),
            state: None,
        }
    }

    /// Its bytes.
    pub fn source(&self) -> &(dyn ReadAt + 'a) {
        &*self.source
    }

    /// Tells the file as it is from what it becomes, where that is possible.
    pub(crate) fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Bytes of it now.
    pub(crate) fn length(&self) -> io::Result<u64> {
        Ok(self.source.stamp()?.length)
    }
}

/// A folder on a disk.
impl Contents for Path {
    fn open(&self, path: &str) -> io::Result<Opened<'_>> {
        let file = File::open(self.shown(path))?;
        Ok(Opened {
            state: State::of(&file),
            source: Box::new(file),
        })
    }

    fn shown(&self, path: &str) -> PathBuf {
        path.split('/')
            .fold(self.to_owned(), |whole, part| whole.join(part))
    }
}

/// The first bytes of a file, as many as there are up to `most`.
pub(crate) fn head(
    contents: &(impl Contents + ?Sized),
    file: &ModelFile,
    most: u64,
) -> Result<Vec<u8>, FolderError> {
    let read = || {
        let open = contents.open(&file.path)?;
        let length = open.length()?.min(most);
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        open.source().read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    };
    read().map_err(|error| FolderError::Read {
        path: contents.shown(&file.path),
        error,
    })
}

/// An open file, read from one place to the next.
pub(crate) struct Reading<'a> {
    open: Opened<'a>,
    length: u64,
    at: u64,
}

impl<'a> Reading<'a> {
    pub fn new(open: Opened<'a>) -> io::Result<Self> {
        let length = open.length()?;
        Ok(Self {
            open,
            length,
            at: 0,
        })
    }

    pub fn length(&self) -> u64 {
        self.length
    }
}

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        self.open
            .source()
            .read_exact_at(&mut buffer[..count], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reading<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
