use std::fmt;
use thiserror::Error;

use crate::{
    MAX_AGE_SECONDS, MAX_AHEAD_SECONDS, MAX_BUNDLE, MAX_CERTIFICATE, MAX_DOCUMENT, MAX_MODULE_ID,
};

/// Where a certificate stands in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first of `cabundle`, which the verifier trusts by hash.
    Root,
    /// The one at this index of `cabundle`, from 1: 1 is the region, 2 the zone, 3 the instance.
    Intermediate(usize),
    /// `certificate`, which signs the document.
    Leaf,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the root certificate"),
            Self::Intermediate(index) => write!(f, "certificate {index} of cabundle"),
            Self::Leaf => f.write_str("the certificate that signs the document"),
        }
    }
}

/// Why bytes are not CBOR as a Nitro document writes it. `at` is the offset in the document, or in the payload where
/// that is being read.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CborError {
    /// Another type than the one that belongs here, or the bytes end early.
    #[error("byte {at}: expected {expected}")]
    Unexpected {
        /// Offset of the item.
        at: usize,
        /// What belongs here.
        expected: &'static str,
    },
    /// An item of indefinite length. Only the payload's map may be one.
    #[error("byte {at}: indefinite length, expected a definite one")]
    Indefinite {
        /// Offset of the item.
        at: usize,
    },
    /// An integer or a length in more bytes than it needs.
    #[error("byte {at}: integer or length not in its shortest form")]
    NotShortest {
        /// Offset of the item.
        at: usize,
    },
    /// Bytes after the end.
    #[error("byte {at}: expected the end, found {count} more bytes")]
    Trailing {
        /// Offset of the first of them.
        at: usize,
        /// How many there are.
        count: usize,
    },
}

