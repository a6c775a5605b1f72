//! The chain from the trusted root to the leaf that signs the document.

use p384::ecdsa::VerifyingKey;

use crate::certificate::Certificate;
use crate::error::{Error, Place};
use crate::hash::{sha256, Hash};

/// The certificate authority that a verifier trusts, by the SHA-256 hash of its certificate's DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(pub Hash);

impl Root {
    /// The root of AWS Nitro Enclaves in the commercial partition, G1, valid until 2049-10-28: the fingerprint that AWS
    /// publishes.
    pub const AWS: Self = Self([
        0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46, 0x31, 0x95, 0xd6, 0x06,
        0x31, 0x7e, 0xd7, 0xcd, 0xcc, 0x3c, 0x17, 0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79,
        0xbb, 0x5b,
    ]);
}

/// Authorities whose signatures were verified with an earlier document.
///
/// What is remembered is the path, not the certificate alone: the chained hash of every certificate from the root down
/// to this one. So a certificate that is put below another issuer than it was verified with is a stranger, and one
/// entry vouches for everything above it. Only the computation of signatures is spared; time, names, path length and
/// key usage are checked every time.
pub trait Remembered {
    /// Whether [`Learned::path`] was handed out with this value before, under the same root.
    fn contains(&self, path: &Hash) -> bool;
}

/// Nothing is remembered.
impl Remembered for () {
    fn contains(&self, _path: &Hash) -> bool {
        false
    }
}

impl<F: Fn(&Hash) -> bool> Remembered for F {
    fn contains(&self, path: &Hash) -> bool {
        self(path)
    }
}

/// An authority below the root whose signature was verified just now: to be remembered, if the verifier has a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learned {
    /// `sha256(path of the certificate above ‖ DER)`; the path of the root is `sha256(DER)`.
    pub path: Hash,
    /// Last second at which it is valid; of no use afterwards.
    pub not_after: u64,
}

/// A chain that is sound in everything but its signatures.
pub struct Chain<'a> {
    /// From the root down.
    authorities: Vec<Authority<'a>>,
    leaf: Certificate<'a>,
}

struct Authority<'a> {
    path: Hash,
    certificate: Certificate<'a>,
}

impl<'a> Chain<'a> {
    /// Every check that costs next to nothing.
    pub fn parse(
        root: &Root,
        cabundle: &[&'a [u8]],
        leaf: &'a [u8],
        now: u64,
    ) -> Result<Self, Error> {
        let mut authorities: Vec<Authority> = Vec::with_capacity(cabundle.len());
        for (index, bytes) in cabundle.iter().enumerate() {
            let above = authorities.last();
            let (path, place) = match above {
                None => (sha256(&[bytes]), Place::Root),
                Some(above) => (sha256(&[&above.path, bytes]), Place::Intermediate(index)),
            };
            if place == Place::Root && path != root.0 {
                return Err(Error::UntrustedRoot);
            }
            let certificate = Certificate::parse(bytes, place)?;
            certificate.check_time(now)?;
            let below = cabundle.len().saturating_sub(index).saturating_sub(1);
            certificate.check_authority(below)?;
            if let Some(above) = above {
                certificate.check_issuer(&above.certificate)?;
            }
            authorities.push(Authority { path, certificate });
        }
        let leaf = Certificate::parse(leaf, Place::Leaf)?;
        leaf.check_time(now)?;
        leaf.check_leaf()?;
        let issuer = authorities.last().ok_or(Error::UntrustedRoot)?;
        leaf.check_issuer(&issuer.certificate)?;
        Ok(Self { authorities, leaf })
    }

    /// Verifies every signature that is not remembered, from the root down. The root itself is trusted by its hash.
    pub fn verify(&self, remembered: &impl Remembered) -> Result<Vec<Learned>, Error> {
        let known = self.known(remembered);
        let mut learned = vec![];
        let mut issuer = None;
        for (index, authority) in self.authorities.iter().enumerate() {
            if let Some(issuer) = issuer.filter(|_| index > known) {
                authority.certificate.check_signature(issuer)?;
                learned.push(Learned {
                    path: authority.path,
                    not_after: authority.certificate.not_after(),
                });
            }
            issuer = Some(&authority.certificate);
        }
        self.leaf
            .check_signature(issuer.ok_or(Error::UntrustedRoot)?)?;
        Ok(learned)
    }

    /// Index of the lowest authority that needs no verification: one look-up where the whole path is remembered.
    fn known(&self, remembered: &impl Remembered) -> usize {
        let below_root = self.authorities.iter().enumerate().skip(1);
        below_root
            .rev()
            .find(|(_, authority)| remembered.contains(&authority.path))
            .map_or(0, |(index, _)| index)
    }

    /// The key that signs the document.
    pub fn key(&self) -> &VerifyingKey {
        self.leaf.key()
    }
}
