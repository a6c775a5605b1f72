//! What was computed of large files is kept in the folder, so that a plan, the upload after it, and one that goes on after a kill compute
//! nothing twice.
//!
//! A record counts for the file as it was: path, size, times of change and inode. A row of each blob, chosen anew each time, is checked all the same,
//! and what does not hold in any way is computed again.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hub_walrus::SliverRoots;
use hub_walrus_encode::{Encoding, ReadAt, Slivers};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::folder::{Folder, ModelFile};

/// Where a folder keeps what was computed of its files.
pub const ENCODINGS: &str = ".hub/encodings";

/// Times of change of a file system may be as coarse as this. A file that changed more recently may change once more without a trace.
const COARSEST: Duration = Duration::from_secs(2);

/// Records of a folder. Where the folder cannot be written, there are none.
pub(crate) struct Encodings {
    folder: PathBuf,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    path: String,
    state: State,
    sha256: String,
    /// Blobs from the start of the file on, as many as were computed.
    parts: Vec<PartRecord>,
    /// SHA-256 over everything else.
    seal: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartRecord {
    blob_id: String,
    length: u64,
    roots: String,
}

/// Tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    size: u64,
    /// Seconds and nanoseconds of the last change of the content, and of the content or what is said of it.
    times: [i64; 4],
    /// Device and number on it; zeros where there are none.
    inode: [u64; 2],
}

impl State {
    /// The state of an open file; none if a change in this moment could leave it as it is.
    pub(crate) fn of(file: &File) -> Option<Self> {
        let stamp = file.stamp().ok()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let settled = i64::try_from(now.saturating_sub(COARSEST).as_secs()).ok()?;
        let [written, _, changed, _] = stamp.version;
        (written < settled && changed < settled).then(|| Self {
            size: stamp.length,
            times: stamp.version,
            inode: inode(file),
        })
    }
}

#[cfg(unix)]
fn inode(file: &File) -> [u64; 2] {
    use std::os::unix::fs::MetadataExt;
    file.metadata()
        .map_or([0; 2], |data| [data.dev(), data.ino()])
}

#[cfg(not(unix))]
fn inode(_file: &File) -> [u64; 2] {
    [0; 2]
}

impl Encodings {
    /// The records of a folder, without those of files that are no longer there.
    pub(crate) fn of(folder: &Folder) -> Self {
        let this = Self {
            folder: folder.root.join(ENCODINGS),
        };
        let known: Vec<_> = folder.files.iter().map(|file| name(&file.path)).collect();
        for entry in fs::read_dir(&this.folder).into_iter().flatten().flatten() {
            let found = entry.file_name();
            let found = found.to_string_lossy();
            if found != GITIGNORE && !known.iter().any(|known| *known == found) {
                let _ = fs::remove_file(entry.path());
            }
        }
        this
    }

    /// What is known of the file in this state: its SHA-256, and the encodings of its first blobs.
    pub(crate) fn find(
        &self,
        file: &ModelFile,
        open: &dyn ReadAt,
        state: &State,
    ) -> Option<([u8; 32], Vec<Encoding>)> {
        let bytes = fs::read(self.folder.join(name(&file.path))).ok()?;
        let record: Record = serde_json::from_slice(&bytes).ok()?;
        record.check(&file.path, open, state)
    }

    /// Keeps what is known of a file. That it cannot be kept is no reason to stop.
    pub(crate) fn keep(
        &self,
        file: &ModelFile,
        state: &State,
        sha256: [u8; 32],
        blobs: &[&Encoding],
    ) {
        let record = Record::new(&file.path, state.clone(), sha256, blobs);
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            // Nobody's repository is to hold them: they count on this machine alone.
            let ignore = self.folder.join(GITIGNORE);
            if !ignore.exists() {
                fs::write(ignore, "*\n")?;
            }
            let mut next = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer(&mut next, &record)?;
            next.flush()?;
            next.persist(self.folder.join(name(&file.path)))?;
            Ok(())
        };
        let _ = write();
    }
}

const GITIGNORE: &str = ".gitignore";

/// The name of a file's record.
fn name(path: &str) -> String {
    format!("{}.json", hex::encode(&Sha256::digest(path)[..16]))
}

