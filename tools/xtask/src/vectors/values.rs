//! Values of the wire format as JSON.

use hub_wire::{Batch, Group, KeyType, Mode, Receipt, RiceCode, Units, Work};
use serde_json::{json, Value};

pub fn units(units: Units) -> Value {
    json!([units.input.to_string(), units.output.to_string()])
}

pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Itemised => "itemised",
        Mode::Netted => "netted",
    }
}

pub fn key_type(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::Secp256k1 => "secp256k1",
        KeyType::Ed25519 => "ed25519",
    }
}

pub fn hexes<T: AsRef<[u8]>>(all: &[T]) -> Vec<String> {
    all.iter().map(hex::encode).collect()
}

pub fn code_value(code: RiceCode) -> Value {
    json!({ "k": code.parameter(), "base": code.base().to_string() })
}

pub fn group_value(group: &Group) -> Value {
    let mut value = json!({
        "session": group.session.to_string(),
        "model": group.model.to_string(),
        "release": group.release.to_string(),
        "terms": group.terms.to_string(),
        "from": group.from.to_string(),
        "span": group.span.to_string(),
        "sequence": group.sequence.to_string(),
    });
    match &group.work {
        Work::Itemised(items) => {
            value["code_in"] = code_value(items.input_code());
            value["code_out"] = code_value(items.output_code());
            value["units"] = items.iter().map(units).collect();
        }
        Work::Netted { count, total } => {
            value["count"] = json!(count);
            value["total"] = units(*total);
        }
    }
    value
}

pub fn batch_value(batch: &Batch) -> Value {
    json!({
        "attester": batch.attester.to_string(),
        "mode": mode(batch.mode()),
        "issued_from": batch.issued_from.to_string(),
        "issued_to": batch.issued_to.to_string(),
        "receipts_root_hex": hex::encode(batch.receipts_root),
        "groups": batch.groups.iter().map(group_value).collect::<Vec<_>>(),
    })
}

pub fn receipt_value(receipt: &Receipt) -> Value {
    json!({
        "attester": receipt.attester.to_string(),
        "session": receipt.session.to_string(),
        "blob_id": receipt.blob_id.to_string(),
        "model": receipt.model.to_string(),
        "release": receipt.release.to_string(),
        "terms": receipt.terms.to_string(),
        "request_id_hex": hex::encode(receipt.request_id),
        "issued_at": receipt.issued_at.to_string(),
        "units": units(receipt.units),
        "request_hash_hex": hex::encode(receipt.request_hash),
        "response_hash_hex": hex::encode(receipt.response_hash),
    })
}
