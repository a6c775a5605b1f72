//! Committees and certificates over blst, the library that Walrus uses. Refusals first, each by its own error.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey as BlstKey, SecretKey};
use blst::BLST_ERROR;
use hub_walrus::{
    quorum, BlobId, Bls, Certificate, CertificateError, Committee, CommitteeError, Confirmation,
    ConfirmationError, Member, Persistence, PointError, PublicKey, Signature, Signers,
    SignersError, DST,
};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use std::cell::RefCell;

/// The identity of G1, compressed.
const IDENTITY: [u8; 48] = {
    let mut bytes = [0; 48];
    bytes[0] = 0xc0;
    bytes
};

struct Blst;

impl Bls for Blst {
    fn sum(&self, keys: &[u8]) -> Option<[u8; 48]> {
        let keys: Vec<BlstKey> = keys
            .chunks_exact(48)
            .map(|bytes| {
                let key = BlstKey::uncompress(bytes).ok()?;
                // blst counts the identity as no key.
                (bytes == IDENTITY || key.validate().is_ok()).then_some(key)
            })
            .collect::<Option<_>>()?;
        let keys: Vec<&BlstKey> = keys.iter().collect();
        let sum = AggregatePublicKey::aggregate(&keys, false).ok()?;
        Some(sum.to_public_key().compress())
    }

    fn verify(&self, key: &PublicKey, message: &[u8], dst: &[u8], signature: &Signature) -> bool {
        let key = BlstKey::uncompress(key.as_bytes());
        let signature = blst::min_pk::Signature::uncompress(signature.as_bytes());
        key.and_then(|key| Ok((key, signature?)))
            .is_ok_and(|(key, signature)| {
                let result = signature.verify(true, message, dst, &[], &key, true);
                result == BLST_ERROR::BLST_SUCCESS
            })
    }
}

fn secret(place: usize) -> SecretKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&place.to_le_bytes());
    SecretKey::key_gen(&seed, &[]).unwrap()
}

fn key(place: usize) -> PublicKey {
    PublicKey::new(&secret(place).sk_to_pk().compress()).unwrap()
}

fn members(weights: &[u16]) -> Vec<Member> {
    let member = |(place, weight): (usize, &u16)| Member {
        key: key(place),
        weight: *weight,
    };
    weights.iter().enumerate().map(member).collect()
}

fn committee(weights: &[u16]) -> Committee {
    Committee::new(&Blst, weights.iter().sum(), &members(weights)).unwrap()
}

fn confirmation() -> Confirmation {
    Confirmation {
        epoch: 53,
        blob_id: BlobId::from_bytes([9; 32]),
        persistence: Persistence::Permanent,
    }
}

fn bitmap(places: &[usize], members: usize) -> Vec<u8> {
    let mut bitmap = vec![0; members.div_ceil(8)];
    for place in places {
        bitmap[place / 8] |= 1 << (place % 8);
    }
    bitmap
}

fn sign(places: &[usize], message: &[u8]) -> Signature {
    let all: Vec<_> = places
        .iter()
        .map(|place| secret(*place).sign(message, DST, &[]))
        .collect();
    let all: Vec<_> = all.iter().collect();
    let sum = AggregateSignature::aggregate(&all, false).unwrap();
    Signature::new(&sum.to_signature().compress()).unwrap()
}

fn certificate(places: &[usize], members: usize) -> Certificate {
    Certificate {
        signers: bitmap(places, members),
        signature: sign(places, &confirmation().to_bytes()),
    }
}

fn verify(weights: &[u16], certificate: &Certificate) -> Result<u32, CertificateError> {
    certificate.verify(&Blst, &committee(weights), &confirmation(), |place| {
        Ok(key(place))
    })
}

#[test]
fn bytes_that_are_no_compressed_point_are_refused() {
    for length in [0, 47, 49, 96] {
        assert_eq!(
            PublicKey::new(&vec![0x80; length]),
            Err(PointError::WrongLength {
                length,
                expected: 48
            })
        );
    }
    assert_eq!(
        Signature::new(&[0x80; 48]),
        Err(PointError::WrongLength {
            length: 48,
            expected: 96
        })
    );
    assert_eq!(PublicKey::new(&[0x17; 48]), Err(PointError::NotCompressed));
    assert_eq!(PublicKey::new(&IDENTITY), Err(PointError::Identity));
    // The bit says so, whatever stands behind it.
    assert_eq!(PublicKey::new(&[0xe1; 48]), Err(PointError::Identity));
    let signature = [&IDENTITY[..], &[0; 48]].concat();
    assert_eq!(Signature::new(&signature), Err(PointError::Identity));
}

