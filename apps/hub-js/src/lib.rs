//! Bytes that JavaScript reads, as what Rust reads from.

use std::io;

use hub_walrus_encode::{ReadAt, Stamp};
use js_sys::{Function, Uint8Array};
use wasm_bindgen::JsValue;

/// Bytes between two pieces from which on a call into JavaScript is cheaper than all that lies between.
const WORTH_SKIPPING: usize = 64 << 10;

/// A file that JavaScript reads, at once and not as a promise.
pub struct JsFile<'f> {
    /// Its bytes; below 2^53.
    pub size: u64,
    /// Which of several files it is, if `read` reads several.
    pub path: Option<String>,
    /// Answers `(offset, length)`, or `(path, offset, length)` where there is a path, with a Uint8Array of `length` bytes.
    pub read: &'f Function,
}

impl ReadAt for JsFile<'_> {
    fn stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp {
            length: self.size,
            version: [0; 4],
        })
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        // Both stay far below 2^53.
        let (from, length) = ((offset as f64).into(), (buffer.len() as f64).into());
        let answer = match &self.path {
            Some(path) => self
                .read
                .call3(&JsValue::NULL, &path.as_str().into(), &from, &length),
            None => self.read.call2(&JsValue::NULL, &from, &length),
        };
        let bytes = answer.map_err(|error| io::Error::other(sentence(&error)))?;
        let bytes = Uint8Array::new(&bytes);
        if bytes.length() as usize != buffer.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.copy_to(buffer);
        Ok(())
    }

    fn worth_skipping(&self) -> usize {
        WORTH_SKIPPING
    }
}

/// What an exception says, as one sentence.
pub fn sentence(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok();
    message
        .and_then(|message| message.as_string())
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "the callback threw something that is no error".into())
}
