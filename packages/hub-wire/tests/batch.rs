//! Batches: every rule refused by its own name, at its own byte; then that one value has one encoding.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use common::{any_batch, batch, damage, damaged, group, itemised, netted};
use hub_wire::varint::Writer;
use hub_wire::{
    Batch, BatchRule, DecodeError, EncodeError, Group, Items, Mode, ModelId, ReleaseNumber,
    RiceCode, SessionId, TermsNumber, Units, Work,
};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

/// Header of a batch of attester 1 over 0..=60: 37 bytes up to the root, which ends at byte 37.
fn header(mode: u8) -> Writer {
    let mut writer = Writer::new();
    writer.byte(2);
    writer.byte(mode);
    writer.u64(1);
    writer.u64(0);
    writer.u64(60);
    writer.raw(&[0; 32]);
    writer
}

const GROUPS_AT: usize = 37;

/// A batch whose groups are these integers, in the order of the wire.
fn raw(mode: u8, count: u64, integers: &[u64]) -> Vec<u8> {
    let mut writer = header(mode);
    writer.u64(count);
    integers.iter().for_each(|integer| writer.u64(*integer));
    writer.finish()
}

fn rule_of(bytes: &[u8]) -> (usize, BatchRule) {
    match Batch::decode(bytes).unwrap_err() {
        DecodeError::Rule { at, rule } => (at, rule),
        other => panic!("expected a broken rule, found: {other}"),
    }
}

/// session delta, model, release, terms, from, span, sequence, count, codes, bits: 0 for the quotient and 101 for the
/// low bits of 5, twice.
const ONE: [u64; 11] = [5, 1, 1, 1, 0, 60, 0, 1, 3, 3, 0x55];

fn one_with(place: usize, value: u64) -> Vec<u8> {
    let mut integers = ONE;
    integers[place] = value;
    raw(0, 1, &integers)
}

#[test]
fn the_example_is_accepted() {
    let decoded = Batch::decode(&raw(0, 1, &ONE)).unwrap();
    assert_eq!(decoded.groups.len(), 1);
    assert_eq!(decoded.mode(), Mode::Itemised);
    let code = RiceCode::new(0, 3).unwrap();
    assert_eq!(
        decoded.groups[0].work,
        Work::Itemised(Items::coded(&[Units::new(5, 5)], code, code).unwrap())
    );
}

#[test]
fn nothing_at_all_is_truncated() {
    assert_eq!(Batch::decode(&[]), Err(DecodeError::Truncated { at: 0 }));
}

