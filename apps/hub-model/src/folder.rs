//! What lies in a model's folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use thiserror::Error;

/// Weights up to this size go into the quilt, where there are several; a blob of their own costs 66 MB of storage.
pub const SMALL: u64 = 1 << 20;
/// Longest path within a folder, in bytes.
const LONGEST_PATH: usize = 512;

/// A model's folder, with every file that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub root: PathBuf,
    /// Its files by path: each byte-wise larger than the one before it.
    pub files: Vec<ModelFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Path within the folder, with `/` between its parts on every system.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// What it is for.
    pub kind: Kind,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The model itself: what is run.
    Weight,
    /// What belongs to it, such as a vocabulary.
    WeightConfig,
    /// To be read: README, licence.
    Doc,
    /// Programs.
    Code,
    /// Data.
    Dataset,
}

/// Why a folder is none of a model.
#[derive(Error, Debug)]
pub enum FolderError {
    /// It is not there, or cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Read {
        /// What cannot be read.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is no folder.
    #[error("{} is no folder: give the folder that the model lies in", .0.display())]
    NotAFolder(PathBuf),
    /// A file's path cannot stand in a manifest.
    #[error("{} cannot be published: {why}; rename it", path.display())]
    Path {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: &'static str,
    },
    /// A link, pipe or device.
    #[error("{} is {kind}: only files are published; put the file itself there", path.display())]
    NotAFile {
        /// What was found.
        path: PathBuf,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// No file is a model.
    #[error("{} has no model in it: put a file there whose name ends in {}", .0.display(), WEIGHTS.join(", "))]
    NoModel(PathBuf),
}

const WEIGHTS: [&str; 14] = [
    ".onnx",
    ".safetensors",
    ".gguf",
    ".bin",
    ".pt",
    ".pth",
    ".ckpt",
    ".tflite",
    ".pb",
    ".h5",
    ".npz",
    ".onnx_data",
    ".onnx.data",
    ".mlmodel",
];
const CODE: [&str; 9] = [
    ".py", ".rs", ".ts", ".js", ".cc", ".cpp", ".go", ".sh", ".ipynb",
];
const DATASETS: [&str; 5] = [".csv", ".parquet", ".jsonl", ".arrow", ".tsv"];
const DOCS: [&str; 5] = ["readme", "license", "licence", "notice", "copying"];

impl Folder {
    /// Finds the files of a folder: all that `.gitignore` files in it do not name, without `.git` and other hidden folders.
    pub fn scan(root: &Path) -> Result<Self, FolderError> {
        let read = |path: &Path| {
            let path = path.to_owned();
            move |error| FolderError::Read { path, error }
        };
        if !fs::metadata(root).map_err(read(root))?.is_dir() {
            return Err(FolderError::NotAFolder(root.to_owned()));
        }
        let mut files = Vec::new();
        // Only what the folder itself says counts, so that the same folder has the same files on every machine.
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .git_ignore(true)
            .require_git(false)
            .parents(false)
            .filter_entry(|entry| {
                let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                entry.depth() == 0
                    || !(folder && entry.file_name().to_string_lossy().starts_with('.'))
            })
            .build();
        for entry in walk {
            let entry = entry.map_err(|error| FolderError::Read {
                path: root.to_owned(),
                error: io::Error::other(error),
            })?;
            let path = entry.path();
            let kind = match entry.file_type() {
                Some(kind) if kind.is_dir() => continue,
                Some(kind) if kind.is_file() => None,
                Some(kind) if kind.is_symlink() => Some("a link"),
                _ => Some("no file"),
            };
            if let Some(kind) = kind {
                let path = path.to_owned();
                return Err(FolderError::NotAFile { path, kind });
            }
            let name = path_within(root, path)?;
            let size = fs::metadata(path).map_err(read(path))?.len();
            let kind = kind_of(&name);
            files.push(ModelFile {
                path: name,
                size,
                kind,
            });
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        if !files.iter().any(|file| file.kind == Kind::Weight) {
            return Err(FolderError::NoModel(root.to_owned()));
        }
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// Where a file of it is.
    pub fn path_of(&self, file: &ModelFile) -> PathBuf {
        file.path
            .split('/')
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    /// The first bytes of a file, as many as there are up to `most`.
    pub fn head(&self, file: &ModelFile, most: u64) -> Result<Vec<u8>, FolderError> {
        let path = self.path_of(file);
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|open| open.take(most).read_to_end(&mut bytes));
        read.map_err(|error| FolderError::Read { path, error })?;
        Ok(bytes)
    }
}

/// A path that means the same on every system and stays inside the folder that it is restored into.
fn path_within(root: &Path, path: &Path) -> Result<String, FolderError> {
    let refused = |why| {
        let path = path.to_owned();
        FolderError::Path { path, why }
    };
    let within = path.strip_prefix(root).unwrap_or(path);
    let mut name = String::new();
    for part in within.components() {
        let Component::Normal(part) = part else {
            return Err(refused("its path leads out of the folder"));
        };
        let part = part
            .to_str()
            .ok_or_else(|| refused("its name is no text"))?;
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(part);
    }
    check_path(&name).map_err(refused)?;
    Ok(name)
}

/// Checks that a path of a manifest is relative, stays where it is put, and is the same on every system.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() || path.len() > LONGEST_PATH {
        return Err("its path is empty or longer than 512 bytes");
    }
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Err("its path leads out of the folder or through nothing");
        }
        if part
            .chars()
            .any(|one| one.is_control() || "\\:*?\"<>|".contains(one))
        {
            return Err("its name has a character that some systems do not take");
        }
        if part.ends_with([' ', '.']) {
            return Err("its name ends in a blank or a dot, which some systems drop");
        }
    }
    Ok(())
}

fn kind_of(path: &str) -> Kind {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&WEIGHTS) {
        Kind::Weight
    } else if DOCS.iter().any(|start| name.starts_with(start)) || name.ends_with(".md") {
        Kind::Doc
    } else if ends(&CODE) {
        Kind::Code
    } else if ends(&DATASETS) {
        Kind::Dataset
    } else {
        Kind::WeightConfig
    }
}
