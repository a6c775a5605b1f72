use std::sync::LazyLock;

use cosmwasm_std::{Addr, Binary};
use hub_nitro_testing::NitroChain;
use hub_types::billing::{AttesterCreated, ExecuteMsg, KeyType};
use hub_types::verifier::{Evidence, Measurement};
use hub_types::wire::SigningKey;

use crate::attester::{signing_key, Attester};
use crate::hub::Hub;
use crate::response::data;

/// Made once: its keys cost more than a whole Hub.
static CHAIN: LazyLock<NitroChain> = LazyLock::new(|| NitroChain::new(1));

/// The certificates below whose root the verifier of every Hub accepts attestation documents, unless it was built with another root.
pub fn nitro_chain() -> NitroChain {
    CHAIN.clone()
}

impl Hub {
    /// A document of now by which an enclave of this image holds the key, below the root of [`nitro_chain`].
    pub fn attestation(&self, key: &SigningKey, image: &str) -> Binary {
        let document = nitro_chain().at(self.now()).document();
        let key = key.public_key();
        let document = document.image(image).public_key(key.as_bytes());
        document.build().into()
    }

    /// What sessions insist on, and attesters get, whose key is in an enclave of this image by the word of the Hub's verifier.
    pub fn measurement_of(&self, image: &str) -> Measurement {
        let verifier = self.canonical(&self.nitro_verifier);
        Measurement::new(&verifier, &hub_nitro_testing::image_digest(image))
    }

    /// The message that registers a key for `operator` with an attestation document, for the Hub's verifier.
    pub fn attested_registration(
        &self,
        operator: &Addr,
        key: &SigningKey,
        document: impl Into<Binary>,
    ) -> ExecuteMsg {
        let public = key.public_key();
        ExecuteMsg::RegisterAttester {
            key: public.as_bytes().into(),
            key_type: public.key_type().into(),
            possession: self.possession(operator, key),
            evidence: Some(Evidence {
                verifier: self.nitro_verifier.to_string(),
                evidence: document.into(),
            }),
            endpoint: None,
        }
    }

    /// As [`Hub::register_attester`], with the key in an enclave of this image.
    #[track_caller]
    pub fn register_enclave(
        &mut self,
        operator: &Addr,
        key_type: KeyType,
        seed: u64,
        image: &str,
    ) -> Attester {
        let key = signing_key(key_type, seed);
        let document = self.attestation(&key, image);
        let message = self.attested_registration(operator, &key, document);
        let response = self
            .billing(operator, message)
            .expect("the attester is registered");
        Attester {
            id: data::<AttesterCreated>(&response).attester,
            operator: operator.clone(),
            key,
        }
    }
}
