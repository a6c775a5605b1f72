//! The manifest of a model: which files it has, and where on Walrus each lies.
//!
//! It is an OCI image manifest in the form of the CNCF ModelPack specification
//! (<https://github.com/modelpack/model-spec>, `docs/spec.md`), so that the tools of that world read it: a layer for each file,
//! with its sha256, size and path. Where the file lies is an annotation. It is canonical: no times, keys and layers sorted, no
//! white space, so that the same folder always has the same manifest, and a blob id speaks for one content.

use std::collections::BTreeMap;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hub_walrus::BlobId;
use serde_json::{json, Map, Value};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::folder::{check_path, Kind};
use crate::metering::Metering;
use crate::onnx::Tensor;

/// Longest manifest that is read, in bytes.
pub const MAX_MANIFEST: usize = 4 << 20;

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const ARTIFACT_TYPE: &str = "application/vnd.cncf.model.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.cncf.model.config.v1+json";
const FILE_PATH: &str = "org.cncf.model.filepath";
const BLOB: &str = "walrus.blob";
const PARTS: &str = "walrus.parts";
const QUILT: &str = "walrus.quilt";
const ROOT: &str = "walrus.root";
const METERING: &str = "hub.metering";
const INPUTS: &str = "hub.inputs";
const OUTPUTS: &str = "hub.outputs";

/// What a model is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its files, by path, each path larger than the one before it.
    pub files: Vec<FileEntry>,
    /// What the author calls it.
    pub title: Option<String>,
    /// What the author says about it.
    pub description: Option<String>,
    /// Licence, as SPDX names it.
    pub license: Option<String>,
    /// Form of the weights, such as `onnx`.
    pub format: Option<String>,
    /// What its prices count.
    pub metering: Metering,
    /// What callers send; empty where it is not known.
    pub inputs: Vec<Tensor>,
    /// What they get; empty where it is not known.
    pub outputs: Vec<Tensor>,
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path within the folder.
    pub path: String,
    /// What it is for.
    pub kind: Kind,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Where it lies.
    pub place: Place,
}

/// Where a file lies on Walrus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is a blob.
    Blob {
        /// Its id.
        id: BlobId,
        /// Its root hash, with which anybody proves its size on chain.
        root: [u8; 32],
    },
    /// It is longer than a blob can be, and lies in several, one after the other.
    Parts(Vec<Part>),
    /// It is a patch of a quilt, under its path as identifier.
    Quilt(BlobId),
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its id.
    pub id: BlobId,
    /// Its length in bytes.
    pub size: u64,
}

/// Why bytes are no manifest.
#[derive(Error, Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// Too long to be one.
    #[error("a manifest has at most {MAX_MANIFEST} bytes, this has {0}: is it the model itself?")]
    TooLong(usize),
    /// No JSON.
    #[error("this is no manifest: {0}")]
    NotJson(String),
    /// A field is missing or says something else than it must.
    #[error("this is no manifest of a model: {0}")]
    Field(String),
    /// It says the same as a manifest in other bytes.
    #[error("this manifest is not in its canonical form, so another blob id speaks for the same model: write it again")]
    NotCanonical,
}

