//! Messages of the escrow: every coin of the Hub.
//!
//! What an account has is either available (its own at once) or reserved in sessions that only it limits. Only the
//! billing contract that instantiated the escrow can settle; nobody can pause, move or freeze funds. Times are unix
//! seconds. List queries return `limit` entries (10 if not given, at most 100) from the one after `start_after` on.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Binary, HexBinary, Uint128};
use cw20::Cw20ReceiveMsg;
use hub_wire::ids::{AttesterId, DenomNumber, ModelId, ReleaseNumber, SessionId};

use crate::billing::KeyType;
use crate::denom::{Denom, UncheckedDenom};
use crate::price::Rates;

mod books;

pub use books::{Books, Credit, SessionSettlement};

/// The sender becomes the collector: the only one that can settle, for ever.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Of the registry that the collector settles by. Anyone may release a session this long after its end.
    pub receipt_max_age_seconds: u64,
}

/// What can be done. Only `Deposit` takes coins.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Takes one native coin for the sender or a beneficiary, and opens a session with it if asked to. Anyone. Emits
    /// `hub_deposited` and, with a session, `hub_session_opened`. Returns [`SessionCreated`] as data if a session
    /// was opened. A session for somebody else is opened with money of this deposit alone.
    Deposit {
        /// Who owns the money and the session; the sender if not given.
        beneficiary: Option<String>,
        /// A session to open with the deposit, if any.
        session: Option<NewSession>,
    },
    /// The hook of a cw20 token, with a [`Cw20HookMsg`] inside. Refused unless the token says that the escrow
    /// holds what it owes plus this amount. A message that any contract can forge, but only for itself as token.
    Receive(Cw20ReceiveMsg),
    /// Sends available balance away. Its owner. Emits `hub_withdrawn`.
    Withdraw {
        /// The denomination to send.
        denom: UncheckedDenom,
        /// How much; everything available if not given.
        amount: Option<Uint128>,
        /// Where to; the sender if not given.
        recipient: Option<String>,
    },
    /// Opens a session with available balance of the sender. Emits `hub_session_opened`. Returns [`SessionCreated`]
    /// as data.
    OpenSession {
        /// Denomination of the budget.
        denom: UncheckedDenom,
        /// What the session allows, and until when.
        session: NewSession,
    },
    /// Adds available balance to the budget. The caller, while the session is open and if it funded it. Emits
    /// `hub_session_topped_up`.
    TopUp {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// How much, not zero.
        amount: Uint128,
    },
    /// Ends a session after the grace. The caller, once. Emits `hub_session_closed`.
    CloseSession {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// Gives what is left to the caller's available balance. The operator from the end on, anyone from the end
    /// + `receipt_max_age_seconds` on. Emits `hub_session_released`.
    ReleaseSession {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// Raises how much may be charged in all. The caller, for a session with a ceiling. A lower one, or the same, is
    /// an error. Emits `hub_ceiling_raised`.
    RaiseCeiling {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
        /// Cumulative over the life of the session.
        ceiling: Uint128,
    },
    /// Lets anyone trigger payouts of the sender's available balance to the sender's own address, or stops it. Anyone,
    /// before the first deposit in the denomination as well. Emits `hub_auto_payout_set`.
    SetAutoPayout {
        /// The denomination for which it is switched.
        denom: UncheckedDenom,
        /// Whether payouts are allowed from now on.
        on: bool,
    },
    /// Sends the available balance of each account to its own address. Anyone, for accounts that opted in; others
    /// are skipped and reported. A transfer that fails is credited back and stops nobody else. Emits `hub_payout` per
    /// transfer, `hub_payout_skipped` per account skipped, `hub_payout_failed` per failure. Returns
    /// [`PayoutResponse`] as data.
    Payout {
        /// The accounts to pay. Those that did not opt in are skipped.
        accounts: Vec<String>,
        /// The denomination that is paid out.
        denom: UncheckedDenom,
    },
    /// Charges sessions and credits accounts. The collector alone, which is believed about who is charged for what.
    /// Refused as a whole unless every lane stands where it is said to, no budget or ceiling is exceeded and, per
    /// denomination, charges equal credits.
    #[serde(deserialize_with = "books::of_one_release")]
    Settle {
        /// The bytes of [`Books`]: per session attester, lane, charge, ceiling and marks, then per account and
        /// denomination the credit. As JSON they would be ten times as long, and a chain charges for every byte.
        books: Binary,
    },
}

/// What a cw20 `Send` to the escrow may carry.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub enum Cw20HookMsg {
    /// As [`ExecuteMsg::Deposit`], with the tokens sent.
    Deposit {
        /// Who owns the money and the session; the sender of the tokens if not given.
        beneficiary: Option<String>,
        /// A session to open with the deposit, if any.
        session: Option<NewSession>,
    },
}

