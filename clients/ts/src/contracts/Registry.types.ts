/**
 * Generated from schema/registry.json by 'cargo xtask client'. Do not edit.
 */

/** Fixes the time constants for the life of this registry and of everything that settles by it. */
export interface InstantiateMsg {
  /** How long a price rise waits, in seconds. From `receipt_max_age_seconds` to 30 days; three days if not given. */
  price_notice_seconds?: number | null;
  /** Age in seconds from which receipts are refused as expired. 1 to 30 days; three days if not given. */
  receipt_max_age_seconds?: number | null;
  /**
   * Who stores Walrus committees, best a multisig or DAO: its word stands behind the certificates shown on
   * releases, and behind nothing else. Without one no certificate is ever taken.
   */
  walrus_keeper?: string | null;
}
/** What can be done. Sending coins along with any of these is an error. */
export type ExecuteMsg = {
  /**
   * Registers a model of the sender, active, with terms 1 in force at once, and for receipts issued in the grace
   * before, for attesters whose clocks are slow. Anyone. Emits `hub_model_registered`, `hub_terms_set` and, with
   * a release, `hub_release_published`. Returns `ModelCreated` as data. Fails if the sender ever had a model of
   * that name.
   */
  register_model: {
    /** Title, description and what else readers see. */
    metadata: Metadata;
    /** Slug, unique per author for ever: `[a-z0-9][a-z0-9._-]{0,63}`. */
    name: string;
    /** Its first release, if it is published at once. */
    release?: NewRelease | null;
    /** The price, and whose shares it is split into. */
    terms: UncheckedTerms;
  };
} | {
  /** Replaces the metadata of a model. Its author. Emits `hub_metadata_updated`. */
  update_metadata: {
    /** What readers see from now on. */
    metadata: Metadata;
    /** Id of the model, as the registry gave it. */
    model: number;
  };
} | {
  /**
   * Appends a release to a model. Its author. Emits `hub_release_published`. Returns `ReleaseCreated` as data.
   * Fails if the label does not ascend, if the sender published that blob id before, or if a salt reveals no
   * commitment.
   */
  publish_release: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** The release that is published first. */
    release: NewRelease;
  };
} | {
  /**
   * Sets new terms. The author. A rise of any component, or another denomination, takes effect after
   * `price_notice_seconds` and may be replaced until shortly before; anything else takes effect at once, and the
   * terms before stay chargeable for the grace. Emits `hub_terms_set`. Returns `TermsCreated` as data.
   */
  set_terms: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** The price, and whose shares it is split into. */
    terms: UncheckedTerms;
  };
} | {
  /**
   * Changes the status. The author. Retiring sets a cutoff after the grace; a retired model can be made active
   * or delisted again from cutoff + `receipt_max_age_seconds` on. Repeating a status is an error. Emits
   * `hub_status_set`.
   */
  set_status: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** The status that the model has from now on. */
    status: StatusName;
  };
} | {
  /** Offers a model to another account, in place of any earlier offer. The author. Emits `hub_transfer_offered`. */
  offer_transfer: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** The one account that may accept the offer. */
    to: string;
  };
} | {
  /** Takes an offer back. The author. Emits `hub_transfer_cancelled`. */
  cancel_transfer: {
    /** Id of the model, as the registry gave it. */
    model: number;
  };
} | {
  /**
   * Makes the sender the author. Whom the model was offered to. Pending terms are dropped; the present price and
   * operator share go on with the payees given. Fails if other terms are in force than expected, if the model is
   * retired, or if the sender has another model of the name. Emits `hub_transfer_accepted` and `hub_terms_set`.
   * Returns `TermsCreated` as data.
   */
  accept_transfer: {
    /**
     * Number of the terms in force that the sender agrees to take over. An author who changes the price after
     * the offer makes the message fail.
     */
    expected_terms: number;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** New name, if the old one does not suit. */
    name?: string | null;
    /** Payees from now on; with the operator's share they make 10 000 basis points. */
    payees: UncheckedPayee[];
  };
} | {
  /**
   * Records that the sender of the transaction knew what the hash hides. Anyone. The first time counts; a
   * repetition succeeds and changes nothing. See `commit_hash`. Emits `hub_committed` the first time.
   */
  commit: {
    /** The hash, 32 bytes. */
    hash: HexBinary;
  };
} | {
  /**
   * Shows that a release's blob has a certain length: its id must follow from length and root hash. The model's
   * author, once per release. Emits `hub_size_proven`.
   */
  prove_size: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Number of the release within its model, from 1. */
    release: number;
    /** Merkle root of the blob's slivers, 32 bytes. */
    root_hash: HexBinary;
    /** Length of the blob in bytes. */
    size: Uint64;
  };
} | {
  /**
   * Shows on a release that a Walrus committee stored its blob in an epoch; not until when. Anyone. The
   * committee is one of the two that are kept. A permanent and a deletable blob are certified side by side. Each
   * certificate shown gives way to one of a later epoch, and a stranger's also to the author's of the same
   * epoch. Emits `hub_release_certified`. Fails if the committee is not kept, if the certificate shown does not
   * give way, or if the one given does not hold.
   */
  certify: {
    /** Made by storage nodes. */
    certificate: StorageCertificate;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Number of the release within its model, from 1. */
    release: number;
  };
} | {
  /**
   * Stores the Walrus committee of an epoch. The keeper. Two are kept, the latest and the one before: a later
   * epoch pushes the earlier of them out, anything above the earlier takes the place of the latest, to correct
   * it. Emits `hub_committee_set`. Fails if a key is no point of G1 or stands twice, or if the weights are not
   * `n_shards`.
   *
   * The keeper answers for the members: that they are those of Walrus, each with a proof of possession of its
   * key.
   */
  set_committee: {
    /** The epoch of Walrus that the committee served in. */
    epoch: number;
    /** 1 to 1 000, in the order that bitmaps of signers follow. */
    members: CommitteeMember[];
    /** How many shards Walrus has. */
    n_shards: number;
  };
} | {
  /**
   * Offers the keeper's role to another account, in place of any earlier offer. The keeper. Emits
   * `hub_keeper_offered`.
   */
  offer_keeper_role: {
    /** The one account that may accept the offer. */
    to: string;
  };
} | {
  /** Takes the offer back. The keeper. Emits `hub_keeper_offer_cancelled`. */
  cancel_keeper_offer: {};
} | {
  /** Makes the sender the keeper. Whom the role was offered to. Emits `hub_keeper_changed`. */
  accept_keeper_role: {};
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
 * Names of the statuses.
 * - `active`: Lists show it, and it can be called.
 * - `delisted`: Hidden from discovery, still callable.
 * - `retired`: No receipts issued from a cutoff on.
 */
export type StatusName = "active" | "delisted" | "retired";
/**
 * A thin wrapper around u64 that is using strings for JSON encoding/decoding, such that the full u64 range can
 * be used for clients that convert JSON numbers to floats, like JavaScript and jq.
 *
 * # Examples
 *
 * Use `from` to create instances of this and `u64` to get the value out:
 *
 * ``` # use cosmwasm_std::Uint64; let a = Uint64::from(42u64); assert_eq!(a.u64(), 42);
 *
 * let b = Uint64::from(70u32); assert_eq!(b.u64(), 70); ```
 */
export type Uint64 = string;
/**
 * Binary is a wrapper around Vec<u8> to add base64 de/serialization with serde. It also adds some helper methods
 * to help encode inline.
 *
 * This is only needed as serde-json-{core,wasm} has a horrible encoding for Vec<u8>. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type Binary = string;
/**
 * What readers see of a model. Limits are in bytes. No text holds characters that are not shown, is blank, or
 * begins or ends with a space; see `text` of this crate.
 */
export interface Metadata {
  /** What it is good for: at most 2 048 bytes. Line feeds and tabs are allowed. */
  description: string;
  /** An `https://` or `http://` address of at most 256 bytes. */
  homepage?: string | null;
  /** The licence as an SPDX expression: 1 to 64 bytes. */
  license: string;
  /** Up to 8 different tags of 1 to 32 bytes each. */
  tags: string[];
  /** What it does, such as `time-series-forecasting`: at most 64 bytes. */
  task: string;
  /** What the model is called in lists: 1 to 128 bytes. */
  title: string;
}
/** What is published. */
export interface NewRelease {
  /** Text form of the billable blob's id. */
  blob_id: string;
  /** Label, ascending with minor within a model. */
  major: number;
  /** Text form of the id of a blob that lists the files. */
  manifest?: string | null;
  /** The label's second number. */
  minor: number;
  /** Reveals an earlier commitment, which then dates the claim. 32 bytes. */
  salt?: HexBinary | null;
}
/** Price and payees, as a message states them. */
export interface UncheckedTerms {
  /** Share of the operator that serves the call, in basis points; the author's to give. */
  operator_bps: number;
  /** 1 to 4 different accounts; their shares and the operator's make 10 000. */
  payees: UncheckedPayee[];
  /** What a call costs; zero is allowed. */
  price: UncheckedPrice;
}
/** An account and its share, as a message states them. */
export interface UncheckedPayee {
  /** Address of the account. */
  address: string;
  /** Its share in basis points, at least 1. */
  bps: number;
}
/** A price as a message states it. Zero is allowed. */
export interface UncheckedPrice {
  /** Denomination of the three components. */
  denom: UncheckedDenom;
  /** Charged for the call itself. */
  per_call: Uint128;
  /** Charged for a million input units. */
  per_million_in: Uint128;
  /** Charged for a million output units. */
  per_million_out: Uint128;
}
/** A storage certificate of Walrus: what the nodes signed, who, and the sum of their signatures. */
export interface StorageCertificate {
  /** Walrus epoch of the committee that signed. */
  epoch: number;
  /** Sui object of a deletable blob, 32 bytes; none if the blob is permanent. */
  object_id?: HexBinary | null;
  /** BLS12-381 signature in G2, compressed: 96 bytes. */
  signature: Binary;
  /** Member i of the committee signed if bit i mod 8 of byte i / 8 is set, from the least significant. */
  signers: Binary;
}
/** A storage node of a Walrus committee. */
export interface CommitteeMember {
  /** BLS12-381 public key in G1, compressed: 48 bytes. */
  key: Binary;
  /** Number of its shards, at least 1. */
  weight: number;
}
/** What the contract answers to a smart query. */
export type QueryMsg = {
  /** The constants it was born with. */
  config: {};
} | {
  /** A model by id. */
  model: {
    /** Id of the model, as the registry gave it. */
    model: number;
  };
} | {
  /** The model that carries, or once carried, `name` under `author`. */
  model_by_name: {
    /** Author at the time the name was given. */
    author: string;
    /** Name of the model among its author's. */
    name: string;
  };
} | {
  /** Who published a blob id, by (claim time, model, release). */
  by_blob: {
    /** Text form of the blob id. */
    blob_id: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last claim of the page before. */
    start_after?: ClaimCursor | null;
  };
} | {
  /** The release under which `publisher` published a blob id; the answer never changes. */
  by_publisher_and_blob: {
    /** Text form of the blob id. */
    blob_id: string;
    /** The author at publication. */
    publisher: string;
  };
} | {
  /** Active models, newest first. */
  models: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /** Models by id, in the order of the ids, which may repeat: 100 at most. Fails if one of them does not exist. */
  models_by_ids: {
    /** Ids of the models that are asked about. */
    ids: number[];
  };
} | {
  /** All models of an author, of any status, newest first. */
  models_by_author: {
    /** Account that is the model's author now. */
    author: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * Ids of all models of an author, of any status, by id: `ModelsByAuthor` for contracts that need no more.
   * `limit` + 1 storage reads.
   */
  model_ids_by_author: {
    /** Account that is the model's author now. */
    author: string;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * How many models were registered up to the end of each of these days, 100 at most; for the present day and
   * later ones: so far. Days are whole days since 1970-01-01 by block time. 2 storage reads per day and 1 more.
   */
  model_counts: {
    /** The days, in any order. */
    days: number[];
  };
} | {
  /** Active models that carry a tag, newest first. */
  models_by_tag: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
    /** The tag, exactly as models carry it. */
    tag: string;
  };
} | {
  /** Active models for a task, newest first. */
  models_by_task: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last id of the page before. */
    start_after?: number | null;
    /** The task, exactly as models state it. */
    task: string;
  };
} | {
  /**
   * Tags of active models with the number of models that carry them: the most carried first, and those of one
   * number backwards by name.
   */
  tags: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last entry of the page before. */
    start_after?: Topic | null;
  };
} | {
  /** Tasks of active models, in the form of `Tags`. */
  tasks: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last entry of the page before. */
    start_after?: Topic | null;
  };
} | {
  /** One release of a model. */
  release: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Number of the release within its model, from 1. */
    release: number;
  };
} | {
  /** Releases of a model, newest first. */
  releases: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Last number of the page before. */
    start_after?: number | null;
  };
} | {
  /** One set of terms. */
  terms: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Number of the terms within their model, from 1. */
    terms: number;
  };
} | {
  /** All sets of terms of a model, newest first. */
  terms_list: {
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Last number of the page before. */
    start_after?: number | null;
  };
} | {
  /**
   * Terms chargeable for a receipt issued at a time; the latest first, and during a grace the ones before as
   * well. At most 100 are returned.
   */
  terms_at: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Time of issue; now if not given. */
    time?: number | null;
  };
} | {
  /** When a hash was committed. */
  commitment: {
    /** The hash, 32 bytes. */
    hash: HexBinary;
  };
} | {
  /**
   * Where in a release's blob these bytes lie: a symbol of its encoding over 1 000 shards, tied to the blob id
   * by hashes alone. An error says what does not hold. It shows what the encoder committed to; that the encoder
   * was honest is what a storage certificate shows. 1 storage read and 23 hashes, one of them over the symbol.
   */
  verify_symbol: {
    /** Id of the model, as the registry gave it. */
    model: number;
    /** Ties the symbol to the blob id. */
    proof: SymbolProof;
    /** Number of the release within its model, from 1. */
    release: number;
    /** Length of its blob in bytes, which the proof shows as well. */
    size: Uint64;
    /**
     * The symbol, whose size follows from the blob's: `size` / 222 778, rounded up to an even number, at least
     * 2.
     */
    symbol: Binary;
  };
} | {
  /** Who stores Walrus committees. */
  walrus_keeper: {};
} | {
  /** The Walrus committees that certificates are checked against: at most two, the latest first. */
  committees: {};
} | {
  /** Members of a committee that is kept, in the order that bitmaps follow. */
  committee_members: {
    /** The epoch of Walrus that it belongs to. */
    epoch: number;
    /** Most entries of the page: 1 to 100, 10 where none is stated. */
    limit?: number | null;
    /** Last place of the page before; places count from 0. */
    start_after?: number | null;
  };
};
/** Where a page of claims ended. */
export interface ClaimCursor {
  /** Of the last claim. */
  claimed_at: number;
  /** Of the last claim. */
  model: number;
  /** Of the last claim. */
  release: number;
}
/** A tag or a task. */
export interface Topic {
  /** Number of active models that carry it. */
  models: number;
  /** The tag or task. */
  name: string;
}
/**
 * Ties a symbol of a blob's encoding to the blob id. Source of the trees: MystenLabs/walrus,
 * crates/walrus-core/src/merkle.rs.
 */
