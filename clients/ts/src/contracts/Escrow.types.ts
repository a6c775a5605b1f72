/**
 * Generated from schema/escrow.json by 'cargo xtask client'. Do not edit.
 */

/** The sender becomes the collector: the only one that can settle, for ever. */
export interface InstantiateMsg {
  /** Of the registry that the collector settles by. Anyone may release a session this long after its end. */
  receipt_max_age_seconds: number;
}
/** What can be done. Only `Deposit` takes coins. */
export type ExecuteMsg = {
  /**
   * Takes one native coin for the sender or a beneficiary, and opens a session with it if asked to. Anyone.
   * Emits `hub_deposited` and, with a session, `hub_session_opened`. Returns `SessionCreated` as data if a
   * session was opened. A session for somebody else is opened with money of this deposit alone.
   */
  deposit: {
    /** Who owns the money and the session; the sender if not given. */
    beneficiary?: string | null;
    /** A session to open with the deposit, if any. */
    session?: NewSession | null;
  };
} | {
  /**
   * The hook of a cw20 token, with a `Cw20HookMsg` inside. Refused unless the token says that the escrow holds
   * what it owes plus this amount. A message that any contract can forge, but only for itself as token.
   */
  receive: Cw20ReceiveMsg;
} | {
  /** Sends available balance away. Its owner. Emits `hub_withdrawn`. */
  withdraw: {
    /** How much; everything available if not given. */
    amount?: Uint128 | null;
    /** The denomination to send. */
    denom: UncheckedDenom;
    /** Where to; the sender if not given. */
    recipient?: string | null;
  };
} | {
  /**
   * Opens a session with available balance of the sender. Emits `hub_session_opened`. Returns `SessionCreated`
   * as data.
   */
  open_session: {
    /** Denomination of the budget. */
    denom: UncheckedDenom;
    /** What the session allows, and until when. */
    session: NewSession;
  };
} | {
  /**
   * Adds available balance to the budget. The caller, while the session is open and if it funded it. Emits
   * `hub_session_topped_up`.
   */
  top_up: {
    /** How much, not zero. */
    amount: Uint128;
    /** Id of the session, as the escrow gave it. */
    session: number;
  };
} | {
  /** Ends a session after the grace. The caller, once. Emits `hub_session_closed`. */
  close_session: {
    /** Id of the session, as the escrow gave it. */
    session: number;
  };
} | {
  /**
   * Gives what is left to the caller's available balance. The operator from the end on, anyone from the end +
   * `receipt_max_age_seconds` on. Emits `hub_session_released`.
   */
  release_session: {
    /** Id of the session, as the escrow gave it. */
    session: number;
  };
} | {
  /**
   * Raises how much may be charged in all. The caller, for a session with a ceiling. A lower one, or the same,
   * is an error. Emits `hub_ceiling_raised`.
   */
  raise_ceiling: {
    /** Cumulative over the life of the session. */
    ceiling: Uint128;
    /** Id of the session, as the escrow gave it. */
    session: number;
  };
} | {
  /**
   * Lets anyone trigger payouts of the sender's available balance to the sender's own address, or stops it.
   * Anyone, before the first deposit in the denomination as well. Emits `hub_auto_payout_set`.
   */
  set_auto_payout: {
    /** The denomination for which it is switched. */
    denom: UncheckedDenom;
    /** Whether payouts are allowed from now on. */
    on: boolean;
  };
} | {
  /**
   * Sends the available balance of each account to its own address. Anyone, for accounts that opted in; others
   * are skipped and reported. A transfer that fails is credited back and stops nobody else. Emits `hub_payout`
   * per transfer, `hub_payout_skipped` per account skipped, `hub_payout_failed` per failure. Returns
   * `PayoutResponse` as data.
   */
  payout: {
    /** The accounts to pay. Those that did not opt in are skipped. */
    accounts: string[];
    /** The denomination that is paid out. */
    denom: UncheckedDenom;
  };
} | {
  /**
   * Charges sessions and credits accounts. The collector alone, which is believed about who is charged for what.
   * Refused as a whole unless every lane stands where it is said to, no budget or ceiling is exceeded and, per
   * denomination, charges equal credits.
   */
  settle: {
    /**
     * The bytes of `Books`: per session attester, lane, charge, ceiling and marks, then per account and
     * denomination the credit. As JSON they would be ten times as long, and a chain charges for every byte.
     */
    books: Binary;
  };
};
/**
 * A thin wrapper around u128 that is using strings for JSON encoding/decoding, such that the full u128 range can
 * be used for clients that convert JSON numbers to floats, like JavaScript and jq.
 *
 * # Examples
 *
 * Use `from` to create instances of this and `u128` to get the value out:
 *
 * ``` # use cosmwasm_std::Uint128; let a = Uint128::from(123u128); assert_eq!(a.u128(), 123);
 *
 * let b = Uint128::from(42u64); assert_eq!(b.u128(), 42);
 *
 * let c = Uint128::from(70u32); assert_eq!(c.u128(), 70); ```
 */