#[test]
fn bytes_that_confirm_something_else_or_nothing_are_refused() {
    let permanent = confirmation().to_bytes();
    for length in 0..40 {
        assert_eq!(
            Confirmation::parse(&permanent[..length]),
            Err(ConfirmationError::WrongLength { length })
        );
    }
    let longer = [&permanent[..], &[0]].concat();
    assert_eq!(
        Confirmation::parse(&longer),
        Err(ConfirmationError::WrongLength { length: 41 })
    );
    for (place, found) in [(0, [2, 0, 3]), (1, [1, 2, 3]), (2, [1, 0, 2])] {
        let mut bytes = permanent.clone();
        bytes[place] = 2;
        assert_eq!(
            Confirmation::parse(&bytes),
            Err(ConfirmationError::WrongIntent { found })
        );
    }
    for length in [40, 71, 73] {
        let mut bytes = permanent.clone();
        bytes.resize(length, 0);
        bytes[39] = 1;
        assert_eq!(
            Confirmation::parse(&bytes),
            Err(ConfirmationError::WrongLength { length })
        );
    }
    let mut bytes = permanent;
    bytes[39] = 2;
    assert_eq!(
        Confirmation::parse(&bytes),
        Err(ConfirmationError::UnknownPersistence { found: 2 })
    );
}

#[test]
fn a_bitmap_with_bytes_or_bits_to_spare_is_refused() {
    for (members, length, most) in [(8, 2, 1), (9, 3, 2), (0, 1, 0)] {
        assert_eq!(
            Signers::new(&vec![0; length], members),
            Err(SignersError::TooLong {
                length,
                most,
                members
            })
        );
    }
    for (bitmap, members, bit) in [(&[0x1f][..], 4, 4), (&[0, 0x80], 15, 15), (&[0, 6], 9, 9)] {
        assert_eq!(
            Signers::new(bitmap, members),
            Err(SignersError::SpareBit { bit, members })
        );
    }
}

#[test]
fn members_that_make_no_committee_are_refused() {
    let refused =
        |n_shards, members: &[Member]| Committee::new(&Blst, n_shards, members).unwrap_err();
    let four = members(&[1, 2, 3, 4]);
    assert_eq!(refused(0, &[]), CommitteeError::MemberCount { count: 0 });
    assert_eq!(
        refused(1_001, &vec![four[0]; 1_001]),
        CommitteeError::MemberCount { count: 1_001 }
    );
    for n_shards in [0, 9, 11] {
        assert_eq!(
            refused(n_shards, &four),
            CommitteeError::WeightsNotWhole {
                weight: 10,
                n_shards
            }
        );
    }
    // The sum is not taken to 16 bits.
    let mut heavy = members(&[u16::MAX, 1]);
    assert_eq!(
        refused(0, &heavy),
        CommitteeError::WeightsNotWhole {
            weight: 65_536,
            n_shards: 0
        }
    );
    heavy[1].weight = 0;
    assert_eq!(
        refused(u16::MAX, &heavy),
        CommitteeError::ZeroWeight { member: 1 }
    );
    let mut twice = four.clone();
    twice[3].key = twice[1].key;
    assert_eq!(
        refused(10, &twice),
        CommitteeError::DuplicateKey {
            first: 1,
            second: 3
        }
    );
    // Not on the curve, and on the curve but outside of the group of prime order.
    let off_curve = [&[0x80][..], &[0; 46], &[1]].concat();
    let off_group = [&[0x80][..], &[0; 46], &[4]].concat();
    assert!(BlstKey::uncompress(&off_curve).is_err());
    assert!(BlstKey::uncompress(&off_group).unwrap().validate().is_err());
    for bytes in [off_curve, off_group] {
        let mut bad = four.clone();
        bad[2].key = PublicKey::new(&bytes).unwrap();
        assert_eq!(refused(10, &bad), CommitteeError::InvalidKey { member: 2 });
    }
}

#[test]
fn a_quorum_one_short_is_refused() {
    // 10 shards: 7 make a quorum.
    let weights = [4, 3, 2, 1];
    assert_eq!(
        verify(&weights, &certificate(&[0, 2], 4)),
        Err(CertificateError::NotEnoughWeight {
            weight: 6,
            quorum: 7,
            n_shards: 10
        })
    );
    assert_eq!(verify(&weights, &certificate(&[0, 1], 4)), Ok(7));
    let nobody = Certificate {
        signers: vec![],
        ..certificate(&[0, 1], 4)
    };
    assert_eq!(
        verify(&weights, &nobody),
        Err(CertificateError::NotEnoughWeight {
            weight: 0,
            quorum: 7,
            n_shards: 10
        })
    );
}

#[test]
fn a_signature_of_others_or_over_something_else_is_refused() {
    let weights = [1; 4];
    let wrong = Err(CertificateError::WrongSignature);
    let honest = certificate(&[0, 1, 3], 4);
    for signers in [&[0, 1, 2][..], &[0, 1, 2, 3], &[1, 2, 3]] {
        let swapped = Certificate {
            signers: bitmap(signers, 4),
            ..honest.clone()
        };
        assert_eq!(verify(&weights, &swapped), wrong);
    }
    let deletable = Persistence::Deletable { object_id: [1; 32] };
    for other in [
        Confirmation {
            epoch: 54,
            ..confirmation()
        },
        Confirmation {
            blob_id: BlobId::from_bytes([8; 32]),
            ..confirmation()
        },
        Confirmation {
            persistence: deletable,
            ..confirmation()
        },
    ] {
        let certificate = Certificate {
            signature: sign(&[0, 1, 3], &other.to_bytes()),
            ..honest.clone()
        };
        assert_eq!(verify(&weights, &certificate), wrong);
    }
    assert_eq!(verify(&weights, &honest), Ok(3));
}

