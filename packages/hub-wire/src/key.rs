use thiserror::Error;

/// The signature schemes that attesters and callers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyType {
    /// ECDSA over secp256k1, compact, low s.
    Secp256k1 = 0,
    /// Ed25519 (RFC 8032).
    Ed25519 = 1,
}

impl KeyType {
    /// The byte that stands for the type.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Secp256k1 => 0x00,
            Self::Ed25519 => 0x01,
        }
    }

    /// The type that a byte stands for.
    pub const fn from_byte(byte: u8) -> Result<Self, KeyError> {
        match byte {
            0x00 => Ok(Self::Secp256k1),
            0x01 => Ok(Self::Ed25519),
            found => Err(KeyError::UnknownType { found }),
        }
    }
}

/// A public key: right in type, length and prefix, and, of ed25519, in its one encoding and not of small order. Whether it is
/// a point of its curve shows when it verifies.
///
/// Keys of mixed order are accepted: a point of small order added to a sound key. Nobody but the holder of the secret signs for
/// one, and it names a key of its own in every digest and record, as any other key of that holder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicKey {
    /// Compressed SEC1: 0x02 or 0x03, then x.
    Secp256k1([u8; 33]),
    /// Raw, as in RFC 8032.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// The key of this type with these bytes: 33 (compressed SEC1) or 32 (raw).
    pub fn new(key_type: KeyType, bytes: &[u8]) -> Result<Self, KeyError> {
        let length = bytes.len();
        match key_type {
            KeyType::Secp256k1 => {
                let bytes: [u8; 33] = bytes.try_into().map_err(|_| KeyError::WrongLength {
                    expected: 33,
                    found: length,
                })?;
                match bytes {
                    [0x02 | 0x03, ..] => Ok(Self::Secp256k1(bytes)),
                    [found, ..] => Err(KeyError::NotCompressed { found }),
                }
            }
            KeyType::Ed25519 => {
                let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::WrongLength {
                    expected: 32,
                    found: length,
                })?;
                check_ed25519(&bytes)?;
                Ok(Self::Ed25519(bytes))
            }
        }
    }

    /// Its type.
    pub const fn key_type(&self) -> KeyType {
        match self {
            Self::Secp256k1(_) => KeyType::Secp256k1,
            Self::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// Its bytes: 33 or 32.
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Secp256k1(bytes) => bytes,
            Self::Ed25519(bytes) => bytes,
        }
    }
}

/// The bit of an ed25519 key that holds the sign of x; the other 255 are y, little-endian.
const SIGN: u8 = 0x80;

/// y of the eight points of order 1, 2, 4 and 8, two of each y but for those of 1 and −1, whose x is 0: the list that
/// libsodium refuses as well. In `tests/signatures.rs` they are computed anew.
const SMALL_ORDER: [[u8; 32]; 5] = [
    // 0, of order 4.
    [0; 32],
    // 1, the neutral element.
    little_endian(0x01, 0x00, 0x00),
    // −1, of order 2.
    little_endian(0xec, 0xff, 0x7f),
    // Of order 8.
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

const fn little_endian(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut bytes = [between; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Refuses keys that anybody can sign for, and second spellings of one key. Chains accept both: they check signatures by the
/// rules of ZIP 215, under which a key of small order verifies what nobody signed.
fn check_ed25519(bytes: &[u8; 32]) -> Result<(), KeyError> {
    let mut y = *bytes;
    y[31] &= !SIGN;
    // The order of the field is 2^255 − 19: in bytes, 0xed, thirty times 0xff, 0x7f.
    let [first, between @ .., last] = &y;
    if *first >= 0xed && *last == 0x7f && between.iter().all(|byte| *byte == 0xff) {
        return Err(KeyError::NotCanonical);
    }
    // Of 1 and −1 the sign is no part of the key, so either is refused.
    if SMALL_ORDER.contains(&y) {
        return Err(KeyError::SmallOrder);
    }
    Ok(())
}

/// Why bytes are no key.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// A type byte that stands for nothing.
    #[error("key type {found:#04x}, expected 0x00 (secp256k1) or 0x01 (ed25519)")]
    UnknownType {
        /// The byte that stands there.
        found: u8,
    },

    /// Too short or too long for its type.
    #[error("key of {found} bytes, expected {expected}")]
    WrongLength {
        /// Bytes a key of this type has.
        expected: usize,
        /// How many bytes were found.
        found: usize,
    },

    /// 33 bytes that do not start as a compressed SEC1 key does.
    #[error("secp256k1 key starts with {found:#04x}, expected compressed SEC1: 0x02 or 0x03")]
    NotCompressed {
        /// The byte that stands there.
        found: u8,
    },

    /// An ed25519 key whose y is not below the order of the field: a second spelling of a key.
    #[error("ed25519 key is not canonical: its y is 2^255 - 19 or more, expected the key as a library gives it out")]
    NotCanonical,

    /// An ed25519 key for which anybody can sign.
    #[error("ed25519 key is a point of small order, for which anybody can sign: expected the public key of a secret one")]
    SmallOrder,

    /// A seed that is no secret key of secp256k1.
    #[error("seed is 0 or not below the order of secp256k1, expected 1 to n - 1, big-endian")]
    SeedOutOfRange,
}