export type Uint128 = string;
/**
 * Binary is a wrapper around Vec<u8> to add base64 de/serialization with serde. It also adds some helper methods
 * to help encode inline.
 *
 * This is only needed as serde-json-{core,wasm} has a horrible encoding for Vec<u8>. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type Binary = string;
/**
 * Kinds of signing keys.
 * - `secp256k1`: ECDSA over secp256k1: keys are compressed SEC1, signatures compact with low s.
 * - `ed25519`: Ed25519 (RFC 8032).
 */
export type KeyType = "secp256k1" | "ed25519";
/**
 * This is a wrapper around Vec<u8> to add hex de/serialization with serde. It also adds some helper methods to
 * help encode inline.
 *
 * This is similar to `cosmwasm_std::Binary` but uses hex. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type HexBinary = string;
/** Models that a session can be charged for. */
export type Models = {
  /** Any model, within the price limit. */
  any: {};
} | {
  /** 1 to 8 different ones. */
  listed: ModelRef[];
};
/** A denomination as a message names it. */
export type UncheckedDenom = {
  /** A native coin of the chain, such as `untrn` or `ibc/…`. */
  native: string;
} | {
  /** Address of a cw20 token contract. */
  cw20: string;
};
/** What a session allows. */
export interface NewSession {
  /** How much is reserved, not zero. */
  budget: Uint128;
  /** If given, the session pays only up to a ceiling that the caller raises; it starts at 0. */
  ceiling?: NewCeiling | null;
  /** End, unix seconds, in the future. */
  expires_at: number;
  /** A note to oneself, at most 64 bytes. */
  label?: string | null;
  /** Highest price accepted, each component its own. Needed where `models` is any. */
  max_price?: Rates | null;
  /**
   * What the attester's verifier must have found, 32 bytes: see `Measurement`. Attesters without any are
   * accepted as well if not given.
   */
  measurement?: HexBinary | null;
  /** Models that can be charged. */
  models: Models;
  /** The one operator whose attesters can charge it. */
  operator: string;
}
/** How the ceiling of a session can be raised. */
export interface NewCeiling {
  /** Key that signs vouchers; without it only messages of the caller raise the ceiling. */
  key?: VoucherKey | null;
}
/** A public key that signs vouchers. */
export interface VoucherKey {
  /** Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes). */
  key: Binary;
  /** The signature scheme of the key. */
  key_type: KeyType;
}
/**
 * The three components of a price, in the smallest unit of a denomination that stands beside them. As a limit,
 * each component bounds its own.
 */
