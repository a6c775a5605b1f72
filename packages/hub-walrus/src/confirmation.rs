use crate::{BlobId, PublicKey};
use thiserror::Error;

/// First bytes of a signed message: intent type, intent version 0, application 3 (storage).
const BLOB_CERTIFIED: [u8; 3] = [1, 0, 3];
/// The same, with the intent of proving that one has a key.
const POSSESSION: [u8; 3] = [0, 0, 3];

const PERMANENT: u8 = 0;
const DELETABLE: u8 = 1;

/// What storage nodes sign when they store a blob, as 40 or 72 bytes:
/// `01 00 03 ‖ epoch u32 little-endian ‖ blob id ‖ 00`, or `… ‖ 01 ‖ Sui object id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Walrus epoch of the committee that signs.
    pub epoch: u32,
    /// Blob id on Walrus.
    pub blob_id: BlobId,
    /// Whether its owner may delete it.
    pub persistence: Persistence,
}

/// Whether the owner of a blob may delete it before it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// It may not.
    Permanent,
    /// It may.
    Deletable {
        /// The Sui object that stands for the blob.
        object_id: [u8; 32],
    },
}

/// Why bytes are no confirmation.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmationError {
    /// Neither 40 nor 72 bytes, or not the number that the persistence asks for.
    #[error("the confirmation has {length} bytes: expected 40 (permanent) or 72 (deletable)")]
    WrongLength {
        /// Length of what was found, in bytes.
        length: usize,
    },

    /// Signed for another purpose.
    #[error("the confirmation begins with {found:?}: expected [1, 0, 3] (blob certified, version 0, storage)")]
    WrongIntent {
        /// Intent type, intent version, application.
        found: [u8; 3],
    },

    /// A byte that names no persistence.
    #[error("the confirmation has persistence {found}: expected 0 (permanent) or 1 (deletable)")]
    UnknownPersistence {
        /// The byte that stands there.
        found: u8,
    },
}

impl Confirmation {
    /// The bytes that are signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(72);
        bytes.extend_from_slice(&BLOB_CERTIFIED);
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        bytes.extend_from_slice(self.blob_id.as_bytes());
        match &self.persistence {
            Persistence::Permanent => bytes.push(PERMANENT),
            Persistence::Deletable { object_id } => {
                bytes.push(DELETABLE);
                bytes.extend_from_slice(object_id);
            }
        }
        bytes
    }

    /// What these bytes confirm; anything but exactly one confirmation is an error.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfirmationError> {
        let wrong_length = ConfirmationError::WrongLength {
            length: bytes.len(),
        };
        let (intent, rest) = bytes.split_first_chunk::<3>().ok_or(wrong_length)?;
        if *intent != BLOB_CERTIFIED {
            return Err(ConfirmationError::WrongIntent { found: *intent });
        }
        let (epoch, rest) = rest.split_first_chunk::<4>().ok_or(wrong_length)?;
        let (blob_id, rest) = rest.split_first_chunk::<32>().ok_or(wrong_length)?;
        let (persistence, object_id) = rest.split_first().ok_or(wrong_length)?;
        let persistence = match (*persistence, object_id) {
            (PERMANENT, []) => Persistence::Permanent,
            (DELETABLE, object_id) => Persistence::Deletable {
                object_id: object_id.try_into().map_err(|_| wrong_length)?,
            },
            (PERMANENT, _) => return Err(wrong_length),
            (found, _) => return Err(ConfirmationError::UnknownPersistence { found }),
        };
        Ok(Self {
            epoch: u32::from_le_bytes(*epoch),
            blob_id: BlobId::from_bytes(*blob_id),
            persistence,
        })
    }
}

/// What a storage node signs with `key` to show that it has the secret, 87 bytes:
/// `00 00 03 ‖ epoch u32 little-endian ‖ Sui address ‖ key`.
///
/// Whoever puts a committee together has to check these: without them a member could choose a key that cancels those
/// of others.
pub fn possession_message(epoch: u32, sui_address: &[u8; 32], key: &PublicKey) -> Vec<u8> {
    let parts: [&[u8]; 4] = [
        &POSSESSION,
        &epoch.to_le_bytes(),
        sui_address,
        key.as_bytes(),
    ];
    parts.concat()
}
