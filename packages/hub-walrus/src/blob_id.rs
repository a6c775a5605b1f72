use crate::BlobIdError;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest};
use std::fmt;
use std::str::FromStr;

/// First byte of what is hashed into an id: Walrus' `EncodingType::RS2`, the only encoding in use.
const ENCODING_RS2: u8 = 0x01;

/// The content address of a blob on Walrus: 32 bytes.
///
/// Its one text form is base64url (RFC 4648 section 5) without padding: 43 characters, the last one canonical. The
/// decimal u256 that Sui shows is the same bytes read little-endian; it is refused as text, since 43 decimal digits
/// can also be valid base64url and a format must not be guessed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 32]);

impl BlobId {
    /// Length of the binary form, in bytes.
    pub const LENGTH: usize = 32;

    /// Length of the text form, in characters.
    pub const TEXT_LENGTH: usize = 43;

    /// The id with these bytes. Any 32 bytes are an id.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The bytes of the id, borrowed.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id of a blob of `length` bytes (before encoding) whose slivers have the Merkle root `root_hash`:
    /// blake2b-256(0x01 ‖ length as u64 little-endian ‖ root hash).
    pub fn derive(length: u64, root_hash: &[u8; 32]) -> Self {
        let mut hasher = Blake2b::<U32>::new();
        hasher.update([ENCODING_RS2]);
        hasher.update(length.to_le_bytes());
        hasher.update(root_hash);
        Self(hasher.finalize().into())
    }
}

impl From<[u8; 32]> for BlobId {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<BlobId> for [u8; 32] {
    fn from(id: BlobId) -> Self {
        id.0
    }
}

impl AsRef<[u8]> for BlobId {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = BlobIdError;

    fn from_str(text: &str) -> Result<Self, BlobIdError> {
        if text.ends_with('=') {
            return Err(BlobIdError::Padded);
        }
        if let Some((position, character)) =
            text.chars().enumerate().find(|(_, c)| !is_base64url(*c))
        {
            return Err(BlobIdError::IllegalCharacter {
                character,
                position,
            });
        }
        // From here on every character is one byte.
        if text.len() != Self::TEXT_LENGTH {
            return Err(wrong_length(text));
        }
        // One byte to spare, so that the decoder never has to reason about the exact fit.
        let mut buffer = [0; 33];
        let decoded = URL_SAFE_NO_PAD
            .decode_slice(text, &mut buffer)
            .ok()
            .and_then(|length| buffer.get(..length)?.try_into().ok());
        match decoded {
            Some(bytes) => Ok(Self(bytes)),
            // 43 legal characters can fail in one way only.
            None => Err(BlobIdError::NonCanonical {
                last: text.chars().next_back().unwrap_or_default(),
            }),
        }
    }
}

fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Names the form that was meant, where it can be told.
fn wrong_length(text: &str) -> BlobIdError {
    let length = text.len();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if length > 0 && text.bytes().all(|b| b.is_ascii_digit()) {
        BlobIdError::Decimal { length }
    } else if digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        BlobIdError::Hexadecimal
    } else {
        BlobIdError::WrongLength { length }
    }
}
