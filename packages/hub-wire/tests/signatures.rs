//! Digests are bound to what they are for, and signatures are the only ones that count.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use hub_wire::{
    batch_digest, commit_hash, domain_tag, is_low_s, measurement, possession_digest,
    receipt_digest, sha256, verify_digest, voucher_digest, BlobId, Domain, KeyError, PublicKey,
    Purpose, SigningKey,
};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;

/// n, the order of secp256k1.
const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const HALF: &str = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";

fn number(hex_digits: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hex_digits, &mut bytes).unwrap();
    bytes
}

fn with_s(s: [u8; 32]) -> [u8; 64] {
    let mut signature = [1; 64];
    signature[32..].copy_from_slice(&s);
    signature
}

/// n − s.
fn negated(s: &[u8]) -> [u8; 32] {
    let mut result = [0; 32];
    let mut borrow = 0;
    for (at, of_order) in number(ORDER).into_iter().enumerate().rev() {
        let difference = i16::from(of_order) - i16::from(s[at]) - borrow;
        borrow = i16::from(difference < 0);
        result[at] = difference.rem_euclid(256) as u8;
    }
    result
}

#[test]
fn s_is_low_from_one_to_half_the_order() {
    assert!(!is_low_s(&with_s([0; 32])));
    let mut one = [0; 32];
    one[31] = 1;
    assert!(is_low_s(&with_s(one)));
    assert!(is_low_s(&with_s(number(HALF))));
    let mut above = number(HALF);
    above[31] += 1;
    assert!(!is_low_s(&with_s(above)));
    assert!(!is_low_s(&with_s(number(ORDER))));
    assert!(!is_low_s(&with_s([0xff; 32])));
}

#[test]
fn zero_and_the_order_are_no_secret_keys() {
    for seed in [[0; 32], number(ORDER), [0xff; 32]] {
        assert_eq!(
            SigningKey::secp256k1_from_seed(&seed).unwrap_err(),
            KeyError::SeedOutOfRange
        );
    }
}

#[test]
fn secp256k1_signs_as_rfc_6979_says() {
    // The customary vector for secp256k1: secret key 1, sha256 of "Satoshi Nakamoto".
    let mut seed = [0; 32];
    seed[31] = 1;
    let key = SigningKey::secp256k1_from_seed(&seed).unwrap();
    let signature = key.sign_digest(&sha256(&[b"Satoshi Nakamoto"]));
    assert_eq!(
        hex::encode(signature),
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8\
         2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"
    );
}

#[test]
fn ed25519_keys_follow_rfc_8032() {
    // RFC 8032, section 7.1, test 1.
    let key = SigningKey::ed25519_from_seed(&number(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    ));
    assert_eq!(
        hex::encode(key.public_key().as_bytes()),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
}

#[test]
fn tags_differ_by_purpose_chain_and_contract() {
    let mut tags = BTreeSet::new();
    for purpose in Purpose::ALL {
        for (chain_id, contract) in [
            ("hub-1", &b"abc"[..]),
            ("hub-2", b"abc"),
            ("hub-1", b"abd"),
            ("hub-1\x03", b"abc"),
            ("", b""),
        ] {
            let tag = domain_tag(purpose, chain_id, contract);
            assert_eq!(tag, Domain { chain_id, contract }.tag(purpose));
            assert!(tags.insert(tag));
        }
    }
    assert_eq!(
        domain_tag(Purpose::Batch, "hub-1", b"abc"),
        sha256(&[b"hub/batch/v1\x05hub-1\x03abc"])
    );
}

#[test]
fn digests_are_put_together_as_written() {
    let tag = [4; 32];
    let bytes = b"statement";
    let plain = sha256(&[&tag, &sha256(&[bytes])]);
    assert_eq!(batch_digest(&tag, bytes), plain);
    assert_eq!(voucher_digest(&tag, bytes), plain);
    assert_eq!(possession_digest(&tag, bytes), plain);
    assert_eq!(
        receipt_digest(&tag, bytes, 258),
        sha256(&[&tag, &sha256(&[bytes]), &[0, 0, 0, 0, 0, 0, 1, 2]])
    );
    assert_eq!(
        commit_hash(&tag, b"sender", &BlobId::from_bytes([5; 32]), &[6; 32]),
        sha256(&[&tag, b"\x06sender", &[5; 32], &[6; 32]])
    );
    assert_eq!(
        measurement(b"verifier", &[7; 32]),
        sha256(&[b"hub/measurement/v1\x08verifier", &[7; 32]])
    );
}

#[test]
fn a_secret_key_does_not_show_in_debug_output() {
    let key = SigningKey::ed25519_from_seed(&[7; 32]);
    assert_eq!(
        format!("{key:?}"),
        format!("SigningKey({:?})", key.public_key())
    );
}

proptest! {
    #[test]
    fn a_signature_verifies_for_its_key_and_digest_only(seed in 1_u8..=255, digest in any::<[u8; 32]>(), bit in 0_usize..512) {
        let keys = [
            SigningKey::secp256k1_from_seed(&[seed.min(0xfe); 32]).unwrap(),
            SigningKey::ed25519_from_seed(&[seed; 32]),
        ];
        for key in &keys {
            let signature = key.sign_digest(&digest);
            let public = key.public_key();
            prop_assert_eq!(signature, key.sign_digest(&digest));
            prop_assert!(verify_digest(&public, &digest, &signature));
            prop_assert_eq!(PublicKey::new(public.key_type(), public.as_bytes()), Ok(public));

            let mut other = digest;
            other[bit % 32] ^= 1;
            prop_assert!(!verify_digest(&public, &other, &signature));
            let mut changed = signature;
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_digest(&public, &digest, &changed));
        }
        let signature = keys[0].sign_digest(&digest);
        prop_assert!(is_low_s(&signature));
        let mut high = signature;
        high[32..].copy_from_slice(&negated(&signature[32..]));
        prop_assert!(!is_low_s(&high));
        prop_assert!(!verify_digest(&keys[0].public_key(), &digest, &high));
    }

    #[test]
    fn any_key_and_signature_is_answered_without_panic(key in any::<[u8; 32]>(), a in any::<[u8; 32]>(), b in any::<[u8; 32]>()) {
        let mut compressed = [2; 33];
        compressed[1..].copy_from_slice(&key);
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&a);
        signature[32..].copy_from_slice(&b);
        prop_assert!(!verify_digest(&PublicKey::Secp256k1(compressed), &a, &signature));
        prop_assert!(!verify_digest(&PublicKey::Ed25519(key), &a, &signature));
    }
}
