//! What publishing a folder would store: each blob with its id, before anything leaves the machine.

use std::collections::BTreeMap;
use std::io;
use std::ops::{ControlFlow, Range};
use std::path::Path;

use hub_walrus::{BlobId, Code};
use hub_walrus_encode::{EncodeError, Encoder, Encoding, Fraction, Options, ReadAt, Stamp};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::contents::{head, Contents};
use crate::description::{Description, DescriptionError};
use crate::encodings::Encodings;
use crate::folder::{Folder, FolderError, Kind, ModelFile, SMALL};
use crate::manifest::{FileEntry, Manifest, Part, Place};
use crate::metering::MeteringError;
use crate::onnx::{OnnxError, OnnxModel};
use crate::quilts::{self, PlannedQuilt, QuiltsError};
use crate::screen::{screened, Warning, WarningKind};

/// Longest part of a file that no blob can hold: 13 GiB, so that a part starts at a whole MiB.
pub const LONGEST_PART: u64 = 13 << 30;
/// Longest chunk that is read at once, in bytes.
const CHUNK: usize = 1 << 20;

/// Is told how far a plan has come, and may end it.
pub trait Watch: Sync {
    /// A file is begun: its path and size.
    fn file(&self, _path: &str, _size: u64) {}
    /// So much of the file's work is done. To break ends the plan soon.
    fn advance(&self, _fraction: Fraction) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Nobody watches.
impl Watch for () {}

/// What publishing a folder would store.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder.
    pub folder: Folder,
    /// What its author says of it.
    pub description: Description,
    /// What its ONNX file says, where there is one.
    pub model: Option<OnnxModel>,
    /// What its author should know.
    pub warnings: Vec<Warning>,
    /// Files, and parts of files, that become a blob each.
    pub blobs: Vec<PlannedBlob>,
    /// What holds all other files, and the sliver roots of the blobs.
    pub quilts: Vec<PlannedQuilt>,
    /// The manifest.
    pub manifest: Manifest,
    /// Its bytes.
    pub manifest_bytes: Vec<u8>,
    /// Its encoding.
    pub manifest_encoding: Encoding,
}

/// A blob that would be stored.
#[derive(Clone, Debug)]
pub struct PlannedBlob {
    /// Path of its file within the folder.
    pub path: String,
    /// First byte of the file that is in it.
    pub offset: u64,
    /// Its id, and what checks it.
    pub encoding: Encoding,
}

