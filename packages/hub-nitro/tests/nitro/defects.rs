//! Every single defect is refused by its own error.

use crate::attempt::{chain, defective, outcome, Verifier, KEY};
use hub_nitro::{CborError, Error, Place, MAX_DOCUMENT};
use hub_nitro_testing::cbor::Value;
use hub_nitro_testing::{
    Attempt, BundleDefect, CertificateDefect, ClaimDefect, Defect, EnvelopeDefect, Level,
    NitroChain, PayloadDefect,
};

#[test]
fn a_document_without_a_defect_is_accepted() {
    let attempt = Attempt::sound(&chain(), &KEY);
    let attestation = outcome(&attempt).unwrap();
    let document = chain().document().public_key(KEY);
    assert_eq!(attestation.digest, document.digest());
    assert_eq!(attestation.public_key, Some(&KEY[..]));
    assert_eq!(attestation.timestamp, document.timestamp_ms);
    assert_eq!(attestation.learned.len(), 3);
}

#[test]
fn every_single_defect_is_refused_by_its_own_error() {
    let chain = chain();
    let mut wrong = vec![];
    for (defect, attempt) in defective() {
        let found = Verifier::default().present(attempt);
        let expected = Err(expected(*defect, &chain, attempt));
        if found != expected {
            wrong.push(format!("{defect}: expected {expected:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_defect_is_refused_whoever_made_the_chain() {
    let chain = NitroChain::new(2).at(1_900_000_000).zone("c");
    for defect in Defect::all() {
        let attempt = defect.apply(&chain, b"another key");
        let found = Verifier::default().present(&attempt);
        let expected = Err(expected(defect, &chain, &attempt));
        assert_eq!(found, expected, "{defect}");
    }
}

/// The table: one error for each defect.
pub fn expected(defect: Defect, chain: &NitroChain, attempt: &Attempt) -> Error {
    match defect {
        Defect::Envelope(defect) => envelope(defect, chain, attempt),
        Defect::Payload(defect) => payload(defect, chain, attempt),
        Defect::Bundle(defect) => bundle(defect),
        Defect::Certificate(level, defect) => certificate(level, defect, chain, attempt),
        Defect::Claim(defect) => claim(defect, chain, attempt),
    }
}

fn envelope(defect: EnvelopeDefect, chain: &NitroChain, attempt: &Attempt) -> Error {
    use EnvelopeDefect as Is;
    let length = attempt.document.len();
    let sound = Attempt::sound(chain, &attempt.key).document;
    // Where the parts begin: four bytes of protected header, an empty map, the payload behind three bytes of head.
    let (protected, unprotected, payload) = (1, 6, 7);
    let signature = sound.len() - 98;
    let not = |at, expected| Error::Envelope(CborError::Unexpected { at, expected });
    let indefinite = |at| Error::Envelope(CborError::Indefinite { at });
    let long = |at| Error::Envelope(CborError::NotShortest { at });

    match defect {
        Is::Oversized => Error::TooLarge { length },
        Is::NoBytes | Is::NotAnArray | Is::Tagged | Is::TagOfEncryption => not(0, "an array"),
        Is::LastByteMissing => not(signature, "a byte string"),
        Is::ByteBehind => Error::Envelope(CborError::Trailing {
            at: sound.len(),
            count: 1,
        }),
        Is::DocumentTwice => match length > MAX_DOCUMENT {
            true => Error::TooLarge { length },
            false => Error::Envelope(CborError::Trailing {
                at: sound.len(),
                count: sound.len(),
            }),
        },
        Is::ThreeParts | Is::FiveParts => not(0, "an array of four"),
        Is::IndefiniteEnvelope => indefinite(0),
        Is::LongEnvelopeHead => long(0),
        Is::AlgorithmEs256
        | Is::AlgorithmEs512
        | Is::AlgorithmEdDsa
        | Is::AlgorithmAsText
        | Is::AlgorithmLong
        | Is::NoAlgorithm
        | Is::ProtectedMapEmpty
        | Is::ProtectedWithMore
        | Is::ProtectedTwice
        | Is::ProtectedIndefinite
        | Is::ProtectedTrailing
        | Is::AlgorithmUnprotected => Error::ProtectedHeader,
        Is::ProtectedInChunks => indefinite(protected),
        Is::ProtectedNotBytes => not(protected, "a byte string"),
        Is::UnprotectedNotEmpty => Error::UnprotectedHeader,
        Is::UnprotectedIndefinite => indefinite(unprotected),
        Is::UnprotectedNotMap => not(unprotected, "a map"),
        Is::PayloadDetached | Is::PayloadAsText | Is::PayloadLengthHuge => {
            not(payload, "a byte string")
        }
        Is::PayloadEmpty => Error::Payload(CborError::Unexpected {
            at: 0,
            expected: "a map",
        }),
        Is::PayloadInChunks => indefinite(payload),
        Is::PayloadLongHead => long(payload),
        Is::SignatureShort => Error::SignatureLength { length: 95 },
        Is::SignatureLong => Error::SignatureLength { length: 97 },
        Is::SignatureEmpty => Error::SignatureLength { length: 0 },
        // Two numbers in DER have 6 bytes of heads, and a zero each where the first bit is set.
        Is::SignatureInDer => Error::SignatureLength {
            length: usize::from(attempt.document[signature + 1]),
        },
        Is::SignatureInChunks => indefinite(signature),
        Is::SignatureSpoilt
        | Is::SignatureOfStranger
        | Is::SignatureOfInstance
        | Is::SignatureOfOther
        | Is::SignatureForOtherContext
        | Is::SignatureOfPayloadAlone
        | Is::SignatureZero
        | Is::SignatureRZero
        | Is::SignatureSZero
        | Is::SignatureBeyondOrder => Error::DocumentSignature,
    }
}

fn payload(defect: PayloadDefect, chain: &NitroChain, attempt: &Attempt) -> Error {
    use PayloadDefect as Is;
    let sound = chain.document().public_key(&attempt.key);
    let sound = sound.payload().encode();
    // Where the value of a field begins, and where the PCR of an index does (each has 1 + 2 + 48 bytes).
    let at = |field: &str| {
        let key = Value::text(field).encode();
        let place = sound.windows(key.len()).position(|bytes| bytes == key);
        place.unwrap() + key.len()
    };
    let pcr = |index: usize| at("pcrs") + 1 + index * 51;
    let not = |at, expected| Error::Payload(CborError::Unexpected { at, expected });
    let indefinite = |at| Error::Payload(CborError::Indefinite { at });
    let long = |at| Error::Payload(CborError::NotShortest { at });
    let trailing = |at, count| Error::Payload(CborError::Trailing { at, count });
    let missing = |field| Error::MissingField { field };
    let twice = |field| Error::DuplicateField { field };
    let field_length = |field, length, min| Error::FieldLength {
        field,
        length,
        min,
        max: 1_024,
    };
    let pcr_length = |index, length| Error::PcrLength { index, length };
    let leaf_length = |length| Error::CertificateLength {
        place: Place::Leaf,
        length,
    };

    match defect {
        Is::NotAMap => not(0, "a map"),
        Is::ByteBehind => trailing(sound.len(), 1),
        Is::EntryTooMany | Is::NoBreak => not(sound.len(), "a text"),
        // The last entry is `nonce: null`.
        Is::EntryTooFew => trailing(sound.len() - 7, 7),
        Is::LongMapHead => long(0),
        Is::LongKey => long(1),
        Is::KeyInChunks => indefinite(1),
        Is::KeyNotText | Is::KeyNotUtf8 => not(1, "a text"),
        Is::UnknownKey => Error::UnknownField { at: sound.len() },
        Is::Nested | Is::NonceNotBytes => not(at("nonce"), "a byte string"),
        Is::NoModuleId => missing("module_id"),
        Is::NoDigest => missing("digest"),
        Is::NoTimestamp => missing("timestamp"),
        Is::NoPcrs => missing("pcrs"),
        Is::NoCertificate => missing("certificate"),
        Is::NoCabundle => missing("cabundle"),
        Is::ModuleIdTwice => twice("module_id"),
        Is::DigestTwice => twice("digest"),
        Is::TimestampTwice => twice("timestamp"),
        Is::PcrsTwice => twice("pcrs"),
        Is::CertificateTwice => twice("certificate"),
        Is::CabundleTwice => twice("cabundle"),
        Is::PublicKeyTwice => twice("public_key"),
        Is::UserDataTwice => twice("user_data"),
        Is::NonceTwice => twice("nonce"),
        Is::ModuleIdEmpty => Error::ModuleId { length: 0 },
        Is::ModuleIdNotText | Is::ModuleIdNotUtf8 => not(at("module_id"), "a text"),
        Is::ModuleIdOversized => Error::ModuleId { length: 129 },
        Is::DigestSha256 | Is::DigestSha512 | Is::DigestLowerCase => Error::Digest,
        Is::DigestNotText => not(at("digest"), "a text"),
        Is::TimestampNotNumber
        | Is::TimestampNegative
        | Is::TimestampFloat
        | Is::TimestampTagged => not(at("timestamp"), "an integer"),
        Is::TimestampLong => long(at("timestamp")),
        Is::PcrsEmpty => Error::PcrCount { count: 0 },
        Is::PcrsNotMap => not(at("pcrs"), "a map"),
        Is::PcrsIndefinite => indefinite(at("pcrs")),
        Is::PcrsTooMany => Error::PcrCount { count: 33 },
        Is::Pcr0Missing => Error::MissingPcr { index: 0 },
        Is::Pcr1Missing => Error::MissingPcr { index: 1 },
        Is::Pcr2Missing => Error::MissingPcr { index: 2 },
        Is::Pcr0Zero | Is::DebugMode => Error::DebugMode { index: 0 },
        Is::Pcr1Zero => Error::DebugMode { index: 1 },
        Is::Pcr2Zero => Error::DebugMode { index: 2 },
        Is::Pcr0Short => pcr_length(0, 47),
        Is::Pcr1Long => pcr_length(1, 49),
        Is::Pcr2OfSha256 => pcr_length(2, 32),
        Is::Pcr0OfSha512 => pcr_length(0, 64),
        Is::Pcr0Empty => pcr_length(0, 0),
        Is::Pcr8OddSize => pcr_length(8, 47),
        Is::Pcr0Twice => Error::DuplicatePcr { index: 0 },
        Is::Pcr8Twice => Error::DuplicatePcr { index: 8 },
        Is::PcrIndex32 => Error::PcrIndex { index: 32 },
        Is::PcrIndexText => not(pcr(3), "an integer"),
        Is::PcrIndexLong => long(pcr(3)),
        Is::PcrNotBytes => not(pcr(3) + 1, "a byte string"),
        Is::PcrInChunks => indefinite(pcr(0) + 1),
        Is::CertificateEmpty => leaf_length(0),
        Is::CertificateOversized => leaf_length(1_025),
        Is::CertificateNotBytes | Is::CertificateNull => not(at("certificate"), "a byte string"),
        Is::CertificateInChunks => indefinite(at("certificate")),
        Is::CabundleEmpty => Error::BundleLength { count: 0 },
        Is::CabundleNotArray => not(at("cabundle"), "an array"),
        Is::CabundleIndefinite => indefinite(at("cabundle")),
        Is::CabundleOfText => not(at("cabundle") + 1, "a byte string"),
        Is::PublicKeyEmpty => field_length("public_key", 0, 1),
        Is::PublicKeyOversized => field_length("public_key", 1_025, 1),
        Is::PublicKeyNotBytes => not(at("public_key"), "a byte string"),
        Is::PublicKeyInChunks => indefinite(at("public_key")),
        Is::UserDataOversized => field_length("user_data", 1_025, 0),
        Is::UserDataNotBytes => not(at("user_data"), "a byte string"),
        Is::NonceOversized => field_length("nonce", 1_025, 0),
    }
}

fn bundle(defect: BundleDefect) -> Error {
    use BundleDefect as Is;
    let issuer = |level| Error::Issuer {
        place: place(level),
    };
    let path = |place, allowed, found| Error::PathLength {
        place,
        allowed,
        found,
    };
    match defect {
        Is::NoRoot | Is::Reversed => Error::UntrustedRoot,
        // A certificate that moves up stands at a place of its predecessor.
        Is::NoRegional => issuer(Level::Regional),
        Is::NoZonal => issuer(Level::Zonal),
        Is::RootAlone | Is::NoInstance | Is::LeafFromOtherInstance => issuer(Level::Leaf),
        Is::InstanceFromOtherZone => issuer(Level::Instance),
        Is::RegionalAndZonalSwapped => path(Place::Intermediate(1), 1, 2),
        Is::ZonalAndInstanceSwapped => path(Place::Intermediate(2), 0, 1),
        Is::LeafInBundle | Is::CertificateBelowLeaf => path(Place::Intermediate(1), 2, 3),
        Is::InstanceAndLeafSwapped => Error::NotAnAuthority {
            place: Place::Intermediate(3),
        },
        Is::TooMany => Error::BundleLength { count: 9 },
        Is::RegionalFromOtherRoot => Error::CertificateSignature {
            place: Place::Intermediate(1),
        },
    }
}

fn certificate(
    level: Level,
    defect: CertificateDefect,
    chain: &NitroChain,
    attempt: &Attempt,
) -> Error {
    use CertificateDefect as Is;
    let place = place(level);
    let (now, sound) = (attempt.now, chain.certificate(level));
    match defect {
        Is::SignatureSpoilt
        | Is::SignatureOfStranger
        | Is::SelfSigned
        | Is::SignatureZero
        | Is::SignatureLongInteger
        | Is::SignatureNegative
        | Is::SignatureTrailing => Error::CertificateSignature { place },
        Is::Expired => Error::Expired {
            place,
            not_after: sound.not_before + 1,
            now,
        },
        Is::NotYetValid => Error::NotYetValid {
            place,
            not_before: sound.not_after - 1,
            now,
        },
        Is::NeverValid => Error::NotYetValid {
            place,
            not_before: sound.not_after,
            now,
        },
        Is::NotAnAuthority | Is::NoBasicConstraints => Error::NotAnAuthority { place },
        Is::AnAuthority => Error::LeafIsAuthority,
        Is::NoExtensions if level == Level::Leaf => Error::KeyUsage { place },
        Is::NoExtensions => Error::NotAnAuthority { place },
        Is::NoKeyUsage
        | Is::MayNotSignCertificates
        | Is::MaySignCertificates
        | Is::MayNotSignDocuments => Error::KeyUsage { place },
        Is::PathTooShort => {
            let found = Level::Instance.index() - level.index();
            Error::PathLength {
                place,
                allowed: found as u8 - 1,
                found,
            }
        }
        Is::CurveP256 | Is::KeyRsa => Error::Curve { place },
        Is::KeyCompressed | Is::KeyOffCurve | Is::KeyAtInfinity => Error::Key { place },
        Is::AlgorithmSha256 | Is::AlgorithmsDiffer | Is::AlgorithmWithParameters => {
            Error::SignatureAlgorithm { place }
        }
        Is::OtherIssuer => Error::Issuer { place },
        Is::UnknownCriticalExtension | Is::NameConstraints => Error::CriticalExtension { place },
        Is::VersionOne => Error::Version { place },
        Is::SignatureUnusedBits
        | Is::PathLengthNegative
        | Is::ExtensionTwice
        | Is::SerialLong
        | Is::TimeWithOffset
        | Is::TimeImpossible
        | Is::ByteBehind
        | Is::ByteInside
        | Is::ByteInSignedPart
        | Is::IndefiniteLength
        | Is::LongLength
        | Is::BooleanOne => Error::MalformedCertificate { place },
        Is::Oversized => {
            let oversized = chain.clone().edit(level, |it| defect.apply(it));
            Error::CertificateLength {
                place,
                length: oversized.encode()[level.index()].len(),
            }
        }
    }
}

fn claim(defect: ClaimDefect, chain: &NitroChain, attempt: &Attempt) -> Error {
    use ClaimDefect as Is;
    let now = attempt.now;
    let expired = |level| Error::Expired {
        place: place(level),
        not_after: now - 1,
        now,
    };
    match defect {
        Is::OtherRoot | Is::ForgedRoot => Error::UntrustedRoot,
        Is::Stale => Error::Stale {
            issued_at: chain.time(),
            now: chain.time() + 301,
        },
        Is::FromTheFuture => Error::FromTheFuture {
            issued_at: chain.time() + 61,
            now,
        },
        Is::TimestampZero => Error::Stale { issued_at: 0, now },
        Is::TimestampHuge => Error::FromTheFuture {
            issued_at: u64::MAX / 1_000,
            now,
        },
        Is::RegionalExpiredSince => expired(Level::Regional),
        Is::ZonalExpiredSince => expired(Level::Zonal),
        Is::InstanceExpiredSince => expired(Level::Instance),
        Is::NoKey
        | Is::OtherPublicKey
        | Is::PublicKeyLonger
        | Is::PublicKeyShorter
        | Is::PublicKeyIsHash
        | Is::UserDataOfOtherKey
        | Is::UserDataIsKey
        | Is::UserDataHashLonger
        | Is::UserDataHashFirst
        | Is::UserDataOtherPrefix
        | Is::UserDataHashInside
        | Is::NonceIsKey => Error::KeyNotBound,
    }
}

fn place(level: Level) -> Place {
    match level {
        Level::Root => Place::Root,
        Level::Leaf => Place::Leaf,
        _ => Place::Intermediate(level.index()),
    }
}
