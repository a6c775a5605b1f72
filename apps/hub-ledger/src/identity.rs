use hub_types::ids::AttesterId;
use hub_wire::{Domain, Hash, PublicKey, Purpose};

/// Whose books these are: one attester of one billing contract on one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Chain id, as in the block header. Every signature is bound to it.
    pub chain_id: String,
    /// Canonical address of the billing contract, 20 or 32 bytes. Every signature is bound to it.
    pub billing: Vec<u8>,
    /// Id of the attester within the billing contract.
    pub attester: AttesterId,
    /// The attester's public key, as it is registered.
    pub key: PublicKey,
    /// Age in seconds from which the billing contract refuses receipts as expired; fixed at its birth.
    pub receipt_max_age_seconds: u64,
}

impl Identity {
    /// The tag that binds a signature to a purpose, this chain and this billing contract.
    pub fn tag(&self, purpose: Purpose) -> Hash {
        let domain = Domain {
            chain_id: &self.chain_id,
            contract: &self.billing,
        };
        domain.tag(purpose)
    }
}
