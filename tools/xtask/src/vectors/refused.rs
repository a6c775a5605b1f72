//! Bytes that no decoder may accept, with the name of the reason.

use super::inputs::{some_calls, some_receipt};
use super::values::key_type;
use anyhow::{anyhow, bail, ensure, Context, Result};
use hub_wire::varint::{Reader, Writer};
use hub_wire::{Batch, Call, DecodeError, KeyType, PublicKey, Receipt, Voucher, BATCH_VERSION};
use serde_json::{json, Value};

pub fn refused() -> Result<Value> {
    let mut all = Vec::new();
    let mut add = |of: &str, name: &str, bytes: Vec<u8>, reason: &str| -> Result<()> {
        let error = refusal(of, &bytes)?;
        ensure!(
            error.name() == reason,
            "{of}, {name}: expected {reason}, found {}: {error}",
            error.name()
        );
        all.push(json!({
            "of": of,
            "name": name,
            "hex": hex::encode(bytes),
            "reason": reason,
            "at": error.at(),
        }));
        Ok(())
    };

    for of in ["u64", "u128"] {
        add(of, "nothing", vec![], "truncated")?;
        add(of, "goes on and ends", vec![0x80], "truncated")?;
        add(of, "zero in two bytes", vec![0x80, 0x00], "overlong")?;
        add(of, "needless last byte", vec![0xff, 0x81, 0x00], "overlong")?;
        add(of, "a byte more", vec![0x01, 0x00], "trailing")?;
    }
    add(
        "u64",
        "65 bits",
        [&[0xff; 9][..], &[0x02]].concat(),
        "too_large",
    )?;
    add(
        "u64",
        "eleven bytes",
        [&[0x80; 10][..], &[0x01]].concat(),
        "too_large",
    )?;
    add(
        "u128",
        "129 bits",
        [&[0xff; 18][..], &[0x04]].concat(),
        "too_large",
    )?;
    add(
        "u128",
        "twenty bytes",
        [&[0x80; 19][..], &[0x01]].concat(),
        "too_large",
    )?;

    let good = raw_batch(0, 1, &GOOD);
    Batch::decode(&good).context("the batch that the refused ones are made of")?;
    let with = |place: usize, value| {
        let mut integers = GOOD;
        integers[place] = value;
        raw_batch(0, 1, &integers)
    };
    let second = |integers: &[u64]| raw_batch(0, 2, &[&GOOD, integers].concat());
    let edited = |at: usize, new: &[u8]| {
        let mut bytes = good.clone();
        bytes.splice(at..at + 1, new.iter().copied());
        bytes
    };
    let cut = |length: usize| good[..length].to_vec();
    for (name, bytes, reason) in [
        ("nothing", vec![], "truncated"),
        ("ends within the root", cut(30), "truncated"),
        ("ends before the group count", cut(37), "truncated"),
        ("ends within a group", cut(44), "truncated"),
        ("ends before the bits", cut(good.len() - 1), "truncated"),
        ("claims 65535 receipts", with(7, 65_535), "truncated"),
        (
            "claims 2^64 - 1 groups",
            raw_batch(0, u64::MAX, &GOOD),
            "truncated",
        ),
        ("a byte more", [&good[..], &[0]].concat(), "trailing"),
        (
            "a group more than counted",
            [&good[..], &[1, 1, 1, 1, 0, 60, 0, 1, 3, 3, 0x55]].concat(),
            "trailing",
        ),
        ("version 0", edited(0, &[0]), "unknown_version"),
        ("version 1", edited(0, &[1]), "unknown_version"),
        ("version 3", edited(0, &[3]), "unknown_version"),
        ("mode 2", edited(1, &[2]), "unknown_mode"),
        (
            "attester in two bytes",
            edited(2, &[0x81, 0x00]),
            "overlong",
        ),
        (
            "group count in two bytes",
            edited(37, &[0x81, 0x00]),
            "overlong",
        ),
        (
            "receipt count in two bytes",
            edited(45, &[0x81, 0x00]),
            "overlong",
        ),
        ("code in two bytes", edited(46, &[0x83, 0x00]), "overlong"),
        ("code 128", edited(47, &[0x80, 0x01]), "unknown_code"),
        (
            "widest code",
            edited(
                46,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
            "unknown_code",
        ),
        ("a base of 0", edited(46, &[64 + 3, 0]), "needless_base"),
        (
            "base in two bytes",
            edited(46, &[64 + 3, 0x85, 0x00]),
            "overlong",
        ),
        (
            "base and units beyond 64 bits",
            // 1 more than the base, which is the widest integer.
            [
                &good[..46],
                &[
                    64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
                ],
                &[0, 0b1001_0000],
            ]
            .concat(),
            "too_large",
        ),
        (
            "units without the zero after their quotient",
            [&good[..46], &[0, 0, 0xff]].concat(),
            "truncated",
        ),
        (
            "low bits that end early",
            [&good[..46], &[6, 6, 0x55]].concat(),
            "truncated",
        ),
        (
            "units in full that end early",
            [&good[..46], &[0, 0], &[0xff; 12]].concat(),
            "truncated",
        ),
        (
            "units in full, of quotient 31",
            [&good[..46], &[0, 0], &[0xff; 4], &[0; 7], &[31, 0]].concat(),
            "needless_escape",
        ),
        (
            "units in full, of quotient 31 under parameter 59",
            [&good[..46], &[59, 0], &[0xff; 12], &[0]].concat(),
            "needless_escape",
        ),
        (
            "a bit after the last units",
            [&good[..46], &[2, 2, 0b0110_1001]].concat(),
            "padding",
        ),
        (
            "all bits after the last units",
            [&good[..46], &[0, 0, 0b0011_1111]].concat(),
            "padding",
        ),
        (
            "a flood of ones",
            {
                let mut integers = GOOD;
                (integers[7], integers[8], integers[9]) = (65_535, 0, 0);
                let claim = raw_batch(0, 1, &integers);
                [&claim[..claim.len() - 1], &[0xff; 300]].concat()
            },
            "truncated",
        ),
        (
            "attester of 65 bits",
            edited(
                2,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            ),
            "too_large",
        ),
        (
            "issued_to before issued_from",
            edited(3, &[61]),
            "times_reversed",
        ),
        ("no groups", raw_batch(0, 0, &[]), "no_groups"),
        ("no groups, netted", raw_batch(1, 0, &[]), "no_groups"),
        ("first session 0", with(0, 0), "session_zero"),
        (
            "session beyond 64 bits",
            {
                let mut first = GOOD;
                first[0] = u64::MAX;
                raw_batch(0, 2, &[&first[..], &GOOD].concat())
            },
            "session_overflow",
        ),
        (
            "the same group twice",
            second(&[0, 4, 4, 4, 0, 60, 1, 3, 3, 0x55]),
            "not_ascending",
        ),
        (
            "terms fall",
            second(&[0, 4, 4, 3, 0, 60, 1, 3, 3, 0x55]),
            "not_ascending",
        ),
        (
            "release falls",
            second(&[0, 4, 3, 9, 0, 60, 1, 3, 3, 0x55]),
            "not_ascending",
        ),
        (
            "model falls",
            second(&[0, 3, 9, 9, 0, 60, 1, 3, 3, 0x55]),
            "not_ascending",
        ),
        ("ends after issued_to", with(5, 61), "after_issued_to"),
        (
            "from + span beyond 64 bits",
            {
                let mut integers = GOOD;
                (integers[4], integers[5]) = (u64::MAX, 1);
                raw_batch(0, 1, &integers)
            },
            "after_issued_to",
        ),
        ("no receipts", with(7, 0), "empty_group"),
        (
            "no receipts, netted",
            raw_batch(1, 1, &[5, 4, 4, 4, 0, 60, 0, 0, 9, 9]),
            "empty_group",
        ),
        ("65536 receipts", with(7, 65_536), "group_too_large"),
        (
            "65536 receipts, netted",
            raw_batch(1, 1, &[5, 4, 4, 4, 0, 60, 0, 65_536, 9, 9]),
            "group_too_large",
        ),
        (
            "sequence + count beyond 64 bits",
            with(6, u64::MAX),
            "sequence_overflow",
        ),
        (
            "nothing at issued_from",
            raw_batch(0, 1, &[5, 4, 4, 4, 1, 59, 0, 1, 3, 3, 0x55]),
            "nothing_at_issued_from",
        ),
        ("nothing at issued_to", with(5, 59), "nothing_at_issued_to"),
    ] {
        add("batch", name, bytes, reason)?;
    }

    let receipt = some_receipt(1).encode();
    let end = receipt.len();
    add("receipt", "nothing", vec![], "truncated")?;
    add(
        "receipt",
        "ends within the last hash",
        receipt[..end - 1].to_vec(),
        "truncated",
    )?;
    add(
        "receipt",
        "a byte more",
        [&receipt[..], &[0]].concat(),
        "trailing",
    )?;
    add(
        "receipt",
        "version 0",
        [&[0], &receipt[1..]].concat(),
        "unknown_version",
    )?;
    add(
        "receipt",
        "attester in two bytes",
        [&[1, 0x87, 0x00], &receipt[2..]].concat(),
        "overlong",
    )?;

    add("voucher", "nothing", vec![], "truncated")?;
    add("voucher", "no ceiling", vec![1, 3], "truncated")?;
    add("voucher", "a byte more", vec![1, 3, 4, 0], "trailing")?;
    add("voucher", "version 2", vec![2, 3, 4], "unknown_version")?;
    add(
        "voucher",
        "ceiling in two bytes",
        vec![1, 3, 0x84, 0x00],
        "overlong",
    )?;
    add(
        "voucher",
        "ceiling of 129 bits",
        [&[1, 3][..], &[0xff; 18], &[0x04]].concat(),
        "too_large",
    )?;

    let call = some_calls()[0].1.encode();
    add("call", "nothing", vec![], "truncated")?;
    add(
        "call",
        "a byte less",
        call[..call.len() - 1].to_vec(),
        "truncated",
    )?;
    add(
        "call",
        "a byte more",
        [&call[..], &[0]].concat(),
        "trailing",
    )?;
    add(
        "call",
        "version 2",
        [&[2], &call[1..]].concat(),
        "unknown_version",
    )?;
    add(
        "call",
        "attester in two bytes",
        [&[1, 0x87, 0x00], &call[2..]].concat(),
        "overlong",
    )?;
    Ok(all.into())
}

/// session delta, model, release, terms, from, span, sequence, count, two codes, bits of one receipt: 0 101 and 0 101.
const GOOD: [u64; 11] = [5, 4, 4, 4, 0, 60, 0, 1, 3, 3, 0x55];

/// A batch of attester 1 over 0..=60 with these integers behind the group count.
fn raw_batch(mode: u8, groups: u64, integers: &[u64]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.raw(&[BATCH_VERSION, mode, 1, 0, 60]);
    writer.raw(&[0; 32]);
    writer.u64(groups);
    integers.iter().for_each(|integer| writer.u64(*integer));
    writer.finish()
}

fn refusal(of: &str, bytes: &[u8]) -> Result<DecodeError> {
    let mut reader = Reader::new(bytes);
    let result = match of {
        "u64" => reader.u64().and_then(|_| reader.finish()),
        "u128" => reader.u128().and_then(|_| reader.finish()),
        "batch" => Batch::decode(bytes).map(|_| ()),
        "receipt" => Receipt::decode(bytes).map(|_| ()),
        "voucher" => Voucher::decode(bytes).map(|_| ()),
        "call" => Call::decode(bytes).map(|_| ()),
        _ => bail!("nothing is called {of}"),
    };
    result
        .err()
        .ok_or_else(|| anyhow!("{of} {} is accepted", hex::encode(bytes)))
}

pub fn refused_keys() -> Result<Value> {
    let of_order_8 = |last: u8| {
        let y = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc";
        Ok::<_, anyhow::Error>([hex::decode(y)?, vec![last]].concat())
    };
    let other_of_order_8 = |last: u8| {
        let y = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03";
        Ok::<_, anyhow::Error>([hex::decode(y)?, vec![last]].concat())
    };
    let y = |first: u8, between: u8, last: u8| [&[first][..], &[between; 30], &[last]].concat();
    let cases = [
        ("nothing", KeyType::Secp256k1, vec![]),
        ("x alone", KeyType::Secp256k1, vec![2; 32]),
        (
            "uncompressed",
            KeyType::Secp256k1,
            [&[4][..], &[2; 64]].concat(),
        ),
        ("prefix 0x04 on 33 bytes", KeyType::Secp256k1, vec![4; 33]),
        ("nothing", KeyType::Ed25519, vec![]),
        ("31 bytes", KeyType::Ed25519, vec![2; 31]),
        ("33 bytes", KeyType::Ed25519, vec![2; 33]),
        ("order 1: y = 1", KeyType::Ed25519, y(0x01, 0x00, 0x00)),
        ("order 2: y = -1", KeyType::Ed25519, y(0xec, 0xff, 0x7f)),
        ("order 4: y = 0", KeyType::Ed25519, y(0x00, 0x00, 0x00)),
        (
            "order 4: y = 0, other x",
            KeyType::Ed25519,
            y(0x00, 0x00, 0x80),
        ),
        ("order 8, first", KeyType::Ed25519, of_order_8(0x05)?),
        ("order 8, second", KeyType::Ed25519, of_order_8(0x85)?),
        ("order 8, third", KeyType::Ed25519, other_of_order_8(0x7a)?),
        ("order 8, fourth", KeyType::Ed25519, other_of_order_8(0xfa)?),
        (
            "order 1 with a needless sign",
            KeyType::Ed25519,
            y(0x01, 0x00, 0x80),
        ),
        (
            "order 2 with a needless sign",
            KeyType::Ed25519,
            y(0xec, 0xff, 0xff),
        ),
        ("order 4 as y = p", KeyType::Ed25519, y(0xed, 0xff, 0x7f)),
        (
            "order 4 as y = p, other x",
            KeyType::Ed25519,
            y(0xed, 0xff, 0xff),
        ),
        (
            "order 1 as y = p + 1",
            KeyType::Ed25519,
            y(0xee, 0xff, 0x7f),
        ),
        (
            "order 1 as y = p + 1, needless sign",
            KeyType::Ed25519,
            y(0xee, 0xff, 0xff),
        ),
        (
            "not canonical: y = p + 3",
            KeyType::Ed25519,
            y(0xf0, 0xff, 0x7f),
        ),
        (
            "not canonical: y = p + 18",
            KeyType::Ed25519,
            y(0xff, 0xff, 0xff),
        ),
    ];
    cases
        .into_iter()
        .map(|(name, of, bytes)| {
            ensure!(
                PublicKey::new(of, &bytes).is_err(),
                "key {name} is accepted"
            );
            Ok(json!({ "name": name, "key_type": key_type(of), "key_hex": hex::encode(bytes) }))
        })
        .collect()
}
