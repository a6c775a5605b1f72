//! Nothing is allocated from a stated count. Alone in its binary, since it measures the whole process.
#![allow(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used)]

use cap::Cap;
use hub_wire::varint::Writer;
use hub_wire::{
    AttesterId, Batch, DecodeError, Group, ModelId, ReleaseNumber, SessionId, TermsNumber, Units,
    Work,
};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn claims(mode: u8, groups: u64, receipts: u64) -> Vec<u8> {
    let mut writer = Writer::with_capacity(64);
    writer.byte(2);
    writer.byte(mode);
    [1, 0, 0]
        .into_iter()
        .for_each(|integer| writer.u64(integer));
    writer.raw(&[0; 32]);
    writer.u64(groups);
    [1, 1, 1, 1, 0, 0, 0, receipts]
        .into_iter()
        .for_each(|integer| writer.u64(integer));
    writer.byte(9);
    writer.finish()
}

/// Attack (storage spam and unbounded work): a few bytes claim millions of groups and receipts, to make the decoder
/// reserve room for them.
/// Defence: nothing is allocated from a stated count.
#[test]
fn a_large_claim_in_few_bytes_allocates_little() {
    for bytes in [
        claims(0, 1, 65_535),
        claims(0, u64::MAX, 65_535),
        claims(1, u64::MAX, 65_535),
    ] {
        let mut result = Ok(());
        let allocated = allocated(|| result = Batch::decode(&bytes).map(drop));
        assert!(matches!(result, Err(DecodeError::Truncated { .. })));
        assert!(allocated < 2_048);
    }
    receipts_of_two_bits_each_take_no_more_memory_than_their_bits();
}

/// Not a test by itself, since two would count each other's memory.
fn receipts_of_two_bits_each_take_no_more_memory_than_their_bits() {
    let groups = (1..=40).map(|model| Group {
        session: SessionId(1),
        model: ModelId(model),
        release: ReleaseNumber(1),
        terms: TermsNumber(1),
        from: 0,
        span: 0,
        sequence: (model - 1) * 65_535,
        work: Work::itemised(vec![Units::new(0, 0); 65_535]),
    });
    let batch = Batch {
        attester: AttesterId(1),
        issued_from: 0,
        issued_to: 0,
        receipts_root: [0; 32],
        groups: groups.collect(),
    };
    let bytes = batch.encode().unwrap();
    let mut read = 0;
    let allocated = allocated(|| {
        let batch = Batch::decode(&bytes).unwrap();
        for group in &batch.groups {
            let Work::Itemised(items) = &group.work else {
                panic!("the batch is itemised");
            };
            read += items
                .iter()
                .filter(|units| *units == Units::default())
                .count();
        }
    });
    assert_eq!(read, 40 * 65_535);
    // The bits once, and the list of groups as it grows.
    assert!(
        allocated < bytes.len() + 40_000,
        "{allocated} bytes for {}",
        bytes.len()
    );
}

fn allocated(work: impl FnOnce()) -> usize {
    let before = ALLOCATOR.total_allocated();
    work();
    ALLOCATOR.total_allocated() - before
}
