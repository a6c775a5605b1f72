#![doc = include_str!("../README.md")]
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
