use std::collections::BTreeMap;

use crate::{Bls, PublicKey, Signers};
use thiserror::Error;

/// Most members of a committee: Walrus has 1 000 shards, and a member has at least one.
pub const MAX_MEMBERS: usize = 1_000;

/// A storage node of a committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it signs with.
    pub key: PublicKey,
    /// Number of its shards, at least 1.
    pub weight: u16,
}

/// The storage nodes of an epoch, without their keys: weights by place, and the sum of all keys, which stands in for
/// them where most have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committee {
    n_shards: u16,
    weights: Vec<u16>,
    total: [u8; PublicKey::LENGTH],
}

/// Why members make no committee. Places count from 0.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitteeError {
    /// None, or too many.
    #[error("the committee has {count} members: give 1 to {MAX_MEMBERS}")]
    MemberCount {
        /// How many members were given.
        count: usize,
    },

    /// A member without a shard.
    #[error("member {member} has weight 0: give its number of shards, or leave it out")]
    ZeroWeight {
        /// Its place.
        member: usize,
    },

    /// Two members have one key.
    #[error("members {first} and {second} have the same key: give each member once")]
    DuplicateKey {
        /// Place of the first.
        first: usize,
        /// Place of the second.
        second: usize,
    },

    /// The weights are not the shards.
    #[error("the weights add up to {weight}, n_shards is {n_shards}: give every member with all of its shards")]
    WeightsNotWhole {
        /// Sum of the weights.
        weight: u32,
        /// How many shards the committee states.
        n_shards: u16,
    },

    /// A key that is no point of the group.
    #[error("the key of member {member} is no point of G1: give it compressed, as Walrus has it")]
    InvalidKey {
        /// Its place.
        member: usize,
    },
}

impl Committee {
    /// The committee of these members, in the order that bitmaps follow.
    ///
    /// Every key is checked to be a point of the group. That its owner has the secret is not: see
    /// [`crate::possession_message`].
    pub fn new(bls: &impl Bls, n_shards: u16, members: &[Member]) -> Result<Self, CommitteeError> {
        if members.is_empty() || members.len() > MAX_MEMBERS {
            return Err(CommitteeError::MemberCount {
                count: members.len(),
            });
        }
        let mut places = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            if member.weight == 0 {
                return Err(CommitteeError::ZeroWeight { member: place });
            }
            if let Some(first) = places.insert(member.key, place) {
                return Err(CommitteeError::DuplicateKey {
                    first,
                    second: place,
                });
            }
        }
        let weights: Vec<u16> = members.iter().map(|member| member.weight).collect();
        let weight = sum(&weights);
        if weight != u32::from(n_shards) {
            return Err(CommitteeError::WeightsNotWhole { weight, n_shards });
        }
        let keys: Vec<&[u8]> = members
            .iter()
            .map(|member| member.key.as_bytes().as_slice())
            .collect();
        let total = bls.sum(&keys.concat()).ok_or_else(|| {
            let invalid = keys.iter().position(|key| bls.sum(key).is_none());
            CommitteeError::InvalidKey {
                member: invalid.unwrap_or_default(),
            }
        })?;
        Ok(Self {
            n_shards,
            weights,
            total,
        })
    }

    /// A committee from the parts of one that [`Committee::new`] has checked.
    pub fn from_parts(n_shards: u16, weights: Vec<u16>, total: [u8; PublicKey::LENGTH]) -> Self {
        Self {
            n_shards,
            weights,
            total,
        }
    }

    /// Number of shards: the sum of the weights.
    pub fn n_shards(&self) -> u16 {
        self.n_shards
    }

    /// Weights by place.
    pub fn weights(&self) -> &[u16] {
        &self.weights
    }

    /// The sum of all keys, compressed; the identity where they cancel each other.
    pub fn total(&self) -> &[u8; PublicKey::LENGTH] {
        &self.total
    }

    /// Least weight of signers that makes a certificate: three times it is at least 2 × n_shards + 1.
    pub fn quorum(&self) -> u32 {
        quorum(self.n_shards)
    }

    /// Weight of those who signed.
    pub fn weight_of(&self, signers: &Signers) -> u32 {
        let weights = self.weights.iter().enumerate();
        let signed = weights.filter(|(place, _)| signers.has(*place));
        signed.fold(0, |sum, (_, weight)| sum.saturating_add((*weight).into()))
    }
}

/// Least weight w of signers with 3 w ≥ 2 × n_shards + 1.
pub fn quorum(n_shards: u16) -> u32 {
    u32::from(n_shards)
        .saturating_mul(2)
        .saturating_add(1)
        .div_ceil(3)
}

/// At most 1 000 × 65 535.
fn sum(weights: &[u16]) -> u32 {
    weights
        .iter()
        .fold(0, |sum, weight| sum.saturating_add((*weight).into()))
}
