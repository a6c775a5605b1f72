//! From a file to its Walrus blob id, in bounded memory and on all cores.
//!
//! ```
//! use hub_walrus_encode::{Encoder, Options};
//!
//! let encoding = Encoder::new(Options::default()).encode(&b"hello"[..], &mut ())?;
//! assert_eq!(encoding.id.to_string(), "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4");
//!
//! // Each row of the matrix is a run of the file's bytes, and is checked by itself as it arrives.
//! let row = encoding.slivers.row_range(0);
//! assert_eq!(row, 0..5);
//! encoding.slivers.check_row(0, b"hello")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blake2b;
mod encoder;
mod error;
mod line;
mod matrix;
mod options;
mod parity;
mod passes;
mod plan;
mod pool;
mod progress;
pub mod quilt;
mod reed_solomon;
pub mod reference;
mod sliced;
mod slivers;
mod source;

pub use encoder::{Encoder, Encoding};
pub use error::EncodeError;
pub use hub_walrus::{BlobId, Code, QuiltPatchId, SliverRoots, SymbolProof};
pub use options::{Options, Spill};
pub use progress::{Fraction, Progress};
pub use slivers::{RowError, Slivers, SliversError, SymbolPlace};
pub use source::{ReadAt, Stamp};
