//! Random inputs near valid documents, by structure: CBOR, COSE, DER and certificates.
//!
//! Nothing panics, and whatever is accepted is true: it says what the untouched document says, or what its signer signed.
//! `HUB_FUZZ_CASES` and `HUB_SEED` choose how many inputs and which; a failure is shrunk and prints both.

use crate::attempt::{chain, outcome, outcome_with, setting, Verifier, KEY};
use hub_nitro::{Attestation, Hash};
use hub_nitro_testing::cbor::{long_head, Value};
use hub_nitro_testing::certificate::certify;
use hub_nitro_testing::{Attempt, Document, Level};
use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof, Just, Strategy};
use proptest::sample::{select, Index};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sha2::{Digest, Sha256};
use std::fmt::Debug;

/// A change to bytes, places as parts of what there is.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    /// Adds to a byte: where it is a length, an item swallows what follows or ends early.
    Add(Index, u8),
    Truncate(Index),
    Delete(Index, usize),
    Insert(Index, Vec<u8>),
    /// Copies a range somewhere else.
    Splice(Index, usize, Index),
    /// Puts the same byte in many times: open arrays in CBOR, open sequences in DER.
    Nest(Index, u8, usize),
}

/// Bytes that mean something in CBOR or DER.
const HEADS: &[u8] = &[
    0x00, 0x17, 0x18, 0x1b, 0x30, 0x31, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x40, 0x58, 0x59,
    0x5b, 0x5f, 0x60, 0x7f, 0x80, 0x81, 0x82, 0x84, 0x9f, 0xa0, 0xa3, 0xbf, 0xd2, 0xf6, 0xf7, 0xfb,
    0xff,
];

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![select(HEADS), any::<u8>()]
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        (place(), byte()).prop_map(|(at, value)| Change::Set(at, value)),
        (place(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (place(), select(vec![1, 2, 0x10, 0x80, 0xff, 0xfe]))
            .prop_map(|(at, by)| Change::Add(at, by)),
        place().prop_map(Change::Truncate),
        (place(), 1_usize..64).prop_map(|(at, length)| Change::Delete(at, length)),
        (place(), vec(byte(), 1..16)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), 1_usize..800, place())
            .prop_map(|(from, length, to)| Change::Splice(from, length, to)),
        (place(), byte(), 1_usize..2_000).prop_map(|(at, byte, n)| Change::Nest(at, byte, n)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = |index: &Index| index.index(bytes.len());
        match self {
            Self::Set(at, value) => {
                let at = place(at);
                bytes[at] = *value;
            }
            Self::Flip(at, bit) => {
                let at = place(at);
                bytes[at] ^= 1 << bit;
            }
            Self::Add(at, by) => {
                let at = place(at);
                bytes[at] = bytes[at].wrapping_add(*by);
            }
            Self::Truncate(at) => bytes.truncate(place(at)),
            Self::Delete(at, length) => {
                let at = place(at);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Self::Insert(at, new) => {
                let at = place(at);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Splice(from, length, to) => {
                let (from, to) = (place(from), place(to));
                let end = bytes.len().min(from + length);
                let range = bytes[from..end].to_vec();
                bytes.splice(to..to, range);
            }
            Self::Nest(at, byte, n) => {
                let at = place(at);
                bytes.splice(at..at, std::iter::repeat_n(*byte, *n));
            }
        }
    }
}

fn changed(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    changes.iter().for_each(|change| change.apply(&mut bytes));
    bytes
}

/// A CBOR item of any kind, well formed or nearly.
fn value() -> impl Strategy<Value = Value> {
    let number = || (any::<u64>(), 0_u32..64).prop_map(|(n, shift)| n >> shift);
    let leaf = prop_oneof![
        number().prop_map(Value::Unsigned),
        number().prop_map(Value::Negative),
        vec(any::<u8>(), 0..100).prop_map(Value::Bytes),
        "[a-z_]{0,12}".prop_map(Value::Text),
        Just(Value::Null),
        (0_u8..8, number(), select(vec![1, 2, 4, 8]))
            .prop_map(|(major, n, width)| Value::Raw(long_head(major, n, width))),
        vec(byte(), 0..12).prop_map(Value::Raw),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let pairs = || vec((inner.clone(), inner.clone()), 0..4);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec(inner.clone(), 0..4).prop_map(Value::IndefiniteArray),
            pairs().prop_map(Value::Map),
            pairs().prop_map(Value::IndefiniteMap),
            (0_u64..100, inner.clone()).prop_map(|(tag, item)| Value::Tagged(tag, item.into())),
        ]
    })
}

