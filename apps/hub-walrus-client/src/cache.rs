use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hub_walrus::BlobId;
use hub_walrus_encode::Slivers;

use crate::error::{Error, Result};
use crate::positioned;
use crate::progress::Progress;

/// Bytes that blobs may take together, unless something else is configured: 64 GiB.
pub const DEFAULT_BUDGET: u64 = 64 << 30;

/// First bytes of a bitmap of rows: name and version of the format.
const MAGIC: [u8; 8] = *b"HUBROWS\x01";
/// Magic and length of the blob.
const HEADER: u64 = 16;
/// Rows of a blob, rounded up to whole bytes.
const BITMAP: usize = 42;

/// Blobs on this machine, by id. Nothing is in it that was not checked against its id.
///
/// In the folder `blobs` lie, for each blob: `<id>`, read-only, once it is complete; until then `<id>.part` with the
/// rows that came in and `<id>.rows`, which says which these are. `<id>.roots` has the sliver roots. A lock on
/// `<id>.lock` keeps two processes from fetching one blob at the same time.
///
/// A row is written before it is noted, so whatever moment a process is killed in, what is noted is there. After a
/// power failure it may not be: rows that an earlier process left are checked again before they count.
#[derive(Clone, Debug)]
pub struct Cache {
    blobs: PathBuf,
    budget: u64,
}

/// A blob in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// Where it lies. Read-only; copy or link it, don't change it.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
}

impl Cache {
    /// The cache in this folder, which is created if it is not there. Its blobs take at most `budget` bytes together:
    /// those not used for longest go first.
    pub fn open(folder: &Path, budget: u64) -> Result<Self> {
        let blobs = folder.join("blobs");
        fs::create_dir_all(&blobs).map_err(|e| Error::io("created", &blobs, e))?;
        Ok(Self { blobs, budget })
    }

    /// `$XDG_CACHE_HOME/hub/walrus`, or `~/.cache/hub/walrus`.
    pub fn default_folder() -> PathBuf {
        let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(home)
            .unwrap_or_else(std::env::temp_dir);
        base.join("hub").join("walrus")
    }

    /// A blob that is there.
    pub fn get(&self, id: &BlobId) -> Option<Cached> {
        let path = self.blobs.join(id.to_string());
        let file = File::open(&path).ok()?;
        let length = file.metadata().ok()?.len();
        // When it was used last; where the file system does not take it, the blob goes earlier than it might.
        let _ = file.set_modified(SystemTime::now());
        Some(Cached { path, length })
    }

    /// Length and sliver roots of a blob, if they are there; they are yet to be checked.
    pub(crate) fn roots(&self, id: &BlobId) -> Option<(u64, Vec<u8>)> {
        let bytes = fs::read(self.file(id, "roots")).ok()?;
        let (length, roots) = bytes.split_first_chunk()?;
        Some((u64::from_le_bytes(*length), roots.to_vec()))
    }

    pub(crate) fn keep_roots(&self, slivers: &Slivers) -> Result<()> {
        let mut bytes = slivers.length().to_le_bytes().to_vec();
        bytes.extend_from_slice(&slivers.roots().to_bytes());
        self.put_file(&self.file(&slivers.id(), "roots"), |file| {
            file.write_all(&bytes)
        })
    }

