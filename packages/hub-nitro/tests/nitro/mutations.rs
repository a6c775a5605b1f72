//! No byte of a document can be another.

use crate::attempt::{chain, outcome_with, setting, Verifier, KEY};
use hub_nitro::{Error, Hash};
use hub_nitro_testing::Attempt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Values for one byte that go as far as a signature, which costs a hundred times everything else, unless all are tried.
const COSTLY: usize = 2;

#[test]
fn a_document_with_any_one_byte_changed_is_refused() {
    let mutations: u8 = setting("HUB_MUTATIONS", 12);
    let attempt = Attempt::sound(&chain(), &KEY);
    // What was verified before is remembered, so that each attempt costs no more signatures than it must.
    let mut verifier = Verifier::default();
    verifier.present(&attempt).unwrap();

    let costly = if mutations == u8::MAX { 255 } else { COSTLY };
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= attempt.document.len() {
                    return;
                }
                change_one(&attempt, &verifier, place, mutations, costly);
            });
        }
    });
}

fn change_one(
    sound: &Attempt,
    verifier: &Verifier,
    place: usize,
    mutations: u8,
    mut costly: usize,
) {
    let known = |path: &Hash| verifier.paths.contains(path);
    let mut attempt = sound.clone();
    // Single bits first, from the lowest; then neighbours and everything else. 255 differences reach all values.
    let bits = (0..8).map(|bit| 1_u8 << bit);
    let others = (1..=u8::MAX)
        .rev()
        .filter(|difference| !difference.is_power_of_two());
    for difference in bits.chain(others).take(mutations.into()) {
        attempt.document[place] = sound.document[place] ^ difference;
        match outcome_with(&attempt, &known) {
            Ok(_) => panic!("accepted with byte {place} changed by {difference:#04x}"),
            Err(Error::CertificateSignature { .. } | Error::DocumentSignature) => {
                costly -= 1;
                if costly == 0 {
                    return;
                }
            }
            Err(_) => {}
        }
    }
}

#[test]
fn a_document_that_lacks_a_byte_or_has_one_more_is_refused() {
    let sound = Attempt::sound(&chain(), &KEY);
    let mut verifier = Verifier::default();
    verifier.present(&sound).unwrap();
    let known = |path: &Hash| verifier.paths.contains(path);
    for place in 0..sound.document.len() {
        let mut attempt = sound.clone();
        attempt.document.remove(place);
        assert!(
            outcome_with(&attempt, &known).is_err(),
            "without byte {place}"
        );
        attempt.document = sound.document.clone();
        attempt.document.insert(place, sound.document[place]);
        assert!(
            outcome_with(&attempt, &known).is_err(),
            "with byte {place} twice"
        );
        attempt.document = sound.document[..place].into();
        assert!(
            outcome_with(&attempt, &known).is_err(),
            "the first {place} bytes"
        );
    }
}