/// A change to the payload as a tree.
#[derive(Clone, Debug)]
enum Edit {
    Key(Index, Value),
    Value(Index, Value),
    Remove(Index),
    Repeat(Index),
    Swap(Index, Index),
    Add(Value, Value),
    /// In the PCRs or in the bundle.
    Inner(bool, Box<Edit>),
    Indefinite,
}

fn edit() -> impl Strategy<Value = Edit> {
    let place = any::<Index>;
    let flat = prop_oneof![
        (place(), value()).prop_map(|(at, key)| Edit::Key(at, key)),
        (place(), value()).prop_map(|(at, value)| Edit::Value(at, value)),
        place().prop_map(Edit::Remove),
        place().prop_map(Edit::Repeat),
        (place(), place()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (value(), value()).prop_map(|(key, value)| Edit::Add(key, value)),
        Just(Edit::Indefinite),
    ]
    .boxed();
    let inner = (any::<bool>(), flat.clone());
    prop_oneof![
        flat,
        inner.prop_map(|(pcrs, edit)| Edit::Inner(pcrs, edit.into()))
    ]
}

impl Edit {
    fn apply(&self, tree: &mut Value) {
        if let Self::Inner(pcrs, edit) = self {
            let name = Value::text(if *pcrs { "pcrs" } else { "cabundle" });
            if let Value::Map(entries) | Value::IndefiniteMap(entries) = tree {
                let found = entries.iter_mut().find(|(key, _)| *key == name);
                found.into_iter().for_each(|(_, value)| edit.apply(value));
            }
            return;
        }
        match tree {
            Value::Map(entries) | Value::IndefiniteMap(entries) if !entries.is_empty() => {
                let count = entries.len();
                match self {
                    Self::Key(at, key) => entries[at.index(count)].0 = key.clone(),
                    Self::Value(at, value) => entries[at.index(count)].1 = value.clone(),
                    Self::Remove(at) => drop(entries.remove(at.index(count))),
                    Self::Repeat(at) => entries.push(entries[at.index(count)].clone()),
                    Self::Swap(a, b) => entries.swap(a.index(count), b.index(count)),
                    Self::Add(key, value) => entries.push((key.clone(), value.clone())),
                    Self::Indefinite => *tree = Value::IndefiniteMap(std::mem::take(entries)),
                    Self::Inner(..) => {}
                }
            }
            Value::Array(items) | Value::IndefiniteArray(items) if !items.is_empty() => {
                let count = items.len();
                match self {
                    Self::Key(at, item) | Self::Value(at, item) => {
                        items[at.index(count)] = item.clone();
                    }
                    Self::Remove(at) => drop(items.remove(at.index(count))),
                    Self::Repeat(at) => items.push(items[at.index(count)].clone()),
                    Self::Swap(a, b) => items.swap(a.index(count), b.index(count)),
                    Self::Add(item, _) => items.push(item.clone()),
                    Self::Indefinite => *tree = Value::IndefiniteArray(std::mem::take(items)),
                    Self::Inner(..) => {}
                }
            }
            _ => {}
        }
    }
}

const CASES: u32 = 1_500;
/// Inputs that are tried for one that is signed anew, which costs as much.
const PER_SIGNED: u32 = 10;

fn fuzz<S>(cases: u32, inputs: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S: Strategy<Value: Debug>,
{
    let seed: u64 = setting("HUB_SEED", 1);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let outcome = TestRunner::new_with_rng(config, rng).run(&inputs, test);
    if let Err(error) = outcome {
        let asked: u32 = setting("HUB_FUZZ_CASES", CASES);
        panic!("HUB_SEED={seed} HUB_FUZZ_CASES={asked} runs it again\n{error}");
    }
}

/// A verifier that has seen the untouched document, and the attempt that presents another document instead.
fn fixture() -> (Verifier, Attempt) {
    let sound = Attempt::sound(&chain(), &KEY);
    let mut verifier = Verifier::default();
    verifier.present(&sound).unwrap();
    (verifier, sound)
}

/// What holds of whatever was accepted, stated apart from the code that accepts.
fn check_true(attestation: &Attestation, attempt: &Attempt) {
    let image = attestation.image.concat();
    let digest: Hash = Sha256::digest(&image).into();
    assert_eq!(attestation.digest, digest);
    assert!(attestation.image.iter().all(|pcr| *pcr != [0; 48]));
    let hash = Sha256::digest(&attempt.key);
    let bound = attestation.public_key == Some(&attempt.key)
        || attestation.user_data == Some(&hash[..])
        || attestation.user_data.is_some_and(|data| {
            data.len() == 68
                && [&data[..2], &data[34..]].concat()
                    == [&[0x12, 0x20, 0x12, 0x20], &hash[..]].concat()
        });
    assert!(bound, "the key is bound");
    let age = attempt.now as i128 - i128::from(attestation.timestamp / 1_000);
    assert!((-60..=300).contains(&age), "{age} seconds old");
    // The same once more: the verifier holds no state.
    assert_eq!(outcome(attempt).as_ref(), Ok(attestation));
}

#[test]
fn changed_bytes_are_refused() {
    let (verifier, sound) = fixture();
    let known = |path: &Hash| verifier.paths.contains(path);
    fuzz(
        setting("HUB_FUZZ_CASES", CASES),
        vec(change(), 1..4),
        |changes| {
            let document = changed(&sound.document, &changes);
            let unchanged = document == sound.document;
            let attempt = Attempt {
                document,
                ..sound.clone()
            };
            assert_eq!(outcome_with(&attempt, &known).is_ok(), unchanged);
            Ok(())
        },
    );
}

#[test]
fn changed_trees_that_the_leaf_did_not_sign_are_refused() {
    let (verifier, sound) = fixture();
    let known = |path: &Hash| verifier.paths.contains(path);
    let document = chain().document().public_key(KEY);
    let envelope = document.seal(&document.payload().encode());
    fuzz(
        setting("HUB_FUZZ_CASES", CASES),
        vec(edit(), 1..4),
        |edits| {
            let mut payload = document.payload();
            edits.iter().for_each(|edit| edit.apply(&mut payload));
            let mut envelope = envelope.clone();
            envelope.payload = Value::Bytes(payload.encode());
            let document = envelope.encode();
            let unchanged = document == sound.document;
            let attempt = Attempt {
                document,
                ..sound.clone()
            };
            assert_eq!(outcome_with(&attempt, &known).is_ok(), unchanged);
            Ok(())
        },
    );
}

#[test]
fn changed_envelopes_around_a_signed_payload_are_refused() {
    let (verifier, sound) = fixture();
    let known = |path: &Hash| verifier.paths.contains(path);
    let document = chain().document().public_key(KEY);
    let parts = document.seal(&document.payload().encode()).parts();
    let envelope = Value::Array(parts.into());
    fuzz(
        setting("HUB_FUZZ_CASES", CASES),
        vec(edit(), 1..3),
        |edits| {
            let mut envelope = envelope.clone();
            edits.iter().for_each(|edit| edit.apply(&mut envelope));
            let document = envelope.encode();
            let unchanged = document == sound.document;
            let attempt = Attempt {
                document,
                ..sound.clone()
            };
            assert_eq!(outcome_with(&attempt, &known).is_ok(), unchanged);
            Ok(())
        },
    );
}

/// Edits that the leaf signs: what an enclave's hypervisor would have to write for the parser to be fooled.
#[test]
fn changed_trees_that_the_leaf_signs_are_refused_or_true() {
    let (_, sound) = fixture();
    let document = chain().document().public_key(KEY);
    let cases = setting("HUB_FUZZ_CASES", CASES) / PER_SIGNED;
    let inputs = (vec(edit(), 1..3), vec(change(), 0..2));
    fuzz(cases, inputs, |(edits, changes)| {
        let mut payload = document.payload();
        edits.iter().for_each(|edit| edit.apply(&mut payload));
        let document = document
            .seal(&changed(&payload.encode(), &changes))
            .encode();
        let attempt = Attempt {
            document,
            ..sound.clone()
        };
        if let Ok(attestation) = outcome(&attempt) {
            check_true(&attestation, &attempt);
        }
        Ok(())
    });
}

/// Changes that the issuer signs, and every certificate and signature below is sound.
#[test]
fn changed_certificates_that_the_issuer_signs_are_refused_or_true() {
    let (_, sound) = fixture();
    let chain = chain();
    let encoded = chain.encode();
    let cases = setting("HUB_FUZZ_CASES", CASES) / PER_SIGNED;
    let inputs = (select(&Level::BELOW_ROOT[..]), vec(change(), 1..3));
    fuzz(cases, inputs, |(level, changes)| {
        let place = level.index();
        let signed_part = changed(&chain.certificate(level).signed_part(), &changes);
        let mut certificates = encoded.clone();
        certificates[place] = certify(&signed_part, &chain.certificates[place - 1].key);
        let leaf = certificates.pop().unwrap();
        let document = Document {
            cabundle: certificates,
            certificate: leaf,
            ..chain.document().public_key(KEY)
        };
        let attempt = Attempt {
            document: document.build(),
            ..sound.clone()
        };
        if let Ok(attestation) = outcome(&attempt) {
            check_true(&attestation, &attempt);
        }
        Ok(())
    });
}

/// Changes to a certificate as a whole: its signature and the way it is written.
#[test]
fn changed_certificates_in_a_signed_document_are_refused() {
    let (verifier, sound) = fixture();
    let known = |path: &Hash| verifier.paths.contains(path);
    let chain = chain();
    let encoded = chain.encode();
    let cases = setting("HUB_FUZZ_CASES", CASES) / PER_SIGNED;
    let inputs = (select(&Level::BELOW_ROOT[..]), vec(change(), 1..3));
    fuzz(cases, inputs, |(level, changes)| {
        let mut certificates = encoded.clone();
        let certificate = &mut certificates[level.index()];
        *certificate = changed(certificate, &changes);
        let unchanged = certificates == encoded;
        let leaf = certificates.pop().unwrap();
        let document = Document {
            cabundle: certificates,
            certificate: leaf,
            ..chain.document().public_key(KEY)
        };
        let attempt = Attempt {
            document: document.build(),
            ..sound.clone()
        };
        assert_eq!(outcome_with(&attempt, &known).is_ok(), unchanged);
        Ok(())
    });
}

#[test]
fn random_bytes_are_refused() {
    let (_, sound) = fixture();
    let cases = setting("HUB_FUZZ_CASES", CASES);
    let inputs = prop_oneof![
        vec(byte(), 0..600),
        value().prop_map(|value| value.encode()),
    ];
    fuzz(cases, inputs, |document| {
        let attempt = Attempt {
            document,
            ..sound.clone()
        };
        assert!(outcome(&attempt).is_err());
        Ok(())
    });
}
