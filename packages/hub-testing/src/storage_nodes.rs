use blst::min_pk::{AggregateSignature, SecretKey};
use cosmwasm_std::{Addr, Binary, HexBinary};
use cw_multi_test::AppResponse;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::registry::{CommitteeMember, ExecuteMsg, StorageCertificate};
use hub_types::walrus::{Confirmation, Persistence, DST};

use crate::hub::Hub;
use crate::RegistryError;

/// A Walrus committee whose secret keys are known: the same nodes every time.
#[derive(Clone, Debug)]
pub struct StorageNodes {
    nodes: Vec<(SecretKey, u16)>,
}

impl StorageNodes {
    /// Nodes with so many shards each.
    pub fn with_weights(weights: &[u16]) -> Self {
        let node = |(place, weight): (usize, &u16)| {
            let mut seed = [0x57; 32];
            seed[..8].copy_from_slice(&place.to_be_bytes());
            let secret = SecretKey::key_gen(&seed, &[]).expect("a seed has 32 bytes");
            (secret, *weight)
        };
        Self {
            nodes: weights.iter().enumerate().map(node).collect(),
        }
    }

    /// So many nodes, 1 to 1 000, with the 1 000 shards of Walrus among them as evenly as it goes.
    pub fn many(count: u16) -> Self {
        let weight = |place| 1_000 / count + u16::from(place < 1_000 % count);
        Self::with_weights(&(0..count).map(weight).collect::<Vec<_>>())
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Sum of all shards.
    pub fn n_shards(&self) -> u16 {
        self.nodes.iter().map(|(_, weight)| weight).sum()
    }

    /// The nodes as a message states them.
    pub fn members(&self) -> Vec<CommitteeMember> {
        let member = |(secret, weight): &(SecretKey, u16)| CommitteeMember {
            key: Binary::from(secret.sk_to_pk().compress()),
            weight: *weight,
        };
        self.nodes.iter().map(member).collect()
    }

    /// The message that stores them as the committee of an epoch, to send or to spoil.
    pub fn message(&self, epoch: u32) -> ExecuteMsg {
        ExecuteMsg::SetCommittee {
            epoch,
            n_shards: self.n_shards(),
            members: self.members(),
        }
    }

    /// What the nodes in these places sign together.
    pub fn certificate(
        &self,
        confirmation: &Confirmation,
        signers: impl IntoIterator<Item = usize>,
    ) -> StorageCertificate {
        let message = confirmation.to_bytes();
        let mut bitmap = vec![0; self.nodes.len().div_ceil(8)];
        let mut signatures = vec![];
        for place in signers {
            bitmap[place / 8] |= 1 << (place % 8);
            signatures.push(self.nodes[place].0.sign(&message, DST, &[]));
        }
        let signatures: Vec<_> = signatures.iter().collect();
        let sum = AggregateSignature::aggregate(&signatures, false).expect("somebody signs");
        StorageCertificate {
            epoch: confirmation.epoch,
            object_id: match confirmation.persistence {
                Persistence::Permanent => None,
                Persistence::Deletable { object_id } => Some(HexBinary::from(&object_id)),
            },
            signers: Binary::from(bitmap),
            signature: Binary::from(sum.to_signature().compress()),
        }
    }
}

impl Hub {
    /// Stores these nodes as the Walrus committee of an epoch.
    #[track_caller]
    pub fn set_committee(&mut self, epoch: u32, nodes: &StorageNodes) -> AppResponse {
        let keeper = self.keeper.clone();
        self.registry(&keeper, nodes.message(epoch))
            .expect("the committee is stored")
    }

    /// Shows a storage certificate to the registry.
    pub fn certify(
        &mut self,
        sender: &Addr,
        model: ModelId,
        release: ReleaseNumber,
        certificate: StorageCertificate,
    ) -> Result<AppResponse, RegistryError> {
        let msg = ExecuteMsg::Certify {
            model,
            release,
            certificate,
        };
        self.registry(sender, msg)
    }
}
