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

/// A public key: right in type, length and prefix. Whether it is a point of its curve shows when it verifies.
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
                bytes
                    .try_into()
                    .map(Self::Ed25519)
                    .map_err(|_| KeyError::WrongLength {
                        expected: 32,
                        found: length,
                    })
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

/// Why bytes are no key.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// A type byte that stands for nothing.
    #[error("key type {found:#04x}, expected 0x00 (secp256k1) or 0x01 (ed25519)")]
    UnknownType {
        /// The byte found.
        found: u8,
    },

    /// Too short or too long for its type.
    #[error("key of {found} bytes, expected {expected}")]
    WrongLength {
        /// Bytes a key of this type has.
        expected: usize,
        /// Bytes found.
        found: usize,
    },

    /// 33 bytes that do not start as a compressed SEC1 key does.
    #[error("secp256k1 key starts with {found:#04x}, expected compressed SEC1: 0x02 or 0x03")]
    NotCompressed {
        /// The byte found.
        found: u8,
    },

    /// A seed that is no secret key of secp256k1.
    #[error("seed is 0 or not below the order of secp256k1, expected 1 to n - 1, big-endian")]
    SeedOutOfRange,
}
