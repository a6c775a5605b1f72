//! What the vectors are made of.

use anyhow::{Context, Result};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_wire::{
    sha256, Batch, BlobId, Call, Group, Hash, Items, Receipt, RiceCode, SigningKey, Units, Work,
};

pub const CHAIN_ID: &str = "hub-testing-1";

/// A hash that stands for something: sha256 of its name.
pub fn named(name: &str) -> Hash {
    sha256(&[name.as_bytes()])
}

/// A canonical address: 20 bytes for an account, 32 for a contract.
pub fn account(name: &str) -> Vec<u8> {
    named(name).into_iter().take(20).collect()
}

pub fn keys() -> Result<[(&'static str, Hash, SigningKey); 4]> {
    let mut one = [0; 32];
    one[31] = 1;
    let (a, b) = (named("attester a"), named("attester b"));
    Ok([
        (
            "secp256k1, smallest seed",
            one,
            SigningKey::secp256k1_from_seed(&one)?,
        ),
        ("secp256k1", a, SigningKey::secp256k1_from_seed(&a)?),
        (
            "ed25519, seed of zeros",
            [0; 32],
            SigningKey::ed25519_from_seed(&[0; 32]),
        ),
        ("ed25519", b, SigningKey::ed25519_from_seed(&b)),
    ])
}

pub fn some_receipt(place: u64) -> Receipt {
    let mut request_id = [0; 16];
    request_id.copy_from_slice(&named(&format!("request {place}"))[..16]);
    // Sessions, models and times out of order, so that building has something to sort.
    let session = [12, 3, 300, 3][(place % 4) as usize];
    let model = [2, 1, 128][(place % 3) as usize];
    Receipt {
        attester: AttesterId(7),
        session: SessionId(session),
        blob_id: BlobId::from_bytes(named(&format!("weights {model}"))),
        model: ModelId(model),
        release: ReleaseNumber(1 + place % 2),
        terms: TermsNumber(1),
        request_id,
        issued_at: 1_767_225_600 + (place * 7_919) % 3_600,
        units: Units::new(50 + place * 331 % 3_950, 20 + place * 127 % 1_480),
        request_hash: named(&format!("question {place}")),
        response_hash: named(&format!("answer {place}")),
    }
}

pub fn widest_receipt() -> Receipt {
    Receipt {
        attester: AttesterId::MAX,
        session: SessionId::MAX,
        blob_id: BlobId::from_bytes([0xff; 32]),
        model: ModelId::MAX,
        release: ReleaseNumber::MAX,
        terms: TermsNumber::MAX,
        request_id: [0xff; 16],
        issued_at: u64::MAX,
        units: Units::new(u64::MAX, u64::MAX),
        request_hash: [0xff; 32],
        response_hash: [0xff; 32],
    }
}

pub fn some_calls() -> [(&'static str, Call); 2] {
    let receipt = some_receipt(1);
    let call = Call {
        attester: receipt.attester,
        session: receipt.session,
        model: receipt.model,
        request_id: receipt.request_id,
        expires_at: receipt.issued_at + 60,
        request_hash: receipt.request_hash,
    };
    let widest = Call {
        attester: AttesterId::MAX,
        session: SessionId::MAX,
        model: ModelId::MAX,
        request_id: [0xff; 16],
        expires_at: u64::MAX,
        request_hash: [0xff; 32],
    };
    [("a call", call), ("widest integers", widest)]
}

/// Each a name, a receipt, an engine and a label.
pub fn some_answers() -> [(&'static str, Receipt, &'static str, &'static str); 2] {
    [
        (
            "an answer",
            some_receipt(1),
            "onnxruntime 1.23.2",
            "operator's word",
        ),
        (
            "widest receipt, texts of no length",
            widest_receipt(),
            "",
            "",
        ),
    ]
}

pub fn group(ids: [u64; 4], from: u64, span: u64, sequence: u64, work: Work) -> Group {
    let [session, model, release, terms] = ids;
    Group {
        session: SessionId(session),
        model: ModelId(model),
        release: ReleaseNumber(release),
        terms: TermsNumber(terms),
        from,
        span,
        sequence,
        work,
    }
}

pub fn units(all: &[(u64, u64)]) -> Vec<Units> {
    all.iter()
        .map(|(input, output)| Units::new(*input, *output))
        .collect()
}

pub fn items(all: &[(u64, u64)]) -> Work {
    Work::itemised(units(all))
}

/// Units under codes that need not be the shortest: each a base and a parameter.
fn coded(all: &[(u64, u64)], [input, output]: [(u64, u8); 2]) -> Result<Work> {
    let code = |(base, k)| RiceCode::new(base, k).context("a parameter is at most 63");
    Items::coded(&units(all), code(input)?, code(output)?)
        .map(Work::Itemised)
        .context("units below their base")
}

pub fn net(count: u16, input: u64, output: u64) -> Work {
    Work::Netted {
        count,
        total: Units::new(input, output),
    }
}

pub fn sample_batches() -> Result<Vec<(&'static str, Batch)>> {
    let batch = |issued_from, length, groups| Batch {
        attester: AttesterId(7),
        issued_from,
        issued_to: issued_from + length,
        receipts_root: named("receipts"),
        groups,
    };
    let now = 1_767_225_600;
    let mut widest = batch(
        0,
        u64::MAX,
        vec![group(
            [u64::MAX; 4],
            0,
            u64::MAX,
            u64::MAX - 1,
            items(&[(u64::MAX, u64::MAX)]),
        )],
    );
    widest.attester = AttesterId(u64::MAX);
    Ok(vec![
        (
            "one receipt",
            batch(
                now,
                0,
                vec![group([1, 1, 1, 1], 0, 0, 0, items(&[(100, 20)]))],
            ),
        ),
        (
            "one receipt, netted",
            batch(now, 0, vec![group([1, 1, 1, 1], 0, 0, 0, net(1, 100, 20))]),
        ),
        (
            "no units",
            batch(
                now,
                0,
                vec![group([1, 1, 1, 1], 0, 0, 0, items(&[(0, 0), (0, 0)]))],
            ),
        ),
        (
            "integers at the edges of their bytes",
            batch(
                now,
                16_384,
                vec![
                    group(
                        [127, 127, 128, 16_383],
                        0,
                        127,
                        127,
                        items(&[(127, 128), (16_383, 16_384), (2_097_151, 2_097_152)]),
                    ),
                    group([255, 1, 1, 1], 128, 16_256, 128, items(&[(0, 1)])),
                ],
            ),
        ),
        (
            "later groups of a session state no sequence",
            batch(
                now,
                900,
                vec![
                    group([3, 1, 1, 1], 0, 10, 40, items(&[(10, 1), (20, 2)])),
                    group([3, 1, 1, 2], 5, 20, 42, items(&[(30, 3)])),
                    group([3, 1, 2, 1], 7, 0, 43, items(&[(40, 4)])),
                    group(
                        [3, 2, 1, 1],
                        0,
                        900,
                        44,
                        items(&[(50, 5), (60, 6), (70, 7)]),
                    ),
                    group([500, 1, 1, 1], 3, 3, 0, items(&[(80, 8)])),
                ],
            ),
        ),
        (
            "later groups of a session, netted",
            batch(
                now,
                900,
                vec![
                    group([3, 1, 1, 1], 0, 10, 40, net(1_000, 2_000_000, 750_000)),
                    group([3, 1, 1, 2], 5, 20, 1_040, net(65_535, u64::MAX, 0)),
                    group([500, 1, 1, 1], 3, 897, 9, net(2, 0, u64::MAX)),
                ],
            ),
        ),
        (
            "the same units every time",
            batch(
                now,
                20,
                vec![group([1, 1, 1, 1], 0, 20, 0, items(&[(150_528, 1_000); 5]))],
            ),
        ),
        (
            "units on both sides of a quotient of 32",
            batch(
                now,
                0,
                vec![
                    group(
                        [1, 1, 1, 1],
                        0,
                        0,
                        0,
                        coded(&[(31, 0), (32, 1), (u64::MAX, 2)], [(0, 0), (0, 0)])?,
                    ),
                    group(
                        [1, 1, 1, 2],
                        0,
                        0,
                        3,
                        coded(&[(32_767, 7), (32_768, 38), (5, 39)], [(0, 10), (7, 0)])?,
                    ),
                    group(
                        [1, 1, 1, 3],
                        0,
                        0,
                        6,
                        coded(&[(u64::MAX, u64::MAX)], [(0, 58), (0, 59)])?,
                    ),
                    group(
                        [1, 1, 1, 4],
                        0,
                        0,
                        7,
                        coded(&[(u64::MAX, 0), (1, u64::MAX - 1)], [(0, 63), (0, 62)])?,
                    ),
                ],
            ),
        ),
        (
            "codes that are not the shortest",
            batch(
                now,
                0,
                vec![
                    group(
                        [1, 1, 1, 1],
                        0,
                        0,
                        0,
                        coded(&[(100, 20), (101, 21)], [(0, 63), (20, 0)])?,
                    ),
                    group(
                        [1, 1, 1, 2],
                        0,
                        0,
                        2,
                        coded(&[(u64::MAX, 1)], [(u64::MAX, 63), (1, 17)])?,
                    ),
                ],
            ),
        ),
        ("widest integers", widest),
    ])
}

/// Lists of units for which every builder chooses the same codes: spread evenly, with a long tail, close together,
/// the same every time, at the widest, and all mixed.
pub fn units_to_code() -> Vec<(String, Vec<Units>)> {
    let mut all = vec![
        ("nothing".to_owned(), units(&[(0, 0)])),
        (
            "equally short with and without a base".to_owned(),
            units(&[(8, 9); 2]),
        ),
        ("widest".to_owned(), units(&[(u64::MAX, u64::MAX - 1); 3])),
        (
            "nothing and widest".to_owned(),
            units(&[(0, u64::MAX), (u64::MAX, 0), (0, 0)]),
        ),
    ];
    for draw in 0..8_u64 {
        let mut bits = (0_u64..).map(|place| {
            let hash = named(&format!("units {draw} {place}"));
            u64::from_le_bytes(std::array::from_fn(|byte| hash[byte]))
        });
        let mut next = || bits.next().unwrap_or_default();
        let count = 1 + 3 * draw;
        let mut list = |name: &str, pair: &mut dyn FnMut(u64, u64) -> (u64, u64)| {
            let pairs: Vec<_> = (0..count).map(|_| pair(next(), next())).collect();
            all.push((format!("{name}, {count} receipts"), units(&pairs)));
        };
        list("evenly spread", &mut |a, b| {
            (50 + a % 3_951, 20 + b % 1_481)
        });
        list("long tail", &mut |a, b| {
            (
                200 << (a.trailing_zeros().min(12)),
                1 + (b % 60) * (1 << (a >> 61)),
            )
        });
        list("close together", &mut |a, b| {
            (50_176 + a % 900, 1_000 + b % 2)
        });
        list("same every time", &mut |_, _| (784, 10));
        list("of any width", &mut |a, b| (a >> (b % 64), b >> (a % 64)));
    }
    all
}

pub fn contracts() -> [(&'static str, Vec<u8>); 4] {
    [
        (CHAIN_ID, named("billing").to_vec()),
        (CHAIN_ID, named("registry").to_vec()),
        ("hub-1", account("a contract with a short address")),
        ("", vec![]),
    ]
}

/// The leaves that implementations of Certificate Transparency test with.
pub fn leaves() -> Result<Vec<Vec<u8>>> {
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .into_iter()
    .map(|leaf| Ok(hex::decode(leaf)?))
    .collect()
}
