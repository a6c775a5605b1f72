//! Keys that sign, for attesters and callers. Contracts do without this module and verify with the chain's own calls.

use crate::hash::Hash;
use crate::key::{KeyError, PublicKey};
use crate::signature::is_low_s;
use ed25519_dalek::Signer;
use k256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use k256::elliptic_curve::group::GroupEncoding;
use std::fmt;

/// A secret key of either type.
#[derive(Clone)]
pub enum SigningKey {
    /// ECDSA over secp256k1 with RFC 6979 nonces.
    Secp256k1(Box<k256::ecdsa::SigningKey>),
    /// Ed25519 (RFC 8032).
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl SigningKey {
    /// The key whose secret scalar is `seed`, big-endian: 1 to n − 1.
    pub fn secp256k1_from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        k256::ecdsa::SigningKey::from_slice(seed)
            .map(|key| Self::Secp256k1(Box::new(key)))
            .map_err(|_| KeyError::SeedOutOfRange)
    }

    /// The key with this RFC 8032 seed. Any 32 bytes are one.
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Self {
        Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)))
    }

    /// The public key that verifies what this one signs.
    pub fn public_key(&self) -> PublicKey {
        match self {
            Self::Secp256k1(key) => {
                PublicKey::Secp256k1(key.verifying_key().as_affine().to_bytes().into())
            }
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key().to_bytes()),
        }
    }

    /// Signs a digest: 64 bytes, the same for the same digest every time. secp256k1: r ‖ s, low s, over the digest as
    /// it is. Ed25519: over the 32 bytes of the digest as message.
    ///
    /// For a digest not below the order of secp256k1, one in 2^128, other implementations of RFC 6979 may give another
    /// valid signature: they disagree on whether the digest is reduced before the nonce is drawn.
    pub fn sign_digest(&self, digest: &Hash) -> [u8; 64] {
        match self {
            Self::Secp256k1(key) => sign_low_s(key, digest),
            Self::Ed25519(key) => key.sign(digest).to_bytes(),
        }
    }
}

impl fmt::Debug for SigningKey {
    /// Shows the public key only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.public_key())
    }
}

fn sign_low_s(key: &k256::ecdsa::SigningKey, digest: &Hash) -> [u8; 64] {
    let signature: Result<k256::ecdsa::Signature, _> = key.sign_prehash(digest);
    match signature {
        Ok(signature) => signature
            .normalize_s()
            .unwrap_or(signature)
            .to_bytes()
            .into(),
        // r or s is zero for one digest in 2^255. These bytes verify nowhere.
        Err(_) => [0; 64],
    }
}

/// Whether `signature` is one of `key` over `digest`. Everything accepted here is accepted on chain: high s is refused,
/// and Ed25519 is checked in the strict sense. For software off chain; a contract asks the chain.
pub fn verify_digest(key: &PublicKey, digest: &Hash, signature: &[u8; 64]) -> bool {
    match key {
        PublicKey::Secp256k1(bytes) => {
            let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
            let parsed = k256::ecdsa::Signature::from_slice(signature);
            match (key, parsed) {
                (Ok(key), Ok(parsed)) => {
                    is_low_s(signature) && key.verify_prehash(digest, &parsed).is_ok()
                }
                _ => false,
            }
        }
        PublicKey::Ed25519(bytes) => {
            ed25519_dalek::VerifyingKey::from_bytes(bytes).is_ok_and(|key| {
                let signature = ed25519_dalek::Signature::from_bytes(signature);
                key.verify_strict(digest, &signature).is_ok()
            })
        }
    }
}