/// Why there is no plan.
#[derive(Error, Debug)]
pub enum PlanError {
    /// The folder is none.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// `hub.toml` is not as it should be.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The ONNX file is none.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// Something is counted that does not exist.
    #[error("hub.toml: {0}")]
    Metering(#[from] MeteringError),
    /// A file cannot be encoded.
    #[error("{path}: {error}")]
    Encode {
        /// The file.
        path: String,
        /// Why not.
        error: EncodeError,
    },
    /// The small files do not fit.
    #[error(transparent)]
    Quilts(#[from] QuiltsError),
    /// Somebody ended it.
    #[error("the plan was cancelled; nothing was stored")]
    Cancelled,
}

impl Plan {
    /// Plans the publication of a folder. Reads every file; stores and sends nothing. What it computes of large files is kept in
    /// [`ENCODINGS`](crate::ENCODINGS), and is computed again when they change.
    pub fn new(root: &Path, options: Options, watch: &dyn Watch) -> Result<Self, PlanError> {
        let folder = Folder::scan(root)?;
        let encodings = Encodings::of(&folder);
        Self::made(folder, root, Some(encodings), options, watch)
    }

    /// Plans the publication of a folder that is on no disk.
    pub fn of(
        folder: Folder,
        contents: &dyn Contents,
        options: Options,
        watch: &dyn Watch,
    ) -> Result<Self, PlanError> {
        Self::made(folder, contents, None, options, watch)
    }

    fn made<C: Contents + ?Sized>(
        folder: Folder,
        contents: &C,
        encodings: Option<Encodings>,
        options: Options,
        watch: &dyn Watch,
    ) -> Result<Self, PlanError> {
        let description = Description::of(contents)?;
        let model = onnx_of(&folder, contents)?;
        if let Some(model) = &model {
            description.metering.check(&model.inputs, &model.outputs)?;
        }
        let mut warnings = screened(&folder, contents, description.license.as_deref())?;
        warnings.extend(missing(&folder, model.as_ref()));

        let weights = folder
            .files
            .iter()
            .filter(|file| file.kind == Kind::Weight)
            .count();
        let mut reader = Reader {
            contents,
            encodings,
            encoder: Encoder::new(options),
            watch,
        };
        let (mut blobs, mut files, mut small) = (vec![], vec![], vec![]);
        for file in &folder.files {
            watch.file(&file.path, file.size);
            if file.kind == Kind::Weight && (weights == 1 || file.size > SMALL)
                || file.size > quilts::LARGEST
            {
                let (sha256, of_file) = reader.blobs(file)?;
                files.push(entry(file, sha256, place_of(&of_file)));
                blobs.extend(of_file);
            } else {
                let bytes = reader.bytes(file)?;
                let sha256 = Sha256::digest(&bytes).into();
                small.push((file, sha256, bytes));
            }
        }
        let mut patches: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for blob in &blobs {
            let roots = blob.encoding.slivers.roots().to_bytes();
            patches.insert(quilts::of_roots(&blob.encoding.id), roots);
        }
        let mut entries = vec![];
        for (file, sha256, bytes) in small {
            entries.push((file, sha256));
            patches.insert(quilts::of_path(&file.path), bytes);
        }
        let quilts = quilts::plan(patches, &reader.encoder)?;
        for (file, sha256) in entries {
            let quilt = quilts.iter().find(|quilt| quilt.holds(&file.path));
            let id = quilt
                .map(|quilt| quilt.encoding.id)
                .ok_or(PlanError::Cancelled)?;
            files.push(entry(file, sha256, Place::Quilt(id)));
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));

        let manifest = Manifest {
            format: format_of(&folder),
            files,
            title: description.title.clone(),
            description: description.description.clone(),
            license: description.license.clone(),
            metering: description.metering.clone(),
            inputs: model
                .as_ref()
                .map(|model| model.inputs.clone())
                .unwrap_or_default(),
            outputs: model
                .as_ref()
                .map(|model| model.outputs.clone())
                .unwrap_or_default(),
        };
        let manifest_bytes = manifest.to_bytes();
        let failed = |error| PlanError::Encode {
            path: "the manifest".to_owned(),
            error,
        };
        let manifest_encoding = reader
            .encoder
            .encode(&manifest_bytes, &mut ())
            .map_err(failed)?;
        Ok(Self {
            folder,
            description,
            model,
            warnings,
            blobs,
            quilts,
            manifest,
            manifest_bytes,
            manifest_encoding,
        })
    }

    /// The blob id that a release is published under.
    pub fn release(&self) -> BlobId {
        self.manifest.billable(self.manifest_encoding.id)
    }

    /// The encoding of the release's blob: its length and root hash prove its size to the registry.
    pub fn release_encoding(&self) -> &Encoding {
        let id = self.release();
        let weights = self
            .blobs
            .iter()
            .map(|blob| &blob.encoding)
            .find(|encoding| encoding.id == id);
        weights.unwrap_or(&self.manifest_encoding)
    }

    /// Every blob that would be stored, the manifest last: what it is, its id and its length.
    pub fn stored(&self) -> Vec<(String, BlobId, u64)> {
        let blobs = self
            .blobs
            .iter()
            .map(|blob| (blob.path.clone(), &blob.encoding));
        let quilts = self.quilts.iter().map(|quilt| {
            (
                format!("{} small files", quilt.patches.len()),
                &quilt.encoding,
            )
        });
        let manifest = std::iter::once(("the manifest".to_owned(), &self.manifest_encoding));
        let all = blobs.chain(quilts).chain(manifest);
        all.map(|(what, encoding)| (what, encoding.id, encoding.length))
            .collect()
    }

    /// Bytes of storage that it would take: what Walrus charges for, which is some 4.5 times the content and 66 MB a blob at least.
    pub fn storage(&self) -> u64 {
        self.stored()
            .iter()
            .map(|(_, _, length)| stored_size(*length))
            .sum()
    }

    /// Whether something is in the folder that should stop a publication.
    pub fn stops(&self) -> bool {
        self.warnings.iter().any(|warning| warning.kind.stops())
    }
}

/// Bytes that a blob of this length takes on Walrus: `n (( P + S ) s + 64 n + 32)` with `n` shards, `P` + `S` symbols of `s` bytes
/// for each, and the hashes of all slivers (`encoded_blob_length` of MystenLabs/walrus).
pub fn stored_size(length: u64) -> u64 {
    let code = Code::WALRUS;
    let shards = u64::from(code.shards());
    let symbol = code.symbol_size(length).map_or(0, u64::from);
    let symbols = u64::from(code.primary()) + u64::from(code.secondary());
    shards * (symbols * symbol + 64 * shards + 32)
}

/// The one ONNX file of a folder: nothing is said of the shapes of several.
fn onnx_of(
    folder: &Folder,
    contents: &(impl Contents + ?Sized),
) -> Result<Option<OnnxModel>, OnnxError> {
    let mut found = folder
        .files
        .iter()
        .filter(|file| file.path.to_lowercase().ends_with(".onnx"));
    match (found.next(), found.next()) {
        (Some(file), None) => OnnxModel::of(contents, &file.path).map(Some),
        _ => Ok(None),
    }
}

/// Files of weights that the model names and the folder lacks.
fn missing(folder: &Folder, model: Option<&OnnxModel>) -> Vec<Warning> {
    let named = model
        .map(|model| model.external.as_slice())
        .unwrap_or_default();
    let beside = folder
        .files
        .iter()
        .find(|file| file.path.to_lowercase().ends_with(".onnx"));
    let parent = beside
        .and_then(|file| file.path.rsplit_once('/'))
        .map(|(parent, _)| format!("{parent}/"))
        .unwrap_or_default();
    let lacks = |name: &&String| {
        !folder
            .files
            .iter()
            .any(|file| file.path == format!("{parent}{name}"))
    };
    let warning = |name: &String| Warning {
        path: Some(format!("{parent}{name}")),
        kind: WarningKind::Missing,
        text: "is where the model has weights, and it is not there: put it into the folder"
            .to_owned(),
    };
    named.iter().filter(lacks).map(warning).collect()
}

/// Form of the weights, where all have one.
fn format_of(folder: &Folder) -> Option<String> {
    const FORMATS: [&str; 3] = ["onnx", "safetensors", "gguf"];
    let has = |format: &&&str| {
        let ending = format!(".{format}");
        folder
            .files
            .iter()
            .any(|file| file.kind == Kind::Weight && file.path.to_lowercase().ends_with(&ending))
    };
    let found: Vec<_> = FORMATS.iter().filter(has).collect();
    match found.as_slice() {
        [one] => Some((**one).to_owned()),
        _ => None,
    }
}

fn entry(file: &ModelFile, sha256: [u8; 32], place: Place) -> FileEntry {
    FileEntry {
        path: file.path.clone(),
        kind: file.kind,
        size: file.size,
        sha256,
        place,
    }
}

fn place_of(blobs: &[PlannedBlob]) -> Place {
    match blobs {
        [one] => Place::Blob {
            id: one.encoding.id,
            root: one.encoding.root,
        },
        parts => Place::Parts(
            parts
                .iter()
                .map(|part| Part {
                    id: part.encoding.id,
                    size: part.encoding.length,
                })
                .collect(),
        ),
    }
}

struct Reader<'a, C: ?Sized> {
    contents: &'a C,
    encodings: Option<Encodings>,
    encoder: Encoder,
    watch: &'a dyn Watch,
}