    /// Forgets a blob and all that belongs to it.
    pub fn remove(&self, id: &BlobId) -> Result<()> {
        let mut files = vec![self.blobs.join(id.to_string())];
        files.extend(["part", "rows", "roots"].map(|kind| self.file(id, kind)));
        for file in files {
            match fs::remove_file(&file) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io("removed", &file, e))
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes in the bytes of a reader, whatever they are.
    #[cfg(test)]
    pub(crate) fn insert(&self, id: &BlobId, mut bytes: impl Read) -> Result<Cached> {
        let path = self.blobs.join(id.to_string());
        self.put_file(&path, |file| {
            io::copy(&mut bytes, file)?;
            read_only(file)
        })?;
        self.trim(id)?;
        self.get(id)
            .ok_or_else(|| Error::io("read", &path, io::ErrorKind::NotFound.into()))
    }

    /// Writes a file under another name and renames it once it is complete.
    fn put_file(&self, path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
        let failed = |e| Error::io("written", path, e);
        let mut file = tempfile::NamedTempFile::new_in(&self.blobs).map_err(failed)?;
        write(file.as_file_mut())
            .and_then(|()| file.as_file().sync_all())
            .map_err(failed)?;
        file.persist(path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// Waits until nobody else fetches the blob.
    pub(crate) fn lock(&self, id: &BlobId, progress: &dyn Progress) -> Result<Lock> {
        let path = self.file(id, "lock");
        let failed = |e| Error::io("locked", &path, e);
        let mut told = false;
        loop {
            if progress.cancelled() {
                return Err(Error::Cancelled);
            }
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .map_err(failed)?;
            match file.try_lock() {
                // Whoever had it may have removed the file meanwhile: then this is a lock on nothing.
                Ok(()) if positioned::same_file(&file, &path) => return Ok(Lock { file, path }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        progress.note(&format!("waiting for another process that fetches {id}"));
                        told = true;
                    }
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(TryLockError::Error(e)) => return Err(failed(e)),
            }
        }
    }

    /// The part of a blob that is there, under the lock. What was left of a blob of another length is dropped.
    pub(crate) fn part(&self, id: &BlobId, length: u64, lock: Lock) -> Result<Part> {
        let path = self.file(id, "part");
        let rows_path = self.file(id, "rows");
        let open = |path: &Path| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            options
                .open(path)
                .map_err(|e| Error::io("written", path, e))
        };
        let part = Part {
            file: open(&path)?,
            rows_file: open(&rows_path)?,
            bits: Mutex::new([0; BITMAP]),
            done: self.blobs.join(id.to_string()),
            path,
            rows_path,
            length,
            _lock: lock,
        };
        let mut found = vec![];
        let limit = HEADER + BITMAP as u64 + 1;
        let read = (&part.rows_file).take(limit).read_to_end(&mut found);
        read.map_err(|e| Error::io("read", &part.rows_path, e))?;
        let bits = found
            .strip_prefix(&MAGIC)
            .and_then(|rest| rest.strip_prefix(&length.to_le_bytes()))
            .and_then(|bits| <[u8; BITMAP]>::try_from(bits).ok());
        let there = part
            .file
            .metadata()
            .map_err(|e| Error::io("read", &part.path, e))?
            .len();
        match bits {
            // Without its rows a bitmap is what an earlier part left.
            Some(bits) if there > 0 => *part.lock_bits() = bits,
            _ => part.reset()?,
        }
        Ok(part)
    }

    /// Removes what was not used for longest until the rest fits into the budget; never `keep`, nor what another
    /// process is fetching.
    pub(crate) fn trim(&self, keep: &BlobId) -> Result<()> {
        let failed = |e| Error::io("read", &self.blobs, e);
        let mut blobs: BTreeMap<String, (u64, SystemTime)> = BTreeMap::new();
        for entry in fs::read_dir(&self.blobs).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (Ok(name), Ok(meta)) = (entry.file_name().into_string(), entry.metadata()) else {
                continue;
            };
            let id = name.split('.').next().unwrap_or_default();
            if id.parse::<BlobId>().is_err() {
                continue;
            }
            let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let blob = blobs.entry(id.to_owned()).or_insert((0, used));
            blob.0 += positioned::occupied(&meta);
            blob.1 = blob.1.max(used);
        }
        let mut total: u64 = blobs.values().map(|(size, _)| size).sum();
        let mut oldest: Vec<_> = blobs.into_iter().collect();
        oldest.sort_by_key(|(_, (_, used))| *used);
        for (name, (size, _)) in oldest {
            if total <= self.budget {
                break;
            }
            let Ok(id) = name.parse::<BlobId>() else {
                continue;
            };
            if id == *keep || self.is_locked(&id) {
                continue;
            }
            self.remove(&id)?;
            let _ = fs::remove_file(self.file(&id, "lock"));
            total = total.saturating_sub(size);
        }
        Ok(())
    }

    fn is_locked(&self, id: &BlobId) -> bool {
        File::open(self.file(id, "lock")).is_ok_and(|file| file.try_lock_shared().is_err())
    }

    fn file(&self, id: &BlobId, kind: &str) -> PathBuf {
        self.blobs.join(format!("{id}.{kind}"))
    }
}

/// The right to fetch a blob.
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is still held, so that nobody locks a file without a name and goes on.
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

/// A blob of which some rows are there.
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    rows_file: File,
    rows_path: PathBuf,
    done: PathBuf,
    length: u64,
    bits: Mutex<[u8; BITMAP]>,
    _lock: Lock,
}

