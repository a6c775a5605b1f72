//! Units of itemised groups as bits: what is refused, by its own name and at its own byte; then that one value under
//! one code has one form, and that the decoder agrees with a plain one.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use common::plain;
use common::{batch, group, items, number};
use hub_wire::{Batch, DecodeError, Items, ModelId, RiceCode, SessionId, Units, Work};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest, Strategy};
use proptest::sample::select;
use proptest::test_runner::TestCaseError;

const MAX: u64 = u64::MAX;

fn code(base: u64, k: u8) -> RiceCode {
    RiceCode::new(base, k).unwrap()
}

/// What stands before the codes in a batch of one group of `count` receipts.
fn head(count: u16) -> Vec<u8> {
    let mut bytes = vec![2, 0, 1, 0, 60];
    bytes.extend([0; 32]);
    bytes.extend([1, 5, 1, 1, 1, 0, 60, 0]);
    let mut writer = hub_wire::varint::Writer::new();
    writer.u64(count.into());
    bytes.extend(writer.finish());
    bytes
}

/// Decodes a batch of one group of `count` receipts, with these codes and bits.
fn read(count: u16, body: &[u8]) -> Result<Items, DecodeError> {
    let bytes = [&head(count), body].concat();
    let batch = Batch::decode(&bytes)?;
    assert_eq!(batch.encode().as_deref(), Ok(&bytes[..]), "canonical");
    match batch.groups.into_iter().next().unwrap().work {
        Work::Itemised(items) => Ok(items),
        Work::Netted { .. } => panic!("the batch is itemised"),
    }
}

/// The body that these units take under these codes.
fn body(units: &[Units], input: RiceCode, output: RiceCode) -> Vec<u8> {
    let items = Items::coded(units, input, output).unwrap();
    let mut group = group(SessionId(5), ModelId(1), 0, Work::Itemised(items));
    group.span = 0;
    let mut batch = batch(vec![group]);
    batch.issued_to = batch.issued_from;
    let bytes = batch.encode().unwrap();
    // Attester, four bytes more for each of the two times, and a count.
    bytes[head(units.len() as u16).len() + 8..].to_vec()
}

fn zeros(count: usize) -> Vec<Units> {
    vec![Units::default(); count]
}

#[test]
fn a_code_beyond_127_is_refused() {
    let at = head(1).len();
    for (found, bytes) in [
        (128, vec![0x80, 1]),
        (MAX, [vec![0xff; 9], vec![1]].concat()),
    ] {
        let expected = |at| Err(DecodeError::UnknownCode { at, found });
        assert_eq!(read(1, &[&bytes[..], &[0, 0]].concat()), expected(at));
        assert_eq!(
            read(1, &[&[0], &bytes[..], &[0]].concat()),
            expected(at + 1)
        );
    }
    assert_eq!(RiceCode::new(0, 64), None);
    assert!(RiceCode::new(MAX, 63).is_some());
}

#[test]
fn a_stated_base_is_not_0_and_not_longer_than_need_be() {
    let at = head(1).len();
    for k in [64, 67, 127] {
        assert_eq!(
            read(1, &[k, 0, 0, 0, 0]),
            Err(DecodeError::NeedlessBase { at })
        );
    }
    assert_eq!(
        read(1, &[64, 0x81, 0, 0, 0]),
        Err(DecodeError::Overlong { at: at + 1 })
    );
    assert_eq!(read(1, &[64]), Err(DecodeError::Truncated { at: at + 1 }));
}

