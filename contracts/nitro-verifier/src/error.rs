//! Why a message or query was refused. Each error says what was wrong and what was expected; nothing was changed.

use cosmwasm_std::StdError;
use cw_utils::PaymentError;
use hub_types::hash::HashError;
use hub_types::wire::KeyError;
use thiserror::Error;

/// An error of the verifier of Nitro Enclaves.
#[derive(Error, Debug, PartialEq)]
pub enum ContractError {
    /// Storage, serialisation or a query failed.
    #[error("{0}")]
    Std(#[from] StdError),
    /// Coins came along with a message that takes none.
    #[error("the verifier holds no money, send no coins: {0}")]
    Payment(#[from] PaymentError),
    /// A hash of the wrong length.
    #[error("{0}")]
    Hash(#[from] HashError),
    /// A public key of the wrong form.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The document does not prove that an enclave holds the key.
    #[error("the attestation document is refused: {0}")]
    Document(#[from] hub_nitro::Error),
}
