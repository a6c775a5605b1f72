//! Why a message or query was refused. Each error says what was wrong and what was expected; nothing was changed.

use cosmwasm_std::{Addr, StdError};
use cw_utils::{ParseReplyError, PaymentError};
use hub_types::belief::BeliefError;
use hub_types::billing::{Outcome, MAX_GLANCE_DAYS, MAX_MODEL_DAYS};
use hub_types::denom::DenomError;
use hub_types::hash::HashError;
use hub_types::ids::AttesterId;
use hub_types::packed::OLDEST_LAYOUT;
use hub_types::page::PageError;
use hub_types::text::TextError;
use hub_types::verifier::DIGEST_LENGTH;
use hub_types::wire::{DecodeError, KeyError};
use thiserror::Error;

/// An error of the billing contract.
#[derive(Error, Debug, PartialEq)]
pub enum ContractError {
    /// Storage, serialisation or a query failed.
    #[error("{0}")]
    Std(#[from] StdError),
    /// Coins came along with a message that takes none.
    #[error("billing holds no money, send no coins: {0}")]
    Payment(#[from] PaymentError),
    /// A text was refused.
    #[error("{0}")]
    Text(#[from] TextError),
    /// A denomination was refused.
    #[error("{0}")]
    Denom(#[from] DenomError),
    /// A hash of the wrong length.
    #[error("{0}")]
    Hash(#[from] HashError),
    /// What the chain says of a message that billing sent could not be read.
    #[error("the chain's reply to a message of billing could not be read: {0}")]
    Reply(#[from] ParseReplyError),
    /// A text that is no address of this chain.
    #[error("{field} {address:?} is no address of this chain: {reason}")]
    NotAnAddress {
        /// Name of the message field.
        field: &'static str,
        /// The text that was given as an address.
        address: String,
        /// Why the chain's address codec refused it.
        reason: String,
    },
    /// The contract given as registry is none.
    #[error("{address} does not answer as a registry ({reason}): give the address of a hub-registry contract")]
    NotARegistry {
        /// The address that was given.
        address: Addr,
        /// What it answered.
        reason: String,
    },
    /// The registry keeps its records in a layout that this contract cannot read.
    #[error(
        "the registry keeps records of layout {found}, this contract reads layouts {OLDEST_LAYOUT} to {newest}: use contracts of \
         one release"
    )]
    OtherLayout {
        /// Layout of the registry.
        found: u8,
        /// Newest layout that this contract reads.
        newest: u8,
    },
    /// A reply to a message that this contract never sent.
    #[error("reply {id} answers nothing that this contract asked for")]
    UnknownReply {
        /// Its id.
        id: u64,
    },
    /// A public key of the wrong form.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// The key does not sign for its registration by this operator on this contract.
    #[error("the proof of possession does not verify: sign the possession digest for this operator, chain and contract with the key itself")]
    PossessionInvalid,
    /// The verifier answered, but not with a digest.
    #[error("the verifier {verifier} answered with {length} bytes of data, and a digest has exactly {DIGEST_LENGTH}: nothing was registered, use another verifier")]
    NotADigest {
        /// Who answered.
        verifier: Addr,
        /// Length of the answer in bytes; 0 if there was none.
        length: usize,
    },
    /// A key registers once, ever.
    #[error("this key is attester {attester} already: a key registers once, use a new one")]
    KeyRegistered {
        /// Id of the attester that has the key.
        attester: AttesterId,
    },
    /// No attester of that id.
    #[error("there is no attester {attester}: ids run from 1 to {last}")]
    UnknownAttester {
        /// The attester's id that was given.
        attester: AttesterId,
        /// Highest id in use; 0 if none.
        last: AttesterId,
    },
    /// Only the operator may do this.
    #[error("only the operator {operator} of attester {attester} may do this")]
    NotTheOperator {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// Account that runs the attester.
        operator: Addr,
    },
    /// A cutoff once set is not moved.
    #[error(
        "attester {attester} is retired already, from {cutoff} on: the cutoff cannot be moved"
    )]
    AlreadyRetired {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// The time from which it holds, in unix seconds.
        cutoff: u64,
    },
    /// Revoked for good.
    #[error(
        "attester {attester} was revoked: nothing of it is accepted any more, register a new key"
    )]
    AttesterRevoked {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
    },
    /// Retired for so long that no receipt of it can be billed.
    #[error("attester {attester} was retired from {cutoff} on and its last receipts have expired: register a new key")]
    AttesterRetired {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// The time from which it holds, in unix seconds.
        cutoff: u64,
    },
    /// The bytes are no batch.
    #[error("the batch is malformed: {0}")]
    MalformedBatch(DecodeError),
    /// The bytes are no receipt.
    #[error("the receipt is malformed: {0}")]
    MalformedReceipt(DecodeError),
    /// Issued later than clock skew explains.
    #[error("issued at {issued_at}, which is more than {allowed} s after the block time {now}: wait, or set the attester's clock")]
    FromTheFuture {
        /// Newest time of issue, unix seconds.
        issued_at: u64,
        /// Block time, unix seconds.
        now: u64,
        /// Allowed skew in seconds.
        allowed: u64,
    },
    /// The signature is not the attester's over these bytes for this chain and contract.
    #[error("the signature does not verify for attester {attester} over these bytes on this chain and contract: 64 bytes, low s")]
    SignatureInvalid {
        /// The attester named in the bytes.
        attester: AttesterId,
    },
    /// A sequence number with nothing after it.
    #[error("sequence {sequence} is the last number there is: start a new session")]
    SequenceTooLarge {
        /// The sequence number that was given.
        sequence: u64,
    },
    /// Everything was refused in ways that write nothing.
    #[error("nothing was settled: {}", reasons(.outcomes))]
    NothingSettled {
        /// The different reasons.
        outcomes: Vec<Outcome>,
    },
    /// The escrow does not take what billing tells it.
    #[error("the escrow (version {escrow}) refuses what billing (version {billing}) tells it, so they are of two releases: migrate both to one in one transaction, then send the same bytes again; it said: {reason}")]
    EscrowRefused {
        /// What the escrow said, as far as the chain passes it on.
        reason: String,
        /// Version of the escrow.
        escrow: String,
        /// Version of this contract.
        billing: &'static str,
    },
    /// No batch of that number.
    #[error("attester {attester} has no recorded batch {batch}: numbers run from 1 to {last}")]
    UnknownBatch {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// The batch number that was given.
        batch: u64,
        /// Highest number in use; 0 if none.
        last: u64,
    },
    /// The receipt names another attester than the batch.
    #[error("the receipt is attester {found}'s, the batch attester {expected}'s")]
    OtherAttester {
        /// Attester in the receipt.
        found: u64,
        /// Attester of the batch.
        expected: u64,
    },
    /// The proof does not lead from the receipt to the root of the batch.
    #[error("the proof does not lead from this receipt to the root of batch {batch} of attester {attester}")]
    NotIncluded {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// The batch.
        batch: u64,
    },
    /// A span of days that ends before it begins.
    #[error(
        "the days from {from} to {until} go backwards: `until` is the last day, not before `from`"
    )]
    BackwardSpan {
        /// First day of the span, as ⌊unix seconds / 86 400⌋.
        from: u64,
        /// Last day of the span, included.
        until: u64,
    },
    /// More days of models than are answered at once.
    #[error("{days} days of {models} models are more than {MAX_MODEL_DAYS}: ask about fewer of either at a time")]
    TooManyModelDays {
        /// Models named.
        models: usize,
        /// Days of each.
        days: u64,
    },
    /// A page without entries, or too many that were asked for by name.
    #[error("{0}")]
    Page(#[from] PageError),
    /// What a reader believes was refused.
    #[error("{0}")]
    Belief(#[from] BeliefError),
    /// The glance at the Hub compares at least a day and at most ninety.
    #[error("{days} days are no span to compare: give 1 to {MAX_GLANCE_DAYS}")]
    GlanceDays {
        /// The number of days that was given.
        days: u32,
    },
    /// Records of the contracts contradict each other.
    #[error(
        "records of the contracts contradict each other ({what}): this Hub was migrated wrongly"
    )]
    Inconsistent {
        /// What was found.
        what: &'static str,
    },
}

