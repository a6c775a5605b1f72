use crate::rules::BatchRule;
use thiserror::Error;

/// Why bytes were refused. `at` is the offset, from 0, of the byte where the fault was found.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end inside a value.
    #[error("byte {at}: the bytes end here, expected more")]
    Truncated {
        /// Offset of the value that is cut off.
        at: usize,
    },

    /// An integer with a needless last byte 0x00.
    #[error("byte {at}: integer is not in its shortest LEB128 form")]
    Overlong {
        /// Offset of the integer.
        at: usize,
    },

    /// An integer wider than its place allows.
    #[error("byte {at}: integer exceeds {bits} bits")]
    TooLarge {
        /// Offset of the integer.
        at: usize,
        /// Width of the place: 64 or 128; 32 in packed records of the contracts.
        bits: u32,
    },

    /// Bytes after the end of the value.
    #[error("byte {at}: expected the end, found {count} more bytes")]
    Trailing {
        /// Offset of the first of them.
        at: usize,
        /// How many there are.
        count: usize,
    },

    /// The first byte names a version that this decoder does not know.
    #[error("byte {at}: version {found:#04x}, expected {expected:#04x}")]
    UnknownVersion {
        /// Offset of the version.
        at: usize,
        /// The version that stands there.
        found: u8,
        /// The version that this decoder reads.
        expected: u8,
    },

    /// The mode of a batch is neither itemised nor netted.
    #[error("byte {at}: mode {found:#04x}, expected 0x00 (itemised) or 0x01 (netted)")]
    UnknownMode {
        /// Offset of the mode.
        at: usize,
        /// The mode that stands there.
        found: u8,
    },

    /// The code of a group's units is no Rice code.
    #[error("byte {at}: code {found}, expected a Rice parameter of 0 to 63, or that and 64 with a base behind it")]
    UnknownCode {
        /// Offset of the code.
        at: usize,
        /// The integer that stands there.
        found: u64,
    },

    /// A code states a base of 0, which is that of a code without one.
    #[error("byte {at}: the code states a base of 0, expected the parameter alone")]
    NeedlessBase {
        /// Offset of the code.
        at: usize,
    },

    /// Units written in full, though their quotient is below 32.
    #[error("byte {at}: units are written in all their 64 bits, expected that only from a quotient of 32 on")]
    NeedlessEscape {
        /// Offset of the byte in which the units start.
        at: usize,
    },

    /// A bit is set after a group's last units, before the end of their byte.
    #[error("byte {at}: bits are set after the group's last units, expected zeros up to the end of the byte")]
    Padding {
        /// Offset of that byte.
        at: usize,
    },

    /// Well-formed integers that break a rule of batches.
    #[error("byte {at}: {rule}")]
    Rule {
        /// Offset of the integer that breaks it, or of the end where only the whole batch shows it.
        at: usize,
        /// The rule.
        rule: BatchRule,
    },
}

impl DecodeError {
    /// A stable name for the fault, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "truncated",
            Self::Overlong { .. } => "overlong",
            Self::TooLarge { .. } => "too_large",
            Self::Trailing { .. } => "trailing",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::UnknownMode { .. } => "unknown_mode",
            Self::UnknownCode { .. } => "unknown_code",
            Self::NeedlessBase { .. } => "needless_base",
            Self::NeedlessEscape { .. } => "needless_escape",
            Self::Padding { .. } => "padding",
            Self::Rule { rule, .. } => rule.name(),
        }
    }

    /// Offset, from 0, of the byte where the fault was found.
    pub fn at(&self) -> usize {
        match self {
            Self::Truncated { at }
            | Self::Overlong { at }
            | Self::TooLarge { at, .. }
            | Self::Trailing { at, .. }
            | Self::UnknownVersion { at, .. }
            | Self::UnknownMode { at, .. }
            | Self::UnknownCode { at, .. }
            | Self::NeedlessBase { at }
            | Self::NeedlessEscape { at }
            | Self::Padding { at }
            | Self::Rule { at, .. } => *at,
        }
    }
}

/// Why a batch has no encoding: its decoder would refuse it, or give back something else.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// A group whose mode is not that of the first.
    #[error("group {group}: itemised and netted groups in one batch, expected one mode")]
    MixedModes {
        /// Place of the group, from 0.
        group: usize,
    },

    /// A later group of a session that does not start where the one before it ends.
    #[error("group {group}: sequence {found}, expected {expected}, the end of the group before")]
    WrongSequence {
        /// Place of the group, from 0.
        group: usize,
        /// Where the group before ends.
        expected: u64,
        /// Sequence of the group.
        found: u64,
    },

    /// The batch breaks a rule.
    #[error("group {group}: {rule}")]
    Rule {
        /// Place of the group, from 0; the number of groups where only the whole batch shows it.
        group: usize,
        /// The rule.
        rule: BatchRule,
    },
}