/// What a session allows.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// The one operator whose attesters can charge it.
    pub operator: String,
    /// What the attester's verifier must have found, 32 bytes: see [`crate::verifier::Measurement`]. Attesters without any
    /// are accepted as well if not given.
    pub measurement: Option<HexBinary>,
    /// Models that can be charged.
    pub models: Models,
    /// Highest price accepted, each component its own. Needed where `models` is any.
    pub max_price: Option<Rates>,
    /// How much is reserved, not zero.
    pub budget: Uint128,
    /// End, unix seconds, in the future.
    pub expires_at: u64,
    /// If given, the session pays only up to a ceiling that the caller raises; it starts at 0.
    pub ceiling: Option<NewCeiling>,
    /// A note to oneself, at most 64 bytes.
    pub label: Option<String>,
}

/// Models that a session can be charged for.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub enum Models {
    /// Any model, within the price limit.
    Any {},
    /// 1 to 8 different ones.
    Listed(Vec<ModelRef>),
}

/// Names a model, and one release of it if only that is meant.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(Copy, Eq)]
pub struct ModelRef {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Its release; any if not given.
    pub release: Option<ReleaseNumber>,
}

/// How the ceiling of a session can be raised.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct NewCeiling {
    /// Key that signs vouchers; without it only messages of the caller raise the ceiling.
    pub key: Option<VoucherKey>,
}

/// A public key that signs vouchers.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct VoucherKey {
    /// The signature scheme of the key.
    pub key_type: KeyType,
    /// Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes).
    pub key: Binary,
}

