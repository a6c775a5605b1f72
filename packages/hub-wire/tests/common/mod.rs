//! Batches for the tests: small ones by hand, valid ones by strategy.

#![allow(dead_code)]

use hub_wire::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
pub mod calls;
pub mod plain;

use hub_wire::{Batch, Group, Items, RiceCode, Units, Work};
use proptest::collection::vec;
use proptest::prelude::{any, Just, Strategy};
use proptest::sample::select;

pub fn group(session: SessionId, model: ModelId, sequence: u64, work: Work) -> Group {
    Group {
        session,
        model,
        release: ReleaseNumber(1),
        terms: TermsNumber(1),
        from: 0,
        span: 60,
        sequence,
        work,
    }
}

pub fn itemised(count: u64) -> Work {
    Work::itemised((0..count).map(|i| Units::new(i, 2 * i)))
}

pub fn netted(count: u16) -> Work {
    Work::Netted {
        count,
        total: Units::new(1_000, 300),
    }
}

pub fn batch(groups: Vec<Group>) -> Batch {
    Batch {
        attester: AttesterId(7),
        issued_from: 1_700_000_000,
        issued_to: 1_700_000_060,
        receipts_root: [0xaa; 32],
        groups,
    }
}

/// An integer of any width, small ones as often as large ones.
pub fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift)
}

pub fn units() -> impl Strategy<Value = Units> {
    (number(), number()).prop_map(|(input, output)| Units { input, output })
}

/// Any code under which `integers` can be stated: its base is at most the least of them.
fn code(integers: Vec<u64>, base: u64, k: u8) -> RiceCode {
    let least = integers.into_iter().min().unwrap_or_default();
    RiceCode::new(base.min(least), k).unwrap()
}

/// The units of a group in their shortest form or in any other.
pub fn items() -> impl Strategy<Value = Items> {
    let codes = proptest::option::of(((number(), 0_u8..64), (number(), 0_u8..64)));
    (vec(units(), 1..9), codes).prop_map(|(units, codes)| match codes {
        None => units.into(),
        Some(((base_in, k_in), (base_out, k_out))) => {
            let input = code(
                units.iter().map(|units| units.input).collect(),
                base_in,
                k_in,
            );
            let output = code(
                units.iter().map(|units| units.output).collect(),
                base_out,
                k_out,
            );
            Items::coded(&units, input, output).unwrap()
        }
    })
}

fn work(netted: bool) -> impl Strategy<Value = Work> {
    (items(), 1..=u16::MAX, units()).prop_map(move |(items, count, total)| match netted {
        true => Work::Netted { count, total },
        false => Work::Itemised(items),
    })
}

/// Any batch that keeps all rules.
pub fn any_batch() -> impl Strategy<Value = Batch> {
    any::<bool>().prop_flat_map(|netted| {
        let keys = vec(
            (
                select(vec![1, 2, 3, 300, u64::MAX]),
                number(),
                number(),
                number(),
            ),
            1..8,
        );
        let parts = vec((number(), number(), number(), work(netted)), 8);
        (number(), number(), any::<[u8; 32]>(), keys, parts).prop_map(
            |(attester, start, receipts_root, mut keys, parts)| {
                keys.sort_unstable();
                keys.dedup();
                let mut groups: Vec<Group> = Vec::new();
                for ((session, model, release, terms), (from, span, sequence, work)) in
                    keys.into_iter().zip(parts)
                {
                    let sequence = match groups.last() {
                        Some(before) if before.session == SessionId(session) => before.end(),
                        _ => sequence >> 8,
                    };
                    let (from, span) = (from >> 2, span >> 2);
                    groups.push(Group {
                        session: SessionId(session),
                        model: ModelId(model),
                        release: ReleaseNumber(release),
                        terms: TermsNumber(terms),
                        from,
                        span,
                        sequence,
                        work,
                    });
                }
                let oldest = groups.iter().map(|g| g.from).min().unwrap();
                groups.iter_mut().for_each(|g| g.from -= oldest);
                let length = groups.iter().map(|g| g.from + g.span).max().unwrap();
                let issued_from = start >> 1;
                Batch {
                    attester: AttesterId(attester),
                    issued_from,
                    issued_to: issued_from + length,
                    receipts_root,
                    groups,
                }
            },
        )
    })
}

/// A way to damage bytes: cut, append, replace or insert at a place.
pub fn damage() -> impl Strategy<Value = (usize, Vec<u8>, usize)> {
    let bytes = proptest::prop_oneof![Just(Vec::new()), vec(any::<u8>(), 1..4)];
    (any::<usize>(), bytes, 0_usize..4)
}

pub fn damaged(bytes: &[u8], (place, new, removed): &(usize, Vec<u8>, usize)) -> Vec<u8> {
    let start = place % (bytes.len() + 1);
    let end = (start + removed).min(bytes.len());
    let mut damaged = bytes.to_vec();
    damaged.splice(start..end, new.iter().copied());
    damaged
}
