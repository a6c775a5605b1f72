//! AWS Nitro attestation documents under a root of one's own: sound ones in the shape of AWS's, and every defective one.
//!
//! Test code: everything is deterministic, secret keys included, and whatever is asked for wrongly panics.
//!
//! ```
//! use hub_nitro_testing::{Attempt, Defect, NitroChain};
//!
//! let chain = NitroChain::new(1).at(1_770_918_962);
//! let document = chain.document().public_key([7; 32]).image("model server").build();
//! assert_eq!(document[..8], *b"\x84\x44\xa1\x01\x38\x22\xa0\x59"); // COSE_Sign1, ES384
//!
//! // Every way to be refused, each sound but for one defect.
//! for defect in Defect::all() {
//!     let attempt: Attempt = defect.apply(&chain, &[7; 32]);
//!     println!("{defect}: {} bytes", attempt.document.len());
//! }
//! ```
//!
//! Parts are overridden at any layer: [`NitroChain::edit`] changes a certificate before it and those below are signed, the
//! fields of [`Document`] what the payload says, [`Document::payload`] and [`Document::seal`] how it says it, and
//! [`Envelope`] what stands around it.

pub mod cbor;
pub mod certificate;
mod chain;
mod defect;
pub mod der;
mod document;
mod key;

pub use chain::{Level, NitroChain};
pub use defect::{
    Attempt, BundleDefect, CertificateDefect, ClaimDefect, Defect, EnvelopeDefect, PayloadDefect,
};
pub use document::{image_digest, image_pcrs, to_be_signed, Document, Envelope, ES384};
pub use key::Key;
