//! Why a message or query was refused. Each error says what was wrong and what was expected; nothing was changed.

use cosmwasm_std::{Addr, CanonicalAddr, StdError, Uint128};
use cw_utils::PaymentError;
use hub_types::belief::BeliefError;
use hub_types::denom::{Denom, DenomError};
use hub_types::hash::HashError;
use hub_types::ids::{AttesterId, DenomNumber, ModelId, SessionId};
use hub_types::packed::PackedError;
use hub_types::page::PageError;
use hub_types::records::escrow::{MAX_LANES, MAX_MODELS};
use hub_types::text::TextError;
use hub_types::time::MAX_TIME_CONSTANT_SECONDS;
use hub_types::wire::KeyError;
use thiserror::Error;

/// An error of the escrow.
#[derive(Error, Debug, PartialEq)]
pub enum ContractError {
    /// Storage, serialisation or a query failed.
    #[error("{0}")]
    Std(#[from] StdError),
    /// Not exactly the coins that the message takes.
    #[error("{0}: a deposit takes exactly one coin, every other message none")]
    Payment(#[from] PaymentError),
    /// A denomination was refused.
    #[error("{0}")]
    Denom(#[from] DenomError),
    /// A hash of the wrong length.
    #[error("{0}")]
    Hash(#[from] HashError),
    /// A text was refused.
    #[error("{0}")]
    Text(#[from] TextError),
    /// A voucher key of the wrong form.
    #[error("the voucher key is malformed: {0}")]
    VoucherKey(#[from] KeyError),
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
    /// The escrow was named where somebody else is expected.
    #[error("{field} is the escrow itself: name an account that can use it")]
    EscrowItself {
        /// Name of the message field.
        field: &'static str,
    },
    /// Nothing was given where something is needed.
    #[error("{field} is zero: give at least 1")]
    Zero {
        /// Name of the message field.
        field: &'static str,
    },
    /// A time constant that would keep owners from their money for too long.
    #[error("receipt_max_age_seconds is {found}: give at most {MAX_TIME_CONSTANT_SECONDS}")]
    MaxAgeTooLong {
        /// The value that was given.
        found: u64,
    },

    /// The payload of a cw20 hook is none of [`hub_types::escrow::Cw20HookMsg`].
    #[error("the message sent along with the tokens is malformed ({reason}): give a deposit")]
    MalformedHook {
        /// What the parser said.
        reason: String,
    },
    /// The cw20 hook was called by something that is no token.
    #[error("{sender} called the cw20 hook but does not answer the cw20 query balance: send tokens with the token contract's own send")]
    NotAToken {
        /// Account that sent the message.
        sender: Addr,
    },
    /// The token does not cover what the escrow would owe in it.
    #[error("{token} says that the escrow holds {held}, expected at least {owed} owed and {amount} sent: tokens that take a fee on transfer cannot be deposited")]
    NotCovered {
        /// Address of the token contract.
        token: Addr,
        /// What it says the escrow holds.
        held: Uint128,
        /// What the escrow owed before.
        owed: Uint128,
        /// What the hook says was sent.
        amount: Uint128,
    },
    /// The escrow cannot owe more of a denomination than 128 bits hold.
    #[error("the escrow owes {owed} {denom}: {amount} more are beyond 128 bits")]
    OwedOverflow {
        /// The denomination that the amounts are in.
        denom: Denom,
        /// What is owed now.
        owed: Uint128,
        /// The amount that was sent, in the smallest unit of the denomination.
        amount: Uint128,
    },

    /// Less is available than the message needs.
    #[error("{needed} are needed, {available} are available: deposit more or ask for less")]
    InsufficientFunds {
        /// What the account has available.
        available: Uint128,
        /// What the message needs.
        needed: Uint128,
    },
    /// Nothing to withdraw.
    #[error("no {denom} is available: nothing can be withdrawn")]
    NothingAvailable {
        /// The denomination that the amounts are in.
        denom: Denom,
    },

    /// No session of that id.
    #[error("there is no session {session}: ids run from 1 to {last}")]
    UnknownSession {
        /// The session's id that was given.
        session: SessionId,
        /// Highest id in use; 0 if none.
        last: SessionId,
    },
    /// Only the caller may do this.
    #[error("only the caller {caller} of session {session} may do this")]
    NotTheCaller {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// Account that owns the session and pays for calls.
        caller: Addr,
    },
    /// A session opened for somebody else with more than was deposited for it.
    #[error("a session for another account is funded by the deposit alone: its budget is {budget}, {deposited} were deposited")]
    BudgetAboveDeposit {
        /// The budget that was asked for.
        budget: Uint128,
        /// The amount that was deposited.
        deposited: Uint128,
    },
    /// A session for any model without a price limit.
    #[error("a session for any model needs max_price: set it, or list the models")]
    NoPriceLimit,
    /// No models, or more than a session lists.
    #[error("{count} models are listed: list 1 to {MAX_MODELS}, or any with a max_price")]
    ModelCount {
        /// How many were given.
        count: usize,
    },
    /// An id of a model or release that cannot exist.
    #[error("a listed model has {field} 0: ids start at 1")]
    ModelZero {
        /// Which of the two ids.
        field: &'static str,
    },
    /// The same model and release listed twice.
    #[error("model {model} stands twice in the list with the same release: list it once")]
    ModelRepeated {
        /// Id of the model, as the registry gave it.
        model: ModelId,
    },
    /// A session whose end is not in the future.
    #[error("expires_at {expires_at} has passed, it is {now}: give a later time")]
    ExpiresInThePast {
        /// End asked for, unix seconds.
        expires_at: u64,
        /// Block time, unix seconds.
        now: u64,
    },
    /// The session takes no more money because its end has passed.
    #[error("session {session} ended at {ends_at}: open a new one")]
    SessionEnded {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The time at which the session ends, in unix seconds.
        ends_at: u64,
    },
    /// What was left of the session went back to its caller.
    #[error("session {session} was released: it takes nothing more")]
    SessionReleased {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// A top-up would mix the money of two payers.
    #[error("session {session} was funded by somebody else: open one of your own instead of topping it up")]
    FundedByAnother {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// All that a session ever held is kept in 128 bits.
    #[error("session {session} has a budget of {budget}: {amount} more are beyond 128 bits, open a new one")]
    BudgetOverflow {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The budget that the session has now.
        budget: Uint128,
        /// What was to be added.
        amount: Uint128,
    },
    /// A cutoff once set is not moved.
    #[error(
        "session {session} was closed already and ends at {ends_at}: the cutoff cannot be moved"
    )]
    AlreadyClosed {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The time at which the session ends, in unix seconds.
        ends_at: u64,
    },
    /// Closing would take effect no sooner than the end that was agreed.
    #[error("session {session} ends by itself at {ends_at}, closing would take effect at {cutoff}: wait")]
    EndsByItself {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The time at which the session ends, in unix seconds.
        ends_at: u64,
        /// When closing would take effect, unix seconds.
        cutoff: u64,
    },
    /// Receipts of the session may still have to be settled.
    #[error("session {session} can be released by its operator from {operator_from} on, by anyone from {anyone_from} on; it is {now}")]
    ReleaseTooEarly {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The time from which its operator may release it, in unix seconds.
        operator_from: u64,
        /// The time from which anybody may release it, in unix seconds.
        anyone_from: u64,
        /// Block time, unix seconds.
        now: u64,
    },
    /// The session was opened without a ceiling.
    #[error("session {session} has no ceiling: it pays up to its budget")]
    NoCeiling {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// A ceiling that would not rise.
    #[error("session {session} has the ceiling {ceiling}, {given} was given: give a higher one")]
    CeilingNotRaised {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The ceiling that the session has now.
        ceiling: Uint128,
        /// The ceiling that was given.
        given: Uint128,
    },

    /// Only the billing contract settles.
    #[error("only the collector {collector} settles")]
    NotTheCollector {
        /// Address of the billing contract, which alone may settle.
        collector: Addr,
    },
    /// The bytes of a settlement are no [`hub_types::escrow::Books`].
    #[error("the books are malformed: {0}")]
    MalformedBooks(#[from] PackedError),
    /// A session settled twice in one message.
    #[error("session {session} stands twice in the settlement: charge it once")]
    SessionRepeated {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// A lane stands elsewhere than the settlement says.
    #[error("the lane of attester {attester} in session {session} stands at {expected}, the settlement starts at {found}")]
    LaneMismatch {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// Where the lane stands; 0 if there is none yet.
        expected: u64,
        /// Where the settlement starts.
        found: u64,
    },
    /// A lane that would not move forward.
    #[error("the settlement moves the lane of attester {attester} in session {session} from {next_before} to {next_after}: it only moves forward")]
    LaneNotAdvanced {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// Where the settlement starts.
        next_before: u64,
        /// Number of the lane's next receipt after the settlement.
        next_after: u64,
    },
    /// No lane is free.
    #[error("all {MAX_LANES} lanes of session {session} are taken: name the one that attester {attester} replaces")]
    LanesFull {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The attester that has none.
        attester: AttesterId,
    },
    /// A replacement that does not fit the lanes.
    #[error("attester {attester} cannot replace attester {replaces} in session {session}: it must be without a lane, all {MAX_LANES} be taken, and one of them be {replaces}'s")]
    LaneNotReplaceable {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// Whose lane was to be taken.
        replaces: AttesterId,
    },
    /// A charge beyond the budget.
    #[error("session {session} has {left} left, {charge} was to be charged")]
    BudgetExceeded {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// What is left of the budget.
        left: Uint128,
        /// What was to be charged.
        charge: Uint128,
    },
    /// A charge beyond the ceiling.
    #[error("session {session} pays up to a ceiling of {ceiling}, with this charge it would have paid {spent}")]
    CeilingExceeded {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The most that may be charged over the session's life.
        ceiling: Uint128,
        /// Charged in all, this charge included.
        spent: Uint128,
    },
    /// A ceiling that would fall.
    #[error("session {session} has the ceiling {ceiling}, the settlement says {given}: a ceiling never falls")]
    CeilingFalls {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// The ceiling that the session has now.
        ceiling: Uint128,
        /// The ceiling that was given.
        given: Uint128,
    },
    /// A credit of nothing.
    #[error("account {account} is credited nothing in denomination {denom}: leave it out")]
    ZeroCredit {
        /// The account, in the chain's canonical bytes.
        account: CanonicalAddr,
        /// Number of the denomination.
        denom: DenomNumber,
    },
    /// An account credited twice in one denomination.
    #[error("account {account} is credited twice in denomination {denom}: add the credits up")]
    CreditRepeated {
        /// The account, in the chain's canonical bytes.
        account: CanonicalAddr,
        /// Number of the denomination.
        denom: DenomNumber,
    },
    /// Credits that no charge can match.
    #[error("the credits in denomination {denom} are beyond 128 bits")]
    CreditsOverflow {
        /// Number of the denomination.
        denom: DenomNumber,
    },
    /// Money would appear or vanish.
    #[error("in denomination {denom} sessions are charged {charged} and accounts credited {credited}: both must be the same")]
    Unbalanced {
        /// Number of the denomination.
        denom: DenomNumber,
        /// Sum of the charges.
        charged: Uint128,
        /// Sum of the credits.
        credited: Uint128,
    },

    /// A page without entries, or too many that were asked for by name.
    #[error("{0}")]
    Page(#[from] PageError),
    /// What a reader believes was refused.
    #[error("{0}")]
    Belief(#[from] BeliefError),
    /// A reply to a message that this contract never sent.
    #[error("reply {id} answers nothing that this contract asked for")]
    UnknownReply {
        /// Its id.
        id: u64,
    },
    /// The books contradict themselves. No message leads here.
    #[error("the books contradict themselves ({what}): this escrow was migrated wrongly")]
    Inconsistent {
        /// What was found.
        what: &'static str,
    },
}
