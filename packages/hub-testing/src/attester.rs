use std::collections::BTreeSet;

use cosmwasm_std::{Addr, Binary, HexBinary};
use cw_multi_test::AppResponse;
use hub_types::billing::{AttesterCreated, BatchResponse, ExecuteMsg, KeyType};
use hub_types::ids::{AttesterId, ModelId, SessionId};
use hub_types::registry::{QueryMsg, ReleaseResponse, TermsListResponse};
use hub_types::walrus::BlobId;
use hub_types::wire::{
    self, sha256, Batch, BatchBuilder, Hash, Mode, Purpose, Receipt, SignedVoucher, SigningKey,
    Units, Voucher,
};

use crate::hub::Hub;
use crate::response::data;

/// A registered key with its secret: what an operator's enclave holds.
#[derive(Clone, Debug)]
pub struct Attester {
    /// Its id.
    pub id: AttesterId,
    /// Who runs it.
    pub operator: Addr,
    /// Its secret key.
    pub key: SigningKey,
}

/// A secret key; the same for the same seed.
pub fn signing_key(key_type: KeyType, seed: u64) -> SigningKey {
    let seed = sha256(&[b"hub-testing", &seed.to_be_bytes()]);
    match key_type {
        KeyType::Secp256k1 => {
            SigningKey::secp256k1_from_seed(&seed).expect("a hash is below the order of the curve")
        }
        KeyType::Ed25519 => SigningKey::ed25519_from_seed(&seed),
    }
}

impl Hub {
    /// The tag that binds a signature to a purpose, this chain and the contract that the purpose belongs to.
    pub fn tag(&self, purpose: Purpose) -> Hash {
        let contract = match purpose {
            Purpose::Commit => &self.registry,
            _ => &self.billing,
        };
        let chain_id = self.app.block_info().chain_id;
        wire::domain_tag(purpose, &chain_id, &self.canonical(contract))
    }

    /// A key's signature that lets `operator` register it.
    pub fn possession(&self, operator: &Addr, key: &SigningKey) -> Binary {
        let bytes = wire::possession_bytes(&key.public_key(), &self.canonical(operator));
        let digest = wire::possession_digest(&self.tag(Purpose::Attester), &bytes);
        key.sign_digest(&digest).into()
    }

    /// The message that registers a key for `operator`.
    pub fn registration(&self, operator: &Addr, key: &SigningKey) -> ExecuteMsg {
        let public = key.public_key();
        ExecuteMsg::RegisterAttester {
            key: public.as_bytes().into(),
            key_type: public.key_type().into(),
            possession: self.possession(operator, key),
            evidence: None,
            endpoint: None,
        }
    }

    /// Registers the key of this type and seed for `operator`.
    #[track_caller]
    pub fn register_attester(&mut self, operator: &Addr, key_type: KeyType, seed: u64) -> Attester {
        let key = signing_key(key_type, seed);
        let message = self.registration(operator, &key);
        let response = self
            .billing(operator, message)
            .expect("the attester is registered");
        Attester {
            id: data::<AttesterCreated>(&response).attester,
            operator: operator.clone(),
            key,
        }
    }

    /// A receipt of now for one call of a model: its newest release, the newest terms in force, 1 000 units in and 200
    /// out. Change what the test is about.
    #[track_caller]
    pub fn receipt(&self, attester: &Attester, session: SessionId, model: ModelId) -> Receipt {
        let terms: TermsListResponse = self
            .query_registry(QueryMsg::TermsAt { model, time: None })
            .expect("the model has terms");
        let release = self.model(model).latest_release;
        let release: ReleaseResponse = self
            .query_registry(QueryMsg::Release { model, release })
            .expect("the model has a release: give it one with `NewModel::release` or `publish`");
        Receipt {
            attester: attester.id,
            session,
            blob_id: release
                .blob_id
                .parse()
                .expect("the registry shows blob ids as text"),
            model,
            release: release.release,
            terms: terms.terms.first().expect("some terms are in force").terms,
            request_id: request_id(0),
            issued_at: self.now(),
            units: Units::new(1_000, 200),
            request_hash: sha256(&[b"request"]),
            response_hash: sha256(&[b"response"]),
        }
    }

