//! Every single defect that a verifier has to refuse, each in an attempt that is sound but for it.

mod bundle;
mod certificate;
mod claim;
mod envelope;
mod payload;

pub use bundle::BundleDefect;
pub use certificate::CertificateDefect;
pub use claim::ClaimDefect;
pub use envelope::EnvelopeDefect;
pub use payload::PayloadDefect;

use crate::chain::{Level, NitroChain};
use crate::document::Document;
use std::fmt;

/// What somebody presents to a verifier.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The document.
    pub document: Vec<u8>,
    /// sha256 of the root's DER that the verifier pins.
    pub root: [u8; 32],
    /// When it is presented, unix seconds.
    pub now: u64,
    /// The key that the document is claimed to bind.
    pub key: Vec<u8>,
    /// A sound document that the same verifier accepted before, and when: it may remember the certificates.
    pub before: Option<(Vec<u8>, u64)>,
}

impl Attempt {
    /// A sound one: a fresh document of the chain that names the key.
    pub fn sound(chain: &NitroChain, key: &[u8]) -> Self {
        Self::of(chain, key, chain.document().public_key(key).build())
    }

    fn of(chain: &NitroChain, key: &[u8], document: Vec<u8>) -> Self {
        Self {
            document,
            root: chain.root_hash(),
            now: chain.time(),
            key: key.into(),
            before: None,
        }
    }
}

/// One defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Defect {
    /// Of the COSE envelope.
    Envelope(EnvelopeDefect),
    /// Of the payload.
    Payload(PayloadDefect),
    /// Of the list of certificates.
    Bundle(BundleDefect),
    /// Of one certificate.
    Certificate(Level, CertificateDefect),
    /// Of what is claimed about a document that is sound in itself.
    Claim(ClaimDefect),
}

impl Defect {
    /// All defects, from the outside in.
    pub fn all() -> Vec<Self> {
        let certificates = CertificateDefect::ALL.iter().flat_map(|defect| {
            let levels = defect.levels().iter();
            levels.map(|level| Self::Certificate(*level, *defect))
        });
        let mut all: Vec<Self> = vec![];
        all.extend(EnvelopeDefect::ALL.iter().copied().map(Self::Envelope));
        all.extend(PayloadDefect::ALL.iter().copied().map(Self::Payload));
        all.extend(BundleDefect::ALL.iter().copied().map(Self::Bundle));
        all.extend(certificates);
        all.extend(ClaimDefect::ALL.iter().copied().map(Self::Claim));
        all
    }

    /// The attempt with this defect and no other, by a chain without one.
    pub fn apply(self, chain: &NitroChain, key: &[u8]) -> Attempt {
        let document = || chain.document().public_key(key);
        match self {
            Self::Envelope(defect) => Attempt::of(chain, key, defect.apply(chain, &document())),
            Self::Payload(defect) => Attempt::of(chain, key, defect.apply(&document())),
            Self::Bundle(defect) => Attempt::of(chain, key, defect.apply(chain, document())),
            Self::Certificate(level, defect) => {
                let chain = chain
                    .clone()
                    .edit(level, |certificate| defect.apply(certificate));
                Attempt::sound(&chain, key)
            }
            Self::Claim(defect) => defect.apply(chain, key),
        }
    }
}

/// What is wrong, as a phrase.
impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Envelope(defect) => f.write_str(defect.phrase()),
            Self::Payload(defect) => f.write_str(defect.phrase()),
            Self::Bundle(defect) => f.write_str(defect.phrase()),
            Self::Certificate(level, defect) => {
                write!(f, "{level} certificate: {}", defect.phrase())
            }
            Self::Claim(defect) => f.write_str(defect.phrase()),
        }
    }
}

/// An enum of defects with a phrase for each and the list of all.
macro_rules! defects {
    ($(#[$about:meta])* $name:ident { $($defect:ident = $phrase:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $phrase] $defect,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$defect),*];

            /// What is wrong.
            pub fn phrase(self) -> &'static str {
                match self {
                    $(Self::$defect => $phrase,)*
                }
            }
        }
    };
}
use defects;

/// A document whose payload was changed before it was signed.
fn with_payload(document: &Document, change: impl FnOnce(&mut crate::cbor::Value)) -> Vec<u8> {
    let mut payload = document.payload();
    change(&mut payload);
    document.seal(&payload.encode()).encode()
}
