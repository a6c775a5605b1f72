//! Events: what happened, for readers off chain. Values are plain text, keys do not change.

use cosmwasm_std::{Attribute, HexBinary};
use hub_types::wire::{Hash, PublicKey};

/// What the verifier of Nitro Enclaves did.
pub enum Event<'a> {
    /// The verifier stands, and trusts one root.
    Instantiated { root: &'a Hash },
    /// A document proved which enclave image holds a key.
    Attested {
        key: &'a PublicKey,
        digest: &'a Hash,
    },
}

impl Event<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Instantiated { .. } => "hub_nitro_verifier_instantiated",
            Self::Attested { .. } => "hub_nitro_attested",
        }
    }

    fn attributes(&self) -> Vec<Attribute> {
        match self {
            Self::Instantiated { root } => vec![attribute("root", *root)],
            Self::Attested { key, digest } => vec![
                attribute("key", key.as_bytes()),
                attribute("digest", *digest),
            ],
        }
    }
}

impl From<Event<'_>> for cosmwasm_std::Event {
    fn from(event: Event<'_>) -> Self {
        Self::new(event.name()).add_attributes(event.attributes())
    }
}

fn attribute(key: &str, bytes: &[u8]) -> Attribute {
    Attribute::new(key, HexBinary::from(bytes).to_hex())
}