/// What the contract answers to a smart query.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The billing contract it obeys, and the constants it was born with.
    #[returns(ConfigResponse)]
    Config {},
    /// What an account has in one denomination; zeros if nothing.
    #[returns(BalanceResponse)]
    Balance {
        /// Address of the account.
        address: String,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
    /// What an account has, by denomination number.
    #[returns(BalancesResponse)]
    Balances {
        /// Address of the account.
        address: String,
        /// Last denomination number of the page before.
        start_after: Option<DenomNumber>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Denominations ever deposited or opted in for, by number.
    #[returns(DenomsResponse)]
    Denoms {
        /// Last number of the page before.
        start_after: Option<DenomNumber>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// A denomination, if it was ever deposited or opted in for.
    #[returns(Option<DenomResponse>)]
    Denom {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
    /// A session with what is left.
    #[returns(SessionResponse)]
    Session {
        /// Id of the session, as the escrow gave it.
        session: SessionId,
    },
    /// Sessions that a caller opened for itself, newest first. What others opened for it is in `SessionsFromOthers`, so
    /// that nobody pushes a caller's own sessions off its first page.
    #[returns(SessionsResponse)]
    SessionsByCaller {
        /// Who owns them and whose money they hold.
        caller: String,
        /// Last id of the page before.
        start_after: Option<SessionId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Sessions for an operator, newest first.
    #[returns(SessionsResponse)]
    SessionsByOperator {
        /// Account that runs the attesters.
        operator: String,
        /// Last id of the page before.
        start_after: Option<SessionId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Sessions that others opened for a caller, newest first: gifts, which anybody can make. The caller owns them and gets
    /// what they leave.
    #[returns(SessionsResponse)]
    SessionsFromOthers {
        /// Account that owns the sessions.
        caller: String,
        /// Last id of the page before.
        start_after: Option<SessionId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Sessions that a funder paid for and somebody else owns, newest first. Those that it owns itself are in
    /// `SessionsByCaller`.
    #[returns(SessionsResponse)]
    SessionsForOthers {
        /// Whose money they hold.
        funder: String,
        /// Last id of the page before.
        start_after: Option<SessionId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// What a funder's money was spent on calls, in sessions that were released since, at all operators together. What it
    /// spent in the others is in `SessionsByCaller` and `SessionsForOthers`. 3 storage reads.
    #[returns(SpendResponse)]
    Spend {
        /// Whose money it was.
        funder: String,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
    /// The same with each operator, by canonical address of the operator. `limit` + 3 storage reads.
    #[returns(SpendByOperatorResponse)]
    SpendByOperator {
        /// Whose money it was.
        funder: String,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last operator of the page before.
        start_after: Option<String>,
        /// Entries wanted.
        limit: Option<u32>,
    },
    /// What several funders' money was spent on calls in sessions that were released since: everything, and with these
    /// operators. Funders in the order in which they are named. 3 storage reads and, for each funder, 1 and 1 an operator.
    /// An error if more than 100 funders or 16 operators are named, if funders × operators is more than 800, or if an operator
    /// is named twice.
    #[returns(SpendsResponse)]
    Spends {
        /// Whose money it was, at most 100.
        funders: Vec<String>,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Whom the reader believes, at most 16.
        operators: Vec<String>,
    },
    /// What the escrow holds of a denomination against what it owes.
    #[returns(SolvencyResponse)]
    Solvency {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
}

/// Nothing to say: a migration keeps everything.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}

/// Data of the messages that open a session.
#[cw_serde]
pub struct SessionCreated {
    /// Id of the session.
    pub session: SessionId,
}

/// Data of [`ExecuteMsg::Payout`]. A transfer listed here can still fail; then it is credited back and
/// `hub_payout_failed` says so.
#[cw_serde]
pub struct PayoutResponse {
    /// The transfers that were started.
    pub sent: Vec<PayoutSent>,
    /// Accounts skipped, with the reason.
    pub skipped: Vec<PayoutSkipped>,
}

/// A transfer started by a payout.
#[cw_serde]
pub struct PayoutSent {
    /// Address of the account.
    pub account: Addr,
    /// The amount, in the smallest unit of the denomination.
    pub amount: Uint128,
}

/// An account that a payout passed over.
#[cw_serde]
pub struct PayoutSkipped {
    /// The account, as the message named it.
    pub account: String,
    /// Why the account was skipped.
    pub reason: SkipReason,
}

/// Why a payout passed over an account.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum SkipReason {
    /// The text is no address of this chain.
    NotAnAddress,
    /// The account did not opt in for this denomination.
    NotOptedIn,
    /// Nothing is available.
    Empty,
    /// It stands earlier in the same message.
    Repeated,
}

/// The billing contract that the escrow obeys, and the constants it was born with.
#[cw_serde]
pub struct ConfigResponse {
    /// Layout of its packed records, see [`crate::packed::LAYOUT`].
    pub layout: u8,
    /// The billing contract, the only one that can settle.
    pub collector: Addr,
    /// Anyone may release a session this long after its end.
    pub receipt_max_age_seconds: u64,
}

/// What an account has in one denomination.
#[cw_serde]
pub struct BalanceResponse {
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// Number of the denomination; none if it was never deposited or opted in for.
    pub denom_number: Option<DenomNumber>,
    /// Can be withdrawn or spent on sessions at once.
    pub available: Uint128,
    /// Income of a lifetime as payee or operator.
    pub earned: Uint128,
    /// Whether anyone may trigger its payout.
    pub auto_payout: bool,
}

/// A page of balances.
#[cw_serde]
pub struct BalancesResponse {
    /// The balances, by number of their denomination.
    pub balances: Vec<BalanceResponse>,
}

/// A denomination and its number.
#[cw_serde]
pub struct DenomResponse {
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// The number that stands for the denomination in records.
    pub denom_number: DenomNumber,
    /// What the escrow owes in it.
    pub owed: Uint128,
}

/// A page of denominations.
#[cw_serde]
pub struct DenomsResponse {
    /// The denominations, by ascending number.
    pub denoms: Vec<DenomResponse>,
}

/// A session with what it allows, what was spent and where its lanes stand.
#[cw_serde]
pub struct SessionResponse {
    /// Id of the session, as the escrow gave it.
    pub session: SessionId,
    /// Account that owns the session and pays for calls.
    pub caller: Addr,
    /// Whose money it holds.
    pub funder: Addr,
    /// The one operator that it trusts.
    pub operator: Addr,
    /// What the attester's verifier must have found; attesters without any are accepted as well if none.
    pub measurement: Option<HexBinary>,
    /// Models that can be charged.
    pub models: Models,
    /// The highest price that the caller accepts, if there is a limit.
    pub max_price: Option<Rates>,
    /// Denomination of the budget.
    pub denom: Denom,
    /// Everything ever reserved for it.
    pub budget: Uint128,
    /// What was charged to it.
    pub spent: Uint128,
    /// Of it, what the operator kept: its share where it is neither author nor payee of the model and neither funder nor
    /// caller is author, payee or operator.
    pub kept: Uint128,
    /// What can still be charged: budget less spent, nothing once released.
    pub left: Uint128,
    /// For sessions with a ceiling.
    pub ceiling: Option<Ceiling>,
    /// Block time of the opening.
    pub opened_at: u64,
    /// Receipts issued from this time on are refused.
    pub ends_at: u64,
    /// Whether it ran into its end, was closed, or goes on.
    pub state: SessionState,
    /// Attesters that charged it and the numbers of their next receipts.
    pub lanes: Vec<LaneResponse>,
    /// A note of the caller's, for itself.
    pub label: Option<String>,
}

/// Ceiling of a session.
#[cw_serde]
pub struct Ceiling {
    /// The most that may be charged over the session's life, as it stands now.
    pub ceiling: Uint128,
    /// Key that signs vouchers.
    pub key: Option<VoucherKey>,
}

/// Where a session is in its life.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum SessionState {
    /// It takes receipts.
    Open,
    /// Past its end; receipts issued before it are still settled.
    Ended,
    /// What was left went back to the caller.
    Released,
}

/// An attester's place in a session.
#[cw_serde]
#[derive(Copy, Eq)]
pub struct LaneResponse {
    /// Id of the attester, as billing gave it.
    pub attester: AttesterId,
    /// Number of its next receipt.
    pub next: u64,
}

/// A page of sessions.
#[cw_serde]
pub struct SessionsResponse {
    /// The sessions, the newest first.
    pub sessions: Vec<SessionResponse>,
}

/// What a funder spent.
#[cw_serde]
pub struct SpendResponse {
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// Charged to its sessions that were released.
    pub released: Uint128,
    /// Of it, what operators kept, see [`SessionResponse::kept`].
    pub kept: Uint128,
}

/// A page of operators with whom a funder spent.
#[cw_serde]
pub struct SpendByOperatorResponse {
    /// By canonical address.
    pub operators: Vec<SpentWith>,
}

/// What a funder spent with an operator.
#[cw_serde]
pub struct SpentWith {
    /// The operator.
    pub operator: Addr,
    /// Charged to the funder's sessions with it that were released.
    pub released: Uint128,
    /// Of it, what the operator kept, see [`SessionResponse::kept`].
    pub kept: Uint128,
}

/// What several funders spent.
#[cw_serde]
pub struct SpendsResponse {
    /// In the order in which they were named.
    pub funders: Vec<FunderSpend>,
}

/// What a funder spent, everything and with the operators that were named.
#[cw_serde]
pub struct FunderSpend {
    /// The funder.
    pub funder: Addr,
    /// Charged to its sessions that were released, at all operators.
    pub released: Uint128,
    /// Charged to those of them with the operators that were named.
    pub released_with: Uint128,
    /// Of that, what these operators kept, see [`SessionResponse::kept`].
    pub kept_with: Uint128,
}

/// What the escrow holds of a denomination, against what it owes.
#[cw_serde]
pub struct SolvencyResponse {
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// What the bank or the token says the escrow holds.
    pub held: Uint128,
    /// What it owes: available and reserved of everybody.
    pub owed: Uint128,
}