/// Why a document was refused: one variant for every defect, in the order in which they are looked for.
///
/// Nothing of a document that its reader controls at will is repeated in a message: it may come from anybody.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// More bytes than any document has.
    #[error("the attestation document has {length} bytes, more than {MAX_DOCUMENT}")]
    TooLarge {
        /// Its length.
        length: usize,
    },
    /// The envelope is not the CBOR that it has to be.
    #[error("the envelope of the attestation document is malformed: {0}")]
    Envelope(CborError),
    /// The protected header is not exactly `{1: -35}`.
    #[error(
        "the protected header is not exactly {{1: -35}}: expected a COSE_Sign1 signed with ES384"
    )]
    ProtectedHeader,
    /// The unprotected header, which nobody signs, says something.
    #[error("the unprotected header is not empty")]
    UnprotectedHeader,
    /// The signature is not r and s of 48 bytes each.
    #[error("the signature of the document has {length} bytes, expected 96")]
    SignatureLength {
        /// Its length.
        length: usize,
    },
    /// The payload is not the CBOR that it has to be.
    #[error("the payload of the attestation document is malformed: {0}")]
    Payload(CborError),
    /// A field that AWS does not specify.
    #[error("byte {at} of the payload: a field that attestation documents do not have")]
    UnknownField {
        /// Offset of its name in the payload.
        at: usize,
    },
    /// A field stands twice.
    #[error("field {field} stands twice")]
    DuplicateField {
        /// Its name.
        field: &'static str,
    },
    /// A field is missing.
    #[error("field {field} is missing")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// An empty module id, or a longer one than any module has.
    #[error("module_id has {length} bytes, expected 1 to {MAX_MODULE_ID}")]
    ModuleId {
        /// Its length.
        length: usize,
    },
    /// PCRs computed with something else than SHA-384.
    #[error("the digest of the PCRs is not SHA384")]
    Digest,
    /// No PCRs, or more than there are.
    #[error("there are {count} PCRs, expected 1 to 32")]
    PcrCount {
        /// How many.
        count: u64,
    },
    /// A PCR beyond the last.
    #[error("PCR{index} does not exist: they run from 0 to 31")]
    PcrIndex {
        /// Its index.
        index: u64,
    },
    /// A PCR stands twice.
    #[error("PCR{index} stands twice")]
    DuplicatePcr {
        /// Its index.
        index: u64,
    },
    /// A PCR of another length than SHA-384 has.
    #[error("PCR{index} has {length} bytes, expected 48")]
    PcrLength {
        /// Its index.
        index: u64,
        /// Its length.
        length: usize,
    },
    /// One of PCR0, PCR1 and PCR2, which together name the image, is missing.
    #[error("PCR{index} is missing: PCR0, PCR1 and PCR2 name the enclave image")]
    MissingPcr {
        /// Its index.
        index: u64,
    },
    /// One of PCR0, PCR1 and PCR2 is zero: whoever runs the host can read the enclave.
    #[error("PCR{index} is zero: the enclave runs in debug mode, start it without --debug-mode")]
    DebugMode {
        /// Its index.
        index: u64,
    },
    /// A field is longer, or shorter, than AWS specifies.
    #[error("{field} has {length} bytes, expected {min} to {max}")]
    FieldLength {
        /// Its name.
        field: &'static str,
        /// Its length.
        length: usize,
        /// Shortest allowed.
        min: usize,
        /// Longest allowed.
        max: usize,
    },
    /// No certificate above the leaf, or more than a chain has.
    #[error("cabundle holds {count} certificates, expected 1 to {MAX_BUNDLE}")]
    BundleLength {
        /// How many.
        count: u64,
    },
    /// An empty certificate, or a longer one than AWS specifies.
    #[error("{place} has {length} bytes, expected 1 to {MAX_CERTIFICATE}")]
    CertificateLength {
        /// Which.
        place: Place,
        /// Its length.
        length: usize,
    },

    /// The document names another key, or none.
    #[error("the document does not bind the key: expected it as public_key, its sha256 as user_data, or user_data of 68 bytes 1220 ‖ hash ‖ 1220 ‖ sha256 of the key")]
    KeyNotBound,

    /// Older than allowed.
    #[error("the document was issued at {issued_at}, more than {MAX_AGE_SECONDS} s before {now}: get a fresh one")]
    Stale {
        /// Unix seconds.
        issued_at: u64,
        /// The verifier's clock, unix seconds.
        now: u64,
    },
    /// Issued later than clock skew explains.
    #[error(
        "the document was issued at {issued_at}, more than {MAX_AHEAD_SECONDS} s after {now}: wait"
    )]
    FromTheFuture {
        /// Unix seconds.
        issued_at: u64,
        /// The verifier's clock, unix seconds.
        now: u64,
    },
    /// The chain starts at another root than the trusted one.
    #[error("the first certificate of cabundle is not the trusted root")]
    UntrustedRoot,
    /// Not a DER-encoded X.509 certificate, or one with an extension twice.
    #[error("{place} is no well-formed X.509 certificate")]
    MalformedCertificate {
        /// Which.
        place: Place,
    },
    /// An X.509 version before 3, which has no extensions.
    #[error("{place} is not of X.509 version 3")]
    Version {
        /// Which.
        place: Place,
    },
    /// Signed with something else than ECDSA with SHA-384, or it names two algorithms.
    #[error("{place} is not signed with ecdsa-with-SHA384")]
    SignatureAlgorithm {
        /// Which.
        place: Place,
    },
    /// Its key is not one of ECDSA over P-384.
    #[error("the key of {place} is not one of the curve P-384")]
    Curve {
        /// Which.
        place: Place,
    },
    /// Its key is no uncompressed point of the curve.
    #[error("the key of {place} is no uncompressed point of P-384")]
    Key {
        /// Which.
        place: Place,
    },
    /// A critical extension that is not understood here.
    #[error("{place} has a critical extension other than basicConstraints and keyUsage")]
    CriticalExtension {
        /// Which.
        place: Place,
    },
    /// Not valid yet, and not within the skew that documents have.
    #[error(
        "{place} is valid from {not_before} on, more than {MAX_AHEAD_SECONDS} s after {now}: wait"
    )]
    NotYetValid {
        /// Which.
        place: Place,
        /// Unix seconds.
        not_before: u64,
        /// The verifier's clock, unix seconds.
        now: u64,
    },
    /// Not valid any more, whether its signature was verified before or not.
    #[error("{place} was valid until {not_after}, it is {now}: get a fresh document")]
    Expired {
        /// Which.
        place: Place,
        /// Unix seconds.
        not_after: u64,
        /// The verifier's clock, unix seconds.
        now: u64,
    },
    /// A certificate above the leaf may not issue certificates.
    #[error("{place} is no certificate authority")]
    NotAnAuthority {
        /// Which.
        place: Place,
    },
    /// The leaf may issue certificates.
    #[error("the certificate that signs the document is a certificate authority")]
    LeafIsAuthority,
    /// Its key may not be used for what it was used for.
    #[error("the key usage of {place} does not allow what it was used for: keyCertSign above the leaf, digitalSignature alone of the two in it")]
    KeyUsage {
        /// Which.
        place: Place,
    },
    /// More authorities below it than it allows.
    #[error("{place} allows {allowed} authorities below it, there are {found}")]
    PathLength {
        /// Which.
        place: Place,
        /// Its path length constraint.
        allowed: u8,
        /// Authorities below it.
        found: usize,
    },
    /// Issued by somebody else than the certificate before it.
    #[error("{place} names another issuer than the certificate before it")]
    Issuer {
        /// Which.
        place: Place,
    },
    /// The certificate before it did not sign it.
    #[error("the signature of {place} does not verify")]
    CertificateSignature {
        /// Which.
        place: Place,
    },
    /// The leaf did not sign the document.
    #[error("the signature of the document does not verify")]
    DocumentSignature,
}