impl Manifest {
    /// Its bytes, which are a blob of their own.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Keys come out sorted: serde_json keeps maps by key.
        self.to_json().to_string().into_bytes()
    }

    /// Reads a manifest. Only the canonical form is one.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST {
            return Err(ManifestError::TooLong(bytes.len()));
        }
        let json: Value = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError::NotJson(error.to_string()))?;
        let manifest = Self::from_json(&json)?;
        match manifest.to_bytes() == bytes {
            true => Ok(manifest),
            false => Err(ManifestError::NotCanonical),
        }
    }

    /// The release's blob: the weights if there is one file of them that is one blob, else the manifest itself.
    pub fn billable(&self, own_id: BlobId) -> BlobId {
        let mut weights = self.files.iter().filter(|file| file.kind == Kind::Weight);
        match (weights.next().map(|file| &file.place), weights.next()) {
            (Some(Place::Blob { id, .. }), None) => *id,
            _ => own_id,
        }
    }

    fn to_json(&self) -> Value {
        let config = self.config();
        let mut annotations = BTreeMap::from([(METERING, text(&self.metering))]);
        if !self.inputs.is_empty() {
            annotations.insert(INPUTS, text(&self.inputs));
        }
        if !self.outputs.is_empty() {
            annotations.insert(OUTPUTS, text(&self.outputs));
        }
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": ARTIFACT_TYPE,
            "config": {
                "mediaType": CONFIG_TYPE,
                "digest": digest(&Sha256::digest(&config).into()),
                "size": config.len(),
                "data": STANDARD.encode(&config),
            },
            "layers": self.files.iter().map(FileEntry::to_json).collect::<Vec<_>>(),
            "annotations": annotations,
        })
    }

    /// The configuration of a ModelPack (`schema/config-schema.json` there), which allows no fields besides its own: what the Hub
    /// adds stands in annotations.
    fn config(&self) -> Vec<u8> {
        let mut descriptor = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                descriptor.insert(key.to_owned(), value);
            }
        };
        put("title", self.title.clone().map(Value::String));
        put("description", self.description.clone().map(Value::String));
        put(
            "licenses",
            self.license.clone().map(|license| json!([license])),
        );
        let config = match &self.format {
            Some(format) => json!({ "format": format }),
            None => json!({}),
        };
        let diffs: Vec<_> = self.files.iter().map(|file| digest(&file.sha256)).collect();
        let config = json!({
            "descriptor": descriptor,
            "config": config,
            "modelfs": { "type": "layers", "diffIds": diffs },
        });
        config.to_string().into_bytes()
    }

    fn from_json(json: &Value) -> Result<Self, ManifestError> {
        let config = field(json, "config")?;
        let config = STANDARD
            .decode(string(config, "data")?)
            .map_err(|error| wrong("config.data", error))?;
        let config: Value =
            serde_json::from_slice(&config).map_err(|error| wrong("config.data", error))?;
        let descriptor = field(&config, "descriptor")?;
        let annotations = field(json, "annotations")?;
        let optional =
            |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
        let layers = field(json, "layers")?
            .as_array()
            .ok_or_else(|| wrong("layers", "it is no list"))?;
        let files = layers
            .iter()
            .map(FileEntry::from_json)
            .collect::<Result<Vec<_>, _>>()?;
        if files.is_empty() || files.windows(2).any(|pair| pair[0].path >= pair[1].path) {
            return Err(wrong(
                "layers",
                "its paths must ascend, and there must be one",
            ));
        }
        check_folders(&files)?;
        Ok(Self {
            files,
            title: optional(descriptor, "title"),
            description: optional(descriptor, "description"),
            license: descriptor
                .get("licenses")
                .and_then(|list| list.get(0)?.as_str())
                .map(str::to_owned),
            format: config
                .get("config")
                .and_then(|config| optional(config, "format")),
            metering: parsed(annotations, METERING)?.unwrap_or_default(),
            inputs: parsed(annotations, INPUTS)?.unwrap_or_default(),
            outputs: parsed(annotations, OUTPUTS)?.unwrap_or_default(),
        })
    }
}

impl FileEntry {
    fn to_json(&self) -> Value {
        let mut annotations = BTreeMap::from([(FILE_PATH, self.path.clone())]);
        match &self.place {
            Place::Blob { id, root } => {
                annotations.insert(BLOB, id.to_string());
                annotations.insert(ROOT, hex::encode(root));
            }
            Place::Parts(parts) => {
                let parts: Vec<_> = parts
                    .iter()
                    .map(|part| json!({ "blob": part.id.to_string(), "size": part.size }))
                    .collect();
                annotations.insert(PARTS, Value::Array(parts).to_string());
            }
            Place::Quilt(quilt) => {
                annotations.insert(QUILT, quilt.to_string());
            }
        }
        json!({
            "mediaType": media_type(self.kind),
            "digest": digest(&self.sha256),
            "size": self.size,
            "annotations": annotations,
        })
    }