impl Part {
    /// Whether a row is noted as being there.
    pub fn has(&self, row: u16) -> bool {
        self.lock_bits()[usize::from(row / 8)] & (1 << (row % 8)) != 0
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a row, then notes it.
    pub fn write(&self, row: u16, offset: u64, bytes: &[u8]) -> Result<()> {
        positioned::write_all(&self.file, bytes, offset)
            .map_err(|e| Error::io("written", &self.path, e))?;
        self.note(row, true)
    }

    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        positioned::read_exact(&self.file, bytes, offset)
    }

    /// Notes that a row is not there after all.
    pub fn forget(&self, row: u16) -> Result<()> {
        self.note(row, false)
    }

    fn note(&self, row: u16, there: bool) -> Result<()> {
        let place = usize::from(row / 8);
        let mut bits = self.lock_bits();
        if there {
            bits[place] |= 1 << (row % 8);
        } else {
            bits[place] &= !(1 << (row % 8));
        }
        positioned::write_all(&self.rows_file, &bits[place..=place], HEADER + place as u64)
            .map_err(|e| Error::io("written", &self.rows_path, e))
    }

    /// Drops all that is there.
    pub fn reset(&self) -> Result<()> {
        let mut bits = self.lock_bits();
        *bits = [0; BITMAP];
        // The bitmap first: rows that are noted are there, whenever this is cut short.
        let mut fresh = MAGIC.to_vec();
        fresh.extend_from_slice(&self.length.to_le_bytes());
        fresh.extend_from_slice(&*bits);
        self.rows_file
            .set_len(0)
            .and_then(|()| positioned::write_all(&self.rows_file, &fresh, 0))
            .map_err(|e| Error::io("written", &self.rows_path, e))?;
        self.file
            .set_len(0)
            .map_err(|e| Error::io("written", &self.path, e))
    }

    /// Makes the complete and checked part a blob of the cache.
    pub fn finish(self) -> Result<PathBuf> {
        let failed = |e| Error::io("written", &self.path, e);
        self.file.set_len(self.length).map_err(failed)?;
        self.file.sync_all().map_err(failed)?;
        fs::rename(&self.path, &self.done).map_err(failed)?;
        // Not earlier: a part that cannot be written would be stuck if this is cut short.
        read_only(&self.file).map_err(failed)?;
        // Left over, it would only be dropped as belonging to nothing.
        let _ = fs::remove_file(&self.rows_path);
        let _ = self.file.set_modified(SystemTime::now());
        Ok(self.done.clone())
    }

