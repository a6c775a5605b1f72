use thiserror::Error;

/// Who signed: bit i mod 8 of byte i / 8, from the least significant, for the member in place i. Bytes left out at the
/// end mean members who did not sign; what lies past the last member is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signers<'a> {
    bitmap: &'a [u8],
}

/// Why bytes are no bitmap of the members of a committee.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignersError {
    /// More bytes than members ask for.
    #[error(
        "the bitmap of signers has {length} bytes: expected at most {most} for {members} members"
    )]
    TooLong {
        /// Length of what was given, in bytes.
        length: usize,
        /// Bytes with a member in them.
        most: usize,
        /// Members of the committee.
        members: usize,
    },

    /// A bit for a member that does not exist.
    #[error("bit {bit} of the bitmap of signers is set: the committee has {members} members, from bit 0 on")]
    SpareBit {
        /// The first such bit.
        bit: usize,
        /// Members of the committee.
        members: usize,
    },
}

impl<'a> Signers<'a> {
    /// The signers among `members` members that `bitmap` names.
    pub fn new(bitmap: &'a [u8], members: usize) -> Result<Self, SignersError> {
        let most = members.div_ceil(8);
        if bitmap.len() > most {
            return Err(SignersError::TooLong {
                length: bitmap.len(),
                most,
                members,
            });
        }
        let signers = Self { bitmap };
        let bits = bitmap.len().saturating_mul(8);
        match (members..bits).find(|bit| signers.has(*bit)) {
            Some(bit) => Err(SignersError::SpareBit { bit, members }),
            None => Ok(signers),
        }
    }

    /// Whether the member in this place signed.
    pub fn has(&self, place: usize) -> bool {
        let mask = 1_u8.rotate_left(u32::try_from(place % 8).unwrap_or_default());
        self.bitmap
            .get(place / 8)
            .is_some_and(|byte| byte & mask != 0)
    }
}