#[test]
fn keys_that_cancel_each_other_prove_nothing() {
    let cancelling = [
        members(&[1])[0],
        Member {
            key: PublicKey::new(&key(0).negated()).unwrap(),
            weight: 1,
        },
    ];
    let committee = Committee::new(&Blst, 2, &cancelling).unwrap();
    assert_eq!(committee.total(), &IDENTITY);
    let certificate = Certificate {
        signers: vec![3],
        signature: sign(&[0], b""),
    };
    assert_eq!(
        certificate.verify(&Blst, &committee, &confirmation(), |place| Ok(cancelling
            [place]
            .key)),
        Err(CertificateError::IdentityKey)
    );
}

#[test]
fn an_error_of_whoever_gives_the_keys_comes_back() {
    #[derive(Debug, PartialEq)]
    struct Lost(usize);
    impl From<CertificateError> for Lost {
        fn from(error: CertificateError) -> Self {
            panic!("the key is asked for first: {error}")
        }
    }
    let result =
        certificate(&[0, 1, 3], 4).verify(&Blst, &committee(&[1; 4]), &confirmation(), |place| {
            Err(Lost(place))
        });
    assert_eq!(result, Err(Lost(2)));
}

#[test]
fn as_few_keys_as_possible_are_asked_for_in_ascending_order() {
    for (weights, signers, expected) in [
        (&[1; 9][..], &[0, 1, 2, 3, 4, 5, 6, 7, 8][..], &[][..]),
        (&[1; 9], &[0, 1, 3, 4, 5, 7, 8], &[2, 6]),
        (&[1, 1, 1, 1, 9, 1, 9], &[4, 6], &[4, 6]),
        (&[1, 1, 4, 4], &[2, 3], &[2, 3]),
    ] {
        let asked = RefCell::new(vec![]);
        certificate(signers, weights.len())
            .verify(&Blst, &committee(weights), &confirmation(), |place| {
                asked.borrow_mut().push(place);
                Ok::<_, CertificateError>(key(place))
            })
            .unwrap();
        assert_eq!(asked.into_inner(), expected);
    }
}

#[test]
fn a_committee_is_what_its_parts_were() {
    let four = committee(&[4, 3, 2, 1]);
    let again = Committee::from_parts(four.n_shards(), four.weights().to_vec(), *four.total());
    assert_eq!(again, four);
}

proptest! {
    #[test]
    fn a_quorum_is_the_least_weight_that_makes_three_times_it_more_than_two_thirds(n_shards: u16) {
        let least = u64::from(quorum(n_shards));
        let needed = 2 * u64::from(n_shards) + 1;
        prop_assert!(3 * least >= needed);
        prop_assert!(3 * (least - 1) < needed);
    }

    #[test]
    fn a_confirmation_is_read_back(epoch: u32, blob_id: [u8; 32], object_id: Option<[u8; 32]>) {
        let persistence = object_id.map_or(
            Persistence::Permanent,
            |object_id| Persistence::Deletable { object_id },
        );
        let confirmation = Confirmation { epoch, blob_id: blob_id.into(), persistence };
        let bytes = confirmation.to_bytes();
        prop_assert_eq!(bytes.len(), if object_id.is_some() { 72 } else { 40 });
        prop_assert_eq!(Confirmation::parse(&bytes), Ok(confirmation));
    }

    #[test]
    fn bytes_that_are_read_are_those_of_what_was_read(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        aligned: bool,
    ) {
        let mut bytes = bytes;
        if aligned && bytes.len() >= 40 {
            bytes[..3].copy_from_slice(&[1, 0, 3]);
            bytes[39] &= 1;
        }
        if let Ok(confirmation) = Confirmation::parse(&bytes) {
            prop_assert_eq!(confirmation.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_bitmap_names_whom_its_bits_name(signed in prop::collection::vec(any::<bool>(), 0..70)) {
        let places: Vec<usize> = (0..signed.len()).filter(|place| signed[*place]).collect();
        let full = bitmap(&places, signed.len());
        let zeros = full.iter().rev().take_while(|byte| **byte == 0).count();
        // With the zero bytes at the end, and without.
        for bitmap in [&full[..], &full[..full.len() - zeros]] {
            let signers = Signers::new(bitmap, signed.len()).unwrap();
            for (place, signed) in signed.iter().enumerate() {
                prop_assert_eq!(signers.has(place), *signed);
            }
            prop_assert!(!signers.has(signed.len()));
        }
    }
}