#[test]
fn units_beyond_64_bits_are_refused() {
    let at = head(1).len();
    // A base of the widest integer, and 1 more.
    let wide = [&[64][..], &[0xff; 9], &[1, 0, 0b1000_0000]].concat();
    assert_eq!(
        read(1, &wide),
        Err(DecodeError::TooLarge {
            at: at + 12,
            bits: 64
        })
    );
    let widest = [&[64][..], &[0xff; 9], &[1, 0, 0]].concat();
    assert_eq!(
        read(1, &widest).map(|items| items.iter().collect()),
        Ok(vec![Units::new(MAX, 0)])
    );
    // A base of 1, and the widest integer in full.
    let wide = [&[64, 1, 0][..], &[0xff; 12], &[0]].concat();
    assert_eq!(
        read(1, &wide),
        Err(DecodeError::TooLarge {
            at: at + 3,
            bits: 64
        })
    );
}

/// Attack (replay and ordering): the same units are written in full and in short, to be taken for two batches.
/// Defence: in full only from a quotient of 32 on, where there is no short form.
#[test]
fn units_in_full_are_refused_wherever_a_short_form_exists() {
    let at = head(1).len() + 2;
    for k in 0..=63_u8 {
        let first_in_full = 32_u64
            .checked_shl(k.into())
            .filter(|least| least >> k == 32);
        let in_full = |v: u64| [&[k, 0][..], &[0xff; 4], &v.to_be_bytes(), &[0]].concat();
        match first_in_full {
            Some(least) => {
                let items = read(1, &in_full(least)).unwrap();
                assert_eq!(items.iter().collect::<Vec<_>>(), [Units::new(least, 0)]);
                assert_eq!(
                    read(1, &in_full(least - 1)),
                    Err(DecodeError::NeedlessEscape { at }),
                    "k = {k}"
                );
            }
            None => assert_eq!(
                read(1, &in_full(MAX)),
                Err(DecodeError::NeedlessEscape { at }),
                "k = {k}"
            ),
        }
    }
}

#[test]
fn every_bit_after_the_last_units_must_be_zero() {
    let good = [0, 0, 0];
    assert!(read(1, &good).is_ok());
    let at = head(1).len() + 2;
    for bit in 0..6 {
        assert_eq!(
            read(1, &[0, 0, 1 << bit]),
            Err(DecodeError::Padding { at }),
            "bit {bit}"
        );
    }
    // A whole byte more is no padding.
    assert_eq!(
        read(1, &[0, 0, 0, 0]),
        Err(DecodeError::Trailing {
            at: at + 1,
            count: 1
        })
    );
    // Eight bits need none.
    assert!(read(4, &[0, 0, 0]).is_ok());
}

#[test]
fn bits_that_end_early_are_refused_at_the_byte_where_their_units_start() {
    let at = head(65_535).len();
    let all = body(&zeros(65_535), code(0, 0), code(0, 0));
    assert_eq!(all.len(), 2 + 65_535 / 4 + 1);
    for length in [2, 3, 100, all.len() - 1] {
        let expected = DecodeError::Truncated { at: at + length };
        assert_eq!(read(65_535, &all[..length]), Err(expected));
    }
    // The last units have 63 low bits and start in the third byte.
    let long = body(
        &[Units::new(0, 0), Units::new(1, 0)],
        code(0, 63),
        code(0, 63),
    );
    for length in 26..long.len() {
        let found = read(2, &long[..length]);
        assert!(
            matches!(found, Err(DecodeError::Truncated { at: found }) if found >= at + 16),
            "{length}: {found:?}"
        );
    }
}

/// Attack (storage spam and unbounded work): bits are all ones, so that a decoder counts on for ever.
/// Defence: no quotient has more than 32 ones, and the work is linear in the bytes.
#[test]
fn a_flood_of_ones_is_the_widest_units_until_it_ends() {
    for k in [0, 1, 31, 58] {
        // 96 bits each, twelve bytes.
        let flood = [&[k, k][..], &[0xff; 24_000]].concat();
        let items = read(1_000, &flood).unwrap();
        assert!(items.iter().all(|units| units == Units::new(MAX, MAX)));
        assert_eq!(items.len(), 1_000);
        let at = head(1_001).len() + flood.len();
        assert_eq!(read(1_001, &flood), Err(DecodeError::Truncated { at }));
        assert_eq!(
            read(65_535, &flood),
            Err(DecodeError::Truncated { at: at + 1 })
        );
    }
    // From 59 on no quotient reaches 32.
    let at = head(1_000).len() + 2;
    for k in 59..=63 {
        let flood = [&[k, k][..], &[0xff; 24_000]].concat();
        assert_eq!(read(1_000, &flood), Err(DecodeError::NeedlessEscape { at }));
    }
}

