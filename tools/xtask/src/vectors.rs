//! Writes `tests/vectors/wire.json`: everything a client in another language needs to reproduce the wire format byte
//! for byte.

mod built;
mod digests;
mod encodings;
mod inputs;
mod refused;
mod signatures;
mod trees;
mod values;

use anyhow::{bail, Context, Result};
use serde_json::{json, Value};
use std::fs;

use crate::root;

const RENEW: &str = "cargo xtask vectors";

/// Writes the file, or with `check` compares it with what stands there.
pub fn run(check: bool) -> Result<()> {
    let path = root().join("tests/vectors/wire.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&wire()?)?);
    if !check {
        return fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()));
    }
    match fs::read_to_string(&path) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => bail!(
            "tests/vectors/wire.json differs from what the code produces: `{RENEW}` renews it"
        ),
        Err(error) => {
            bail!("tests/vectors/wire.json cannot be read ({error}): `{RENEW}` writes it")
        }
    }
}

fn wire() -> Result<Value> {
    Ok(json!({
        "about": "Wire format of the Hub: batches of version 2, all else of version 1. Integers that can be as wide as 64 bits or wider are strings. \
                  Units are [input, output]. `hex` is the canonical encoding of the value beside it.",
        "forms": {
            "integer": "unsigned LEB128, shortest form only, at most 64 bits (the ceiling of a voucher: 128); units of an itemised group: bits",
            "batch": "0x02 | mode | attester | issued_from | issued_to | receipts_root[32] | group count | group...",
            "mode": "0x00 itemised, 0x01 netted",
            "group": "session delta | model | release | terms | from | span | [sequence] | count | body; the sequence stands exactly where the session delta is not 0",
            "body": "itemised: code in | code out | bits; netted: sum of units in | sum of units out",
            "code": "k, 0 to 63, for a base of 0; or 64 + k | base, for a base from 1",
            "bits": "count x (units in under code in | units out under code out), each byte filled from its highest bit, then zero bits up to the end of the byte",
            "units under a code": "v = units - base; for v >> k below 32: v >> k one bits, a zero bit, the k low bits of v, highest first; else 32 one bits and the 64 bits of v, highest first",
            "receipt": "0x01 | attester | session | blob_id[32] | model | release | terms | request_id[16] | issued_at | units in | units out | request_hash[32] | response_hash[32]",
            "voucher": "0x01 | session | ceiling",
            "signed voucher": "voucher | signature[64]",
            "possession": "0x01 | key type (0x00 secp256k1, 0x01 ed25519) | length | key | length | operator (canonical address)",
            "call": "0x01 | attester | session | model | request_id[16] | expires_at | request_hash[32]; read by attesters alone",
            "answer": "0x01 | length | receipt | length | engine | length | label, texts in UTF-8; read by callers alone",
            "domain tag": "sha256('hub/<purpose>/v1' | length | chain id | length | canonical address of the contract); the registry for commit, billing for the rest",
            "batch, voucher, possession, call, answer digest": "sha256(tag | sha256(bytes)), the tag of purpose batch, voucher, attester, call, answer",
            "receipt digest": "sha256(tag | sha256(receipt) | sequence as 8 big-endian bytes)",
            "commitment": "sha256(tag | length | sender (canonical address) | blob id[32] | salt[32])",
            "measurement": "sha256('hub/measurement/v1' | length | verifier (canonical address) | digest[32]), the digest being the verifier's answer",
            "merkle": "RFC 6962: leaf sha256(0x00 | bytes), node sha256(0x01 | left | right); proofs as in RFC 9162 section 2.1.3",
            "secp256k1": "ECDSA over the 32-byte digest as it is, RFC 6979 nonce with sha256, low s, r | s; the seed is the secret key, big-endian",
            "ed25519": "RFC 8032 over the 32 bytes of the digest as message; the seed is the RFC's"
        },
        "varints": encodings::varints(),
        "batches": encodings::batches()?,
        "shortest_codes": encodings::shortest_codes(),
        "receipts": encodings::receipts(),
        "vouchers": encodings::vouchers(),
        "possessions": encodings::possessions()?,
        "calls": encodings::calls(),
        "answers": encodings::answers(),
        "refused": refused::refused()?,
        "refused_keys": refused::refused_keys()?,
        "domain_tags": digests::domain_tags(),
        "digests": digests::digests()?,
        "commitments": digests::commitments(),
        "measurements": digests::measurements(),
        "merkle_trees": trees::merkle_trees()?,
        "refused_proofs": trees::refused_proofs()?,
        "signatures": signatures::signatures()?,
        "refused_signatures": signatures::refused_signatures()?,
        "built_batches": built::built_batches()?,
    }))
}