export interface Rates {
  /** Charged for the call itself. */
  per_call: Uint128;
  /** Charged for a million input units (tokens, pixels, seconds). */
  per_million_in: Uint128;
  /** Charged for a million output units. */
  per_million_out: Uint128;
}
/** Names a model, and one release of it if only that is meant. */
export interface ModelRef {
  /** Id of the model, as the registry gave it. */
  model: number;
  /** Its release; any if not given. */
  release?: number | null;
}
/** Cw20ReceiveMsg should be de/serialized under `Receive()` variant in a ExecuteMsg */
export interface Cw20ReceiveMsg {
  amount: Uint128;
  msg: Binary;
  sender: string;
}
/** What the contract answers to a smart query. */
export type QueryMsg = {
  /** The billing contract it obeys, and the constants it was born with. */
  config: {};
} | {
  /** What an account has in one denomination; zeros if nothing. */
  balance: {
    /** Address of the account. */
    address: string;
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
  };
} | {
  /** What an account has, by denomination number. */
  balances: {
    /** Address of the account. */
    address: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last denomination number of the page before. */
    start_after?: number | null;
  };
} | {
  /** Denominations ever deposited or opted in for, by number. */
  denoms: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last number of the page before. */
    start_after?: number | null;
  };
} | {
  /** A denomination, if it was ever deposited or opted in for. */
  denom: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
  };
} | {
  /** A session with what is left. */
  session: {
    /** Id of the session, as the escrow gave it. */
    session: number;
  };
} | {
  /**
   * Sessions that a caller opened for itself, newest first. What others opened for it is in
   * `SessionsFromOthers`, so that nobody pushes a caller's own sessions off its first page.
   */
  sessions_by_caller: {
    /** Who owns them and whose money they hold. */
    caller: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /** Sessions for an operator, newest first. */
  sessions_by_operator: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Account that runs the attesters. */
    operator: string;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * Sessions that others opened for a caller, newest first: gifts, which anybody can make. The caller owns them
   * and gets what they leave.
   */
  sessions_from_others: {
    /** Account that owns the sessions. */
    caller: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * Sessions that a funder paid for and somebody else owns, newest first. Those that it owns itself are in
   * `SessionsByCaller`.
   */
  sessions_for_others: {
    /** Whose money they hold. */
    funder: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * What a funder's money was spent on calls, in sessions that were released since, at all operators together.
   * What it spent in the others is in `SessionsByCaller` and `SessionsForOthers`. 3 storage reads.
   */
  spend: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Whose money it was. */
    funder: string;
  };
} | {
  /** The same with each operator, by canonical address of the operator. `limit` + 3 storage reads. */
  spend_by_operator: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Whose money it was. */
    funder: string;
    /** Entries wanted. */
    limit?: number | null;
    /** Last operator of the page before. */
    start_after?: string | null;
  };
} | {
  /**
   * What several funders' money was spent on calls in sessions that were released since: everything, and with
   * these operators. Funders in the order in which they are named. 3 storage reads and, for each funder, 1 and 1
   * an operator. An error if more than 100 funders or 16 operators are named, if funders × operators is more
   * than 800, or if an operator is named twice.
   */
  spends: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Whose money it was, at most 100. */
    funders: string[];
    /** Whom the reader believes, at most 16. */
    operators: string[];
  };
} | {
  /** What the escrow holds of a denomination against what it owes. */
  solvency: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
  };
};
/** Nothing to say: a migration keeps everything. */
export interface MigrateMsg {}
/** A denomination whose form was checked, and for a token that its contract answers as one. */
export type Denom = {
  /** A native coin of the chain. */
  native: string;
} | {
  /** A cw20 token contract. */
  cw20: Addr;
};
/**
 * A human readable address.
 *
 * In Cosmos, this is typically bech32 encoded. But for multi-chain smart contracts no assumptions should be made
 * other than being UTF-8 encoded and of reasonable length.
 *
 * This type represents a validated address. It can be created in the following ways 1. Use
 * `Addr::unchecked(input)` 2. Use `let checked: Addr = deps.api.addr_validate(input)?` 3. Use `let checked: Addr
 * = deps.api.addr_humanize(canonical_addr)?` 4. Deserialize from JSON. This must only be done from JSON that was
 * validated before such as a contract's state. `Addr` must not be used in messages sent by the user because this
 * would result in unvalidated instances.
 *
 * This type is immutable. If you really need to mutate it (Really? Are you sure?), create a mutable copy using
 * `let mut mutable = Addr::to_string()` and operate on that `String` instance.
 */
export type Addr = string;
/** What an account has in one denomination. */
export interface BalanceResponse {
  /** Whether anyone may trigger its payout. */
  auto_payout: boolean;
  /** Can be withdrawn or spent on sessions at once. */
  available: Uint128;
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** Number of the denomination; none if it was never deposited or opted in for. */
  denom_number?: number | null;
  /** Income of a lifetime as payee or operator. */
  earned: Uint128;
}
/** A page of balances. */
export interface BalancesResponse {
  /** The balances, by number of their denomination. */
  balances: BalanceResponse[];
}
/** The billing contract that the escrow obeys, and the constants it was born with. */
export interface ConfigResponse {
  /** The billing contract, the only one that can settle. */
  collector: Addr;
  /** Layout of its packed records, see `LAYOUT`. */
  layout: number;
  /** Anyone may release a session this long after its end. */
  receipt_max_age_seconds: number;
}
export type NullableDenomResponse = DenomResponse | null;
/** A denomination and its number. */
export interface DenomResponse {
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** The number that stands for the denomination in records. */
  denom_number: number;
  /** What the escrow owes in it. */
  owed: Uint128;
}
/** A page of denominations. */
export interface DenomsResponse {
  /** The denominations, by ascending number. */
  denoms: DenomResponse[];
}
/**
 * Where a session is in its life.
 * - `open`: It takes receipts.
 * - `ended`: Past its end; receipts issued before it are still settled.
 * - `released`: What was left went back to the caller.
 */
