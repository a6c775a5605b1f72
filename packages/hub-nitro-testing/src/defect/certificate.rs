use super::defects;
use crate::certificate::{algorithm, id, subject_key, usage, Certificate, Extension};
use crate::chain::Level;
use crate::der::{bit_string, boolean, integer, oid, sequence, tlv};
use crate::key::Key;

defects! {
    /// What can be wrong with one certificate; those below it are signed with its key all the same.
    CertificateDefect {
        SignatureSpoilt = "one bit of the signature is another",
        SignatureOfStranger = "signed by a key that is not the issuer's",
        SelfSigned = "signed by itself",
        SignatureZero = "a signature of zeros",
        SignatureLongInteger = "a number of the signature with a zero in front",
        SignatureNegative = "a negative number in the signature",
        SignatureTrailing = "a byte behind the two numbers of the signature",
        SignatureUnusedBits = "a signature with unused bits",
        Expired = "expired",
        NotYetValid = "not yet valid",
        NeverValid = "valid until before it is valid from",
        NotAnAuthority = "is no certificate authority",
        AnAuthority = "is a certificate authority",
        NoBasicConstraints = "no basic constraints",
        NoKeyUsage = "no key usage",
        MayNotSignCertificates = "its key may not sign certificates",
        MaySignCertificates = "its key may sign certificates",
        MayNotSignDocuments = "its key may not sign data",
        PathTooShort = "its path length allows one certificate less than follow",
        PathLengthNegative = "a negative path length",
        CurveP256 = "a key on P-256",
        KeyCompressed = "a compressed key",
        KeyOffCurve = "a key that is no point of the curve",
        KeyAtInfinity = "the point at infinity as key",
        KeyRsa = "the algorithm of the key is RSA",
        AlgorithmSha256 = "signed with SHA-256, as both algorithms say",
        AlgorithmsDiffer = "the two names of its algorithm differ",
        AlgorithmWithParameters = "parameters behind the algorithm",
        OtherIssuer = "names another issuer",
        UnknownCriticalExtension = "a critical extension that nobody knows",
        NameConstraints = "critical name constraints",
        ExtensionTwice = "key usage twice",
        NoExtensions = "no extensions",
        VersionOne = "version 1",
        SerialLong = "a serial number with a zero in front",
        TimeWithOffset = "a time with an offset",
        TimeImpossible = "the 31st of February",
        ByteBehind = "a byte behind it",
        ByteInside = "a byte behind the signature",
        ByteInSignedPart = "a byte behind the extensions",
        IndefiniteLength = "of indefinite length",
        LongLength = "its length not in its shortest form",
        BooleanOne = "a boolean that is 1, not 255",
        Oversized = "1 025 bytes or more",
    }
}