/// What a sender can do about each outcome that writes nothing.
fn reasons(outcomes: &[Outcome]) -> String {
    let sentence = |outcome: &Outcome| {
        match outcome {
        Outcome::UnknownSession => "unknown_session (no such session, or it was released)",
        Outcome::AttesterNotAllowed => {
            "attester_not_allowed (the session trusts another operator, or insists on another measurement)"
        }
        Outcome::LanesFull => "lanes_full (all lanes of the session are in use)",
        Outcome::Gap => "gap (send the receipts before it first)",
        Outcome::Overlaps => {
            "overlaps (a part of a netted group was settled: send the rest as a group of its own)"
        }
        Outcome::Straddles => {
            "straddles (a limit of time runs through the group: send its receipts again, under the same numbers, \
             in groups that are cut there)"
        }
        Outcome::Exhausted => "exhausted (the budget does not cover the next receipt: top up)",
        Outcome::VoucherMissing => {
            "voucher_missing (the ceiling does not cover the next receipt: get a voucher)"
        }
        // These settle something, or are no error.
        Outcome::Paid
        | Outcome::Partial { .. }
        | Outcome::Stale
        | Outcome::Expired
        | Outcome::AttesterRetired
        | Outcome::Closed
        | Outcome::ModelNotAllowed
        | Outcome::UnknownModel
        | Outcome::UnknownRelease
        | Outcome::UnknownTerms
        | Outcome::TermsNotInForce
        | Outcome::Retired
        | Outcome::WrongDenom
        | Outcome::PriceAboveLimit
        | Outcome::Overflow => "refused",
    }
    };
    outcomes.iter().map(sentence).collect::<Vec<_>>().join(", ")
}
