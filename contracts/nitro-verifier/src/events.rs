//! Events: what an indexer or a wallet reads of a message. Values are plain text, keys do not change.

use cosmwasm_std::HexBinary;
use hub_types::wire::{Hash, PublicKey};

/// Events of the verifier of Nitro Enclaves.
pub enum Event<'a> {
    /// The verifier stands.
    Instantiated { root: &'a Hash },
    /// A document proved which enclave image holds a key.
    Attested {
        key: &'a PublicKey,
        digest: &'a Hash,
    },
}

impl From<Event<'_>> for cosmwasm_std::Event {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Instantiated { root } => Self::new("hub_nitro_verifier_instantiated")
                .add_attribute("root", HexBinary::from(root).to_hex()),
            Event::Attested { key, digest } => Self::new("hub_nitro_attested")
                .add_attribute("key", HexBinary::from(key.as_bytes()).to_hex())
                .add_attribute("digest", HexBinary::from(digest).to_hex()),
        }
    }
}
