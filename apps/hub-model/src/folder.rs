//! What lies in a model's folder.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{Match, WalkBuilder};
use thiserror::Error;

use crate::contents::{Contents, Reading};

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
            files.push((name, fs::metadata(path).map_err(read(path))?.len()));
        }
        Self::new(root, files)
    }

    /// A folder that is on no disk, of files with their sizes: those that [`Self::scan`] would find.
    pub fn of(
        name: &str,
        files: Vec<(String, u64)>,
        contents: &dyn Contents,
    ) -> Result<Self, FolderError> {
        let mut rules = Vec::new();
        for (path, _) in &files {
            let parent = match path.rsplit_once('/') {
                Some((parent, ".gitignore")) => parent,
                None if path == ".gitignore" => "",
                _ => continue,
            };
            rules.push((parent.to_owned(), rules_of(parent, path, contents)?));
        }
        // What stands deeper decides.
        rules.sort_by_key(|(parent, _)| {
            std::cmp::Reverse(parent.matches('/').count() + usize::from(!parent.is_empty()))
        });
        let mut kept = Vec::new();
        for (path, size) in files {
            let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
            if folders
                .split('/')
                .any(|folder| folder.starts_with('.') && folder != "..")
                || ignored(&path, &rules)
            {
                continue;
            }
            check_path(&path).map_err(|why| FolderError::Path {
                path: contents.shown(&path),
                why,
            })?;
            kept.push((path, size));
        }
        Self::new(Path::new(name), kept)
    }

    fn new(root: &Path, files: Vec<(String, u64)>) -> Result<Self, FolderError> {
        let file = |(path, size): (String, u64)| ModelFile {
            kind: kind_of(&path),
            path,
            size,
        };
        let mut files: Vec<_> = files.into_iter().map(file).collect();
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
        self.root.shown(&file.path)
    }
}

/// What a `.gitignore` of a folder without a disk says.
fn rules_of(parent: &str, path: &str, contents: &dyn Contents) -> Result<Gitignore, FolderError> {
    let failed = |error| FolderError::Read {
        path: contents.shown(path),
        error,
    };
    let open = contents.open(path).map_err(failed)?;
    let text = Reading::new(open)
        .and_then(io::read_to_string)
        .map_err(failed)?;
    let mut builder = GitignoreBuilder::new(parent);
    for line in text.lines() {
        // Lines that are no patterns say nothing, as on a disk.
        let _ = builder.add_line(None, line);
    }
    builder
        .build()
        .map_err(|error| failed(io::Error::other(error)))
}

/// Whether a path, or a folder that it is in, is ignored. Nothing comes back out of a folder that is.
fn ignored(path: &str, rules: &[(String, Gitignore)]) -> bool {
    let ends = path.match_indices('/').map(|(end, _)| (end, true));
    ends.chain([(path.len(), false)]).any(|(end, is_folder)| {
        let place = &path[..end];
        let above = rules.iter().filter(|(parent, _)| {
            parent.is_empty()
                || place
                    .strip_prefix(parent.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        });
        let mut said = above.map(|(_, rules)| rules.matched(place, is_folder));
        matches!(said.find(|said| !said.is_none()), Some(Match::Ignore(_)))
    })
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
