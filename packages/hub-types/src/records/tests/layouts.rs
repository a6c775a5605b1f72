//! Layouts of records through the releases: published bytes are frozen, demanded and read for ever.

use std::collections::BTreeSet;
use std::fs;

use crate::escrow::Books;
use crate::packed::{parse, OLDEST_LAYOUT};

use super::*;

/// A kind of records, and how to tell its records in a golden file.
struct Kind {
    name: &'static str,
    owner: &'static str,
    letter: u8,
    layout: u8,
    older: &'static [u8],
    read: fn(&[u8]) -> Result<(), String>,
}

fn kind<V: Packed>(owner: &'static str, letter: u8) -> Kind {
    Kind {
        name: V::NAME,
        owner,
        letter,
        layout: V::LAYOUT,
        older: V::OLDER,
        read: |bytes| {
            parse::<V>(bytes)
                .map(|_| ())
                .map_err(|error| error.to_string())
        },
    }
}

fn of<K: PackedKey, V: Packed>(owner: &'static str, map: &PackedMap<K, V>) -> Kind {
    kind::<V>(owner, map.key(())[0])
}

/// Every map of the three contracts.
fn kinds() -> Vec<Kind> {
    vec![
        of("registry", &MODELS),
        of("registry", &TERMS),
        of("registry", &RELEASES),
        of("registry", &COMMITTEES),
        of("registry", &COMMITTEE_KEYS),
        of("registry", &PERMANENT),
        of("registry", &DELETABLE),
        of("escrow", &DENOMS),
        of("escrow", &POLICIES),
        of("escrow", &SESSIONS),
        of("escrow", &BALANCES),
        of("escrow", &SPENT),
        of("escrow", &SPENT_WITH),
        of("billing", &ATTESTERS),
        of("billing", &BATCH_COUNTS),
        of("billing", &BATCHES),
        of("billing", &USAGE),
        of("billing", &USAGE_DAYS),
        of("billing", &USAGE_RELEASES),
        of("billing", &PAYERS),
        of("billing", &MODEL_PAYERS),
        of("billing", &EARNERS),
        of("billing", &RANKING),
        of("billing", &RECENT_RANKING),
        of("billing", &RANKING_AT),
        of("billing", &SERVED),
        of("billing", &ATTESTER_USAGE),
        of("billing", &HUB),
        of("billing", &HUB_DAYS),
        of("billing", &HUB_WEEKS),
    ]
}

/// A record of a golden file.
struct Published {
    name: String,
    owner: String,
    letter: u8,
    value: Vec<u8>,
}

/// The records of a golden file, three lines each: name, which begins with the owner, key and value.
fn published(text: &str) -> Vec<Published> {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .chunks(3)
        .map(|record| {
            let [name, key, value] = record else {
                panic!("{record:?} is no record");
            };
            let [key, value] = [key, value].map(|text| hex::decode(text.trim()).unwrap());
            Published {
                name: (*name).to_owned(),
                owner: name.split(' ').next().unwrap().to_owned(),
                letter: key[0],
                value,
            }
        })
        .collect()
}

/// The published bytes of this code.
fn present() -> String {
    let hot = include_str!("../testdata/the_bytes_of_every_hot_record_are_as_published.golden");
    let walrus =
        include_str!("../testdata/the_bytes_of_every_record_about_walrus_are_as_published.golden");
    format!("{hot}{walrus}")
}

/// The frozen bytes of a layout, where it was published.
fn frozen(layout: u8) -> Option<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/records/testdata");
    fs::read_to_string(format!("{folder}/layout-{layout}.golden")).ok()
}

/// A sentence for each record that the present code does not read.
fn unread(records: &[Published]) -> Vec<String> {
    let kinds = kinds();
    let mut faults = vec![];
    for record in records {
        let kind = kinds
            .iter()
            .find(|kind| (kind.owner, kind.letter) == (record.owner.as_str(), record.letter));
        match kind.map(|kind| (kind.read)(&record.value)) {
            None => faults.push(format!("{}: nobody's namespace", record.name)),
            Some(Err(error)) => faults.push(format!("{}: {error}", record.name)),
            Some(Ok(())) => {}
        }
    }
    faults
}

#[test]
fn every_kind_has_published_bytes_in_its_layout() {
    let published: BTreeSet<(String, u8, u8)> = published(&present())
        .into_iter()
        .map(|record| (record.owner, record.letter, record.value[0]))
        .collect();
    let expected: BTreeSet<_> = kinds()
        .iter()
        .map(|kind| (kind.owner.to_owned(), kind.letter, kind.layout))
        .collect();
    assert_eq!(published, expected);
}

#[test]
fn the_layout_that_a_contract_shows_is_the_newest_of_its_records() {
    let layouts = kinds().into_iter().map(|kind| kind.layout);
    assert_eq!(layouts.chain([Books::LAYOUT]).max(), Some(LAYOUT));
}

/// At a release that raises `LAYOUT`, the golden bytes of the layout before it have to be there.
#[test]
fn each_layout_below_the_newest_has_its_frozen_bytes_and_they_are_read_for_ever() {
    for layout in (0..LAYOUT).filter(|layout| *layout >= OLDEST_LAYOUT) {
        let text = frozen(layout).unwrap_or_else(|| {
            panic!("testdata/layout-{layout}.golden is missing: keep the published bytes of it")
        });
        assert_eq!(unread(&published(&text)), [""; 0], "layout {layout}");
    }
    assert_eq!(unread(&published(&present())), [""; 0]);
}

#[test]
fn a_kind_reads_no_layout_but_those_that_have_frozen_bytes_of_it() {
    for kind in kinds() {
        for layout in kind.older {
            let text = frozen(*layout).unwrap_or_default();
            let has = published(&text).iter().any(|record| {
                (record.owner.as_str(), record.letter) == (kind.owner, kind.letter)
                    && record.value[0] == *layout
            });
            assert!(has, "{} has no frozen bytes of layout {layout}", kind.name);
        }
        for layout in (0..=u8::MAX).filter(|it| *it != kind.layout && !kind.older.contains(it)) {
            // Whatever follows: what a record of the newest layout says is read as nothing else.
            for record in published(&present()) {
                let mut bytes = record.value;
                bytes[0] = layout;
                let refused = (kind.read)(&bytes).unwrap_err();
                let sentence = format!("the record has layout {layout}, ");
                assert!(refused.starts_with(&sentence), "{}: {refused}", kind.name);
            }
        }
    }
}

#[test]
fn once_a_layout_is_published_its_bytes_change_no_more() {
    let Some(text) = frozen(LAYOUT) else {
        return;
    };
    let present = present();
    for record in published(&text) {
        let line = format!("{}\n", hex::encode(&record.value));
        assert!(
            present.contains(&line),
            "{} is written otherwise than layout {LAYOUT} was published: raise LAYOUT",
            record.name
        );
    }
}

#[test]
fn a_frozen_record_that_is_not_read_any_more_is_noticed() {
    let mut records = published(&present());
    records[0].value[0] = LAYOUT + 1;
    records[1].letter = b'?';
    records[2].value.push(0);
    let faults = unread(&records);
    assert_eq!(faults.len(), 3);
    let said = |place: usize, sentence: &str| {
        let name = &records[place].name;
        assert!(
            faults[place].starts_with(name) && faults[place].contains(sentence),
            "{faults:?}"
        );
    };
    said(0, &format!("the record has layout {}", LAYOUT + 1));
    said(1, "nobody's namespace");
    said(2, "expected the end, found 1 more bytes");
}
