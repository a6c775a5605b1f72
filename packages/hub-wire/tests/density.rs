//! How many bits of a batch a receipt takes: its units under the codes that builders choose, with codes and padding,
//! against the entropy of what they are drawn from, and against LEB128, as batches of version 1 had them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use common::calls::kinds;
use common::{batch, group};
use hub_wire::varint::Writer;
use hub_wire::{ModelId, SessionId, Units, Work};

const GROUPS: u64 = 200;
const RECEIPTS: usize = 50;

/// Bits a receipt of a batch of 200 groups of 50, less those that a group has without receipts.
fn coded(units: &[Units]) -> f64 {
    let length = |work: &dyn Fn(&[Units]) -> Work| {
        let groups = units.chunks(RECEIPTS).zip(1..);
        let groups =
            groups.map(|(units, model)| group(SessionId(1), ModelId(model), 0, work(units)));
        let mut groups: Vec<_> = groups.collect();
        for place in 1..groups.len() {
            groups[place].sequence = groups[place - 1].end();
        }
        batch(groups).encode().unwrap().len()
    };
    let itemised = length(&|units| Work::itemised(units.iter().copied()));
    // A netted group has the same bytes before its units, and two here for them.
    let netted = length(&|units| Work::Netted {
        count: units.len() as u16,
        total: Units::new(0, 0),
    });
    bits_each(itemised + 2 * GROUPS as usize - netted, units)
}

fn leb128(units: &[Units]) -> f64 {
    let mut writer = Writer::new();
    for units in units {
        writer.u64(units.input);
        writer.u64(units.output);
    }
    bits_each(writer.finish().len(), units)
}

fn bits_each(bytes: usize, units: &[Units]) -> f64 {
    (8 * bytes) as f64 / units.len() as f64
}

#[test]
fn a_receipt_takes_the_bits_that_are_stated() {
    // Coded, and as LEB128.
    let stated = [
        (23.8, 31.3),
        (20.6, 27.0),
        (21.2, 28.0),
        (12.4, 40.0),
        (2.7, 16.0),
        (3.2, 40.0),
    ];
    let mut wrong = String::new();
    for (kind, (coded_as_stated, leb128_as_stated)) in kinds().iter().zip(stated) {
        let units = kind.units(GROUPS as usize * RECEIPTS);
        let (coded, leb128) = (coded(&units), leb128(&units));
        println!(
            "{:58} entropy {:4.1}, coded {coded:4.1}, LEB128 {leb128:4.1}",
            kind.name, kind.entropy
        );
        let near = |found: f64, stated: f64| (found - stated).abs() < 0.06;
        if !near(coded, coded_as_stated) || !near(leb128, leb128_as_stated) {
            wrong += &format!("{}: {coded:.1}, {leb128:.1}\n", kind.name);
        }
    }
    assert_eq!(wrong, "");
}
