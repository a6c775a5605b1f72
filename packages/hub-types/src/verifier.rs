//! Verifiers: contracts that check evidence about where a key lives, and the measurement that names what one found.
//!
//! Who may vouch for a key is open. Billing knows one interface and no kind of evidence: at the registration of an attester it
//! sends [`ExecuteMsg::Attest`] to the verifier that the operator named. A verifier that is satisfied answers with exactly
//! [`DIGEST_LENGTH`] bytes as data, the digest of what it found; one that is not fails, and with it the registration, by its
//! own sentence. [`Measurement`] binds the digest to the verifier. A session that insists on a measurement thereby names the
//! verifier it believes; nobody keeps a list of verifiers, and one that lies makes measurements that nobody names.
//!
//! # What a verifier may rely on
//!
//! Billing has checked that the key is of its type, that its holder lets the sender register it, and that no attester has it.
//! Anybody else may send `Attest` as well: an answer depends on key and evidence, never on who asks. What a verifier writes
//! stays only if the registration succeeds.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, CanonicalAddr, HexBinary};
use hub_wire::Hash;

use crate::billing::KeyType;
use crate::hash::{self, HashError};

/// Length of a verifier's answer in bytes.
pub const DIGEST_LENGTH: usize = 32;

/// What every verifier understands. Sending coins along is an error.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Checks that `evidence` is about this key and good now. Anyone. Answers with a digest of 32 raw bytes as data, that names
    /// what was found: the same for the same finding, such as one enclave image. An error, with a sentence for the operator, if
    /// the evidence does not hold.
    Attest {
        /// Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes).
        key: Binary,
        /// The signature scheme of the key.
        key_type: KeyType,
        /// In the verifier's own form.
        evidence: Binary,
    },
}

/// Evidence about a key, and who is to judge it.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Address of a verifier; any contract that understands [`ExecuteMsg`].
    pub verifier: String,
    /// In the verifier's own form, such as an attestation document.
    pub evidence: Binary,
}

/// Names a verifier and what it found: sha256("hub/measurement/v1" ‖ length ‖ verifier's canonical address ‖ digest).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Measurement(Hash);

impl Measurement {
    /// Of what `verifier` found.
    pub fn new(verifier: &CanonicalAddr, digest: &Hash) -> Self {
        Self(hub_wire::measurement(verifier, digest))
    }

    /// As a record or a hex text holds it; any 32 bytes may be one.
    pub const fn from_bytes(bytes: Hash) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of `hex`, or an error that names `field`.
    pub fn parse(field: &'static str, hex: &HexBinary) -> Result<Self, HashError> {
        hash::parse(field, hex).map(Self)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &Hash {
        &self.0
    }
}

impl From<Measurement> for HexBinary {
    fn from(measurement: Measurement) -> Self {
        measurement.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_wire::sha256;

    #[test]
    fn a_measurement_names_the_verifier_and_what_it_found() {
        let verifier = CanonicalAddr::from(vec![7; 20]);
        let digest = [9; 32];
        let measurement = Measurement::new(&verifier, &digest);
        let expected = sha256(&[b"hub/measurement/v1", &[20], &[7; 20], &digest]);
        assert_eq!(measurement.as_bytes(), &expected);

        let longer = CanonicalAddr::from(vec![7; 32]);
        assert_ne!(Measurement::new(&longer, &digest), measurement);
        assert_ne!(Measurement::new(&verifier, &[8; 32]), measurement);
    }

    #[test]
    fn a_measurement_is_64_hex_digits() {
        let measurement = Measurement::from_bytes([0xab; 32]);
        let hex = HexBinary::from(measurement);
        assert_eq!(hex.to_hex(), "ab".repeat(32));
        assert_eq!(Measurement::parse("measurement", &hex), Ok(measurement));
        let field = "measurement";
        for length in [0, 31, 33] {
            assert_eq!(
                Measurement::parse(field, &vec![1; length].into()),
                Err(HashError { field, length })
            );
        }
    }
}
