//! The chain's arithmetic on BLS12-381.

use cosmwasm_std::{Api, HashFunction, BLS12_381_G1_GENERATOR};
use hub_types::walrus::{Bls, PublicKey, Signature};

/// The curve as the chain has it built in.
pub struct Curve<'a>(pub &'a dyn Api);

impl Bls for Curve<'_> {
    fn sum(&self, keys: &[u8]) -> Option<[u8; PublicKey::LENGTH]> {
        self.0.bls12_381_aggregate_g1(keys).ok()
    }

    /// e(key, hash of the message) = e(generator, signature). The chain refuses points outside of their groups.
    fn verify(&self, key: &PublicKey, message: &[u8], dst: &[u8], signature: &Signature) -> bool {
        let hashed = self
            .0
            .bls12_381_hash_to_g2(HashFunction::Sha256, message, dst);
        hashed.is_ok_and(|hashed| {
            let generator = &BLS12_381_G1_GENERATOR;
            self.0
                .bls12_381_pairing_equality(
                    key.as_bytes(),
                    &hashed,
                    generator,
                    signature.as_bytes(),
                )
                .is_ok_and(|equal| equal)
        })
    }
}
