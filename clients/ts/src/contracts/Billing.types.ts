/**
 * Generated from schema/billing.json by 'cargo xtask client'. Do not edit.
 */

/** Binds a new billing contract to a registry and lets it instantiate an escrow of its own. */
export interface InstantiateMsg {
  /** Chain admin of the escrow: could move funds by new code, so none is the default. */
  escrow_admin?: string | null;
  /** Code of the escrow. */
  escrow_code_id: number;
  /** Address of a registry; it must answer as one. */
  registry: string;
}
/** What can be done. Sending coins along with any of these is an error. */
export type ExecuteMsg = {
  /**
   * Registers a signing key of the sender, who becomes its operator. Anyone; a key registers once, ever.
   * Evidence is given to the verifier that the sender names (`Attest`); what that finds is the attester's
   * measurement, and its refusal fails the message. Emits `hub_attester_registered`. Returns `AttesterCreated`
   * as data.
   */
  register_attester: {
    /** Where callers reach it, at most 256 bytes. */
    endpoint?: string | null;
    /** Where the key lives, and which verifier is to judge that; without it the attester has no measurement. */
    evidence?: Evidence | null;
    /** Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes). */
    key: Binary;
    /** The signature scheme of the key. */
    key_type: KeyType;
    /** The key's signature over `possession_digest`, 64 bytes. */
    possession: Binary;
  };
} | {
  /**
   * Receipts that the attester issues after the grace are refused; earlier ones stay billable. Its operator,
   * once. Emits `hub_attester_retired`.
   */
  retire: {
    /** Id of the attester, as billing gave it. */
    attester: number;
  };
} | {
  /**
   * Nothing of the attester is accepted any more, whenever it was issued. Its operator, once. Emits
   * `hub_attester_revoked`.
   */
  revoke: {
    /** Id of the attester, as billing gave it. */
    attester: number;
  };
} | {
  /** Changes where callers reach an attester. Its operator. Emits `hub_endpoint_set`. */
  set_endpoint: {
    /** Id of the attester, as billing gave it. */
    attester: number;
    /** At most 256 bytes; none to withdraw it. */
    endpoint?: string | null;
  };
} | {
  /**
   * Settles many receipts under one signature. Anyone. Format, signature, attester and `issued_to` decide about
   * the whole; the rest is decided per group and never fails the others. Emits `hub_settle`. Returns
   * `BatchResponse` as data. A batch that changes nothing is an error that names the reasons, unless some group
   * of it was settled before: then it succeeds, records nothing and emits nothing.
   */
  settle_batch: {
    /** `Batch` in canonical bytes. */
    batch: Binary;
    /** Over `batch_digest`, 64 bytes. */
    signature: Binary;
    /**
     * Ceilings that callers signed, each as `0x01 ‖ session ‖ ceiling ‖ signature`, the bytes of
     * `SignedVoucher`; bad ones are ignored.
     */
    vouchers?: Binary[];
  };
} | {
  /** Settles one receipt, and checks its blob id. Anyone. Emits `hub_receipt`. Returns `ReceiptResponse` as data. */
  settle: {
    /** `Receipt` in canonical bytes. */
    receipt: Binary;
    /** Its number in the attester's lane of the session. */
    sequence: number;
    /** Over `receipt_digest`, 64 bytes. */
    signature: Binary;
    /**
     * A ceiling that the caller signed, as `0x01 ‖ session ‖ ceiling ‖ signature`, the bytes of `SignedVoucher`;
     * a bad one is ignored.
     */
    voucher?: Binary | null;
  };
};
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
/** Evidence about a key, and who is to judge it. */
export interface Evidence {
  /** In the verifier's own form, such as an attestation document. */
  evidence: Binary;
  /** Address of a verifier; any contract that understands `ExecuteMsg`. */
  verifier: string;
}
/** What the contract answers to a smart query. */
export type QueryMsg = {
  /** The contracts it works with, and the constants it was born with. */
  config: {};
} | {
  /** An attester by id. */
  attester: {
    /** Id of the attester, as billing gave it. */
    attester: number;
  };
} | {
  /** An attester by key. */
  attester_by_key: {
    /** The public key that was registered. */
    key: Binary;
  };
} | {
  /** All attesters, by id. */
  attesters: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /** Attesters of an operator, by id. */
  attesters_by_operator: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Account that runs the attesters. */
    operator: string;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /** Attesters with this measurement, by id. */
  attesters_by_measurement: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** A verifier and what it found, 32 bytes: see `Measurement`. */
    measurement: HexBinary;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /** What `SettleBatch` would answer now. Without a signature none is checked. */
  preview_batch: {
    /** As in the message. */
    batch: Binary;
    /** As in the message. */
    signature?: Binary | null;
    /** As in the message. */
    vouchers?: Binary[];
  };
} | {
  /** A recorded batch. */
  batch: {
    /** Id of the attester that signed it. */
    attester: number;
    /** Its number among the attester's recorded batches, from 1. */
    batch: number;
  };
} | {
  /** Recorded batches of an attester, by number. */
  batches: {
    /** Id of the attester that signed them. */
    attester: number;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last number of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * Proves that an attester vouched for a receipt in a recorded batch. An error if the proof does not hold. It
   * does not prove that the receipt was paid.
   */
  verify_inclusion: {
    /** Who signed the batch. */
    attester: number;
    /** Its number among the attester's recorded batches, from 1. */
    batch: number;
    /** Where the receipt stands in the tree. */
    proof: InclusionProof;
    /** `Receipt` in canonical bytes. */
    receipt: Binary;
  };
} | {
  /** Lifetime usage of a model. 1 read. */
  usage: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Id of the model, as the registry gave it. */
    model: number;
  };
} | {
  /**
   * Lifetime usage of several models, in the order in which they are named. As many reads as models. An error if
   * more than 100 are named.
   */
  usages: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Models, at most 100. */
    models: number[];
  };
} | {
  /** Usage of a model on each day on which any of its receipts were billed, by day. `limit` + 4 reads. */
  usage_by_day: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Last day of the page before; any day will do. */
    start_after?: number | null;
  };
} | {
  /**
   * Usage of a model over the days from `from` to `until`, both included. 5 reads, however long the span. An
   * error if `until` is before `from`.
   */
  usage_of_days: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** First day of the span, as ⌊unix seconds / 86 400⌋. */
    from: number;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Last day of the span, included. */
    until: number;
  };
} | {
  /**
   * Usage of several models over the days from `from` to `until`, both included, in the order in which they are
   * named. 5 reads a model, however long the span. An error if `until` is before `from` or more than 100 are
   * named.
   */
  usages_of_days: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** First day. */
    from: number;
    /** Models, at most 100. */
    models: number[];
    /** Last day. */
    until: number;
  };
} | {
  /**
   * Usage of several models on each day from `from` to `until`, both included, on which any of their receipts
   * were billed: what small charts are drawn from. Models in the order in which they are named, days ascending.
   * 4 reads a model and one for each day that is answered. An error if `until` is before `from`, if more than
   * 100 models are named, or if models × days is more than 1 000.
   */
  usages_by_day: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** First day. */
    from: number;
    /** Models, at most 100. */
    models: number[];
    /** Last day. */
    until: number;
  };
} | {
  /**
   * What the income of a model is worth to a reader who believes these operators: what they served of it, what
   * they kept, and what that backs. 3 reads an operator and 1. An error if more than 16 are named, one is named
   * twice, or the factor is not 1 to 20. Operators who never registered an attester have zeros.
   */
  backing: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** How many times what they kept they may speak for, 1 to 20; 5 if not given. */
    factor?: number | null;
    /** The model. */
    model: number;
    /** Whom the reader believes, at most 16. */
    operators: string[];
  };
} | {
  /**
   * The same for several models, in the order in which they are named. 2 reads an operator, 1 a model, and at
   * most 1 for each of both together. An error as of `Backing`, if more than 100 models are named, or if models
   * × operators is more than 800.
   */
  backings: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** How many times what they kept they may speak for, 1 to 20; 5 if not given. */
    factor?: number | null;
    /** Models, at most 100. */
    models: number[];
    /** Whom the reader believes, at most 16. */
    operators: string[];
  };
} | {
  /**
   * All operators that ever served a model for money, in the order in which they registered their first
   * attesters. Also how a caller finds who serves it. 2 × `limit` + 4 reads.
   */
  served_by: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Entries wanted. */
    limit?: number | null;
    /** The model. */
    model: number;
    /** Last operator of the page before. */
    start_after?: string | null;
  };
} | {
  /** Lifetime usage of each release of a model that was ever billed, by number. `limit` + 2 reads. */
  usage_by_release: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Last release of the page before. */
    start_after?: number | null;
  };
} | {
  /** Payers of a model: funders whose aged money paid it, by canonical address. 2 × `limit` + 1 reads. */
  payers: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Last payer of the page before. */
    start_after?: string | null;
  };
} | {
  /**
   * Usage of an author's present models, summed over up to `limit` of them, by id. What they earned under an
   * earlier author is included, since it is the models that are asked for; `Balance` knows what an account
   * itself earned. 2 × `limit` + 2 reads.
   */
  author_usage: {
    /** Account whose models are asked about. */
    author: string;
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most models that are summed: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last model summed by the page before: its `next`. */
    start_after?: number | null;
  };
} | {
  /** What an attester signed and was paid. 2 reads. An error if there is no such attester. */
  attester_usage: {
    /** Id of the attester, as billing gave it. */
    attester: number;
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
  };
} | {
  /**
   * What an operator's attesters signed and was paid, summed over up to `limit` of them, by id. 2 × `limit` + 1
   * reads.
   */
  operator_usage: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most attesters of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Account that runs the attesters. */
    operator: string;
    /** Last attester summed by the page before: its `next`. */
    start_after?: number | null;
  };
} | {
  /**
   * What the attesters of one measurement signed and was paid, summed over up to `limit` of them, by id. 2 ×
   * `limit` + 1 reads.
   */
  measurement_usage: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most attesters of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** A verifier and what it found, 32 bytes. */
    measurement: HexBinary;
    /** Last attester summed by the page before: its `next`. */
    start_after?: number | null;
  };
} | {
  /**
   * Models by recent aged income, of which each payment counts half after four weeks, the most first. The order
   * is right where two differ by more than a sixteenth of a doubling; of those that round to the same, the older
   * model comes first. A model that nobody pays any more stands where it belongs, until others pass it. 2 ×
   * `limit` + 1 reads.
   */
  ranking: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Place of the last model of the page before. */
    start_after?: RankingPlace | null;
  };
} | {
  /**
   * Models by the aged income of their lives, the most first. The order is exact where two differ by more than
   * one part in sixteen; of those that round to the same, the older model comes first. 2 × `limit` + 1 reads.
   */
  lifetime_ranking: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Entries wanted. */
    limit?: number | null;
    /** Place of the last model of the page before. */
    start_after?: RankingPlace | null;
  };
} | {
  /**
   * Models by what an operator recently kept of their income, the most first: the ranking of a reader who
   * believes it. A reader who believes several puts their pages together and asks `Backings` about the models.
   * Order as in `Ranking`. 3 × `limit` + 3 reads.
   */
  ranking_at: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Entries wanted. */
    limit?: number | null;
    /** The operator. */
    operator: string;
    /** Place of the last model of the page before. */
    start_after?: RankingPlace | null;
  };
} | {
  /**
   * The Hub at a glance: the last `days` whole days against as many before them. 81 reads, whatever `days` is.
   * An error unless `days` is 1 to 90.
   */
  hub: {
    /** Length of both spans, 1 to 90. */
    days: number;
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
  };
} | {
  /** Sums of the Hub for each day on which any receipts were billed, by day. `limit` + 4 reads. */
  hub_by_day: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last day of the page before; any day will do. */
    start_after?: number | null;
  };
} | {
  /** Counts of the Hub for each week in which any receipts were billed, by week. `limit` + 2 reads. */
  hub_weeks: {
    /** The denomination that is asked about. */
    denom: UncheckedDenom;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last week of the page before; any week will do. */
    start_after?: number | null;
  };
};
/**
 * This is a wrapper around Vec<u8> to add hex de/serialization with serde. It also adds some helper methods to
 * help encode inline.
 *
 * This is similar to `cosmwasm_std::Binary` but uses hex. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type HexBinary = string;
/** A denomination as a message names it. */
export type UncheckedDenom = {
  /** A native coin of the chain, such as `untrn` or `ibc/…`. */
  native: string;
} | {
  /** Address of a cw20 token contract. */
  cw20: string;
};
/** Where a receipt stands in the Merkle tree of its batch (RFC 9162, section 2.1.3). */
export interface InclusionProof {
  /** Its place in the batch, from 0. */
  index: number;
  /** Hashes beside the path from leaf to root, lowest first, 32 bytes each. */
  siblings: HexBinary[];
}
/** A model's place in the ranking. */
export interface RankingPlace {
  /** Id of the model, as the registry gave it. */
  model: number;
  /**
   * What the ranking is by, rounded to a small number that grows with it: see `score`, and `score` for the
   * ranking of all time. It means something in its own ranking alone.
   */
  score: number;
}
/** Nothing to say: a migration keeps everything. */
export interface MigrateMsg {}
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
/** Whether receipts of an attester are accepted. */
export type AttesterStatus = {
  /** The attester may vouch for new work. */
  active: {};
} | {
  /** Those issued before `cutoff`. */
  retired: {
    /** The time from which it holds, in unix seconds. */
    cutoff: number;
  };
} | {
  /** Nothing more of the attester is accepted, whenever it was issued. */
  revoked: {};
};
/** An attester: its key, who runs it, and whether it may vouch. */
export interface AttesterResponse {
  /** Id of the attester, as billing gave it. */
  attester: number;
  /** How many of the attester's batches are recorded. */
  batches: number;
  /** Where callers reach it. */
  endpoint?: string | null;
  /** The public key: 33 bytes of compressed SEC1, or 32 of ed25519. */
  key: Binary;
  /** Kind of the key. */
  key_type: KeyType;
  /** Which verifier vouched for the key at registration, and what it found; none where none was asked. */
  measurement?: HexBinary | null;
  /** Account that runs the attester. */
  operator: Addr;
  /** Whether its receipts are accepted. */
  status: AttesterStatus;
}
export type NullableAttesterResponse = AttesterResponse | null;
/** A denomination whose form was checked, and for a token that its contract answers as one. */
export type Denom = {
  /** A native coin of the chain. */
  native: string;
} | {
  /** A cw20 token contract. */
  cw20: Addr;
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
/** Lifetime usage of an attester in one denomination. */
export interface AttesterUsageResponse {
  /** Id of the attester, as billing gave it. */
  attester: number;
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** Sums over its whole life. */
  sums: AttesterSums;
}
/** What an attester signed and was paid. */
export interface AttesterSums {
  /** Of it, unrelated and paid with money that lay in its session for a day or more. */
  aged: Uint128;
  /** Receipts paid with an amount of at least 1. */
  calls: number;
  /** All that callers were charged. */
  gross: Uint128;
  /** What the operator kept of strange payments, see `ServedSums::kept`. */
  kept: Uint128;
}
/** A page of attesters. */
export interface AttestersResponse {
  /** The attesters, by ascending id. */
  attesters: AttesterResponse[];
}
/** Usage of an author's present models. */
export interface AuthorUsageResponse {
  /** Models summed, whether used or not. */
  models: number;
  /** Where to go on: the `start_after` of the next page. None where the page was not full, so nothing follows. */
  next?: number | null;
  /** Sums over their whole lives. */
  sums: UsageSums;
}
/** What was used. Sums saturate, but for a model's lifetime gross, which is exact. */
export interface UsageSums {
  /** Of the rest, paid with money that lay in its session for a day or more. */
  aged: Uint128;
  /** Receipts paid with an amount of at least 1. */
  calls: number;
  /** Receipts billed at nothing. */
  free_calls: number;
  /** All that callers were charged. */
  gross: Uint128;
  /** Of it, charged where funder or caller is the author, a payee or the operator. */
  related: Uint128;
  /** Input units of both. */
  units_in: Uint128;
  /** Output units of both. */
  units_out: Uint128;
}
/**
 * What the operators that a reader believes say about a model.
 *
 * Whoever made `backed` up has left them at least `backed` / `factor` for good, whatever accounts, loans, models
 * and operators of its own it has, unless one of them gives it back.
 */
export interface BackingResponse {
  /** Sum over the operators of the smaller of what each served for strangers and `factor` times what it kept. */
  backed: Uint128;
  /**
   * Part of the unrelated gross of the model that they served, in basis points, rounded down; 0 where there is
   * none.
   */
  coverage_bps: number;
  /** The denomination. */
  denom: Denom;
  /** Times what they kept, for which it speaks. */
  factor: number;
  /** The model. */
  model: number;
  /** What each served, in the order in which they were named. */
  operators: OperatorServed[];
  /** The same of what is recent. */
  recent_backed: Uint128;
}
/** What an operator served of a model. */
export interface OperatorServed {
  /** The operator. */
  operator: Addr;
  /** What it served. */
  sums: ServedSums;
}
/**
 * What an operator served of a model, or several operators together. Every sum saturates.
 *
 * A payment is strange if neither its funder nor its caller is the author, a payee or the operator.
 */
export interface ServedSums {
  /** Receipts paid with an amount of at least 1, strange or not. */
  calls: number;
  /**
   * Of them, the operator's share, where the operator is neither author nor payee: what left those who paid for
   * good, unless the operator gives it back.
   */
  kept: Uint128;
  /** As `kept`, but each payment counts half after four weeks, as it is in the present week. */
  recent_kept: Uint128;
  /** As `strange`, but each payment counts half after four weeks, as it is in the present week. */
  recent_strange: Uint128;
  /** Strange payments. */
  strange: Uint128;
}
/** Backing of several models. */
export interface BackingsResponse {
  /** In the order in which the models were named. */
  backings: BackingResponse[];
}
/** A recorded batch. */
export interface RecordedBatch {
  /** Id of the attester that signed it. */
  attester: number;
  /** Its number among the attester's, from 1. */
  batch: number;
  /** Measurement of the attester. */
  measurement?: HexBinary | null;
  /** How many receipts it has. */
  offered: number;
  /** Receipts billed by the message that recorded it. */
  paid: number;
  /** RFC 6962 root over its receipts. */
  receipts_root: HexBinary;
  /** Block time of that message. */
  settled_at: number;
}
/** A page of recorded batches. */
export interface BatchesResponse {
  /** The batches, by ascending number. */
  batches: RecordedBatch[];
}
/** The contracts that billing works with, and the constants it was born with. */
export interface ConfigResponse {
  /** Where money is moved. */
  escrow: Addr;
  /** Layout of its packed records, see `LAYOUT`. */
  layout: number;
  /** The age in seconds from which the registry lets a receipt expire. */
  receipt_max_age_seconds: number;
  /** Where models and terms are read. */
  registry: Addr;
}
/**
 * A fixed-point decimal value with 18 fractional digits, i.e. Decimal(1_000_000_000_000_000_000) == 1.0
 *
 * The greatest possible value that can be represented is 340282366920938463463.374607431768211455 (which is
 * (2^128 - 1) / 10^18)
 */
export type Decimal = string;
/** The Hub at a glance. */
export interface HubResponse {
  /** The `days` days before those. */
  before: HubSpan;
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** The `days` days before today. */
  last: HubSpan;
  /** Sums since the Hub began. */
  lifetime: HubSpan;
  /** Of the present day so far. */
  so_far_today: HubSpan;
  /**
   * Lifetime aged income of the ten models that have most of it, among the first 32 of the ranking of all time.
   * Exact, unless so many models round to the same as the tenth that some stand behind these 32: then short by
   * less than 1/16.
   */
  ten_largest: Uint128;
  /** Their part of the lifetime aged income of all, rounded down; 0 where there is none. */
  ten_largest_share: Decimal;
  /** Of the present week so far. */
  this_week: HubWeek;
  /** The day of the block, as ⌊unix seconds / 86 400⌋. */
  today: number;
}
/** What happened in a span of days. */
export interface HubSpan {
  /** Models registered, in whatever denomination their price is. */
  models_registered: number;
  /** In the denomination asked for. */
  sums: HubSums;
}
/** Sums of the Hub in one denomination. */
export interface HubSums {
  /** Of the rest, paid with money that lay in its session for a day or more. */
  aged: Uint128;
  /** Authors of whom a model had its first aged income, each once. */
  authors_earning: number;
  /** Receipts paid with an amount of at least 1. */
  calls: number;
  /** Receipts billed at nothing. */
  free_calls: number;
  /** All that callers were charged. */
  gross: Uint128;
  /** Models with their first paid call. */
  models_called: number;
  /** Models with their first aged income. */
  models_earning: number;
  /** Funders whose aged money first paid for a call. */
  payers: number;
  /** Of it, charged where funder or caller is the author, a payee or the operator. */
  related: Uint128;
}
/** Who took part in a week, in one denomination. */
export interface HubWeek {
  /** Models with a paid call. */
  models_called: number;
  /** Models with aged income. */
  models_earning: number;
  /** Funders whose aged money paid for calls. */
  payers: number;
  /** Of them, those who had first done so two weeks before or earlier. */
  returning: number;
}
/** A page of days of the Hub. */
export interface HubByDayResponse {
  /** By day; days on which nothing was billed are left out. */
  days: HubOfDay[];
}
/** Sums of one day. */
export interface HubOfDay {
  /** The day, as ⌊unix seconds / 86 400⌋. */
  day: number;
  /** Sums of that day. */
  sums: HubSums;
}
/** A page of weeks of the Hub. */
export interface HubWeeksResponse {
  /** By week; weeks in which nothing was billed are left out. */
  weeks: HubOfWeek[];
}
/** Counts of one week. */
export interface HubOfWeek {
  /** What was counted in that week. */
  counts: HubWeek;
  /** The week, as ⌊day / 7⌋. */
  week: number;
}
/** A page of the ranking. */
export interface RankingResponse {
  /** The most first. */
  models: RankedModel[];
}
/** A model in the ranking. */
export interface RankedModel {
  /** Its lifetime aged income. */
  aged: Uint128;
  /** Everything ever charged for it. */
  gross: Uint128;
  /** Funders whose aged money paid it. */
  payers: number;
  /** Where it stands, to go on from. */
  place: RankingPlace;
  /** Its aged income, each payment of which counts half after four weeks, as it is in the present week. */
  recent_aged: Uint128;
  /** Of it, charged where funder or caller is the author, a payee or the operator. */
  related: Uint128;
  /** Of them, those who returned. */
  returning: number;
}
/** Lifetime usage of several attesters. */
export interface AttestersUsageResponse {
  /** Attesters summed, whether used or not. */
  attesters: number;
  /** Where to go on: the `start_after` of the next page. None where the page was not full, so nothing follows. */
  next?: number | null;
  /** Sums over their whole lives. */
  sums: AttesterSums;
}
/** A page of payers. */
export interface PayersResponse {
  /** The payers, by canonical address. */
  payers: PayerResponse[];
}
/** A funder whose aged money paid a model. */
export interface PayerResponse {
  /** Week in which it first did. */
  first_week: number;
  /** Week in which it last did; two weeks or more after the first make it a returning one. */
  last_week: number;
  /** The funder whose aged money paid. */
  payer: Addr;
}
/**
 * What became of a group of receipts. The first that holds wins.
 * - `paid`: Everything from the lane's position on was billed.
 * - `unknown_session`: Writes nothing: no such session, or it was released.
 * - `attester_not_allowed`: Writes nothing: the session trusts another operator or insists on another
 * measurement.
 * - `stale`: Writes nothing: all of it was settled before.
 * - `lanes_full`: Writes nothing: all lanes of the session are in use.
 * - `gap`: Writes nothing: receipts before it are missing; send those first.
 * - `overlaps`: Writes nothing: a part of a netted group was settled before. Send the rest as a group of its own
 * that starts at the lane's position.
 * - `expired`: Consumed: all of it is older than the registry's `receipt_max_age_seconds`.
 * - `attester_retired`: Consumed: all of it was issued after the attester's retirement.
 * - `closed`: Consumed: all of it was issued outside the session's time.
 * - `model_not_allowed`: Consumed: the session lists other models.
 * - `unknown_model`: Consumed: no such model.
 * - `unknown_release`: Consumed: no such release, or a single receipt names another blob id.
 * - `unknown_terms`: Consumed: no such terms.
 * - `terms_not_in_force`: Consumed: the terms were not in force when any of it was issued.
 * - `retired`: Consumed: all of it was issued while the model was retired.
 * - `wrong_denom`: Consumed: the terms are in another denomination than the session.
 * - `price_above_limit`: Consumed: the price is above the session's limit.
 * - `straddles`: Writes nothing: one of the limits of time that lead to `expired`, `attester_retired`, `closed`,
 * `terms_not_in_force` and `retired` refuses a part of it. Send the same receipts under the same numbers, cut
 * into groups that lie on one side of the limit each.
 * - `overflow`: Consumed: an amount, or the model's lifetime gross with what would be billed, is beyond 128
 * bits.
 * - `exhausted`: Writes nothing: the budget does not cover the first receipt still to be billed.
 * - `voucher_missing`: Writes nothing: the budget covers it, the ceiling does not.
 */
export type Outcome = "paid" | {
  /**
   * Only the first `receipts` from the lane's position on were billed; send the same bytes again after a top-up
   * or a higher ceiling.
   */
  partial: {
    /** Billed by this message. */
    receipts: number;
  };
} | "unknown_session" | "attester_not_allowed" | "stale" | "lanes_full" | "gap" | "overlaps" | "expired" | "attester_retired" | "closed" | "model_not_allowed" | "unknown_model" | "unknown_release" | "unknown_terms" | "terms_not_in_force" | "retired" | "wrong_denom" | "price_above_limit" | "straddles" | "overflow" | "exhausted" | "voucher_missing";
/** Data of `ExecuteMsg::SettleBatch`. */
export interface BatchResponse {
  /** Id of the attester that signed. */
  attester: number;
  /** Number of the record among the attester's; none if nothing was recorded. */
  batch?: number | null;
  /** What was charged, per denomination. */
  gross: Gross[];
  /** Receipts in the batch. */
  offered: number;
  /**
   * What became of the groups, in the order of the batch: those that stand together and share an outcome are one
   * entry.
   */
  outcomes: OutcomeRun[];
  /** Receipts billed by this message. */
  paid: number;
}
/** What was charged in one denomination. */
export interface Gross {
  /** The sum, in the smallest unit of the denomination. */
  amount: Uint128;
  /** The denomination that the amounts are in. */
  denom: Denom;
}
/** Groups that stand together and share an outcome. */
export interface OutcomeRun {
  /** How many groups, at least one. */
  groups: number;
  /** The outcome. */
  outcome: Outcome;
}
/** A page of the ranking of an operator. */
export interface RankingAtResponse {
  /** The most first. */
  models: ModelAt[];
}
/** A model in the ranking of an operator. */
export interface ModelAt {
  /** Everything charged for the model, at all operators. */
  gross: Uint128;
  /** Funders whose aged money paid the model, at all operators. */
  payers: number;
  /** Where it stands, to go on from. */
  place: RankingPlace;
  /** Of it, charged where funder or caller is the author, a payee or the operator. */
  related: Uint128;
  /** Of them, those who returned. */
  returning: number;
  /** What the operator served of it. */
  sums: ServedSums;
}
/** The operators of a model. */
export interface ServedByResponse {
  /** In the order in which they registered their first attesters. */
  operators: OperatorServed[];
}
/** Lifetime usage of a model in one denomination. */
export interface UsageResponse {
  /** The denomination that the amounts are in. */
  denom: Denom;
  /** Day of the first paid call. */
  first_day?: number | null;
  /** Day of the last paid call. */
  last_day?: number | null;
  /** Id of the model, as the registry gave it. */
  model: number;
  /** Payers counted once for each week in which their aged money paid. */
  payer_weeks: number;
  /** Funders whose aged money paid it. */
  payers: number;
  /** Of them, those whose aged money paid it in the present week. */
  payers_this_week: number;
  /** Aged income, each payment of which counts half after four weeks, as it is in the present week. */
  recent_aged: Uint128;
  /** Payers in two weeks that are at least two apart, so that seven days or more lie between the payments. */
  returning: number;
  /**
   * On the last day on which receipts were billed: the shortest time from a group's newest receipt to the block
   * that settled it, seconds.
   */
  settle_lag_seconds?: number | null;
  /** Sums over its whole life. */
  sums: UsageSums;
}
/** A page of days of a model. */
export interface UsageByDayResponse {
  /** By day; days on which nothing was billed are left out. */
  days: UsageOfDay[];
}
/** Usage of one day. */
export interface UsageOfDay {
  /** The day, as ⌊unix seconds / 86 400⌋. */
  day: number;
  /** Sums of that day. */
  sums: UsageSums;
}
/** A page of releases of a model. */
export interface UsageByReleaseResponse {
  /** By number; releases of which nothing was billed are left out. */
  releases: UsageOfRelease[];
}
/** Usage of one release. */
export interface UsageOfRelease {
  /** Number of the release within its model, from 1. */
  release: number;
  /** Sums over its whole life. */
  sums: UsageSums;
}
/** Usage over a span of days. */
export interface UsageOfDaysResponse {
  /** Sums over the days of the span. */
  sums: UsageSums;
}
/** Lifetime usage of several models. */
export interface UsagesResponse {
  /** In the order in which the models were named. */
  usages: UsageResponse[];
}
/** Usage of several models by day. */
export interface UsagesByDayResponse {
  /** In the order in which the models were named. */
  models: UsageOfModelByDay[];
}
/** Usage of a model by day. */
export interface UsageOfModelByDay {
  /** By day; days on which nothing was billed are left out. */
  days: UsageOfDay[];
  /** The model. */
  model: number;
}
/** Usage of several models over a span of days. */
export interface UsagesOfDaysResponse {
  /** In the order in which the models were named. */
  models: UsageOfModelDays[];
}
/** Usage of a model over a span of days. */
export interface UsageOfModelDays {
  /** The model. */
  model: number;
  /** Of the span. */
  sums: UsageSums;
}
/** What an inclusion proof shows. */
export interface InclusionResponse {
  /** Who vouched for the receipt. */
  attester: number;
  /** Measurement of the attester. */
  measurement?: HexBinary | null;
  /** Receipts in the batch. */
  offered: number;
  /** Receipts billed by the message that recorded it. */
  paid: number;
  /** Block time of the message that recorded the batch. */
  settled_at: number;
}
/** Data of `ExecuteMsg::RegisterAttester`. */
export interface AttesterCreated {
  /** Id of the attester. */
  attester: number;
}
/** Data of `ExecuteMsg::Settle`. */
export interface ReceiptResponse {
  /** What was charged for it. */
  amount: Uint128;
  /** What became of the receipt. */
  outcome: Outcome;
}
/** What messages return as data, for those that return any. */
export interface ExecuteData {
  register_attester: AttesterCreated;
  settle: ReceiptResponse;
  settle_batch: BatchResponse;
}