#[test]
fn a_group_of_65535_receipts_comes_back() {
    let units: Vec<Units> = (0..65_535)
        .map(|i: u64| Units::new(i.wrapping_mul(0x9e37_79b9_7f4a_7c15), i * i))
        .collect();
    let items = Items::from(units.clone());
    let bytes = batch(vec![group(
        SessionId(1),
        ModelId(1),
        0,
        Work::Itemised(items),
    )])
    .encode()
    .unwrap();
    let decoded = Batch::decode(&bytes).unwrap();
    let Work::Itemised(items) = &decoded.groups[0].work else {
        panic!("the batch is itemised");
    };
    assert_eq!(items.iter().collect::<Vec<_>>(), units);
    assert_eq!(
        (items.iter().len(), items.iter().size_hint()),
        (65_535, (65_535, Some(65_535)))
    );
}

#[test]
fn every_width_comes_back_under_every_parameter() {
    for k in 0..=63 {
        for width in 0..=64_u32 {
            let most = MAX.checked_shr(64 - width).unwrap_or(0);
            let units = [
                Units::new(most, most / 2),
                Units::new(most / 2 + 1, most),
                Units::new(0, most),
            ];
            let body = body(&units, code(0, k), code(0, 63 - k));
            assert_eq!(body, plain::encode([(k, 0), (63 - k, 0)], &units));
            let items = read(3, &body).unwrap();
            assert_eq!(
                items.iter().collect::<Vec<_>>(),
                units,
                "k = {k}, {width} bits"
            );
        }
    }
}

#[test]
fn units_below_their_base_have_no_form() {
    let units = [Units::new(10, 20), Units::new(9, 30)];
    assert_eq!(Items::coded(&units, code(10, 3), code(20, 3)), None);
    assert_eq!(Items::coded(&units, code(9, 3), code(21, 3)), None);
    assert!(Items::coded(&units, code(9, 3), code(20, 3)).is_some());
}

#[test]
fn the_shortest_code_is_the_first_of_the_shortest() {
    let shortest = |integers: &[u64]| {
        let code = RiceCode::shortest(integers.iter().copied());
        (code.base(), code.parameter())
    };
    assert_eq!(shortest(&[]), (0, 0));
    assert_eq!(shortest(&[0]), (0, 0));
    // 1 takes two bits with 0 and with 1.
    assert_eq!(shortest(&[1]), (0, 0));
    // Three times 9 takes 15 bits, and as a base 11; twice it takes 10 either way.
    assert_eq!(shortest(&[9, 9]), (0, 2));
    assert_eq!(shortest(&[9, 9, 9]), (9, 0));
    // A base of two bytes must save 16 bits.
    assert_eq!(shortest(&[1_000, 1_000]), (1_000, 0));
    assert_eq!(shortest(&[MAX]), (0, 63));
    assert_eq!(shortest(&[MAX, MAX]), (MAX, 0));
    // One of them in full is shorter than both with 63 low bits.
    assert_eq!(shortest(&[0, MAX]), (0, 0));
    assert_eq!(shortest(&[1_u64 << 40, 0, 0, 0]), (0, 0));
}

