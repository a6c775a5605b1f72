//! A model comes back: from its manifest's blob id to the folder it was, every byte checked.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hub_walrus::{BlobId, Code};
use hub_walrus_client::{Client, Error, FetchOptions, Progress};
use hub_walrus_encode::quilt::Quilt;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::manifest::{FileEntry, Manifest, ManifestError, Place, MAX_MANIFEST};
use crate::quilts;

/// Why a model was not restored. What was restored before stays, and is not fetched again.
#[derive(Error, Debug)]
pub enum RestoreError {
    /// Walrus says no, or nothing.
    #[error("{what}: {error}")]
    Walrus {
        /// What was being fetched.
        what: String,
        /// Why not.
        error: Error,
    },
    /// The blob is no manifest.
    #[error("blob {id}: {error}")]
    Manifest {
        /// The blob.
        id: BlobId,
        /// Why not.
        error: ManifestError,
    },
    /// A quilt lacks a file, or holds another one than the manifest says.
    #[error("the manifest says that quilt {quilt} has {path} with other bytes: whoever wrote the manifest made a mistake")]
    NotInQuilt {
        /// The quilt.
        quilt: BlobId,
        /// The file.
        path: String,
    },
    /// The parts of a file, which are each as the manifest says, do not make the file that it describes.
    #[error("{0} is not what its manifest says: its parts have another sha256; whoever wrote the manifest made a mistake")]
    Mismatch(String),
    /// A file is there that would be overwritten.
    #[error("{} is there and is another file: fetch into an empty folder, or delete it", .0.display())]
    InTheWay(PathBuf),
    /// A file cannot be written or read.
    #[error("{} cannot be written: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Fetches a manifest, which is checked like any blob.
pub fn fetch_manifest(
    client: &Client,
    id: &BlobId,
    progress: &dyn Progress,
) -> Result<Manifest, RestoreError> {
    let what = "the manifest";
    let fetched = client
        .fetch(id, &FetchOptions::default(), progress)
        .map_err(|error| walrus(what, error))?;
    let failed = |error| RestoreError::Manifest { id: *id, error };
    if fetched.length > MAX_MANIFEST as u64 {
        return Err(failed(ManifestError::TooLong(fetched.length as usize)));
    }
    let bytes = fs::read(&fetched.path).map_err(|error| RestoreError::File {
        path: fetched.path,
        error,
    })?;
    Manifest::parse(&bytes).map_err(failed)
}

/// What of a folder is not as its manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A file is missing.
    Missing(String),
    /// A file has other bytes.
    Changed(String),
    /// A file is there of which the manifest says nothing.
    Additional(String),
}

/// Compares a folder with a manifest, byte for byte by SHA-256.
pub fn verify(manifest: &Manifest, folder: &Path) -> Result<Vec<Difference>, RestoreError> {
    let mut differences = vec![];
    for file in &manifest.files {
        let path = place(folder, &file.path);
        match sha256_of(&path) {
            Ok(Some(found)) if found == (file.sha256, file.size) => {}
            Ok(Some(_)) => differences.push(Difference::Changed(file.path.clone())),
            Ok(None) => differences.push(Difference::Missing(file.path.clone())),
            Err(error) => return Err(RestoreError::File { path, error }),
        }
    }
    if let Ok(found) = crate::Folder::scan(folder) {
        let known = |path: &str| {
            manifest
                .files
                .binary_search_by(|file| file.path.as_str().cmp(path))
                .is_ok()
        };
        let additional = found.files.into_iter().filter(|file| !known(&file.path));
        differences.extend(additional.map(|file| Difference::Additional(file.path)));
    }
    Ok(differences)
}

/// Restores the folder of a manifest. Files that are there as they should be are left alone; others are never overwritten.
pub fn restore(
    client: &Client,
    manifest: &Manifest,
    folder: &Path,
    options: &FetchOptions,
    progress: &dyn Progress,
) -> Result<(), RestoreError> {
    let mut wanted = vec![];
    for file in &manifest.files {
        let path = place(folder, &file.path);
        match sha256_of(&path) {
            Ok(None) => wanted.push(file),
            Ok(Some(found)) if found == (file.sha256, file.size) => {}
            Ok(Some(_)) => return Err(RestoreError::InTheWay(path)),
            Err(error) => return Err(RestoreError::File { path, error }),
        }
    }
    let roots = small_files(client, manifest, folder, &wanted, options, progress)?;
    for file in wanted {
        let parts: Vec<BlobId> = match &file.place {
            Place::Blob { id, .. } => vec![*id],
            Place::Parts(parts) => parts.iter().map(|part| part.id).collect(),
            Place::Quilt(_) => continue,
        };
        let mut paths = vec![];
        for id in parts {
            let options = FetchOptions {
                roots: roots.get(&id).cloned(),
                ..options.clone()
            };
            let fetched = client
                .fetch(&id, &options, progress)
                .map_err(|error| walrus(&file.path, error))?;
            paths.push(fetched.path);
        }
        write_file(folder, file, |into| {
            paths
                .iter()
                .try_for_each(|path| io::copy(&mut File::open(path)?, into).map(drop))
        })?;
    }
    Ok(())
}