#[test]
fn every_prefix_is_truncated() {
    let bytes = batch(vec![
        group(SessionId(1), ModelId(1), 0, itemised(3)),
        group(SessionId(1), ModelId(2), 3, itemised(1)),
    ])
    .encode()
    .unwrap();
    for length in 0..bytes.len() {
        assert!(
            matches!(Batch::decode(&bytes[..length]), Err(DecodeError::Truncated { at }) if at <= length),
            "prefix of {length}"
        );
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let mut bytes = raw(0, 1, &ONE);
    let at = bytes.len();
    bytes.extend([0, 0]);
    assert_eq!(
        Batch::decode(&bytes),
        Err(DecodeError::Trailing { at, count: 2 })
    );
}

#[test]
fn other_versions_and_modes_are_refused() {
    let mut bytes = raw(0, 1, &ONE);
    for found in (0..=255).filter(|b| *b != 2) {
        bytes[0] = found;
        assert_eq!(
            Batch::decode(&bytes),
            Err(DecodeError::UnknownVersion {
                at: 0,
                found,
                expected: 2
            })
        );
    }
    bytes[0] = 2;
    for found in 2..=255 {
        bytes[1] = found;
        assert_eq!(
            Batch::decode(&bytes),
            Err(DecodeError::UnknownMode { at: 1, found })
        );
    }
}

/// Attack (replay and ordering): one batch is written in two ways, with integers longer than need be, to be taken for
/// two.
/// Defence: every batch has one encoding; anything else is refused before its signature is looked at.
#[test]
fn an_integer_that_is_not_in_its_shortest_form_is_refused_wherever_it_stands() {
    let bytes = raw(0, 1, &ONE);
    // All integers are single bytes: attester and times, and what stands between root and bits.
    for at in [2, 3, 4].into_iter().chain(GROUPS_AT..bytes.len() - 1) {
        let mut longer = bytes.clone();
        longer[at] |= 0x80;
        longer.insert(at + 1, 0);
        assert_eq!(
            Batch::decode(&longer),
            Err(DecodeError::Overlong { at }),
            "byte {at}"
        );

        let mut wider = bytes.clone();
        wider.splice(at..=at, [0xff; 9].into_iter().chain([0x02]));
        assert_eq!(
            Batch::decode(&wider),
            Err(DecodeError::TooLarge { at, bits: 64 }),
            "byte {at}"
        );
    }
}

#[test]
fn times_the_wrong_way_round_are_refused() {
    let mut bytes = raw(0, 1, &ONE);
    bytes[3] = 61;
    assert_eq!(rule_of(&bytes), (4, BatchRule::TimesReversed));
}

#[test]
fn a_batch_without_groups_is_refused() {
    assert_eq!(rule_of(&raw(0, 0, &[])), (GROUPS_AT, BatchRule::NoGroups));
    assert_eq!(rule_of(&raw(1, 0, &[])), (GROUPS_AT, BatchRule::NoGroups));
}

#[test]
fn session_zero_is_refused() {
    assert_eq!(
        rule_of(&one_with(0, 0)),
        (GROUPS_AT + 1, BatchRule::SessionZero)
    );
}

#[test]
fn an_empty_group_is_refused() {
    assert_eq!(
        rule_of(&one_with(7, 0)),
        (GROUPS_AT + 8, BatchRule::EmptyGroup)
    );
    assert_eq!(
        rule_of(&raw(1, 1, &[5, 1, 1, 1, 0, 60, 0, 0, 9, 9])).1,
        BatchRule::EmptyGroup
    );
}

#[test]
fn a_group_has_at_most_65535_receipts() {
    let at = GROUPS_AT + 8;
    for count in [65_536, 65_537, u64::MAX] {
        assert_eq!(rule_of(&one_with(7, count)), (at, BatchRule::GroupTooLarge));
        assert_eq!(
            rule_of(&raw(1, 1, &[5, 1, 1, 1, 0, 60, 0, count, 9, 9])).1,
            BatchRule::GroupTooLarge
        );
    }
    let widest = batch(vec![group(SessionId(1), ModelId(1), 0, itemised(65_535))]);
    assert_eq!(Batch::decode(&widest.encode().unwrap()), Ok(widest));
    let widest = batch(vec![group(SessionId(1), ModelId(1), 0, netted(65_535))]);
    assert_eq!(Batch::decode(&widest.encode().unwrap()), Ok(widest));
}

#[test]
fn numbers_of_a_lane_fit_64_bits() {
    assert_eq!(
        rule_of(&one_with(6, u64::MAX)).1,
        BatchRule::SequenceOverflow
    );
    let last = Batch::decode(&one_with(6, u64::MAX - 1)).unwrap();
    assert_eq!(last.groups[0].end(), u64::MAX);
    // The second group starts where the first ends: at the last number.
    let second = [0, 2, 1, 1, 0, 60, 1, 3, 3, 0x55];
    let mut integers = ONE.to_vec();
    integers[6] = u64::MAX - 1;
    integers.extend(second);
    assert_eq!(
        rule_of(&raw(0, 2, &integers)).1,
        BatchRule::SequenceOverflow
    );
}

#[test]
fn sessions_fit_64_bits() {
    let mut integers = ONE.to_vec();
    integers[0] = u64::MAX;
    integers.extend([1, 1, 1, 1, 0, 60, 0, 1, 3, 3, 0x55]);
    assert_eq!(rule_of(&raw(0, 2, &integers)).1, BatchRule::SessionOverflow);
}

#[test]
fn groups_that_do_not_ascend_are_refused() {
    let first = [5, 4, 4, 4, 0, 60, 0, 1, 3, 3, 0x55];
    for (model, release, terms) in [
        (4, 4, 4),
        (3, 4, 4),
        (3, 9, 9),
        (4, 3, 9),
        (4, 4, 3),
        (0, 0, 0),
    ] {
        let mut integers = first.to_vec();
        integers.extend([0, model, release, terms, 0, 60, 1, 3, 3, 0x55]);
        let at = GROUPS_AT + 12;
        assert_eq!(
            rule_of(&raw(0, 2, &integers)),
            (at, BatchRule::NotAscending),
            "{model} {release} {terms}"
        );
    }
    for (model, release, terms) in [(4, 4, 5), (4, 5, 0), (5, 0, 0)] {
        let mut integers = first.to_vec();
        integers.extend([0, model, release, terms, 0, 60, 1, 3, 3, 0x55]);
        assert!(Batch::decode(&raw(0, 2, &integers)).is_ok());
    }
    // Another session starts over.
    let mut integers = first.to_vec();
    integers.extend([1, 0, 0, 0, 0, 60, 77, 1, 3, 3, 0x55]);
    assert_eq!(
        Batch::decode(&raw(0, 2, &integers)).unwrap().groups[1].sequence,
        77
    );
}

#[test]
fn a_group_ends_by_issued_to() {
    assert_eq!(
        rule_of(&one_with(5, 61)),
        (GROUPS_AT + 5, BatchRule::AfterIssuedTo)
    );
    assert_eq!(rule_of(&one_with(4, 1)).1, BatchRule::AfterIssuedTo);
    assert_eq!(rule_of(&one_with(5, u64::MAX)).1, BatchRule::AfterIssuedTo);
    let mut both = ONE;
    (both[4], both[5]) = (u64::MAX, u64::MAX);
    assert_eq!(rule_of(&raw(0, 1, &both)).1, BatchRule::AfterIssuedTo);
}

#[test]
fn the_interval_is_tight_at_both_ends() {
    let late = [5, 1, 1, 1, 1, 59, 0, 1, 3, 3, 0x55];
    let bytes = raw(0, 1, &late);
    assert_eq!(
        rule_of(&bytes),
        (bytes.len(), BatchRule::NothingAtIssuedFrom)
    );
    assert_eq!(rule_of(&one_with(5, 59)).1, BatchRule::NothingAtIssuedTo);
    // One group may touch one end and another the other.
    let mut integers = vec![5, 1, 1, 1, 0, 10, 0, 1, 3, 3, 0x55];
    integers.extend([0, 2, 1, 1, 50, 10, 1, 3, 3, 0x55]);
    assert!(Batch::decode(&raw(0, 2, &integers)).is_ok());
}

#[test]
fn a_sequence_stands_only_where_the_session_changes() {
    let two = batch(vec![
        group(SessionId(3), ModelId(1), 10, itemised(4)),
        group(SessionId(3), ModelId(2), 14, itemised(1)),
        group(SessionId(4), ModelId(1), 2, itemised(1)),
    ]);
    let bytes = two.encode().unwrap();
    assert_eq!(Batch::decode(&bytes), Ok(two.clone()));
    let mut alone = two;
    alone.groups.remove(1);
    // delta, model, release, terms, from, span, count, two codes, bits: ten bytes without a sequence.
    assert_eq!(alone.encode().unwrap().len() + 10, bytes.len());
}

#[test]
fn the_encoder_refuses_what_the_decoder_would() {
    let good = group(SessionId(1), ModelId(1), 0, itemised(2));
    let rule = |group, rule| Err(EncodeError::Rule { group, rule });
    let with = |change: &dyn Fn(&mut Group)| {
        let mut changed = good.clone();
        change(&mut changed);
        batch(vec![changed]).encode()
    };
    assert_eq!(batch(vec![]).encode(), rule(0, BatchRule::NoGroups));
    assert_eq!(
        with(&|g| g.session = SessionId(0)),
        rule(0, BatchRule::SessionZero)
    );
    assert_eq!(
        with(&|g| g.work = itemised(0)),
        rule(0, BatchRule::EmptyGroup)
    );
    assert_eq!(
        with(&|g| g.work = netted(0)),
        rule(0, BatchRule::EmptyGroup)
    );
    assert_eq!(
        with(&|g| g.work = itemised(65_536)),
        rule(0, BatchRule::GroupTooLarge)
    );
    assert_eq!(
        with(&|g| g.sequence = u64::MAX),
        rule(0, BatchRule::SequenceOverflow)
    );
    assert_eq!(with(&|g| g.span = 61), rule(0, BatchRule::AfterIssuedTo));
    assert_eq!(
        with(&|g| g.span = 59),
        rule(1, BatchRule::NothingAtIssuedTo)
    );
    assert_eq!(
        with(&|g| (g.from, g.span) = (1, 59)),
        rule(1, BatchRule::NothingAtIssuedFrom)
    );
    let mut reversed = batch(vec![good.clone()]);
    reversed.issued_to = reversed.issued_from - 1;
    assert_eq!(reversed.encode(), rule(0, BatchRule::TimesReversed));
    assert_eq!(
        batch(vec![good.clone(), good.clone()]).encode(),
        rule(1, BatchRule::NotAscending)
    );
    assert_eq!(
        batch(vec![
            group(SessionId(2), ModelId(1), 0, itemised(1)),
            good.clone()
        ])
        .encode(),
        rule(1, BatchRule::NotAscending)
    );
    assert_eq!(
        batch(vec![
            good.clone(),
            group(SessionId(1), ModelId(2), 3, itemised(1))
        ])
        .encode(),
        Err(EncodeError::WrongSequence {
            group: 1,
            expected: 2,
            found: 3
        })
    );
    assert_eq!(
        batch(vec![good, group(SessionId(1), ModelId(2), 2, netted(1))]).encode(),
        Err(EncodeError::MixedModes { group: 1 })
    );
}

#[test]
fn times_of_a_group_are_counted_from_the_batch() {
    let mut batch = batch(vec![
        group(SessionId(1), ModelId(1), 0, itemised(1)),
        group(SessionId(1), ModelId(2), 1, itemised(2)),
    ]);
    (batch.groups[1].from, batch.groups[1].span) = (10, 20);
    assert_eq!(batch.oldest(&batch.groups[1]), 1_700_000_010);
    assert_eq!(batch.newest(&batch.groups[1]), 1_700_000_030);
    assert_eq!(batch.offered(), 3);
}

proptest! {
    #[test]
    fn a_valid_batch_comes_back(batch in any_batch()) {
        let bytes = batch.encode().unwrap();
        prop_assert_eq!(Batch::decode(&bytes), Ok(batch));
    }

    #[test]
    fn damaged_bytes_are_refused_or_are_an_encoding(batch in any_batch(), damage in vec(damage(), 1..4)) {
        let bytes = damage.iter().fold(batch.encode().unwrap(), |bytes, damage| damaged(&bytes, damage));
        match Batch::decode(&bytes) {
            Ok(decoded) => prop_assert_eq!(decoded.encode(), Ok(bytes)),
            Err(error) => prop_assert!(error.at() <= bytes.len()),
        }
    }

    #[test]
    fn any_bytes_are_refused_or_are_an_encoding(
        mode in 0_u8..2,
        start in vec(0_u8..4, 3),
        rest in vec(proptest::prop_oneof![0_u8..4, any::<u8>()], 0..120),
    ) {
        let bytes = [&[2, mode], &start[..], &[0; 32], &rest[..]].concat();
        for bytes in [&bytes[..], &rest] {
            if let Ok(decoded) = Batch::decode(bytes) {
                prop_assert_eq!(decoded.encode(), Ok(bytes.to_vec()));
            }
        }
    }

    #[test]
    fn what_the_encoder_accepts_decodes_to_itself(
        batch in any_batch(),
        place in any::<proptest::sample::Index>(),
        field in 0_usize..8,
        value in common::number(),
    ) {
        let mut batch = batch;
        let place = place.index(batch.groups.len());
        let group = &mut batch.groups[place];
        match field {
            0 => group.session = SessionId(value),
            1 => group.model = ModelId(value),
            2 => group.release = ReleaseNumber(value),
            3 => group.terms = TermsNumber(value),
            4 => group.from = value,
            5 => group.span = value,
            6 => group.sequence = value,
            _ => batch.issued_to = value,
        }
        if let Ok(bytes) = batch.encode() {
            prop_assert_eq!(Batch::decode(&bytes), Ok(batch));
        }
    }
}
