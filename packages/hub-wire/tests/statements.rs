//! Receipts, vouchers, possessions and keys.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]

mod common;

use common::{damage, damaged, number};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use hub_wire::{
    possession_bytes, AttesterId, BlobId, DecodeError, KeyError, KeyType, ModelId, PublicKey,
    Receipt, ReleaseNumber, SessionId, SignedVoucher, SigningKey, TermsNumber, Units, Voucher,
};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest, Strategy};
use std::collections::BTreeSet;

fn any_receipt() -> impl Strategy<Value = Receipt> {
    let ids = (number(), number(), number(), number(), number());
    let rest = (number(), number(), number(), any::<[u8; 16]>());
    (
        ids,
        rest,
        any::<[u8; 32]>(),
        any::<[u8; 32]>(),
        any::<[u8; 32]>(),
    )
        .prop_map(
            |(
                (attester, session, model, release, terms),
                (issued_at, input, output, request_id),
                id,
                request,
                response,
            )| {
                Receipt {
                    attester: AttesterId(attester),
                    session: SessionId(session),
                    blob_id: BlobId::from_bytes(id),
                    model: ModelId(model),
                    release: ReleaseNumber(release),
                    terms: TermsNumber(terms),
                    request_id,
                    issued_at,
                    units: Units { input, output },
                    request_hash: request,
                    response_hash: response,
                }
            },
        )
}

fn receipt() -> Receipt {
    Receipt {
        attester: AttesterId(1),
        session: SessionId(2),
        blob_id: BlobId::from_bytes([0xb1; 32]),
        model: ModelId(3),
        release: ReleaseNumber(4),
        terms: TermsNumber(5),
        request_id: [0x1d; 16],
        issued_at: 6,
        units: Units::new(7, 8),
        request_hash: [0xaa; 32],
        response_hash: [0xbb; 32],
    }
}

#[test]
fn a_receipt_that_is_cut_off_or_goes_on_is_refused() {
    let bytes = receipt().encode();
    for length in 0..bytes.len() {
        assert!(matches!(
            Receipt::decode(&bytes[..length]),
            Err(DecodeError::Truncated { .. })
        ));
    }
    let at = bytes.len();
    assert_eq!(
        Receipt::decode(&[bytes, vec![0]].concat()),
        Err(DecodeError::Trailing { at, count: 1 })
    );
}

#[test]
fn a_receipt_of_another_version_or_with_a_long_integer_is_refused() {
    let bytes = receipt().encode();
    let mut other = bytes.clone();
    other[0] = 2;
    assert_eq!(
        Receipt::decode(&other),
        Err(DecodeError::UnknownVersion {
            at: 0,
            found: 2,
            expected: 1
        })
    );
    // attester, session, model, release, terms, issued_at, units
    for at in [1, 2, 35, 36, 37, 54, 55, 56] {
        let mut longer = bytes.clone();
        longer[at] |= 0x80;
        longer.insert(at + 1, 0);
        assert_eq!(Receipt::decode(&longer), Err(DecodeError::Overlong { at }));
    }
}

#[test]
fn the_fields_of_a_receipt_stand_in_their_order() {
    let expected = [
        &[1, 1, 2][..],
        &[0xb1; 32],
        &[3, 4, 5],
        &[0x1d; 16],
        &[6, 7, 8],
        &[0xaa; 32],
        &[0xbb; 32],
    ];
    assert_eq!(receipt().encode(), expected.concat());
}

