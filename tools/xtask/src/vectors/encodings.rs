//! Values and their bytes.

use super::inputs::{
    account, keys, named, sample_batches, some_answers, some_calls, some_receipt, units_to_code,
    widest_receipt,
};
use super::values::{batch_value, code_value, key_type, receipt_value, units};
use anyhow::{Context, Result};
use hub_types::ids::SessionId;
use hub_wire::merkle::leaf_hash;
use hub_wire::varint::Writer;
use hub_wire::{answer_bytes, possession_bytes, sha256, Items, Voucher};
use serde_json::{json, Value};

pub fn varints() -> Value {
    let exponents = [7_u32, 14, 21, 28, 32, 56, 63, 64, 70, 98, 126, 127];
    let mut values = vec![0_u128, 1, 300, 1_000_000, u64::MAX.into(), u128::MAX];
    values.extend(exponents.iter().flat_map(|e| [(1 << e) - 1, 1 << e]));
    values.sort_unstable();
    values.dedup();
    values
        .into_iter()
        .map(|value| {
            let mut writer = Writer::new();
            writer.u128(value);
            json!({ "value": value.to_string(), "hex": hex::encode(writer.finish()) })
        })
        .collect()
}

pub fn batches() -> Result<Value> {
    sample_batches()?
        .into_iter()
        .map(|(name, batch)| {
            let bytes = batch.encode().with_context(|| name)?;
            Ok(json!({
                "name": name,
                "batch": batch_value(&batch),
                "offered": batch.offered().to_string(),
                "hex": hex::encode(&bytes),
                "sha256": hex::encode(sha256(&[&bytes])),
            }))
        })
        .collect()
}

pub fn shortest_codes() -> Value {
    units_to_code()
        .into_iter()
        .map(|(name, list)| {
            let items = Items::from(list.as_slice());
            json!({
                "name": name,
                "units": list.into_iter().map(units).collect::<Vec<_>>(),
                "code_in": code_value(items.input_code()),
                "code_out": code_value(items.output_code()),
            })
        })
        .collect()
}

pub fn receipts() -> Value {
    [
        ("a receipt", some_receipt(1)),
        ("another receipt", some_receipt(2)),
        ("widest integers", widest_receipt()),
    ]
    .into_iter()
    .map(|(name, receipt)| {
        let bytes = receipt.encode();
        json!({
            "name": name,
            "receipt": receipt_value(&receipt),
            "hex": hex::encode(&bytes),
            "sha256": hex::encode(sha256(&[&bytes])),
            "leaf_hash_hex": hex::encode(leaf_hash(&bytes)),
        })
    })
    .collect()
}

pub fn vouchers() -> Value {
    [
        (1, 0),
        (3, 1_000_000),
        (300, 1 << 64),
        (u64::MAX, u128::MAX),
    ]
    .into_iter()
    .map(|(session, ceiling)| {
        json!({
            "voucher": { "session": session.to_string(), "ceiling": ceiling.to_string() },
            "hex": hex::encode(Voucher { session: SessionId(session), ceiling }.encode()),
        })
    })
    .collect()
}

pub fn calls() -> Value {
    some_calls()
        .into_iter()
        .map(|(name, call)| {
            json!({
                "name": name,
                "call": {
                    "attester": call.attester.to_string(),
                    "session": call.session.to_string(),
                    "model": call.model.to_string(),
                    "request_id_hex": hex::encode(call.request_id),
                    "expires_at": call.expires_at.to_string(),
                    "request_hash_hex": hex::encode(call.request_hash),
                },
                "hex": hex::encode(call.encode()),
            })
        })
        .collect()
}

pub fn answers() -> Value {
    some_answers()
        .into_iter()
        .map(|(name, receipt, engine, label)| {
            let receipt = receipt.encode();
            json!({
                "name": name,
                "answer": {
                    "receipt_hex": hex::encode(&receipt),
                    "engine": engine,
                    "label": label,
                },
                "hex": hex::encode(answer_bytes(&receipt, engine, label)),
            })
        })
        .collect()
}

pub fn possessions() -> Result<Value> {
    let operators = [account("operator"), named("operator contract").to_vec()];
    Ok(keys()?
        .iter()
        .flat_map(|(name, _, key)| {
            operators
                .iter()
                .map(move |operator| (name, key.public_key(), operator))
        })
        .map(|(name, key, operator)| {
            json!({
                "name": name,
                "possession": {
                    "key_type": key_type(key.key_type()),
                    "key_hex": hex::encode(key.as_bytes()),
                    "operator_hex": hex::encode(operator),
                },
                "hex": hex::encode(possession_bytes(&key, operator)),
            })
        })
        .collect())
}
