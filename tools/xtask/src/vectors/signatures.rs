//! Signatures from fixed seeds, and signatures that are refused.

use super::inputs::{keys, named};
use super::values::key_type;
use anyhow::{ensure, Result};
use hub_wire::{verify_digest, KeyType};
use serde_json::{json, Value};

pub fn signatures() -> Result<Value> {
    // Below the order of secp256k1: implementations of RFC 6979 disagree on whether a larger digest is reduced first.
    let digests = [named("digest"), [0; 32], [0x7f; 32]];
    Ok(keys()?
        .iter()
        .flat_map(|(name, seed, key)| digests.iter().map(move |digest| (name, seed, key, digest)))
        .map(|(name, seed, key, digest)| {
            json!({
                "name": name,
                "key_type": key_type(key.public_key().key_type()),
                "seed_hex": hex::encode(seed),
                "public_key_hex": hex::encode(key.public_key().as_bytes()),
                "digest_hex": hex::encode(digest),
                "signature_hex": hex::encode(key.sign_digest(digest)),
            })
        })
        .collect())
}

/// n - s for a compact secp256k1 signature: verifies mathematically, and is refused.
fn high_s(signature: &[u8; 64]) -> Result<[u8; 64]> {
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")?;
    let mut high = *signature;
    let mut borrow = 0;
    for place in (0..32).rev() {
        let difference = i16::from(order[place]) - i16::from(signature[32 + place]) - borrow;
        borrow = i16::from(difference < 0);
        high[32 + place] = u8::try_from(difference.rem_euclid(256))?;
    }
    Ok(high)
}

pub fn refused_signatures() -> Result<Value> {
    let digest = named("digest");
    let mut all = Vec::new();
    for (_, _, key) in keys()? {
        let public = key.public_key();
        let good = key.sign_digest(&digest);
        let mut changed = good;
        changed[0] ^= 1;
        let mut no_s = good;
        no_s[32..].fill(0);
        let mut cases = vec![
            ("other digest", named("other digest"), good),
            ("changed r", digest, changed),
            ("s of zero", digest, no_s),
            ("zeros", digest, [0; 64]),
        ];
        if public.key_type() == KeyType::Secp256k1 {
            cases.push(("high s", digest, high_s(&good)?));
        }
        for (name, digest, signature) in cases {
            ensure!(
                !verify_digest(&public, &digest, &signature),
                "signature with {name} is accepted"
            );
            all.push(json!({
                "name": name,
                "key_type": key_type(public.key_type()),
                "public_key_hex": hex::encode(public.as_bytes()),
                "digest_hex": hex::encode(digest),
                "signature_hex": hex::encode(signature),
            }));
        }
    }
    Ok(all.into())
}