#[test]
fn a_voucher_is_strict_up_to_128_bits() {
    let widest = Voucher {
        session: SessionId(u64::MAX),
        ceiling: u128::MAX,
    };
    assert_eq!(Voucher::decode(&widest.encode()), Ok(widest));
    assert_eq!(
        Voucher {
            session: SessionId(3),
            ceiling: 300
        }
        .encode(),
        [1, 3, 0xac, 2]
    );
    assert_eq!(
        Voucher::decode(&[1, 3]),
        Err(DecodeError::Truncated { at: 2 })
    );
    assert_eq!(
        Voucher::decode(&[2, 3, 4]),
        Err(DecodeError::UnknownVersion {
            at: 0,
            found: 2,
            expected: 1
        })
    );
    assert_eq!(
        Voucher::decode(&[1, 3, 4, 0]),
        Err(DecodeError::Trailing { at: 3, count: 1 })
    );
    assert_eq!(
        Voucher::decode(&[1, 3, 0x84, 0]),
        Err(DecodeError::Overlong { at: 2 })
    );
    let beyond = [&[1, 3][..], &[0xff; 18], &[4]].concat();
    assert_eq!(
        Voucher::decode(&beyond),
        Err(DecodeError::TooLarge { at: 2, bits: 128 })
    );
}

#[test]
fn a_signed_voucher_is_the_voucher_and_64_bytes() {
    let signed = SignedVoucher {
        voucher: Voucher {
            session: SessionId(3),
            ceiling: 300,
        },
        signature: [0x51; 64],
    };
    let bytes = [&[1, 3, 0xac, 2][..], &[0x51; 64]].concat();
    assert_eq!(signed.encode(), bytes);
    assert_eq!(SignedVoucher::decode(&bytes), Ok(signed));
    for cut in 0..bytes.len() {
        let error = SignedVoucher::decode(&bytes[..cut]).unwrap_err();
        assert_eq!(error.name(), "truncated", "cut to {cut}");
    }
    assert_eq!(
        SignedVoucher::decode(&[&bytes[..], &[0]].concat()),
        Err(DecodeError::Trailing { at: 68, count: 1 })
    );
    assert_eq!(
        SignedVoucher::decode(&[&[2], &bytes[1..]].concat()),
        Err(DecodeError::UnknownVersion {
            at: 0,
            found: 2,
            expected: 1
        })
    );
}

#[test]
fn a_possession_names_type_key_and_operator() {
    let key = PublicKey::new(KeyType::Ed25519, &[9; 32]).unwrap();
    let expected = [&[1, 1, 32][..], &[9; 32], &[3, 7, 7, 7]].concat();
    assert_eq!(possession_bytes(&key, &[7; 3]), expected);

    let mut bytes = [9; 33];
    bytes[0] = 3;
    let key = PublicKey::new(KeyType::Secp256k1, &bytes).unwrap();
    let expected = [&[1, 0, 33][..], &bytes, &[0]].concat();
    assert_eq!(possession_bytes(&key, &[]), expected);
}

#[test]
fn keys_of_the_wrong_length_or_prefix_are_refused() {
    for found in [0, 31, 33, 64] {
        assert_eq!(
            PublicKey::new(KeyType::Ed25519, &vec![2; found]),
            Err(KeyError::WrongLength {
                expected: 32,
                found
            })
        );
    }
    for found in [0, 32, 34, 65] {
        assert_eq!(
            PublicKey::new(KeyType::Secp256k1, &vec![2; found]),
            Err(KeyError::WrongLength {
                expected: 33,
                found
            })
        );
    }
    for found in (0..=255).filter(|b| *b != 2 && *b != 3) {
        assert_eq!(
            PublicKey::new(KeyType::Secp256k1, &[found; 33]),
            Err(KeyError::NotCompressed { found })
        );
    }
}

/// p = 2^255 − 19 plus `more`, little-endian, with the sign bit of x where `negative`.
fn not_canonical(more: u8, negative: bool) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + more;
    bytes[31] = if negative { 0xff } else { 0x7f };
    bytes
}

fn ed25519(bytes: &[u8; 32]) -> Result<PublicKey, KeyError> {
    PublicKey::new(KeyType::Ed25519, bytes)
}

