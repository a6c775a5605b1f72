//! From receipts as they come in to signed bytes.

use super::inputs::{keys, named, some_receipt, CHAIN_ID};
use super::values::{batch_value, key_type, mode, receipt_value};
use anyhow::Result;
use hub_wire::{
    batch_digest, domain_tag, AttesterId, BatchBuilder, Mode, Purpose, Receipt, SessionId,
};
use serde_json::{json, Value};

/// From receipts as they come in to signed bytes.
pub fn built_batches() -> Result<Value> {
    let lanes = [(3, 17), (12, 0), (300, 1 << 40)];
    let receipts: Vec<Receipt> = (0..14).map(some_receipt).collect();
    let billing = named("billing");
    let tag = domain_tag(Purpose::Batch, CHAIN_ID, &billing);
    let [_, secp256k1, _, ed25519] = keys()?;
    [(Mode::Itemised, secp256k1), (Mode::Netted, ed25519)]
        .into_iter()
        .map(|(how, (_, seed, key))| {
            let mut builder = BatchBuilder::new(AttesterId(7));
            lanes.iter().for_each(|(session, next)| builder.next(SessionId(*session), *next));
            for receipt in &receipts {
                builder.push(receipt.clone())?;
            }
            let (batch, in_order) = builder.build(how)?;
            let bytes = batch.encode()?;
            let digest = batch_digest(&tag, &bytes);
            Ok(json!({
                "name": format!("from receipts, {}", mode(how)),
                "attester": "7",
                "mode": mode(how),
                "lanes": lanes
                    .iter()
                    .map(|(session, next)| json!({ "session": session.to_string(), "next": next.to_string() }))
                    .collect::<Vec<_>>(),
                "receipts": receipts.iter().map(receipt_value).collect::<Vec<_>>(),
                "leaves_in_batch_order_hex": in_order.iter().map(|r| hex::encode(r.encode())).collect::<Vec<_>>(),
                "batch": batch_value(&batch),
                "hex": hex::encode(&bytes),
                "chain_id": CHAIN_ID,
                "contract_hex": hex::encode(billing),
                "digest_hex": hex::encode(digest),
                "key_type": key_type(key.public_key().key_type()),
                "seed_hex": hex::encode(seed),
                "public_key_hex": hex::encode(key.public_key().as_bytes()),
                "signature_hex": hex::encode(key.sign_digest(&digest)),
            }))
        })
        .collect()
}
