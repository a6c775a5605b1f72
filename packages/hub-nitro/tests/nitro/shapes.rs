//! Every shape that documents really have is accepted, and every limit is where it is said to be.

use crate::attempt::{chain, outcome, KEY};
use hub_nitro::{Error, MAX_AHEAD_SECONDS};
use hub_nitro_testing::cbor::Value;
use hub_nitro_testing::certificate::{id, Extension};
use hub_nitro_testing::der::{generalized_time, sequence, tlv};
use hub_nitro_testing::{Attempt, Document, Key, Level, NitroChain};
use sha2::{Digest, Sha256};

#[track_caller]
fn accepted(chain: &NitroChain, document: Vec<u8>) {
    let attempt = Attempt {
        document,
        ..Attempt::sound(chain, &KEY)
    };
    outcome(&attempt).unwrap();
}

fn document() -> Document {
    chain().document().public_key(KEY)
}

#[test]
fn keys_of_any_kind_are_bound_as_public_key() {
    for key in [&[1; 32][..], &[2; 33], &[4; 65], &[5; 1_024]] {
        outcome(&Attempt::sound(&chain(), key)).unwrap();
    }
}

#[test]
fn a_key_is_bound_by_its_hash_in_user_data_beside_any_public_key() {
    let hash = Sha256::digest(KEY);
    let two = [&[0x12, 0x20], &[9; 32][..], &[0x12, 0x20], &hash].concat();
    for document in [chain().document(), chain().document().public_key("dummy")] {
        accepted(&chain(), document.clone().user_data(hash).build());
        accepted(&chain(), document.user_data(&two).build());
    }
}

#[test]
fn fields_of_an_enclave_may_be_empty_full_null_or_absent() {
    for document in [
        document().user_data([]).nonce([]),
        document().user_data([1; 1_024]).nonce([2; 1_024]),
    ] {
        accepted(&chain(), document.build());
    }
    let mut payload = document().payload();
    payload.remove("user_data");
    payload.remove("nonce");
    accepted(&chain(), document().seal(&payload.encode()).encode());

    let by_hash = chain().document().user_data(Sha256::digest(KEY));
    let mut payload = by_hash.payload();
    payload.remove("public_key");
    accepted(&chain(), by_hash.seal(&payload.encode()).encode());
}

#[test]
fn the_payload_may_be_of_indefinite_length_and_in_any_order() {
    let mut payload = document().payload();
    let indefinite = Value::IndefiniteMap(payload.entries().clone());
    accepted(&chain(), document().seal(&indefinite.encode()).encode());
    payload.entries().reverse();
    accepted(&chain(), document().seal(&payload.encode()).encode());
}

#[test]
fn three_pcrs_are_enough_and_there_may_be_32_in_any_order() {
    let three = (3..16).fold(document(), Document::without_pcr);
    accepted(&chain(), three.build());
    let mut all = (16..32).fold(document(), |all, index| all.pcr(index, [1; 48]));
    all.pcrs.reverse();
    accepted(&chain(), all.build());
}

#[test]
fn the_other_s_of_a_signature_is_as_good_everywhere() {
    // AWS normalises none. A twin says nothing else, and what is remembered of certificates is their bytes.
    let mut envelope = document().seal(&document().payload().encode());
    envelope.signature = Key::twin(&envelope.signature);
    accepted(&chain(), envelope.encode());
}

#[test]
fn a_document_is_good_for_300_seconds_and_from_60_seconds_before() {
    let chain = chain();
    for (made_at, good) in [
        (chain.time() - 301, false),
        (chain.time() - 300, true),
        (chain.time() + 60, true),
        (chain.time() + 61, false),
    ] {
        let attempt = Attempt {
            document: document().timestamp(made_at).build(),
            ..Attempt::sound(&chain, &KEY)
        };
        assert_eq!(outcome(&attempt).is_ok(), good, "made at {made_at}");
    }
}

#[test]
fn certificates_are_good_from_a_minute_before_their_first_second_to_their_last() {
    for level in Level::ALL {
        let now = chain().time();
        let first = chain().edit(level, |it| it.not_before = now + MAX_AHEAD_SECONDS);
        let last = chain().edit(level, |it| it.not_after = now);
        let early = chain().edit(level, |it| it.not_before = now + MAX_AHEAD_SECONDS + 1);
        let late = chain().edit(level, |it| it.not_after = now - 1);
        for good in [first, last] {
            outcome(&Attempt::sound(&good, &KEY)).unwrap();
        }
        for bad in [early, late] {
            let attempt = Attempt::sound(&bad, &KEY);
            let error = outcome(&attempt).unwrap_err();
            assert!(matches!(
                error,
                Error::NotYetValid { .. } | Error::Expired { .. }
            ));
        }
    }
}

#[test]
fn chains_of_all_times_and_of_other_lengths_are_accepted() {
    for time in [
        NitroChain::EARLIEST,
        1_571_797_419,
        2_000_000_000,
        NitroChain::LATEST,
    ] {
        outcome(&Attempt::sound(&NitroChain::new(5).at(time), &KEY)).unwrap();
    }
    // Without zones, the instance's issuer is the region.
    let mut short = chain();
    short.certificates.remove(Level::Zonal.index());
    let region = short.certificate(Level::Regional).subject.clone();
    short.certificates[2].issuer = region;
    outcome(&Attempt::sound(&short, &KEY)).unwrap();
    // The leaf right below the root.
    let mut flat = chain();
    flat.certificates.drain(1..4);
    flat.certificates[1].issuer = flat.certificates[0].subject.clone();
    outcome(&Attempt::sound(&flat, &KEY)).unwrap();
}

#[test]
fn unknown_extensions_that_are_not_critical_do_not_matter() {
    for level in Level::BELOW_ROOT {
        let chain = chain().edit(level, |it| {
            it.set(Extension::new(&[0x2a, 3, 5], false, vec![5, 0]));
        });
        outcome(&Attempt::sound(&chain, &KEY)).unwrap();
    }
}

#[test]
fn a_leaf_needs_no_basic_constraints() {
    let chain = chain().edit(Level::Leaf, |it| it.remove(id::BASIC_CONSTRAINTS));
    outcome(&Attempt::sound(&chain, &KEY)).unwrap();
}

/// What RFC 5280 tells authorities not to do and says nothing else when they do: the issuer signed these very bytes.
#[test]
fn liberties_of_an_authority_that_change_no_meaning_are_tolerated() {
    let liberties: [fn(&mut hub_nitro_testing::certificate::Certificate); 5] = [
        |it| it.time = generalized_time,
        |it| it.serial = tlv(2, &[0x80, 1]),
        |it| it.serial = tlv(2, &[1; 21]),
        |it| {
            it.public_key
                .extend([tlv(0x81, &[0, 1]), tlv(0x82, &[0, 1])].concat())
        },
        |it| {
            let mut extension = Extension::new(&[0x2a, 3, 5], false, sequence(&[]));
            extension.critical = Some(false);
            it.set(extension);
        },
    ];
    for liberty in liberties {
        for level in Level::BELOW_ROOT {
            outcome(&Attempt::sound(&chain().edit(level, liberty), &KEY)).unwrap();
        }
    }
}