export interface SymbolProof {
  /** Column of the symbol, 0 to 999. Columns up to 666 hold the blob. */
  column: number;
  /** Hashes beside the way from the pair to the root hash of the blob: 10 of 32 bytes. */
  pair_path: HexBinary[];
  /** Root of the column that is paired with the row, which is column 999 - `row`: 32 bytes. */
  paired_column_root: HexBinary;
  /** Row of the symbol, 0 to 999. Rows up to 333 hold the blob. */
  row: number;
  /** Hashes beside the way from the symbol to the root of its row, from the leaves up: 10 of 32 bytes. */
  row_path: HexBinary[];
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
/** A page of claims. */
export interface ClaimsResponse {
  /** By (claimed_at, model, release). */
  claims: ClaimResponse[];
}
/** Somebody's publication of a blob id. */
export interface ClaimResponse {
  /** Account that is the model's author now. */
  author: Addr;
  /** Time of the commitment that it revealed, else of the publication. */
  claimed_at: number;
  /** Id of the model, as the registry gave it. */
  model: number;
  /** Account that was the author when the release was published. */
  publisher: Addr;
  /** Number of the release within its model, from 1. */
  release: number;
}
export type NullableReleaseRef = ReleaseRef | null;
/** Names a release. */
export interface ReleaseRef {
  /** Id of the model, as the registry gave it. */
  model: number;
  /** Number of the release within its model, from 1. */
  release: number;
}
/** When a hash was committed. */
export interface CommitmentResponse {
  /** Unix seconds; none if it never was. */
  committed_at?: number | null;
}
/** A page of members of a committee. */
export interface CommitteeMembersResponse {
  /** The members, by their place in the bitmap of signers. */
  members: CommitteeMember[];
}
/** The Walrus committees that are kept. */
export interface CommitteesResponse {
  /** The committees, the latest first. */
  committees: CommitteeResponse[];
}
/** A Walrus committee. */
export interface CommitteeResponse {
  /** The epoch of Walrus that the committee served in. */
  epoch: number;
  /** How many members the committee has. */
  members: number;
  /** Sum of the weights. */
  n_shards: number;
  /** Weight of signers that makes a certificate. */
  quorum: number;
  /** Block time at which it was stored. */
  set_at: number;
}
/** The constants of a registry. */
export interface ConfigResponse {
  /** Layout of its packed records, see `LAYOUT`. */
  layout: number;
  /** How long a price rise waits. */
  price_notice_seconds: number;
  /** Age from which receipts are refused. */
  receipt_max_age_seconds: number;
}
/** Status of a model. */
export type Status = {
  /** Lists show it, and it can be called. */
  active: {};
} | {
  /** Hidden from discovery, still callable. */
  delisted: {};
} | {
  /** No receipts issued from `cutoff` on. */
  retired: {
    /** The time from which it holds, in unix seconds. */
    cutoff: number;
  };
};
/** A model, as its author describes it, with its latest release and its terms in force. */
export interface ModelResponse {
  /** Receipts issued before this time are refused as retired. */
  active_from: number;
  /** Account that is the model's author now. */
  author: Addr;
  /** Number of its latest release; 0 if none. */
  latest_release: number;
  /** Number of its latest terms, pending ones included. */
  latest_terms: number;
  /** Title, description and what else readers see. */
  metadata: Metadata;
  /** Id of the model, as the registry gave it. */
  model: number;
  /** The name under which its author has it now. */
  name: string;
  /** Whom it is offered to. */
  offered_to?: Addr | null;
  /** Block time of the registration. */
  registered_at: number;
  /** Whether it can be called. */
  status: Status;
}
/** Numbers of models registered. */
export interface ModelCountsResponse {
  /** One for each day asked for, in that order. */
  models: number[];
}
/** A page of ids of models. */
export interface ModelIdsResponse {
  /** Ids of the models, ascending. */
  models: number[];
}
/** A denomination whose form was checked, and for a token that its contract answers as one. */
export type Denom = {
  /** A native coin of the chain. */
  native: string;
} | {
  /** A cw20 token contract. */
  cw20: Addr;
};
/** A page of models. */
export interface ModelsResponse {
  /** In the order of the query. */
  models: ModelSummary[];
}
/** What a list shows of a model. The description, the licence and the homepage are in `ModelResponse` alone. */
export interface ModelSummary {
  /** Account that is the model's author now. */
  author: Addr;
  /** Number of its latest release; 0 if none. */
  latest_release: number;
  /** Id of the model, as the registry gave it. */
  model: number;
  /** The name under which its author has it now. */
  name: string;
  /** Share of the operator that serves the call, in basis points. */
  operator_bps: number;
  /** What a call costs by these terms. */
  price: Price;
  /** Block time of the registration. */
  registered_at: number;
  /** Whether it can be called. */
  status: Status;
  /** Words to find it by. */
  tags: string[];
  /** What it does; empty if its author did not say. */
  task: string;
  /** Number of the terms in force; those that begin within 60 seconds count as in force. */
  terms: number;
  /** What it is called in lists. */
  title: string;
}
/** A price whose denomination was checked. */
export interface Price {
  /** Denomination of the three components. */
  denom: Denom;
  /** Charged for the call itself. */
  per_call: Uint128;
  /** Charged for a million input units. */
  per_million_in: Uint128;
  /** Charged for a million output units. */
  per_million_out: Uint128;
}
/** A release with its blobs and what was proven about them. */
export interface ReleaseResponse {
  /** Text form of the billable blob's id. */
  blob_id: string;
  /** Time of the commitment that it revealed, else of the publication. */
  claimed_at: number;
  /** The latest certificate that Walrus stores the blob where an owner may delete it. */
  deletable?: DeletableCertificate | null;
  /** The label's first number. */
  major: number;
  /** Text form of the manifest blob's id. */
  manifest?: string | null;
  /** The label's second number. */
  minor: number;
  /** Id of the model, as the registry gave it. */
  model: number;
  /** The latest certificate that Walrus stores the blob so that nobody can delete it before it expires. */
  permanent?: PermanentCertificate | null;
  /** Block time of the publication. */
  published_at: number;
  /** Account that was the author when the release was published. */
  publisher: Addr;
  /** Its number within the model, from 1. */
  release: number;
  /** Length of the blob in bytes, if it was proven. */
  size?: Uint64 | null;
}
/**
 * A committee stored a deletable blob. Until when it is stored, and whether it was deleted, a certificate does
 * not say.
 */
export interface DeletableCertificate {
  /** Whether the model's author showed it. */
  by_author: boolean;
  /** Block time at which it was shown to the registry. */
  certified_at: number;
  /** Walrus epoch of the committee. */
  epoch: number;
  /** The Sui object that stands for the blob: 32 bytes. */
  object_id: HexBinary;
}
/** A committee stored a permanent blob. Until when it is stored, a certificate does not say. */
export interface PermanentCertificate {
  /** Whether the model's author showed it. */
  by_author: boolean;
  /** Block time at which it was shown to the registry. */
  certified_at: number;
  /** Walrus epoch of the committee. */
  epoch: number;
}
/** A page of releases. */
export interface ReleasesResponse {
  /** The releases, the newest first. */
  releases: ReleaseResponse[];
}
/** A page of tags or tasks. */
export interface TopicsResponse {
  /** In the order of the query. */
  topics: Topic[];
}
/** When terms can be charged. */
export type Validity = {
  /** Never: replaced while pending. */
  dropped: {};
} | {
  /** For receipts issued in [effective_from, superseded_at). */
  interval: {
    /** The time from which the terms are in force, in unix seconds. */
    effective_from: number;
    /** Unix seconds; none while no successor is set. */
    superseded_at?: number | null;
  };
};
/** A set of terms. */
export interface TermsResponse {
  /** Id of the model, as the registry gave it. */
  model: number;
  /** Share of the operator that serves the call. */
  operator_bps: number;
  /** Who shares the rest, in order. */
  payees: Payee[];
  /** What a call costs. */
  price: Price;
  /** Their number within the model, from 1. */
  terms: number;
  /** When they can be charged. */
  validity: Validity;
}
/** An account and its share. */
export interface Payee {
  /** Address of the account. */
  address: Addr;
  /** Its share in basis points. */
  bps: number;
}
/** A list of terms. */
export interface TermsListResponse {
  /** In the order of the query. */
  terms: TermsResponse[];
}
/** Where a symbol that was proven lies. */
export interface SymbolResponse {
  /** The blob of the release, in its text form. */
  blob_id: string;
  /** Which bytes of the blob the symbol is; none for a symbol that encoding added. */
  bytes?: ByteRange | null;
}
/** Bytes of a blob. */
export interface ByteRange {
  /** How many: fewer than the symbol has at the end of the blob, where the rest of the symbol is zeros. */
  length: Uint64;
  /** Place of the first one, from 0. */
  offset: Uint64;
}
/** Who stores Walrus committees. */
export interface WalrusKeeperResponse {
  /** None if the registry was born without one. */
  keeper?: Addr | null;
  /** Whom the role is offered to. */
  offered_to?: Addr | null;
}
/** Data of `ExecuteMsg::SetTerms` and `ExecuteMsg::AcceptTransfer`. */
export interface TermsCreated {
  /** The time from which the terms are in force, in unix seconds. */
  effective_from: number;
  /** Number of the terms within their model. */
  terms: number;
}
/** Data of `ExecuteMsg::PublishRelease`. */
export interface ReleaseCreated {
  /** Number of the release within its model. */
  release: number;
}
/** Data of `ExecuteMsg::RegisterModel`. */
export interface ModelCreated {
  /** Id of the model. */
  model: number;
}
/** What messages return as data, for those that return any. */
export interface ExecuteData {
  accept_transfer: TermsCreated;
  publish_release: ReleaseCreated;
  register_model: ModelCreated;
  set_terms: TermsCreated;
}
