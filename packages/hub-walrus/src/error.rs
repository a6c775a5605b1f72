use thiserror::Error;

/// Why a text is not the canonical form of a blob id.
///
/// The text itself is never repeated in the message: it comes from strangers and may be of any length.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobIdError {
    /// The text ends in `=`. The canonical form carries no padding.
    #[error("blob id ends in '=': expected base64url without padding, 43 characters")]
    Padded,

    /// A character that base64url does not have, the `+` and `/` of standard base64 among them.
    #[error("blob id has {character:?} at position {position}: expected only A-Z, a-z, 0-9, '-' and '_' (base64url)")]
    IllegalCharacter {
        /// The first such character.
        character: char,
        /// Its place, counted in characters from 0.
        position: usize,
    },

    /// Decimal digits of any length but 43: the u256 form that Sui shows, which is not accepted in its place.
    #[error(
        "blob id is {length} decimal digits, the u256 form: expected base64url, 43 characters"
    )]
    Decimal {
        /// How many digits the text has.
        length: usize,
    },

    /// 64 hexadecimal digits, with or without `0x`.
    #[error("blob id is hexadecimal: expected base64url, 43 characters")]
    Hexadecimal,

    /// Legal characters, but not 43 of them.
    #[error(
        "blob id has {length} characters: expected 43 (base64url of 32 bytes, without padding)"
    )]
    WrongLength {
        /// How many characters the text has.
        length: usize,
    },

    /// The last of 43 characters carries 4 bits of the id; its other 2 bits must be zero, so that one id has one text.
    #[error("blob id ends in {last:?}, whose two spare bits are not zero: expected one of AEIMQUYcgkosw048 in last place")]
    NonCanonical {
        /// The character that the text ends with.
        last: char,
    },
}