impl Record {
    fn new(path: &str, state: State, sha256: [u8; 32], blobs: &[&Encoding]) -> Self {
        let part = |encoding: &&Encoding| PartRecord {
            blob_id: encoding.id.to_string(),
            length: encoding.length,
            roots: STANDARD.encode(encoding.slivers.roots().to_bytes()),
        };
        let mut record = Self {
            path: path.to_owned(),
            state,
            sha256: hex::encode(sha256),
            parts: blobs.iter().map(part).collect(),
            seal: String::new(),
        };
        record.seal = record.sealed();
        record
    }

    fn sealed(&self) -> String {
        let open = Self {
            seal: String::new(),
            ..self.clone()
        };
        hex::encode(Sha256::digest(
            serde_json::to_vec(&open).unwrap_or_default(),
        ))
    }

    fn check(
        self,
        path: &str,
        open: &dyn ReadAt,
        state: &State,
    ) -> Option<([u8; 32], Vec<Encoding>)> {
        if self.path != path || self.state != *state || self.seal != self.sealed() {
            return None;
        }
        let mut sha256 = [0; 32];
        hex::decode_to_slice(&self.sha256, &mut sha256).ok()?;
        let mut offset: u64 = 0;
        let mut blobs = vec![];
        for part in &self.parts {
            let encoding = part.encoding(open, offset)?;
            offset = offset.checked_add(part.length)?;
            blobs.push(encoding);
        }
        Some((sha256, blobs))
    }
}