impl<C: Contents + ?Sized> Reader<'_, C> {
    /// SHA-256 of a large file, and the blobs that it becomes.
    fn blobs(&mut self, file: &ModelFile) -> Result<([u8; 32], Vec<PlannedBlob>), PlanError> {
        let open = self
            .contents
            .open(&file.path)
            .map_err(|error| FolderError::Read {
                path: self.contents.shown(&file.path),
                error,
            })?;
        let source = open.source();
        let keeper = self.encodings.as_ref().zip(open.state());
        let known = keeper.and_then(|(encodings, state)| encodings.find(file, source, state));
        let (sha256, known) = match known {
            Some(known) => known,
            None => (self.sha256(source, file)?, vec![]),
        };
        let mut known = known.into_iter();
        let mut blobs: Vec<PlannedBlob> = vec![];
        let mut offset = 0;
        loop {
            let whole = file.size <= Code::WALRUS.max_length();
            let length = if whole {
                file.size
            } else {
                LONGEST_PART.min(file.size - offset)
            };
            let found = known.next().filter(|encoding| encoding.length == length);
            let is_new = found.is_none();
            let encoding = match found {
                Some(encoding) => encoding,
                None => self.encode(file, source, offset..offset + length)?,
            };
            blobs.push(PlannedBlob {
                path: file.path.clone(),
                offset,
                encoding,
            });
            if let (Some((encodings, state)), true) = (keeper, is_new) {
                let all: Vec<_> = blobs.iter().map(|blob| &blob.encoding).collect();
                encodings.keep(file, state, sha256, &all);
            }
            offset += length;
            if offset >= file.size {
                break;
            }
        }
        match self.watch.advance(read_of(file, file.size)) {
            ControlFlow::Break(()) => Err(PlanError::Cancelled),
            ControlFlow::Continue(()) => Ok((sha256, blobs)),
        }
    }

    fn encode(
        &self,
        file: &ModelFile,
        open: &dyn ReadAt,
        part: Range<u64>,
    ) -> Result<Encoding, PlanError> {
        let window = Window {
            file: open,
            offset: part.start,
            length: part.end - part.start,
            total: file.size,
        };
        let watch = self.watch;
        let mut progress = |fraction| watch.advance(fraction);
        let encoded = self.encoder.encode(&window, &mut progress);
        encoded.map_err(|error| match error {
            EncodeError::Cancelled => PlanError::Cancelled,
            error => PlanError::Encode {
                path: file.path.clone(),
                error,
            },
        })
    }

    fn sha256(&self, source: &dyn ReadAt, file: &ModelFile) -> Result<[u8; 32], PlanError> {
        let read = |error| FolderError::Read {
            path: self.contents.shown(&file.path),
            error,
        };
        self.unchanged(file, source.stamp().map_err(read)?.length)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut done = 0;
        while done < file.size {
            let left = usize::try_from(file.size - done).unwrap_or(CHUNK);
            let piece = &mut buffer[..left.min(CHUNK)];
            source.read_exact_at(piece, done).map_err(read)?;
            hash.update(&*piece);
            done += piece.len() as u64;
            if self.watch.advance(read_of(file, 0)).is_break() {
                return Err(PlanError::Cancelled);
            }
        }
        self.unchanged(file, source.stamp().map_err(read)?.length)?;
        Ok(hash.finalize().into())
    }

    /// A small file.
    fn bytes(&self, file: &ModelFile) -> Result<Vec<u8>, PlanError> {
        let bytes = head(self.contents, file, file.size.saturating_add(1))?;
        self.unchanged(file, bytes.len() as u64)?;
        Ok(bytes)
    }

    fn unchanged(&self, file: &ModelFile, now: u64) -> Result<(), PlanError> {
        match now == file.size {
            true => Ok(()),
            false => Err(PlanError::Encode {
                path: file.path.clone(),
                error: EncodeError::Resized {
                    before: file.size,
                    now,
                },
            }),
        }
    }
}

/// Bytes of a file that are done. An empty one counts as one byte, so that its work ends as well.
fn read_of(file: &ModelFile, done: u64) -> Fraction {
    Fraction {
        done,
        total: file.size.max(1),
    }
}

/// Part of a file, as a source of its own.
struct Window<'a> {
    file: &'a dyn ReadAt,
    offset: u64,
    length: u64,
    total: u64,
}

impl ReadAt for Window<'_> {
    fn stamp(&self) -> io::Result<Stamp> {
        let whole = self.file.stamp()?;
        // What the file gains or loses is noticed, wherever it is.
        let length = match whole.length == self.total {
            true => self.length,
            false => whole.length.saturating_sub(self.offset),
        };
        Ok(Stamp { length, ..whole })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, self.offset + offset)
    }

    fn worth_skipping(&self) -> usize {
        self.file.worth_skipping()
    }
}