    fn lock_bits(&self) -> std::sync::MutexGuard<'_, [u8; BITMAP]> {
        self.bits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_only(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{Cancel, Silent};

    const ID: BlobId = BlobId::from_bytes([7; 32]);

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), DEFAULT_BUDGET).unwrap();
        (folder, cache)
    }

    fn part(cache: &Cache, length: u64) -> Part {
        cache
            .part(&ID, length, cache.lock(&ID, &Silent).unwrap())
            .unwrap()
    }

    #[test]
    fn a_part_is_no_blob() {
        let (_folder, cache) = cache();
        part(&cache, 10).write(0, 0, b"12345").unwrap();
        assert_eq!(cache.get(&ID), None);
    }

    #[test]
    fn rows_survive_the_process_that_wrote_them() {
        let (_folder, cache) = cache();
        {
            let part = part(&cache, 1_000);
            part.write(0, 0, b"abc").unwrap();
            part.write(333, 900, b"xyz").unwrap();
            part.write(9, 90, b"...").unwrap();
            part.forget(9).unwrap();
        }
        let part = part(&cache, 1_000);
        let rows: Vec<u16> = (0..334).filter(|row| part.has(*row)).collect();
        assert_eq!(rows, [0, 333]);
        let mut bytes = [0; 3];
        part.read(900, &mut bytes).unwrap();
        assert_eq!(&bytes, b"xyz");
    }

    #[test]
    fn rows_of_a_blob_of_another_length_and_a_damaged_bitmap_count_for_nothing() {
        let (folder, cache) = cache();
        part(&cache, 1_000).write(5, 0, b"abc").unwrap();
        assert!(!part(&cache, 1_001).has(5));
        let rows = folder.path().join("blobs").join(format!("{ID}.rows"));
        for damaged in [&b""[..], b"HUBROWS\x02", &[0xff; 58], &[0xff; 10_000]] {
            fs::write(&rows, damaged).unwrap();
            let part = part(&cache, 1_000);
            assert!((0..334).all(|row| !part.has(row)));
        }
    }

    #[test]
    fn a_finished_blob_is_read_only_and_leaves_nothing_beside_it() {
        let (folder, cache) = cache();
        let part = part(&cache, 5);
        part.write(0, 0, b"hello").unwrap();
        let path = part.finish().unwrap();
        assert_eq!(
            cache.get(&ID),
            Some(Cached {
                path: path.clone(),
                length: 5
            })
        );
        assert!(fs::metadata(&path).unwrap().permissions().readonly());
        let files = fs::read_dir(folder.path().join("blobs")).unwrap();
        let names: Vec<_> = files
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names, [ID.to_string()]);
    }

    #[test]
    fn a_blob_that_somebody_fetches_is_waited_for_until_one_is_told_to_stop() {
        let (_folder, cache) = cache();
        let held = cache.lock(&ID, &Silent).unwrap();
        let cancel = Cancel::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| cache.lock(&ID, &cancel));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!waiting.is_finished());
            cancel.cancel();
            assert!(matches!(waiting.join().unwrap(), Err(Error::Cancelled)));
        });
        drop(held);
        cache.lock(&ID, &Silent).unwrap();
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_the_newest_stays_whatever_it_takes() {
        let (folder, _) = cache();
        let cache = Cache::open(folder.path(), 200 << 10).unwrap();
        let ids: Vec<BlobId> = (1..=4).map(|i| BlobId::from_bytes([i; 32])).collect();
        let bytes = vec![1; 80 << 10];
        for (age, id) in [(40, &ids[0]), (30, &ids[1])] {
            let blob = cache.insert(id, &bytes[..]).unwrap();
            let when = SystemTime::now() - Duration::from_secs(age);
            File::open(blob.path).unwrap().set_modified(when).unwrap();
        }
        // The older one is used, so the other goes.
        cache.get(&ids[0]).unwrap();
        cache.insert(&ids[2], &bytes[..]).unwrap();
        assert!(cache.get(&ids[0]).is_some() && cache.get(&ids[1]).is_none());
        cache.insert(&ids[3], &vec![1; 400 << 10][..]).unwrap();
        let left: Vec<_> = ids.iter().filter(|id| cache.get(id).is_some()).collect();
        assert_eq!(left, [&ids[3]]);
    }

    #[test]
    fn two_blobs_in_the_same_state_do_not_share_a_part() {
        let (_folder, cache) = cache();
        let other = BlobId::from_bytes([8; 32]);
        part(&cache, 5).write(0, 0, b"hello").unwrap();
        let lock = cache.lock(&other, &Silent).unwrap();
        assert!(!cache.part(&other, 5, lock).unwrap().has(0));
    }
}