    fn from_json(json: &Value) -> Result<Self, ManifestError> {
        let annotations = field(json, "annotations")?;
        let path = string(annotations, FILE_PATH)?.to_owned();
        check_path(&path).map_err(|why| wrong(&path, why))?;
        let size = field(json, "size")?
            .as_u64()
            .ok_or_else(|| wrong(&path, "its size is no number"))?;
        let media = string(json, "mediaType")?;
        let kind = KINDS.iter().find(|kind| media_type(**kind) == media);
        let kind = *kind
            .ok_or_else(|| wrong(&path, format!("{media} is none of a model's media types")))?;
        let sha256 = string(json, "digest")?
            .strip_prefix("sha256:")
            .and_then(bytes32);
        let sha256 = sha256.ok_or_else(|| wrong(&path, "its digest is none of sha256"))?;
        let place =
            match [BLOB, PARTS, QUILT].map(|key| annotations.get(key).and_then(Value::as_str)) {
                [Some(id), None, None] => {
                    let root = bytes32(string(annotations, ROOT)?)
                        .ok_or_else(|| wrong(&path, "its root is no hash"))?;
                    let id = blob_id(&path, id)?;
                    if BlobId::derive(size, &root) != id {
                        return Err(wrong(&path, "its blob id is not that of its size and root"));
                    }
                    Place::Blob { id, root }
                }
                [None, Some(parts), None] => Place::Parts(parts_of(&path, parts, size)?),
                [None, None, Some(quilt)] => Place::Quilt(blob_id(&path, quilt)?),
                _ => {
                    return Err(wrong(
                        &path,
                        "it must lie in one place: a blob, parts or a quilt",
                    ))
                }
            };
        Ok(Self {
            path,
            kind,
            size,
            sha256,
            place,
        })
    }
}

fn parts_of(path: &str, text: &str, size: u64) -> Result<Vec<Part>, ManifestError> {
    let list: Vec<Value> = serde_json::from_str(text).map_err(|error| wrong(path, error))?;
    let part = |one: &Value| {
        let id = blob_id(path, string(one, "blob")?)?;
        let size = field(one, "size")?.as_u64().filter(|size| *size > 0);
        Ok(Part {
            id,
            size: size.ok_or_else(|| wrong(path, "a part has no size"))?,
        })
    };
    let parts = list.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let total = parts
        .iter()
        .try_fold(0_u64, |sum, part| sum.checked_add(part.size));
    match parts.len() > 1 && total == Some(size) {
        true => Ok(parts),
        false => Err(wrong(
            path,
            "its parts are fewer than two, or not as long as it is",
        )),
    }
}

/// No file may stand where another has a folder.
fn check_folders(files: &[FileEntry]) -> Result<(), ManifestError> {
    let paths: std::collections::BTreeSet<&str> =
        files.iter().map(|file| file.path.as_str()).collect();
    for path in &paths {
        let mut folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        if let Some(folder) = folders.find(|folder| paths.contains(folder)) {
            return Err(wrong(
                path,
                format!("{folder} is a file and a folder at once"),
            ));
        }
    }
    Ok(())
}

const KINDS: [Kind; 5] = [
    Kind::Weight,
    Kind::WeightConfig,
    Kind::Doc,
    Kind::Code,
    Kind::Dataset,
];

fn media_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Weight => "application/vnd.cncf.model.weight.v1.raw",
        Kind::WeightConfig => "application/vnd.cncf.model.weight.config.v1.raw",
        Kind::Doc => "application/vnd.cncf.model.doc.v1.raw",
        Kind::Code => "application/vnd.cncf.model.code.v1.raw",
        Kind::Dataset => "application/vnd.cncf.model.dataset.v1.raw",
    }
}

fn text(value: &impl serde::Serialize) -> String {
    // Through a value, whose maps are sorted.
    serde_json::to_value(value).unwrap_or_default().to_string()
}

fn parsed<T: serde::de::DeserializeOwned>(
    of: &Value,
    key: &str,
) -> Result<Option<T>, ManifestError> {
    let text = of.get(key).and_then(Value::as_str);
    text.map(|text| serde_json::from_str(text).map_err(|error| wrong(key, error)))
        .transpose()
}

fn digest(hash: &[u8; 32]) -> String {
    format!("sha256:{}", hex::encode(hash))
}

fn bytes32(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn blob_id(path: &str, text: &str) -> Result<BlobId, ManifestError> {
    text.parse().map_err(|error| wrong(path, error))
}

fn field<'a>(of: &'a Value, key: &str) -> Result<&'a Value, ManifestError> {
    of.get(key)
        .ok_or_else(|| ManifestError::Field(format!("`{key}` is missing")))
}

fn string<'a>(of: &'a Value, key: &str) -> Result<&'a str, ManifestError> {
    field(of, key)?
        .as_str()
        .ok_or_else(|| wrong(key, "it is no text"))
}

fn wrong(what: &str, why: impl std::fmt::Display) -> ManifestError {
    ManifestError::Field(format!("{what}: {why}"))
}
