//! Why a message was refused.

use cosmwasm_std::{Addr, OverflowError, StdError, Uint128};
use cw_utils::PaymentError;
use hub_types::denom::Denom;
use hub_types::hash::HashError;
use hub_types::ids::SessionId;
use hub_types::wire::DecodeError;
use thiserror::Error;

/// An error of the buyer.
#[derive(Error, Debug, PartialEq)]
pub enum ContractError {
    /// Storage, serialisation or a query failed.
    #[error("{0}")]
    Std(#[from] StdError),
    /// Not exactly the coins that the message takes.
    #[error("{0}: an order takes exactly one coin, every other message none")]
    Payment(#[from] PaymentError),
    /// A hash of the wrong length.
    #[error("{0}")]
    Hash(#[from] HashError),
    /// Bytes that are no receipt.
    #[error("the receipt is malformed: {0}")]
    Receipt(#[from] DecodeError),
    /// Beyond 128 bits.
    #[error("{0}")]
    Overflow(#[from] OverflowError),
    /// A coin that the model does not take.
    #[error("the model is paid in {expected}: send that")]
    WrongDenom {
        /// What it takes.
        expected: Denom,
    },
    /// No such order.
    #[error("there is no order {order}")]
    UnknownOrder {
        /// As given.
        order: SessionId,
    },
    /// Somebody else's order.
    #[error("order {order} belongs to {user}: only that account asks in it or closes it")]
    NotTheUser {
        /// The order.
        order: SessionId,
        /// Whose it is.
        user: Addr,
    },
    /// The order takes no requests any more.
    #[error("order {order} has ended: make a new one")]
    Ended {
        /// The order.
        order: SessionId,
    },
    /// The order cannot pay for the request.
    #[error("order {order} has {free} that no request was promised yet: ask for less, or make a new order")]
    TooDear {
        /// The order.
        order: SessionId,
        /// What may still be promised.
        free: Uint128,
    },
    /// The request was asked before.
    #[error("this request was asked in order {order} before: let something in it differ")]
    AskedBefore {
        /// The order.
        order: SessionId,
    },
    /// A receipt for something that nobody asked.
    #[error("nobody asked for this in order {order}")]
    NotAsked {
        /// The order.
        order: SessionId,
    },
    /// The request has its answer.
    #[error("this request has its answer: the first one stands")]
    AnsweredBefore {},
    /// A receipt that does not count here.
    #[error("the receipt is not one to believe: {reason}")]
    NotBelieved {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The rest was paid back.
    #[error("the rest of order {order} was paid back before")]
    RefundedBefore {
        /// The order.
        order: SessionId,
    },
    /// A reply that nobody waits for.
    #[error("nobody waits for a reply {id}")]
    UnknownReply {
        /// Its id.
        id: u64,
    },
}
