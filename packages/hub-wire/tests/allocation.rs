//! Nothing is allocated from a stated count. Alone in its binary, since it measures the whole process.

use cap::Cap;
use hub_wire::varint::Writer;
use hub_wire::{Batch, DecodeError};
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
        let (total, most) = (ALLOCATOR.total_allocated(), ALLOCATOR.max_allocated());
        assert!(matches!(
            Batch::decode(&bytes),
            Err(DecodeError::Truncated { .. })
        ));
        assert!(ALLOCATOR.total_allocated() - total < 2_048);
        assert!(ALLOCATOR.max_allocated() - most < 2_048);
    }
}
