//! What `hub model publish` would store of a folder, for a page: the same plan, ids and manifest, from files that JavaScript reads.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;

use hub_js::JsFile;
use hub_model::{Contents, Folder, Opened, Plan, Watch};
use hub_walrus_encode::{Encoder, Fraction, Options, Spill};
use js_sys::Function;
use serde_json::{json, Value};
use wasm_bindgen::prelude::{wasm_bindgen, JsError, JsValue};

/// Most memory that encoding takes, in bytes.
const MEMORY: u64 = 1 << 30;

/// Files that JavaScript reads, by their paths.
struct Files<'f> {
    sizes: Vec<(String, u64)>,
    read: &'f Function,
}

impl Contents for Files<'_> {
    fn open(&self, path: &str) -> io::Result<Opened<'_>> {
        let found = self.sizes.iter().find(|(known, _)| known == path);
        let (path, size) = found.cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Opened::new(JsFile {
            path: Some(path),
            size,
            read: self.read,
        }))
    }
}

/// Tells JavaScript how far the plan has come.
struct Told<'f> {
    progress: &'f Function,
    file: Mutex<String>,
}

impl Watch for Told<'_> {
    fn file(&self, path: &str, _size: u64) {
        if let Ok(mut file) = self.file.lock() {
            path.clone_into(&mut file);
        }
    }

    fn advance(&self, Fraction { done, total }: Fraction) -> ControlFlow<()> {
        let path = self
            .file
            .lock()
            .map(|file| file.clone())
            .unwrap_or_default();
        let answer = self.progress.call3(
            &JsValue::NULL,
            &path.as_str().into(),
            &(done as f64).into(),
            &(total as f64).into(),
        );
        match answer {
            Ok(answer) if answer != JsValue::FALSE => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// What publishing a folder would store.
#[wasm_bindgen(js_name = Plan)]
pub struct JsPlan(Plan);

#[wasm_bindgen(js_class = Plan)]
impl JsPlan {
    /// Plans the publication of a folder. `paths` and `sizes` name its files; `read(path, offset, length)` answers bytes of one as a
    /// Uint8Array, at once and not as a promise; `progress(path, done, total)` ends the plan by returning false.
    #[wasm_bindgen(constructor)]
    pub fn new(
        name: &str,
        paths: Vec<String>,
        sizes: Vec<f64>,
        read: &Function,
        progress: &Function,
    ) -> Result<JsPlan, JsError> {
        let sizes = sizes.into_iter().map(|size| size as u64);
        let files = Files {
            sizes: paths.into_iter().zip(sizes).collect(),
            read,
        };
        let folder = Folder::of(name, files.sizes.clone(), &files)?;
        let watch = Told {
            progress,
            file: Mutex::default(),
        };
        Ok(Self(Plan::of(folder, &files, options(), &watch)?))
    }

    /// The plan as JSON: its release, blobs, quilts, warnings, and what its author says of the model.
    pub fn describe(&self) -> String {
        let Self(plan) = self;
        let blob = |blob: &hub_model::PlannedBlob| {
            json!({
                "path": blob.path,
                "offset": blob.offset,
                "id": blob.encoding.id.to_string(),
                "length": blob.encoding.length,
            })
        };
        let quilt = |quilt: &hub_model::PlannedQuilt| {
            json!({
                "id": quilt.encoding.id.to_string(),
                "length": quilt.encoding.length,
                "identifiers": quilt.patches.keys().collect::<Vec<_>>(),
            })
        };
        let warning = |warning: &hub_model::Warning| json!({ "path": warning.path, "text": warning.text, "stops": warning.kind.stops() });
        let release = plan.release_encoding();
        let says: Value = json!({
            "release": plan.release().to_string(),
            "manifest": {
                "id": plan.manifest_encoding.id.to_string(),
                "length": plan.manifest_encoding.length,
            },
            "blobs": plan.blobs.iter().map(blob).collect::<Vec<_>>(),
            "quilts": plan.quilts.iter().map(quilt).collect::<Vec<_>>(),
            "warnings": plan.warnings.iter().map(warning).collect::<Vec<_>>(),
            "description": plan.description,
            "storage": plan.storage(),
            "proof": { "size": release.length.to_string(), "rootHash": hex::encode(release.root) },
        });
        says.to_string()
    }

    /// Bytes of the manifest.
    pub fn manifest(&self) -> Vec<u8> {
        self.0.manifest_bytes.clone()
    }

    /// Bytes of a patch of a quilt, which is counted from 0.
    pub fn patch(&self, quilt: usize, identifier: &str) -> Result<Vec<u8>, JsError> {
        let quilt = self.0.quilts.get(quilt);
        let patch = quilt.and_then(|quilt| quilt.patches.get(identifier));
        patch
            .cloned()
            .ok_or_else(|| JsError::new("the plan has no such patch"))
    }
}

/// The blob id of bytes that are in memory: what tells whether an aggregator gave the right ones.
#[wasm_bindgen(js_name = blobIdOf)]
pub fn blob_id_of(bytes: &[u8]) -> Result<String, JsError> {
    let encoding = Encoder::new(options()).encode(bytes, &mut ())?;
    Ok(encoding.id.to_string())
}

fn options() -> Options {
    Options {
        threads: NonZeroUsize::MIN,
        memory: Some(MEMORY),
        spill: Spill::Never,
    }
}