/// Writes the files that lie in quilts, and gives the sliver roots that lie beside them, by blob.
fn small_files(
    client: &Client,
    manifest: &Manifest,
    folder: &Path,
    wanted: &[&FileEntry],
    options: &FetchOptions,
    progress: &dyn Progress,
) -> Result<BTreeMap<BlobId, Vec<u8>>, RestoreError> {
    let mut quilts_named: Vec<BlobId> = vec![];
    for file in &manifest.files {
        if let Place::Quilt(quilt) = file.place {
            if !quilts_named.contains(&quilt) {
                quilts_named.push(quilt);
            }
        }
    }
    let mut roots = BTreeMap::new();
    for id in quilts_named {
        let what = "the small files";
        let fetched = client
            .fetch(&id, options, progress)
            .map_err(|error| walrus(what, error))?;
        let bytes = fs::read(&fetched.path).map_err(|error| RestoreError::File {
            path: fetched.path,
            error,
        })?;
        let wrong = |path: &str| RestoreError::NotInQuilt {
            quilt: id,
            path: path.to_owned(),
        };
        let quilt = Quilt::parse(Code::WALRUS, bytes).map_err(|_| wrong("the small files"))?;
        for file in wanted.iter().filter(|file| file.place == Place::Quilt(id)) {
            let bytes = quilt
                .file(&quilts::of_path(&file.path))
                .map_err(|_| wrong(&file.path))?;
            if Sha256::digest(&bytes).as_slice() != file.sha256 {
                return Err(wrong(&file.path));
            }
            write_file(folder, file, |into| into.write_all(&bytes))?;
        }
        // They need not be trusted: whoever uses them holds them against the blob id.
        for patch in quilt.patches() {
            if let Some(blob) = quilts::blob_of_roots(&patch.identifier) {
                roots.extend(
                    quilt
                        .file(&patch.identifier)
                        .ok()
                        .map(|bytes| (blob, bytes)),
                );
            }
        }
    }
    Ok(roots)
}

/// Writes a file beside its place, and puts it there once it is whole and right.
fn write_file(
    folder: &Path,
    file: &FileEntry,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), RestoreError> {
    let path = place(folder, &file.path);
    let failed = |error| RestoreError::File {
        path: path.clone(),
        error,
    };
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(failed)?;
    let mut next = tempfile::NamedTempFile::new_in(parent).map_err(failed)?;
    let mut hashing = Hashing {
        into: next.as_file_mut(),
        hash: Sha256::new(),
        length: 0,
    };
    write(&mut hashing).map_err(failed)?;
    let found: ([u8; 32], u64) = (hashing.hash.finalize().into(), hashing.length);
    if found != (file.sha256, file.size) {
        return Err(RestoreError::Mismatch(file.path.clone()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let readable = fs::Permissions::from_mode(0o644);
        next.as_file().set_permissions(readable).map_err(failed)?;
    }
    next.as_file().sync_all().map_err(failed)?;
    next.persist_noclobber(&path)
        .map(drop)
        .map_err(|error| failed(error.error))
}

struct Hashing<'a> {
    into: &'a mut File,
    hash: Sha256,
    length: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.into.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.length += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

/// SHA-256 and length of a file; none if there is none.
fn sha256_of(path: &Path) -> io::Result<Option<([u8; 32], u64)>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut hash = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Some((hash.finalize().into(), length)));
        }
        hash.update(&buffer[..count]);
        length += count as u64;
    }
}

fn place(folder: &Path, path: &str) -> PathBuf {
    path.split('/')
        .fold(folder.to_owned(), |path, part| path.join(part))
}

fn walrus(what: &str, error: Error) -> RestoreError {
    RestoreError::Walrus {
        what: what.to_owned(),
        error,
    }
}
