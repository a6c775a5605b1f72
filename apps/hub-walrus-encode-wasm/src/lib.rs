//! The encoder for JavaScript, on one thread: in a worker of a browser, or in Node.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use hub_js::{sentence, JsFile};
use hub_walrus_encode::{BlobId, Encoder, Encoding, Fraction, Options, Slivers, Spill};
use js_sys::Function;
use wasm_bindgen::prelude::{wasm_bindgen, JsError, JsValue};

/// What a blob is to Walrus.
#[wasm_bindgen(js_name = Encoding)]
pub struct JsEncoding(Encoding);

#[wasm_bindgen(js_class = Encoding)]
impl JsEncoding {
    /// The blob id: 43 characters.
    #[wasm_bindgen(getter, js_name = blobId)]
    pub fn blob_id(&self) -> String {
        self.0.id.to_string()
    }

    /// Root hash: 32 bytes, which give the blob id together with the length.
    #[wasm_bindgen(getter, js_name = rootHash)]
    pub fn root_hash(&self) -> Vec<u8> {
        self.0.root.to_vec()
    }

    /// Bytes of the blob.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> f64 {
        self.0.length as f64
    }

    /// Merkle roots of all slivers, 64 000 bytes: what `RowChecker` takes.
    #[wasm_bindgen(getter, js_name = sliverRoots)]
    pub fn sliver_roots(&self) -> Vec<u8> {
        self.0.slivers.roots().to_bytes()
    }
}

/// The encoding of `length` bytes that `read(offset, length)` returns as Uint8Array, at once and not as a promise: in
/// a worker of a browser by FileReaderSync, in Node by readSync. Takes up to `memory` bytes, 1 GiB if not given, and at least 110 MiB for large blobs:
/// with half the blob's size or more each byte is read twice, with less in more and smaller pieces. `progress(done, total)` ends
/// the encoding by returning false.
#[wasm_bindgen]
pub fn encode(
    length: f64,
    read: &Function,
    memory: Option<f64>,
    progress: Option<Function>,
) -> Result<JsEncoding, JsError> {
    let options = Options {
        threads: NonZeroUsize::MIN,
        memory: Some(memory.unwrap_or((1_u32 << 30).into()) as u64),
        spill: Spill::Never,
    };
    let source = JsFile {
        size: length as u64,
        path: None,
        read,
    };
    let mut failed = None;
    let mut watch = |Fraction { done, total }| {
        let Some(progress) = &progress else {
            return ControlFlow::Continue(());
        };
        match progress.call2(
            &JsValue::NULL,
            &(done as f64).into(),
            &(total as f64).into(),
        ) {
            Ok(answer) if answer == JsValue::FALSE => ControlFlow::Break(()),
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(sentence(&error));
                ControlFlow::Break(())
            }
        }
    };
    let encoded = Encoder::new(options).encode(&source, &mut watch);
    match (encoded, failed) {
        (_, Some(error)) => Err(JsError::new(&error)),
        (encoded, None) => Ok(JsEncoding(encoded?)),
    }
}

/// Checks a download row by row, by the sliver roots of its blob.
#[wasm_bindgen]
pub struct RowChecker(Slivers);

#[wasm_bindgen]
impl RowChecker {
    /// Fails unless `sliver_roots` and `length` are those of the blob.
    #[wasm_bindgen(constructor)]
    pub fn new(blob_id: &str, length: f64, sliver_roots: &[u8]) -> Result<RowChecker, JsError> {
        let id: BlobId = blob_id.parse()?;
        Ok(Self(Slivers::of_blob(&id, length as u64, sliver_roots)?))
    }

    /// Rows there are; the last ones may be empty.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> u16 {
        self.0.rows()
    }

    /// First byte of a row in the blob.
    pub fn start(&self, row: u16) -> f64 {
        self.0.row_range(row).start as f64
    }

    /// Byte after the last one of a row in the blob.
    pub fn end(&self, row: u16) -> f64 {
        self.0.row_range(row).end as f64
    }

    /// Fails unless these are the bytes of the row.
    pub fn check(&self, row: u16, bytes: &[u8]) -> Result<(), JsError> {
        Ok(self.0.check_row(row, bytes)?)
    }
}
