//! ECDSA over P-384 with SHA-384: the one algorithm of the whole chain.

use p384::ecdsa::signature::hazmat::PrehashVerifier;
use p384::ecdsa::{Signature, VerifyingKey};
use p384::elliptic_curve::point::AffineCoordinates;
use p384::AffinePoint;

/// What an uncompressed point starts with.
const UNCOMPRESSED: u8 = 0x04;

/// The key of an uncompressed point of the curve. From its coordinates, since a function that takes points of any form
/// brings square roots along, a hundredth of what a contract may have.
pub fn key(point: &[u8]) -> Option<VerifyingKey> {
    let coordinates = point.strip_prefix(&[UNCOMPRESSED])?;
    let (x, y) = coordinates.split_at_checked(coordinates.len().div_euclid(2))?;
    let (x, y) = (x.try_into().ok()?, y.try_into().ok()?);
    let point: Option<AffinePoint> = AffinePoint::from_coordinates(&x, &y).into();
    VerifyingKey::from_affine(point?).ok()
}

/// Whether r and s of 48 bytes each are the key's over the hash.
pub fn verifies_raw(key: &VerifyingKey, hash: &[u8; 48], signature: &[u8; 96]) -> bool {
    Signature::from_slice(signature).is_ok_and(|it| key.verify_prehash(hash, &it).is_ok())
}

/// Whether r and s in DER are the key's over the hash.
pub fn verifies_der(key: &VerifyingKey, hash: &[u8; 48], signature: &[u8]) -> bool {
    Signature::from_der(signature).is_ok_and(|it| key.verify_prehash(hash, &it).is_ok())
}
