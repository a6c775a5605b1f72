//! What it takes to read and to make the units of a batch: nanoseconds a receipt, beside a plain decoder that goes bit
//! by bit and beside LEB128, as batches of version 1 had them. `cargo bench -p hub-wire`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]
#![allow(missing_docs)]

#[path = "../tests/common/calls.rs"]
mod calls;
#[path = "../tests/common/plain.rs"]
mod plain;

use hub_wire::varint::{Reader, Writer};
use hub_wire::{
    AttesterId, Batch, Group, Items, ModelId, ReleaseNumber, SessionId, TermsNumber, Units, Work,
};
use std::hint::black_box;
use std::time::{Duration, Instant};

const RECEIPTS: usize = 10_000;
const IN_A_GROUP: usize = 50;

/// Nanoseconds a receipt: the fastest of many rounds over all of them.
fn time<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut fastest = Duration::MAX;
    let begin = Instant::now();
    for round in 0.. {
        let start = Instant::now();
        black_box(work());
        fastest = fastest.min(start.elapsed());
        if round >= 10 && begin.elapsed() > Duration::from_millis(300) {
            break;
        }
    }
    fastest.as_nanos() as f64 / RECEIPTS as f64
}

fn batch(units: &[Units]) -> Batch {
    let groups = units.chunks(IN_A_GROUP).zip(0..);
    Batch {
        attester: AttesterId(1),
        issued_from: 0,
        issued_to: 0,
        receipts_root: [0; 32],
        groups: groups
            .map(|(units, place)| Group {
                session: SessionId(1),
                model: ModelId(place + 1),
                release: ReleaseNumber(1),
                terms: TermsNumber(1),
                from: 0,
                span: 0,
                sequence: place * IN_A_GROUP as u64,
                work: Work::itemised(units.iter().copied()),
            })
            .collect(),
    }
}

fn sum(sum: u64, units: Units) -> u64 {
    sum.wrapping_add(units.input).wrapping_add(units.output)
}

fn items(batch: &Batch) -> impl Iterator<Item = &Items> {
    batch.groups.iter().filter_map(|group| match &group.work {
        Work::Itemised(items) => Some(items),
        Work::Netted { .. } => None,
    })
}

fn main() {
    println!("{RECEIPTS} receipts in groups of {IN_A_GROUP}: bits a receipt, then ns a receipt");
    println!(
        "{:58} {:>7} {:>5} {:>7} {:>5} {:>6} {:>7} {:>7} {:>7}",
        "", "entropy", "coded", "decode", "read", "plain", "LEB128", "choose", "encode"
    );
    for kind in calls::kinds() {
        let units = kind.units(RECEIPTS);
        let batch = batch(&units);
        let bytes = batch.encode().unwrap();
        let plain_bytes: Vec<_> = items(&batch)
            .map(|items| {
                let codes = [items.input_code(), items.output_code()];
                let codes = codes.map(|code| (code.parameter(), code.base()));
                plain::encode(codes, &items.iter().collect::<Vec<_>>())
            })
            .collect();
        let coded: usize = plain_bytes.iter().map(Vec::len).sum();
        let coded = (8 * coded) as f64 / RECEIPTS as f64;
        let mut writer = Writer::new();
        for units in &units {
            writer.u64(units.input);
            writer.u64(units.output);
        }
        let leb128 = writer.finish();

        let decode = time(|| Batch::decode(&bytes).unwrap());
        let read = time(|| items(&batch).flat_map(Items::iter).fold(0, sum));
        let plainly = time(|| {
            let groups = plain_bytes.iter();
            let units = groups.flat_map(|bytes| plain::decode(bytes, IN_A_GROUP).unwrap().1);
            units.fold(0, sum)
        });
        let version_1 = time(|| {
            let mut reader = Reader::new(&leb128);
            (0..RECEIPTS).fold(0, |total, _| {
                let (input, output) = (reader.u64().unwrap(), reader.u64().unwrap());
                sum(total, Units::new(input, output))
            })
        });
        let choose = time(|| {
            let groups = units.chunks(IN_A_GROUP);
            groups.map(Items::from).collect::<Vec<_>>()
        });
        let encode = time(|| batch.encode().unwrap());
        println!(
            "{:58} {:7.1} {coded:5.1} {decode:7.1} {read:5.1} {plainly:6.1} {version_1:7.1} {choose:7.1} {encode:7.1}",
            kind.name, kind.entropy
        );
    }
}
