//! BLS signatures over BLS12-381 as Walrus uses them: keys in G1, signatures in G2, points compressed.

use std::fmt;

use thiserror::Error;

/// Domain separation tag of everything that storage nodes sign.
pub const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";

/// First byte of a compressed point: the point is compressed.
const COMPRESSED: u8 = 0x80;
/// First byte of a compressed point: it is the identity.
const IDENTITY: u8 = 0x40;
/// First byte of a compressed point: of the two with this x coordinate, the one with the larger y.
const LARGER: u8 = 0x20;

/// The arithmetic on the curve, which is the host's: a chain has it built in, a test takes a library.
pub trait Bls {
    /// The sum of points of G1, 48 bytes each, one or more, in compressed form. None where one of them is no point of
    /// the group of prime order. The identity counts as a point, in either place.
    fn sum(&self, keys: &[u8]) -> Option<[u8; PublicKey::LENGTH]>;

    /// Whether `signature` is that of `key` over `message`, hashed to G2 under `dst`. False as well where one of the
    /// two is no point of its group of prime order.
    fn verify(&self, key: &PublicKey, message: &[u8], dst: &[u8], signature: &Signature) -> bool;
}

/// Why bytes have not the form of a key or signature. Whether they are a point at all, only [`Bls`] can tell.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointError {
    /// Too short or too long.
    #[error("{length} bytes are given: expected {expected}, the compressed form")]
    WrongLength {
        /// Length of what was given, in bytes.
        length: usize,
        /// Bytes of the compressed form.
        expected: usize,
    },

    /// The first bit says that the point is not compressed.
    #[error("the first bit is not set: expected the compressed form of a point")]
    NotCompressed,

    /// The point at infinity: as a key it verifies what nobody signed.
    #[error("it is the identity: expected any other point")]
    Identity,
}

fn check<const N: usize>(bytes: &[u8]) -> Result<[u8; N], PointError> {
    let point: [u8; N] = bytes.try_into().map_err(|_| PointError::WrongLength {
        length: bytes.len(),
        expected: N,
    })?;
    let first = point.first().copied().unwrap_or_default();
    if first & COMPRESSED == 0 {
        return Err(PointError::NotCompressed);
    }
    // The bit alone decides, whatever stands behind it: some libraries read that as the identity too.
    if first & IDENTITY != 0 {
        return Err(PointError::Identity);
    }
    Ok(point)
}

/// The public key of a storage node, or a sum of such keys: a point of G1 other than the identity, compressed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; Self::LENGTH]);

impl PublicKey {
    /// Length of the compressed form, in bytes.
    pub const LENGTH: usize = 48;

    /// A key of these bytes, whose form is checked and nothing else.
    pub fn new(bytes: &[u8]) -> Result<Self, PointError> {
        check(bytes).map(Self)
    }

    /// The compressed form.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The compressed form of the opposite point: adding it takes the key out of a sum.
    pub fn negated(&self) -> [u8; Self::LENGTH] {
        let mut point = self.0;
        if let Some(first) = point.first_mut() {
            *first ^= LARGER;
        }
        point
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, "PublicKey", &self.0)
    }
}

/// A signature, or a sum of signatures: a point of G2 other than the identity, compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; Self::LENGTH]);

impl Signature {
    /// Length of the compressed form, in bytes.
    pub const LENGTH: usize = 96;

    /// A signature of these bytes, whose form is checked and nothing else.
    pub fn new(bytes: &[u8]) -> Result<Self, PointError> {
        check(bytes).map(Self)
    }

    /// The compressed form.
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, "Signature", &self.0)
    }
}

fn hex(f: &mut fmt::Formatter<'_>, name: &str, bytes: &[u8]) -> fmt::Result {
    write!(f, "{name}(")?;
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    write!(f, ")")
}