    /// As many such receipts, each with a request id of its own. `change` is given the place of each, from 0.
    #[track_caller]
    pub fn receipts(
        &self,
        attester: &Attester,
        session: SessionId,
        model: ModelId,
        count: u64,
        change: impl Fn(u64, &mut Receipt),
    ) -> Vec<Receipt> {
        let template = self.receipt(attester, session, model);
        let numbered = |place| {
            let mut receipt = template.clone();
            receipt.request_id = request_id(place);
            change(place, &mut receipt);
            receipt
        };
        (0..count).map(numbered).collect()
    }

    /// A batch of these receipts, in any order, that goes on where the attester's lanes stand.
    #[track_caller]
    pub fn batch(&self, attester: &Attester, mode: Mode, receipts: Vec<Receipt>) -> Batch {
        self.batch_and_leaves(attester, mode, receipts).0
    }

    /// As [`Hub::batch`], with the receipts in batch order: the leaves of its root, for proofs.
    #[track_caller]
    pub fn batch_and_leaves(
        &self,
        attester: &Attester,
        mode: Mode,
        receipts: Vec<Receipt>,
    ) -> (Batch, Vec<Receipt>) {
        let mut builder = BatchBuilder::new(attester.id);
        let sessions: BTreeSet<SessionId> =
            receipts.iter().map(|receipt| receipt.session).collect();
        for session in sessions {
            builder.next(session, self.next(session, attester.id));
        }
        for receipt in receipts {
            builder.push(receipt).expect("a receipt of this attester");
        }
        builder.build(mode).expect("the receipts make a batch")
    }

    /// The signed message that settles a batch.
    #[track_caller]
    pub fn sign_batch(&self, attester: &Attester, batch: &Batch) -> ExecuteMsg {
        self.sign_batch_with(attester, batch, vec![])
    }

    /// The signed message that settles a batch under vouchers.
    #[track_caller]
    pub fn sign_batch_with(
        &self,
        attester: &Attester,
        batch: &Batch,
        vouchers: Vec<SignedVoucher>,
    ) -> ExecuteMsg {
        let bytes = batch
            .encode()
            .expect("the batch keeps the rules of the format");
        ExecuteMsg::SettleBatch {
            signature: self.sign_batch_bytes(&attester.key, &bytes),
            batch: bytes.into(),
            vouchers: vouchers
                .iter()
                .map(|voucher| voucher.encode().into())
                .collect(),
        }
    }

    /// A signature over the bytes of a batch, good or bad.
    pub fn sign_batch_bytes(&self, key: &SigningKey, batch: &[u8]) -> Binary {
        let digest = wire::batch_digest(&self.tag(Purpose::Batch), batch);
        key.sign_digest(&digest).into()
    }

    /// The signed message that settles one receipt.
    pub fn sign_receipt(
        &self,
        attester: &Attester,
        receipt: &Receipt,
        sequence: u64,
    ) -> ExecuteMsg {
        let bytes = receipt.encode();
        let digest = wire::receipt_digest(&self.tag(Purpose::Receipt), &bytes, sequence);
        ExecuteMsg::Settle {
            signature: attester.key.sign_digest(&digest).into(),
            receipt: bytes.into(),
            sequence,
            voucher: None,
        }
    }

    /// A ceiling signed with the key that a session names.
    pub fn voucher(&self, key: &SigningKey, session: SessionId, ceiling: u128) -> SignedVoucher {
        let voucher = Voucher { session, ceiling };
        let digest = wire::voucher_digest(&self.tag(Purpose::Voucher), &voucher.encode());
        SignedVoucher {
            voucher,
            signature: key.sign_digest(&digest),
        }
    }

    /// The hash that commits `sender` to a blob id.
    pub fn commitment(&self, sender: &Addr, blob_id: &BlobId, salt: &[u8; 32]) -> HexBinary {
        let sender = self.canonical(sender);
        wire::commit_hash(&self.tag(Purpose::Commit), &sender, blob_id, salt).into()
    }

    /// Settles these receipts in one batch that goes on where the lanes stand, sent by the attester's operator.
    #[track_caller]
    pub fn settle(
        &mut self,
        attester: &Attester,
        mode: Mode,
        receipts: Vec<Receipt>,
    ) -> (BatchResponse, AppResponse) {
        let batch = self.batch(attester, mode, receipts);
        let message = self.sign_batch(attester, &batch);
        let operator = attester.operator.clone();
        let response = self
            .billing(&operator, message)
            .expect("the batch is settled");
        (data(&response), response)
    }
}

fn request_id(place: u64) -> [u8; 16] {
    u128::from(place).to_be_bytes()
}
