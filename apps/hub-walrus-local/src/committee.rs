use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use blst::min_pk::{AggregateSignature, SecretKey};
use hub_walrus::{quorum, Confirmation, Persistence, DST};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Shards of every Walrus network that people use.
pub const SHARDS: u16 = 1_000;

/// Storage nodes whose secret keys are known: the same for the same seed, in every epoch.
pub struct Committee {
    nodes: Vec<(SecretKey, u16)>,
}

/// A committee, in the shape in which the registry takes it (`set_committee`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitteeMessage {
    /// Walrus epoch.
    pub epoch: u32,
    /// Sum of the weights.
    pub n_shards: u16,
    /// The nodes, in the order that bitmaps follow.
    pub members: Vec<MemberMessage>,
}

/// A node of a committee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberMessage {
    /// BLS12-381 key in G1, compressed, 48 bytes; base64.
    pub key: String,
    /// Number of its shards.
    pub weight: u16,
}

/// A storage certificate, in the shape in which the registry takes it (`certify`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateMessage {
    /// Walrus epoch of the committee that signed.
    pub epoch: u32,
    /// Sui object of a deletable blob in hex; none if it is permanent.
    pub object_id: Option<String>,
    /// Member i signed if bit i mod 8 of byte i / 8 is set; base64.
    pub signers: String,
    /// Sum of the signatures in G2, compressed, 96 bytes; base64.
    pub signature: String,
}

/// What some nodes sign together.
pub(crate) struct Signed {
    pub signers: Vec<u16>,
    pub signature: Vec<u8>,
}

impl Committee {
    /// So many nodes, 1 to 100, with the 1 000 shards among them as evenly as it goes.
    pub(crate) fn new(seed: &[u8], count: u16) -> Self {
        let count = count.clamp(1, 100);
        let node = |place: u16| {
            let mut hasher = Sha256::new();
            hasher.update(b"hub-walrus-local node");
            hasher.update(seed);
            hasher.update(place.to_be_bytes());
            // 32 bytes are what the key generation asks for at least.
            let secret = SecretKey::key_gen(&hasher.finalize(), &[]).unwrap_or_default();
            (secret, SHARDS / count + u16::from(place < SHARDS % count))
        };
        Self {
            nodes: (0..count).map(node).collect(),
        }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none. There are.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The committee of an epoch, for the registry.
    pub fn message(&self, epoch: u32) -> CommitteeMessage {
        let member = |(secret, weight): &(SecretKey, u16)| MemberMessage {
            key: STANDARD.encode(secret.sk_to_pk().compress()),
            weight: *weight,
        };
        CommitteeMessage {
            epoch,
            n_shards: SHARDS,
            members: self.nodes.iter().map(member).collect(),
        }
    }

    /// What a node signs, compressed.
    pub(crate) fn sign(&self, node: usize, message: &[u8]) -> Option<Vec<u8>> {
        let (secret, _) = self.nodes.get(node)?;
        Some(secret.sign(message, DST, &[]).compress().to_vec())
    }

    /// What as few of the first nodes as make a quorum sign.
    pub(crate) fn sign_together(&self, message: &[u8]) -> Signed {
        let mut weight = 0;
        let mut signatures = vec![];
        let mut signers = vec![];
        for ((secret, shards), place) in self.nodes.iter().zip(0..) {
            if weight >= quorum(SHARDS) {
                break;
            }
            weight += u32::from(*shards);
            signatures.push(secret.sign(message, DST, &[]));
            signers.push(place);
        }
        let signatures: Vec<_> = signatures.iter().collect();
        // Signatures made here are points, and there is at least one.
        let signature = AggregateSignature::aggregate(&signatures, false)
            .map(|sum| sum.to_signature().compress().to_vec())
            .unwrap_or_default();
        Signed { signers, signature }
    }

    /// A certificate for what is confirmed.
    pub(crate) fn certificate(&self, confirmation: &Confirmation) -> CertificateMessage {
        let signed = self.sign_together(&confirmation.to_bytes());
        let mut bitmap = vec![0_u8; self.nodes.len().div_ceil(8)];
        for place in signed.signers {
            bitmap[usize::from(place / 8)] |= 1 << (place % 8);
        }
        CertificateMessage {
            epoch: confirmation.epoch,
            object_id: match confirmation.persistence {
                Persistence::Permanent => None,
                Persistence::Deletable { object_id } => Some(hex::encode(object_id)),
            },
            signers: STANDARD.encode(bitmap),
            signature: STANDARD.encode(signed.signature),
        }
    }
}