export type SessionState = "open" | "ended" | "released";
/** A session with what it allows, what was spent and where its lanes stand. */
export interface SessionResponse {
  /** Everything ever reserved for it. */
  budget: Uint128;
  /** Account that owns the session and pays for calls. */
  caller: Addr;
  /** For sessions with a ceiling. */
  ceiling?: Ceiling | null;
  /** Denomination of the budget. */
  denom: Denom;
  /** Receipts issued from this time on are refused. */
  ends_at: number;
  /** Whose money it holds. */
  funder: Addr;
  /**
   * Of it, what the operator kept: its share where it is neither author nor payee of the model and neither
   * funder nor caller is author, payee or operator.
   */
  kept: Uint128;
  /** A note of the caller's, for itself. */
  label?: string | null;
  /** Attesters that charged it and the numbers of their next receipts. */
  lanes: LaneResponse[];
  /** What can still be charged: budget less spent, nothing once released. */
  left: Uint128;
  /** The highest price that the caller accepts, if there is a limit. */
  max_price?: Rates | null;
  /** What the attester's verifier must have found; attesters without any are accepted as well if none. */
  measurement?: HexBinary | null;
  /** Models that can be charged. */
  models: Models;
  /** Block time of the opening. */
  opened_at: number;
  /** The one operator that it trusts. */
  operator: Addr;
  /** Id of the session, as the escrow gave it. */
  session: number;
  /** What was charged to it. */
  spent: Uint128;
  /** Whether it ran into its end, was closed, or goes on. */
  state: SessionState;
}
/** Ceiling of a session. */
export interface Ceiling {
  /** The most that may be charged over the session's life, as it stands now. */
  ceiling: Uint128;
  /** Key that signs vouchers. */
  key?: VoucherKey | null;
}
/** An attester's place in a session. */
export interface LaneResponse {
  /** Id of the attester, as billing gave it. */
  attester: number;
  /** Number of its next receipt. */
  next: number;
}
/** A page of sessions. */
export interface SessionsResponse {
  /** The sessions, the newest first. */
  sessions: SessionResponse[];
}
/** What the escrow holds of a denomination, against what it owes. */
export interface SolvencyResponse {
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** What the bank or the token says the escrow holds. */
  held: Uint128;
  /** What it owes: available and reserved of everybody. */
  owed: Uint128;
}
/** What a funder spent. */
export interface SpendResponse {
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** Of it, what operators kept, see `SessionResponse::kept`. */
  kept: Uint128;
  /** Charged to its sessions that were released. */
  released: Uint128;
}
/** A page of operators with whom a funder spent. */
export interface SpendByOperatorResponse {
  /** By canonical address. */
  operators: SpentWith[];
}
/** What a funder spent with an operator. */
export interface SpentWith {
  /** Of it, what the operator kept, see `SessionResponse::kept`. */
  kept: Uint128;
  /** The operator. */
  operator: Addr;
  /** Charged to the funder's sessions with it that were released. */
  released: Uint128;
}
/** What several funders spent. */
export interface SpendsResponse {
  /** In the order in which they were named. */
  funders: FunderSpend[];
}
/** What a funder spent, everything and with the operators that were named. */
export interface FunderSpend {
  /** The funder. */
  funder: Addr;
  /** Of that, what these operators kept, see `SessionResponse::kept`. */
  kept_with: Uint128;
  /** Charged to its sessions that were released, at all operators. */
  released: Uint128;
  /** Charged to those of them with the operators that were named. */
  released_with: Uint128;
}
/** Data of the messages that open a session. */
export interface SessionCreated {
  /** Id of the session. */
  session: number;
}
/**
 * Why a payout passed over an account.
 * - `not_an_address`: The text is no address of this chain.
 * - `not_opted_in`: The account did not opt in for this denomination.
 * - `empty`: Nothing is available.
 * - `repeated`: It stands earlier in the same message.
 */
export type SkipReason = "not_an_address" | "not_opted_in" | "empty" | "repeated";
/**
 * Data of `ExecuteMsg::Payout`. A transfer listed here can still fail; then it is credited back and
 * `hub_payout_failed` says so.
 */
export interface PayoutResponse {
  /** The transfers that were started. */
  sent: PayoutSent[];
  /** Accounts skipped, with the reason. */
  skipped: PayoutSkipped[];
}
/** A transfer started by a payout. */
export interface PayoutSent {
  /** Address of the account. */
  account: Addr;
  /** The amount, in the smallest unit of the denomination. */
  amount: Uint128;
}
/** An account that a payout passed over. */
export interface PayoutSkipped {
  /** The account, as the message named it. */
  account: string;
  /** Why the account was skipped. */
  reason: SkipReason;
}
/** What a cw20 `Send` to the escrow may carry. */
export type Cw20HookMsg = {
  /** As `ExecuteMsg::Deposit`, with the tokens sent. */
  deposit: {
    /** Who owns the money and the session; the sender of the tokens if not given. */
    beneficiary?: string | null;
    /** A session to open with the deposit, if any. */
    session?: NewSession | null;
  };
};
/** What messages return as data, for those that return any. */
export interface ExecuteData {
  deposit: SessionCreated | undefined;
  open_session: SessionCreated;
  payout: PayoutResponse;
}