impl PartRecord {
    /// The encoding, if a row of the file is what it says.
    fn encoding(&self, open: &dyn ReadAt, offset: u64) -> Option<Encoding> {
        let roots = SliverRoots::from_bytes(&STANDARD.decode(&self.roots).ok()?).ok()?;
        let root = roots.root_hash();
        let slivers = Slivers::new(self.length, roots).ok()?;
        if slivers.id().to_string() != self.blob_id {
            return None;
        }
        let random = std::hash::BuildHasher::hash_one(
            &std::collections::hash_map::RandomState::new(),
            &self.blob_id,
        );
        let last = slivers.row_of(self.length.saturating_sub(1)).unwrap_or(0);
        let row = u16::try_from(random % (u64::from(last) + 1)).ok()?;
        let range = slivers.row_range(row);
        let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
        open.read_exact_at(&mut bytes, offset.checked_add(range.start)?)
            .ok()?;
        slivers.check_row(row, &bytes).ok()?;
        Some(Encoding {
            id: slivers.id(),
            length: self.length,
            root,
            slivers,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, PlanError, Watch};
    use hub_walrus_encode::{Fraction, Options};
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::sync::Mutex;

    /// Remembers how often each file's work advanced, and ends the plan when a file is begun.
    #[derive(Default)]
    struct Counts {
        files: Mutex<Vec<(String, u32)>>,
        end_at: Option<&'static str>,
    }

    impl Watch for Counts {
        fn file(&self, path: &str, _size: u64) {
            self.files.lock().unwrap().push((path.to_owned(), 0));
        }

        fn advance(&self, _fraction: Fraction) -> ControlFlow<()> {
            let mut files = self.files.lock().unwrap();
            let (path, count) = files.last_mut().unwrap();
            *count += 1;
            match self.end_at == Some(path.as_str()) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    /// Files that were computed: the work of one that is known advances once.
    fn computed(folder: &Path) -> (Plan, Vec<String>) {
        let counts = Counts::default();
        let plan = Plan::new(folder, Options::default(), &counts).unwrap();
        let files = counts.files.into_inner().unwrap();
        let computed = files.into_iter().filter(|(_, count)| *count > 1);
        (plan, computed.map(|(path, _)| path).collect())
    }

    fn records(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder.join(ENCODINGS)).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect()
    }

    const LENGTH: usize = (1 << 20) + 7;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, seed) in [("a.gguf", 3_u8), ("b.gguf", 5)] {
            let bytes: Vec<u8> = (0..LENGTH)
                .map(|i| (i as u8).wrapping_mul(seed) ^ (i >> 8) as u8)
                .collect();
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        fs::write(folder.path().join("README.md"), "two").unwrap();
        std::thread::sleep(COARSEST + Duration::from_secs(1));
        folder
    }

    fn same(one: &Plan, other: &Plan) -> bool {
        one.manifest_bytes == other.manifest_bytes && one.stored() == other.stored()
    }

    #[test]
    fn a_file_is_computed_once_until_it_changes_in_any_way() {
        let folder = folder();
        let (first, all) = computed(folder.path());
        assert_eq!(all, ["a.gguf", "b.gguf"]);
        let (second, none) = computed(folder.path());
        assert!(none.is_empty() && same(&first, &second));
        assert_eq!(second.blobs[0].encoding, first.blobs[0].encoding);
        assert_eq!(
            fs::read(folder.path().join(ENCODINGS).join(GITIGNORE)).unwrap(),
            b"*\n"
        );

        // Same content, another file.
        let [a, moved] = ["a.gguf", "moved"].map(|name| folder.path().join(name));
        fs::copy(&a, &moved).unwrap();
        fs::rename(&moved, &a).unwrap();
        let (copied, again) = computed(folder.path());
        assert_eq!(again, ["a.gguf"]);
        assert!(same(&first, &copied));

        // Just changed, so not trusted; another content, with the time of change set back.
        let times = fs::metadata(&a).unwrap().modified().unwrap();
        let mut bytes = fs::read(&a).unwrap();
        bytes[LENGTH / 2] ^= 1;
        fs::write(&a, bytes).unwrap();
        File::options()
            .write(true)
            .open(&a)
            .unwrap()
            .set_modified(times)
            .unwrap();
        let (changed, again) = computed(folder.path());
        assert_eq!(again, ["a.gguf"]);
        assert_ne!(changed.release(), first.release());

        fs::remove_file(&a).unwrap();
        computed(folder.path());
        assert_eq!(
            records(folder.path()),
            [folder.path().join(ENCODINGS).join(name("b.gguf"))]
        );
    }

    #[test]
    fn a_plan_that_was_stopped_goes_on_after_the_last_file() {
        let folder = folder();
        let stopped = Counts {
            end_at: Some("b.gguf"),
            ..Counts::default()
        };
        let ended = Plan::new(folder.path(), Options::default(), &stopped);
        assert!(matches!(ended, Err(PlanError::Cancelled)));
        assert_eq!(computed(folder.path()).1, ["b.gguf"]);
    }

    #[test]
    fn a_record_that_does_not_hold_is_computed_again() {
        let folder = folder();
        let (first, _) = computed(folder.path());
        let [a, b] =
            ["a.gguf", "b.gguf"].map(|file| folder.path().join(ENCODINGS).join(name(file)));
        let good = fs::read(&a).unwrap();
        let mut bit = good.clone();
        bit[good.len() / 2] ^= 1;
        for broken in [
            &b""[..],
            b"{}",
            &good[..good.len() / 2],
            &bit,
            &fs::read(&b).unwrap(),
        ] {
            fs::write(&a, broken).unwrap();
            let (plan, again) = computed(folder.path());
            assert_eq!(again, ["a.gguf"]);
            assert!(same(&first, &plan));
            assert_eq!(fs::read(&a).unwrap(), good);
        }

        // A seal that holds over the encoding of other bytes: the row tells.
        let open = File::open(folder.path().join("a.gguf")).unwrap();
        let state = State::of(&open).unwrap();
        let other = &first.blobs[1].encoding;
        let forged = Record::new("a.gguf", state.clone(), [0; 32], &[other]);
        assert_eq!(forged.check("a.gguf", &open, &state), None);
    }

    #[cfg(unix)]
    #[test]
    fn where_nothing_can_be_kept_everything_is_computed() {
        let folder = folder();
        // A file in the place of the folder: nobody may write there, root neither.
        fs::create_dir(folder.path().join(".hub")).unwrap();
        fs::write(folder.path().join(ENCODINGS), "").unwrap();
        let (first, _) = computed(folder.path());
        let (second, again) = computed(folder.path());
        assert_eq!(again, ["a.gguf", "b.gguf"]);
        assert!(same(&first, &second));
    }
}