#[test]
fn ed25519_keys_of_small_order_are_refused_in_every_spelling() {
    let mut spellings = BTreeSet::new();
    for point in EIGHT_TORSION {
        let canonical = point.compress().to_bytes();
        let mut negative = canonical;
        negative[31] |= 0x80;
        let mut positive = canonical;
        positive[31] &= 0x7f;
        // The point itself, its mirror image, and where x is 0 the spelling with a needless sign.
        for bytes in [positive, negative] {
            assert_eq!(ed25519(&bytes), Err(KeyError::SmallOrder), "{bytes:?}");
            spellings.insert(bytes);
        }
    }
    // Eight points, and 1 and −1 once more with a sign.
    assert_eq!(spellings.len(), 10);
    // 0 and 1 also as p and p + 1: the fourteen of the literature.
    for bytes in [0, 1].map(|more| [false, true].map(|sign| not_canonical(more, sign))) {
        for bytes in bytes {
            let point = CompressedEdwardsY(bytes).decompress().unwrap();
            assert!(point.is_small_order());
            assert_eq!(ed25519(&bytes), Err(KeyError::NotCanonical));
            spellings.insert(bytes);
        }
    }
    assert_eq!(spellings.len(), 14);
}

#[test]
fn ed25519_keys_have_one_spelling() {
    let mut points_with_two = 0;
    for more in 0..19 {
        for negative in [false, true] {
            let bytes = not_canonical(more, negative);
            assert_eq!(ed25519(&bytes), Err(KeyError::NotCanonical), "p + {more}");
            points_with_two += usize::from(CompressedEdwardsY(bytes).decompress().is_some());
        }
    }
    // Not all of them are small: the rule is worth more than a list.
    assert!(points_with_two > 4, "{points_with_two}");
    for negative in [0x00, 0x80] {
        // p − 2 is below the order of the field, and so is every number with a smaller byte anywhere.
        let mut below = [0xff; 32];
        below[0] = 0xeb;
        below[31] = 0x7f | negative;
        assert!(ed25519(&below).is_ok());
        for at in 1..32 {
            let mut below = not_canonical(18, negative != 0);
            below[at] -= 1;
            assert!(ed25519(&below).is_ok(), "byte {at}");
        }
    }
}

proptest! {
    #[test]
    fn keys_that_a_library_makes_and_their_mixed_relatives_are_accepted(seed in any::<[u8; 32]>(), place in 0_usize..8) {
        let key = SigningKey::ed25519_from_seed(&seed).public_key();
        prop_assert_eq!(PublicKey::new(KeyType::Ed25519, key.as_bytes()), Ok(key));
        let bytes: [u8; 32] = key.as_bytes().try_into().unwrap();
        let point = CompressedEdwardsY(bytes).decompress().unwrap() + EIGHT_TORSION[place];
        prop_assert!(ed25519(&point.compress().to_bytes()).is_ok());
    }
}

#[test]
fn key_types_have_one_byte_each() {
    for key_type in [KeyType::Secp256k1, KeyType::Ed25519] {
        assert_eq!(KeyType::from_byte(key_type.to_byte()), Ok(key_type));
        assert_eq!(key_type.to_byte(), key_type as u8);
    }
    assert_eq!(
        KeyType::from_byte(2),
        Err(KeyError::UnknownType { found: 2 })
    );
}

proptest! {
    #[test]
    fn a_receipt_comes_back(receipt in any_receipt()) {
        prop_assert_eq!(Receipt::decode(&receipt.encode()), Ok(receipt));
    }

    #[test]
    fn damaged_receipts_are_refused_or_are_an_encoding(receipt in any_receipt(), damage in damage()) {
        let bytes = damaged(&receipt.encode(), &damage);
        if let Ok(decoded) = Receipt::decode(&bytes) {
            prop_assert_eq!(decoded.encode(), bytes);
        }
    }

    #[test]
    fn a_voucher_comes_back_and_damage_is_refused_or_an_encoding(
        session in number(),
        ceiling in any::<u128>(),
        shift in 0_u32..128,
        damage in damage(),
        noise in vec(any::<u8>(), 0..32),
    ) {
        let voucher = Voucher { session: SessionId(session), ceiling: ceiling >> shift };
        prop_assert_eq!(Voucher::decode(&voucher.encode()), Ok(voucher));
        for bytes in [damaged(&voucher.encode(), &damage), noise] {
            if let Ok(decoded) = Voucher::decode(&bytes) {
                prop_assert_eq!(decoded.encode(), bytes);
            }
        }
    }
}
