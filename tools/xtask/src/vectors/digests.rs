//! Domain tags and what is hashed under them.

use super::inputs::{
    account, contracts, keys, named, sample_batches, some_answers, some_calls, some_receipt,
    CHAIN_ID,
};
use anyhow::Result;
use hub_wire::{
    answer_bytes, answer_digest, batch_digest, call_digest, commit_hash, domain_tag, measurement,
    possession_bytes, possession_digest, receipt_digest, voucher_digest, BlobId, Hash, Purpose,
    SessionId, Voucher,
};
use serde_json::{json, Value};

pub fn domain_tags() -> Value {
    contracts()
        .iter()
        .flat_map(|(chain_id, contract)| Purpose::ALL.map(|purpose| (purpose, chain_id, contract)))
        .map(|(purpose, chain_id, contract)| {
            json!({
                "purpose": purpose.name(),
                "chain_id": chain_id,
                "contract_hex": hex::encode(contract),
                "tag_hex": hex::encode(domain_tag(purpose, chain_id, contract)),
            })
        })
        .collect()
}

pub fn digests() -> Result<Value> {
    let billing = named("billing");
    let tag = |purpose| domain_tag(purpose, CHAIN_ID, &billing);
    let entry = |purpose: Purpose, bytes: &[u8], sequence: Option<u64>, digest: Hash| {
        let mut value = json!({
            "purpose": purpose.name(),
            "chain_id": CHAIN_ID,
            "contract_hex": hex::encode(billing),
            "bytes_hex": hex::encode(bytes),
            "digest_hex": hex::encode(digest),
        });
        if let Some(sequence) = sequence {
            value["sequence"] = json!(sequence.to_string());
        }
        value
    };
    let mut all = Vec::new();
    for (_, batch) in sample_batches()? {
        let bytes = batch.encode()?;
        all.push(entry(
            Purpose::Batch,
            &bytes,
            None,
            batch_digest(&tag(Purpose::Batch), &bytes),
        ));
    }
    let bytes = some_receipt(1).encode();
    for sequence in [0, 1, 258, u64::MAX] {
        let digest = receipt_digest(&tag(Purpose::Receipt), &bytes, sequence);
        all.push(entry(Purpose::Receipt, &bytes, Some(sequence), digest));
    }
    let bytes = Voucher {
        session: SessionId(3),
        ceiling: 1_000_000,
    }
    .encode();
    all.push(entry(
        Purpose::Voucher,
        &bytes,
        None,
        voucher_digest(&tag(Purpose::Voucher), &bytes),
    ));
    for (_, call) in some_calls() {
        let bytes = call.encode();
        let digest = call_digest(&tag(Purpose::Call), &bytes);
        all.push(entry(Purpose::Call, &bytes, None, digest));
    }
    for (_, receipt, engine, label) in some_answers() {
        let bytes = answer_bytes(&receipt.encode(), engine, label);
        let digest = answer_digest(&tag(Purpose::Answer), &bytes);
        all.push(entry(Purpose::Answer, &bytes, None, digest));
    }
    for (_, _, key) in keys()? {
        let bytes = possession_bytes(&key.public_key(), &account("operator"));
        let digest = possession_digest(&tag(Purpose::Attester), &bytes);
        all.push(entry(Purpose::Attester, &bytes, None, digest));
    }
    Ok(all.into())
}

/// Of verifiers with addresses of both lengths that chains use.
pub fn measurements() -> Value {
    let verifiers = [named("verifier")[..20].to_vec(), named("verifier").to_vec()];
    let digests = [[0; 32], named("image"), [0xff; 32]];
    let entries = verifiers.iter().flat_map(|verifier| {
        digests.map(|digest| {
            json!({
                "verifier_hex": hex::encode(verifier),
                "digest_hex": hex::encode(digest),
                "measurement_hex": hex::encode(measurement(verifier, &digest)),
            })
        })
    });
    entries.collect()
}

pub fn commitments() -> Value {
    let registry = named("registry");
    let tag = domain_tag(Purpose::Commit, CHAIN_ID, &registry);
    let blob_id = BlobId::from_bytes(named("weights 1"));
    [account("author"), named("author contract").to_vec()]
        .into_iter()
        .flat_map(|sender| [([0; 32]), named("salt")].map(|salt| (sender.clone(), salt)))
        .map(|(sender, salt)| {
            json!({
                "chain_id": CHAIN_ID,
                "contract_hex": hex::encode(registry),
                "sender_hex": hex::encode(&sender),
                "blob_id": blob_id.to_string(),
                "salt_hex": hex::encode(salt),
                "hash_hex": hex::encode(commit_hash(&tag, &sender, &blob_id, &salt)),
            })
        })
        .collect()
}
