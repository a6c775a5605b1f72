//! What should not leave the author's machine unseen: secrets, programs hidden in weights; and what is missing.

use crate::contents::{head, Contents};
use crate::folder::{Folder, FolderError, Kind, ModelFile};

/// Bytes of a file that are searched for secrets.
const SEARCHED: u64 = 1 << 20;

/// Something that an author should know before it is published for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file that it is about, or the folder as a whole.
    pub path: Option<String>,
    /// What it is about.
    pub kind: WarningKind,
    /// What it is, and what to do.
    pub text: String,
}

/// What a warning is about. Secrets and pickles stop a publication that was not asked to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// A key or password.
    Secret,
    /// A program that runs when the file is loaded.
    Pickle,
    /// No licence: nobody may use it.
    NoLicence,
    /// Nothing says what it is.
    NoReadme,
    /// A file that the model names is not there.
    Missing,
}

impl WarningKind {
    /// Whether a publication should stop.
    pub fn stops(self) -> bool {
        matches!(self, Self::Secret | Self::Pickle | Self::Missing)
    }
}

/// Looks through a folder.
pub fn screen(folder: &Folder, license: Option<&str>) -> Result<Vec<Warning>, FolderError> {
    screened(folder, folder.root.as_path(), license)
}

/// Looks through a folder whose bytes are elsewhere.
pub(crate) fn screened(
    folder: &Folder,
    contents: &(impl Contents + ?Sized),
    license: Option<&str>,
) -> Result<Vec<Warning>, FolderError> {
    let mut warnings = Vec::new();
    for file in &folder.files {
        if let Some(text) = secret(contents, file)? {
            warnings.push(about(file, WarningKind::Secret, text));
        }
        if pickle(contents, file)? {
            let text = "is a Python pickle, which runs whatever is in it on the machine that loads it: export the model to \
                        ONNX or safetensors";
            warnings.push(about(file, WarningKind::Pickle, text.to_owned()));
        }
    }
    let named = |starts: &[&str]| {
        let names = folder.files.iter().filter(|file| !file.path.contains('/'));
        names
            .map(|file| file.path.to_lowercase())
            .any(|name| starts.iter().any(|start| name.starts_with(start)))
    };
    if license.is_none() && !named(&["license", "licence", "copying"]) {
        let text = "there is no licence, so nobody may use the model: add a file LICENSE, and `license` to hub.toml";
        warnings.push(Warning {
            path: None,
            kind: WarningKind::NoLicence,
            text: text.to_owned(),
        });
    }
    if !named(&["readme"]) {
        let text =
            "there is no README, so nobody can tell what the model is for: add a file README.md";
        warnings.push(Warning {
            path: None,
            kind: WarningKind::NoReadme,
            text: text.to_owned(),
        });
    }
    Ok(warnings)
}

fn about(file: &ModelFile, kind: WarningKind, text: String) -> Warning {
    Warning {
        path: Some(file.path.clone()),
        kind,
        text,
    }
}

/// Names that secrets are kept under.
const SECRET_NAMES: [&str; 9] = [
    ".env",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    ".npmrc",
    ".pypirc",
    ".netrc",
    "credentials",
    "credentials.json",
];
/// What secrets begin with, and how many characters of a key follow at least.
const SECRET_STARTS: [(&str, usize, &str); 9] = [
    ("-----BEGIN PRIVATE KEY-----", 0, "a private key"),
    ("-----BEGIN RSA PRIVATE KEY-----", 0, "a private key"),
    ("-----BEGIN EC PRIVATE KEY-----", 0, "a private key"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", 0, "a private key"),
    ("AKIA", 16, "an access key of AWS"),
    ("hf_", 30, "a token of Hugging Face"),
    ("ghp_", 36, "a token of GitHub"),
    ("sk-", 40, "a key of an API"),
    ("AGE-SECRET-KEY-1", 50, "a private key"),
];

fn secret(
    contents: &(impl Contents + ?Sized),
    file: &ModelFile,
) -> Result<Option<String>, FolderError> {
    let name = file
        .path
        .rsplit('/')
        .next()
        .unwrap_or(&file.path)
        .to_lowercase();
    let next = "delete it, or name it in .gitignore; what is published cannot be taken back";
    if SECRET_NAMES.contains(&name.as_str())
        || name.starts_with(".env.")
        || name.ends_with(".pem")
        || name.ends_with(".key")
    {
        return Ok(Some(format!(
            "is named as files with keys or passwords are: {next}"
        )));
    }
    if file.kind == Kind::Weight || file.size > SEARCHED {
        return Ok(None);
    }
    let bytes = head(contents, file, SEARCHED)?;
    let found = SECRET_STARTS
        .iter()
        .find(|(start, rest, _)| contains_key(&bytes, start.as_bytes(), *rest));
    Ok(found.map(|(_, _, what)| format!("has what looks like {what} in it: {next}")))
}

/// Whether `start` stands somewhere, not inside a word, with at least `rest` characters of a key after it.
fn contains_key(bytes: &[u8], start: &[u8], rest: usize) -> bool {
    let of_key = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    bytes
        .windows(start.len())
        .enumerate()
        .any(|(place, window)| {
            let mut key = bytes[place + start.len()..].iter().take(rest);
            window == start
                && (rest == 0 || place == 0 || !of_key(&bytes[place - 1]))
                && key.len() == rest
                && key.all(of_key)
        })
}

/// Whether a file is a pickle: by its first opcode, or, in the archives that PyTorch writes, by the name of its entry.
fn pickle(contents: &(impl Contents + ?Sized), file: &ModelFile) -> Result<bool, FolderError> {
    let name = file.path.to_lowercase();
    if [".pkl", ".pickle", ".joblib", ".dill"]
        .iter()
        .any(|ending| name.ends_with(ending))
    {
        return Ok(true);
    }
    let head = head(contents, file, 1 << 12)?;
    // PROTO with a version that exists, followed by FRAME or by what every pickle of an object begins with.
    let raw = matches!(head.as_slice(), [0x80, 2..=5, next, ..] if *next == 0x95 || b"}]()cXK\x8a\x8c".contains(next));
    let archive =
        head.starts_with(b"PK\x03\x04") && head.windows(8).any(|window| window == b"data.pkl");
    Ok(raw || archive)
}
