use thiserror::Error;

/// Bytes of the largest symbol: Reed-Solomon over 16-bit words takes an even number of bytes below 2^16.
pub const MAX_SYMBOL_SIZE: u16 = 65_534;

/// How Walrus cuts a blob into a matrix of symbols: Red Stuff over `shards` shards, of which a third less one may fail.
///
/// The blob fills `primary` rows of `secondary` symbols each, row after row, padded with zeros. Reed-Solomon extends
/// each row and then each column to `shards` symbols. Row r is primary sliver r, column c secondary sliver c.
/// Source: MystenLabs/walrus, crates/walrus-core/src/encoding/{config,utils}.rs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    shards: u16,
    primary: u16,
    secondary: u16,
}

/// Why there is no such encoding.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// Too few shards to tolerate one that fails, or more than Walrus' sliver indices count.
    #[error(
        "a Walrus committee has 4 to 10000 shards (Mainnet and Testnet have 1000), not {shards}"
    )]
    Shards {
        /// How many shards the members ask for together.
        shards: u16,
    },

    /// A blob too long for one encoding.
    #[error("a Walrus blob of {shards} shards holds at most {max} bytes, and this has {length}: split it into parts")]
    TooLong {
        /// Bytes of the blob.
        length: u64,
        /// The most bytes that a blob can have.
        max: u64,
        /// Shards of the encoding.
        shards: u16,
    },
}

impl Code {
    /// The encoding of Mainnet and Testnet: 1000 shards, 334 rows of 667 symbols.
    pub const WALRUS: Self = Self {
        shards: 1000,
        primary: 334,
        secondary: 667,
    };

    /// The encoding over this many shards. Tests use small ones; the same bytes have another id in each.
    pub const fn new(shards: u16) -> Result<Self, CodeError> {
        if shards < 4 || shards > 10_000 {
            return Err(CodeError::Shards { shards });
        }
        #[allow(clippy::arithmetic_side_effects)] // 3f < shards
        let (primary, secondary) = {
            let faulty = (shards - 1) / 3;
            (shards - 2 * faulty, shards - faulty)
        };
        Ok(Self {
            shards,
            primary,
            secondary,
        })
    }

    /// Shards, which is also the number of rows and of columns of the extended matrix.
    pub const fn shards(self) -> u16 {
        self.shards
    }

    /// Rows that hold the blob itself.
    pub const fn primary(self) -> u16 {
        self.primary
    }

    /// Columns that hold the blob itself.
    pub const fn secondary(self) -> u16 {
        self.secondary
    }

    /// Symbols that the blob itself fills.
    #[allow(clippy::arithmetic_side_effects, clippy::cast_lossless)] // two factors of 16 bits
    pub const fn source_symbols(self) -> u64 {
        self.primary as u64 * self.secondary as u64
    }

    /// Bytes of the longest blob: 14 599 533 452 over 1000 shards.
    #[allow(clippy::arithmetic_side_effects, clippy::cast_lossless)] // three factors of 16 bits
    pub const fn max_length(self) -> u64 {
        self.source_symbols() * MAX_SYMBOL_SIZE as u64
    }

    /// Bytes of a symbol of a blob of `length` bytes: even, 2 to 65 534.
    pub fn symbol_size(self, length: u64) -> Result<u16, CodeError> {
        let too_long = CodeError::TooLong {
            length,
            max: self.max_length(),
            shards: self.shards,
        };
        let size = length.max(1).div_ceil(self.source_symbols());
        let even = size.checked_next_multiple_of(2).ok_or(too_long)?;
        match u16::try_from(even) {
            Ok(even) if even <= MAX_SYMBOL_SIZE => Ok(even),
            _ => Err(too_long),
        }
    }
}
