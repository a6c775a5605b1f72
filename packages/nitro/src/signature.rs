//! ECDSA over P-384 with SHA-384: the one algorithm of the whole chain.

use p384::ecdsa::signature::hazmat::PrehashVerifier;
use p384::ecdsa::{Signature, VerifyingKey};

/// Length of an uncompressed point: 0x04 and two coordinates.
pub const POINT: usize = 97;

/// The key of an uncompressed point of the curve.
pub fn key(point: &[u8]) -> Option<VerifyingKey> {
    if point.len() != POINT {
        return None;
    }
    VerifyingKey::from_sec1_bytes(point).ok()
}

/// Whether r and s of 48 bytes each are the key's over the hash.
pub fn verifies_raw(key: &VerifyingKey, hash: &[u8; 48], signature: &[u8; 96]) -> bool {
    Signature::from_slice(signature).is_ok_and(|it| key.verify_prehash(hash, &it).is_ok())
}

/// Whether r and s in DER are the key's over the hash.
pub fn verifies_der(key: &VerifyingKey, hash: &[u8; 48], signature: &[u8]) -> bool {
    Signature::from_der(signature).is_ok_and(|it| key.verify_prehash(hash, &it).is_ok())
}
