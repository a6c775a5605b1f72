//! Why a message was refused.

use cosmwasm_std::StdError;
use cw_utils::PaymentError;
use hub_types::hash::HashError;
use hub_types::wire::KeyError;
use thiserror::Error;

/// An error of the verifier.
#[derive(Error, Debug, PartialEq)]
pub enum ContractError {
    /// Storage or serialisation failed; for evidence: it is not the JSON that it has to be.
    #[error("{0}")]
    Std(#[from] StdError),
    /// Coins came along.
    #[error("the verifier holds no money, send no coins: {0}")]
    Payment(#[from] PaymentError),
    /// A statement of the wrong length.
    #[error("{0}")]
    Hash(#[from] HashError),
    /// Bytes that are no key.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A threshold that means nothing.
    #[error("{threshold} of {keys} keys cannot be asked for: give 1 to 32 keys, and a threshold from 1 to their number")]
    Threshold {
        /// Signatures wanted.
        threshold: u32,
        /// Keys given.
        keys: usize,
    },
    /// One signer would count as two.
    #[error("the key of {name} stands twice: give each once")]
    Twice {
        /// Of the second.
        name: String,
    },
    /// Too few vouch.
    #[error("{found} of the named keys signed, {threshold} are needed")]
    TooFew {
        /// Signatures given.
        found: usize,
        /// Signatures wanted.
        threshold: u32,
    },
    /// The same signer twice, or one that does not exist.
    #[error("signer {signer} stands twice, out of order, or does not exist: give each once, by ascending place from 0 to {last}")]
    Signer {
        /// Its place.
        signer: u32,
        /// Highest place.
        last: usize,
    },
    /// A signature that does not verify.
    #[error("the signature of {name} does not verify for this key, statement, verifier and chain: sign what `to_sign` answers")]
    Signature {
        /// Whose.
        name: String,
    },
}
