//! P-384 keys that are the same on every run.

use p384::ecdsa::signature::Signer;
use p384::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha384};

/// A secret P-384 key.
#[derive(Clone, Debug)]
pub struct Key(SigningKey);

impl Key {
    /// The key of a label; another label gives another key.
    pub fn of(label: &str) -> Self {
        let secret = Sha384::digest(["nitro-testing key of ", label].concat());
        Self(SigningKey::from_slice(&secret).expect("a hash is below the order of the curve"))
    }

    /// The public key as uncompressed point: 97 bytes.
    pub fn public(&self) -> Vec<u8> {
        self.0
            .verifying_key()
            .to_sec1_point(false)
            .as_bytes()
            .into()
    }

    /// The public key as compressed point: 49 bytes.
    pub fn public_compressed(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_point(true).as_bytes().into()
    }

    /// r ‖ s of an ECDSA signature with SHA-384, the nonce by RFC 6979: 96 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().to_vec()
    }

    /// The other signature that verifies wherever this one does: r ‖ n − s.
    pub fn twin(signature: &[u8]) -> Vec<u8> {
        let signature = Signature::from_slice(signature).expect("a signature");
        let (r, s) = signature.split_scalars();
        let twin = Signature::from_scalars(r, -s).expect("neither is zero");
        twin.to_bytes().to_vec()
    }
}