impl CertificateDefect {
    /// The certificates that can have it.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::Expired | Self::NotYetValid => &Level::ALL,
            Self::NotAnAuthority
            | Self::NoBasicConstraints
            | Self::NoKeyUsage
            | Self::MayNotSignCertificates => &Level::INTERMEDIATE,
            // The instance certificate's is 0: none can follow but the leaf, which does not count.
            Self::PathTooShort => &[Level::Root, Level::Regional, Level::Zonal],
            Self::PathLengthNegative => &Level::INTERMEDIATE,
            Self::AnAuthority | Self::MaySignCertificates | Self::MayNotSignDocuments => {
                &[Level::Leaf]
            }
            Self::BooleanOne => &Level::INTERMEDIATE,
            _ => &Level::BELOW_ROOT,
        }
    }

    /// Makes the certificate have it.
    pub fn apply(self, certificate: &mut Certificate) {
        match self {
            Self::SignatureSpoilt => certificate.distort_signature = flip_last_bit,
            Self::SignatureOfStranger => certificate.signer = Some(Key::of("stranger")),
            Self::SelfSigned => certificate.signer = Some(certificate.key.clone()),
            Self::SignatureZero => {
                certificate.distort_signature = |_| sequence(&[&integer(&[]), &integer(&[])]);
            }
            Self::SignatureLongInteger => {
                certificate.distort_signature = |der| {
                    let (r, s) = two_integers(&der);
                    sequence(&[&tlv(2, &[&[0, 0], r].concat()), &tlv(2, s)])
                };
            }
            Self::SignatureNegative => {
                certificate.distort_signature = |der| {
                    let (r, s) = two_integers(&der);
                    sequence(&[&tlv(2, &[&[0x80], r].concat()), &tlv(2, s)])
                };
            }
            Self::SignatureTrailing => {
                certificate.distort_signature = |der| {
                    let (r, s) = two_integers(&der);
                    sequence(&[&tlv(2, r), &tlv(2, s), &[0]])
                };
            }
            Self::SignatureUnusedBits => {
                certificate.distort_whole = |mut der| {
                    let at = signature_at(&der);
                    der[at] = 1;
                    der
                };
            }
            Self::Expired => certificate.not_after = certificate.not_before + 1,
            Self::NotYetValid => certificate.not_before = certificate.not_after - 1,
            Self::NeverValid => {
                let Certificate {
                    not_before,
                    not_after,
                    ..
                } = certificate;
                std::mem::swap(not_before, not_after);
            }
            Self::NotAnAuthority => certificate.set(Extension::basic_constraints(false, None)),
            Self::AnAuthority => certificate.set(Extension::basic_constraints(true, None)),
            Self::NoBasicConstraints => certificate.remove(id::BASIC_CONSTRAINTS),
            Self::NoKeyUsage => certificate.remove(id::KEY_USAGE),
            Self::MayNotSignCertificates => certificate.set(Extension::key_usage(
                true,
                usage::DIGITAL_SIGNATURE | usage::CRL_SIGN,
            )),
            Self::MaySignCertificates => certificate.set(Extension::key_usage(
                false,
                usage::DIGITAL_SIGNATURE | usage::CERTIFICATE_SIGN,
            )),
            Self::MayNotSignDocuments => {
                certificate.set(Extension::key_usage(false, usage::NON_REPUDIATION));
            }
            Self::PathTooShort => {
                let constraints = certificate.extension(id::BASIC_CONSTRAINTS);
                // The root's is unlimited; three intermediates follow.
                let length = match constraints.value.last() {
                    Some(0xff) | None => 2,
                    Some(length) => length - 1,
                };
                *constraints = Extension::basic_constraints(true, Some(length));
            }
            Self::PathLengthNegative => {
                certificate.extension(id::BASIC_CONSTRAINTS).value =
                    sequence(&[&boolean(true), &tlv(2, &[0xff])]);
            }
            Self::CurveP256 => {
                certificate.public_key = subject_key(id::PRIME256V1, P256_GENERATOR);
            }
            Self::KeyCompressed => {
                let key = certificate.key.public_compressed();
                certificate.public_key = subject_key(id::SECP384R1, &key);
            }
            Self::KeyOffCurve => {
                let mut key = certificate.key.public();
                key[96] ^= 1;
                certificate.public_key = subject_key(id::SECP384R1, &key);
            }
            Self::KeyAtInfinity => certificate.public_key = subject_key(id::SECP384R1, &[0]),
            Self::KeyRsa => {
                let rsa = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
                let algorithm = sequence(&[&rsa, &oid(id::SECP384R1)]);
                let point = bit_string(&certificate.key.public());
                certificate.public_key = sequence(&[&algorithm, &point]);
            }
            Self::AlgorithmSha256 => {
                certificate.algorithm = algorithm(id::ECDSA_SHA256);
                certificate.outer_algorithm = algorithm(id::ECDSA_SHA256);
            }
            Self::AlgorithmsDiffer => certificate.outer_algorithm = algorithm(id::ECDSA_SHA256),
            Self::AlgorithmWithParameters => {
                let with_null = sequence(&[&oid(id::ECDSA_SHA384), &[5, 0]]);
                certificate.algorithm.clone_from(&with_null);
                certificate.outer_algorithm = with_null;
            }
            Self::OtherIssuer => certificate.issuer = certificate.subject.clone(),
            Self::UnknownCriticalExtension => {
                certificate.set(Extension::new(&[0x2a, 3, 4], true, vec![5, 0]));
            }
            Self::NameConstraints => {
                certificate.set(Extension::new(id::NAME_CONSTRAINTS, true, sequence(&[])));
            }
            Self::ExtensionTwice => {
                let usage = certificate.extension(id::KEY_USAGE).clone();
                certificate.extensions.push(usage);
            }
            Self::NoExtensions => certificate.extensions.clear(),
            Self::VersionOne => certificate.version.clear(),
            Self::SerialLong => certificate.serial = tlv(2, &[0, 1]),
            Self::TimeWithOffset => certificate.time = |_| tlv(0x17, b"260212175602+0000"),
            Self::TimeImpossible => certificate.time = |_| tlv(0x17, b"260231000000Z"),
            Self::ByteBehind => certificate.distort_whole = |der| [&der[..], &[0]].concat(),
            Self::ByteInside => {
                certificate.distort_whole = |der| tlv(0x30, &[content(&der), &[0]].concat());
            }
            Self::ByteInSignedPart => {
                certificate.distort_signed = |der| tlv(0x30, &[content(&der), &[0]].concat());
            }
            Self::IndefiniteLength => {
                certificate.distort_whole = |der| [&[0x30, 0x80], content(&der), &[0, 0]].concat();
            }
            Self::LongLength => {
                certificate.distort_whole = |der| {
                    let content = content(&der);
                    let length = (content.len() as u32).to_be_bytes();
                    [&[0x30, 0x83], &length[1..], content].concat()
                };
            }
            Self::BooleanOne => {
                let constraints = certificate.extension(id::BASIC_CONSTRAINTS);
                let flag = constraints.value.iter_mut().find(|byte| **byte == 0xff);
                *flag.expect("it is an authority") = 1;
            }
            Self::Oversized => {
                let filler = tlv(4, &[0; 1_000]);
                certificate.set(Extension::new(&[0x2a, 3, 5], false, filler));
            }
        }
    }
}

fn flip_last_bit(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    bytes
}

/// What an item of more than 127 bytes holds.
fn content(der: &[u8]) -> &[u8] {
    let head = match der[1] {
        0..=0x7f => 2,
        width => 2 + usize::from(width & 0x7f),
    };
    &der[head..]
}

/// The contents of the two numbers of a signature.
fn two_integers(der: &[u8]) -> (&[u8], &[u8]) {
    let inner = content(der);
    let (r, rest) = inner[2..].split_at(usize::from(inner[1]));
    (r, &rest[2..])
}

/// Where a certificate says how many bits of its signature are unused.
fn signature_at(certificate: &[u8]) -> usize {
    let mut signature = certificate.len() - 1;
    // Backwards to the last BIT STRING that reaches to the end.
    while !(certificate[signature] == 3
        && usize::from(certificate[signature + 1]) + signature + 2 == certificate.len())
    {
        signature -= 1;
    }
    signature + 2
}

/// A point of P-256.
const P256_GENERATOR: &[u8] = &[
    4, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];
