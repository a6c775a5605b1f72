use sha2::{Digest, Sha256};

/// A sha256 hash: 32 bytes.
pub type Hash = [u8; 32];

/// sha256 (FIPS 180-4) of the parts, one after the other, with nothing between them.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