/// All codes of a column that a builder may choose from, with the bits that they and the integers take, by the plain
/// encoder.
fn all_codes(integers: &[u64]) -> Vec<(usize, u64, u8)> {
    let least = integers.iter().copied().min().unwrap_or_default();
    let mut bases = vec![0, least];
    bases.dedup();
    let tried = bases
        .into_iter()
        .flat_map(|base| (0..=63).map(move |k| (base, k)));
    tried
        .map(|(base, k)| {
            let stated = plain::encode([(k, base), (0, 0)], &[]).len();
            let bits: usize = integers
                .iter()
                .map(|integer| match (integer - base) >> k {
                    quotient @ 0..=31 => quotient as usize + 1 + usize::from(k),
                    _ => 96,
                })
                .sum();
            (8 * stated + bits, base, k)
        })
        .collect()
}

fn like_plain(count: u16, body: &[u8]) -> Result<(), TestCaseError> {
    let found = read(count, body);
    match plain::decode(body, count.into()) {
        Some((codes, units, used)) if used == body.len() => {
            let items = found.unwrap();
            prop_assert_eq!(items.iter().collect::<Vec<_>>(), units);
            let [input, output] = codes.map(|(k, base)| code(base, k));
            prop_assert_eq!((items.input_code(), items.output_code()), (input, output));
        }
        Some((_, _, used)) => {
            let (at, count) = (head(count).len() + used, body.len() - used);
            prop_assert_eq!(found, Err(DecodeError::Trailing { at, count }));
        }
        None => {
            let error = found.unwrap_err();
            prop_assert!(error.name() != "trailing", "{}", error);
            let whole = head(count).len() + body.len();
            prop_assert!(error.at() <= whole);
        }
    }
    Ok(())
}

/// Bytes in which long runs of ones are as common as noise.
fn bits() -> impl Strategy<Value = Vec<u8>> {
    let run = (select(vec![0_u8, 0xff]), 1_usize..14).prop_map(|(byte, count)| vec![byte; count]);
    vec(proptest::prop_oneof![run, vec(any::<u8>(), 1..4)], 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bits_are_read_as_the_plain_decoder_reads_them(
        count in 1_u16..20,
        codes in vec(0_u8..=128, 2),
        bases in vec(number(), 2),
        bits in bits(),
    ) {
        let mut body = vec![];
        for (code, base) in codes.into_iter().zip(bases) {
            let mut writer = hub_wire::varint::Writer::new();
            writer.u64(code.into());
            if code > 63 {
                writer.u64(base);
            }
            body.extend(writer.finish());
        }
        body.extend(bits);
        like_plain(count, &body)?;
        // Where fewer receipts end within the bytes, they are read as well.
        for length in 0..body.len() {
            like_plain(count, &body[..length])?;
        }
    }

    #[test]
    fn units_come_back_and_every_flipped_bit_is_read_as_the_plain_decoder_reads_it(items in items()) {
        let units: Vec<Units> = items.iter().collect();
        let body = body(&units, items.input_code(), items.output_code());
        let codes = [items.input_code(), items.output_code()].map(|code| (code.parameter(), code.base()));
        prop_assert_eq!(&body, &plain::encode(codes, &units));
        let count = units.len() as u16;
        prop_assert_eq!(read(count, &body), Ok(items));
        for bit in 0..8 * body.len() {
            let mut flipped = body.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            like_plain(count, &flipped)?;
        }
    }

    #[test]
    fn the_shortest_code_is_as_short_as_any(
        integers in vec(number(), 0..40),
        least in number(),
        close in any::<bool>(),
    ) {
        let integers: Vec<u64> = match close {
            true => integers.into_iter().map(|it| least.saturating_add(it % 300)).collect(),
            false => integers,
        };
        let found = RiceCode::shortest(integers.iter().copied());
        let codes = all_codes(&integers);
        let fewest = codes.iter().map(|(bits, ..)| *bits).min().unwrap();
        let first = codes.iter().find(|(bits, ..)| *bits == fewest).unwrap();
        prop_assert_eq!((found.base(), found.parameter()), (first.1, first.2));
    }
}
