//! Messages of the registry: which models exist, who made them, what they cost.
//!
//! It holds no money and nobody has power over another's model. Times are unix seconds; a cutoff that a message sets
//! takes effect [`CUTOFF_GRACE_SECONDS`](crate::time::CUTOFF_GRACE_SECONDS) after its block. List queries return
//! `limit` entries (10 if not given, at most 100) from the one after `start_after` on.

use std::fmt;

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Binary, HexBinary, Uint64};
use hub_wire::ids::{ModelId, ReleaseNumber, TermsNumber};

use crate::price::{Price, UncheckedPrice};
use crate::records::registry as records;

/// Fixes the time constants for the life of this registry and of everything that settles by it.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Age in seconds from which receipts are refused as expired. 1 to 30 days; three days if not given.
    pub receipt_max_age_seconds: Option<u64>,
    /// How long a price rise waits, in seconds. From `receipt_max_age_seconds` to 30 days; three days if not given.
    pub price_notice_seconds: Option<u64>,
    /// Who stores Walrus committees, best a multisig or DAO: its word stands behind the certificates shown on releases,
    /// and behind nothing else. Without one no certificate is ever taken.
    pub walrus_keeper: Option<String>,
}

/// What can be done. Sending coins along with any of these is an error.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[allow(clippy::large_enum_variant)] // Parsed once per transaction; a box would show in the types of every user.
pub enum ExecuteMsg {
    /// Registers a model of the sender, active, with terms 1 in force at once, and for receipts issued in the grace
    /// before, for attesters whose clocks are slow. Anyone. Emits `hub_model_registered`, `hub_terms_set` and, with
    /// a release, `hub_release_published`. Returns [`ModelCreated`] as data. Fails if the sender ever had a model of that
    /// name.
    RegisterModel {
        /// Slug, unique per author for ever: `[a-z0-9][a-z0-9._-]{0,63}`.
        name: String,
        /// Title, description and what else readers see.
        metadata: Metadata,
        /// The price, and whose shares it is split into.
        terms: UncheckedTerms,
        /// Its first release, if it is published at once.
        release: Option<NewRelease>,
    },
    /// Replaces the metadata of a model. Its author. Emits `hub_metadata_updated`.
    UpdateMetadata {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// What readers see from now on.
        metadata: Metadata,
    },
    /// Appends a release to a model. Its author. Emits `hub_release_published`. Returns [`ReleaseCreated`] as data.
    /// Fails if the label does not ascend, if the sender published that blob id before, or if a salt reveals
    /// no commitment.
    PublishRelease {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The release that is published first.
        release: NewRelease,
    },
    /// Sets new terms. The author. A rise of any component, or another denomination, takes effect after
    /// `price_notice_seconds` and may be replaced until shortly before; anything else takes effect at once, and the
    /// terms before stay chargeable for the grace. Emits `hub_terms_set`. Returns [`TermsCreated`] as data.
    SetTerms {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The price, and whose shares it is split into.
        terms: UncheckedTerms,
    },
    /// Changes the status. The author. Retiring sets a cutoff after the grace; a retired model can be made active or
    /// delisted again from cutoff + `receipt_max_age_seconds` on. Repeating a status is an error. Emits
    /// `hub_status_set`.
    SetStatus {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The status that the model has from now on.
        status: StatusName,
    },
    /// Offers a model to another account, in place of any earlier offer. The author. Emits `hub_transfer_offered`.
    OfferTransfer {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The one account that may accept the offer.
        to: String,
    },
    /// Takes an offer back. The author. Emits `hub_transfer_cancelled`.
    CancelTransfer {
        /// Id of the model, as the registry gave it.
        model: ModelId,
    },
    /// Makes the sender the author. Whom the model was offered to. Pending terms are dropped; the present price and
    /// operator share go on with the payees given. Fails if other terms are in force than expected, if the model is
    /// retired, or if the sender has another model of the name. Emits `hub_transfer_accepted` and `hub_terms_set`.
    /// Returns [`TermsCreated`] as data.
    AcceptTransfer {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the terms in force that the sender agrees to take over. An author who changes the price after the
        /// offer makes the message fail.
        expected_terms: TermsNumber,
        /// Payees from now on; with the operator's share they make 10 000 basis points.
        payees: Vec<UncheckedPayee>,
        /// New name, if the old one does not suit.
        name: Option<String>,
    },
    /// Records that the sender of the transaction knew what the hash hides. Anyone. The first time counts; a repetition
    /// succeeds and changes nothing. See [`crate::wire::digest::commit_hash`]. Emits `hub_committed` the first time.
    Commit {
        /// The hash, 32 bytes.
        hash: HexBinary,
    },
    /// Shows that a release's blob has a certain length: its id must follow from length and root hash. The model's
    /// author, once per release. Emits `hub_size_proven`.
    ProveSize {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// Length of the blob in bytes.
        size: Uint64,
        /// Merkle root of the blob's slivers, 32 bytes.
        root_hash: HexBinary,
    },
    /// Shows on a release that a Walrus committee stored its blob in an epoch; not until when. Anyone. The committee
    /// is one of the two that are kept. A permanent and a deletable blob are certified side by side. Each certificate
    /// shown gives way to one of a later epoch, and a stranger's also to the author's of the same epoch. Emits
    /// `hub_release_certified`. Fails if the committee is not kept, if the certificate shown does not give way, or if the
    /// one given does not hold.
    Certify {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// Made by storage nodes.
        certificate: StorageCertificate,
    },
    /// Stores the Walrus committee of an epoch. The keeper. Two are kept, the latest and the one before: a later epoch
    /// pushes the earlier of them out, anything above the earlier takes the place of the latest, to correct it. Emits
    /// `hub_committee_set`. Fails if a key is no point of G1 or stands twice, or if the weights are not `n_shards`.
    ///
    /// The keeper answers for the members: that they are those of Walrus, each with a proof of possession of its key.
    SetCommittee {
        /// The epoch of Walrus that the committee served in.
        epoch: u32,
        /// How many shards Walrus has.
        n_shards: u16,
        /// 1 to 1 000, in the order that bitmaps of signers follow.
        members: Vec<CommitteeMember>,
    },
    /// Offers the keeper's role to another account, in place of any earlier offer. The keeper. Emits
    /// `hub_keeper_offered`.
    OfferKeeperRole {
        /// The one account that may accept the offer.
        to: String,
    },
    /// Takes the offer back. The keeper. Emits `hub_keeper_offer_cancelled`.
    CancelKeeperOffer {},
    /// Makes the sender the keeper. Whom the role was offered to. Emits `hub_keeper_changed`.
    AcceptKeeperRole {},
}

/// What the contract answers to a smart query.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The constants it was born with.
    #[returns(ConfigResponse)]
    Config {},
    /// A model by id.
    #[returns(ModelResponse)]
    Model {
        /// Id of the model, as the registry gave it.
        model: ModelId,
    },
    /// The model that carries, or once carried, `name` under `author`.
    #[returns(ModelResponse)]
    ModelByName {
        /// Author at the time the name was given.
        author: String,
        /// Name of the model among its author's.
        name: String,
    },
    /// Who published a blob id, by (claim time, model, release).
    #[returns(ClaimsResponse)]
    ByBlob {
        /// Text form of the blob id.
        blob_id: String,
        /// Last claim of the page before.
        start_after: Option<ClaimCursor>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// The release under which `publisher` published a blob id; the answer never changes.
    #[returns(Option<ReleaseRef>)]
    ByPublisherAndBlob {
        /// The author at publication.
        publisher: String,
        /// Text form of the blob id.
        blob_id: String,
    },
    /// Active models, newest first.
    #[returns(ModelsResponse)]
    Models {
        /// Last id of the page before.
        start_after: Option<ModelId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Models by id, in the order of the ids, which may repeat: 100 at most. Fails if one of them does not exist.
    #[returns(ModelsResponse)]
    ModelsByIds {
        /// Ids of the models that are asked about.
        ids: Vec<ModelId>,
    },
    /// All models of an author, of any status, newest first.
    #[returns(ModelsResponse)]
    ModelsByAuthor {
        /// Account that is the model's author now.
        author: String,
        /// Last id of the page before.
        start_after: Option<ModelId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Ids of all models of an author, of any status, by id: `ModelsByAuthor` for contracts that need no more. `limit` +
    /// 1 storage reads.
    #[returns(ModelIdsResponse)]
    ModelIdsByAuthor {
        /// Account that is the model's author now.
        author: String,
        /// Last id of the page before.
        start_after: Option<ModelId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// How many models were registered up to the end of each of these days, 100 at most; for the present day and later
    /// ones: so far. Days are whole days since 1970-01-01 by block time. 2 storage reads per day and 1 more.
    #[returns(ModelCountsResponse)]
    ModelCounts {
        /// The days, in any order.
        days: Vec<u64>,
    },
    /// Active models that carry a tag, newest first.
    #[returns(ModelsResponse)]
    ModelsByTag {
        /// The tag, exactly as models carry it.
        tag: String,
        /// Last id of the page before.
        start_after: Option<ModelId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Active models for a task, newest first.
    #[returns(ModelsResponse)]
    ModelsByTask {
        /// The task, exactly as models state it.
        task: String,
        /// Last id of the page before.
        start_after: Option<ModelId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Tags of active models with the number of models that carry them: the most carried first, and those of one number
    /// backwards by name.
    #[returns(TopicsResponse)]
    Tags {
        /// Last entry of the page before.
        start_after: Option<Topic>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Tasks of active models, in the form of `Tags`.
    #[returns(TopicsResponse)]
    Tasks {
        /// Last entry of the page before.
        start_after: Option<Topic>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// One release of a model.
    #[returns(ReleaseResponse)]
    Release {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
    },
    /// Releases of a model, newest first.
    #[returns(ReleasesResponse)]
    Releases {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Last number of the page before.
        start_after: Option<ReleaseNumber>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// One set of terms.
    #[returns(TermsResponse)]
    Terms {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the terms within their model, from 1.
        terms: TermsNumber,
    },
    /// All sets of terms of a model, newest first.
    #[returns(TermsListResponse)]
    TermsList {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Last number of the page before.
        start_after: Option<TermsNumber>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Terms chargeable for a receipt issued at a time; the latest first, and during a grace the ones before as well.
    /// At most 100 are returned.
    #[returns(TermsListResponse)]
    TermsAt {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Time of issue; now if not given.
        time: Option<u64>,
    },
    /// When a hash was committed.
    #[returns(CommitmentResponse)]
    Commitment {
        /// The hash, 32 bytes.
        hash: HexBinary,
    },
    /// Where in a release's blob these bytes lie: a symbol of its encoding over 1 000 shards, tied to the blob id by hashes alone.
    /// An error says what does not hold. It shows what the encoder committed to; that the encoder was honest is
    /// what a storage certificate shows. 1 storage read and 23 hashes, one of them over the symbol.
    #[returns(SymbolResponse)]
    VerifySymbol {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// Length of its blob in bytes, which the proof shows as well.
        size: Uint64,
        /// The symbol, whose size follows from the blob's: `size` / 222 778, rounded up to an even number, at least 2.
        symbol: Binary,
        /// Ties the symbol to the blob id.
        proof: SymbolProof,
    },
    /// Who stores Walrus committees.
    #[returns(WalrusKeeperResponse)]
    WalrusKeeper {},
    /// The Walrus committees that certificates are checked against: at most two, the latest first.
    #[returns(CommitteesResponse)]
    Committees {},
    /// Members of a committee that is kept, in the order that bitmaps follow.
    #[returns(CommitteeMembersResponse)]
    CommitteeMembers {
        /// The epoch of Walrus that it belongs to.
        epoch: u32,
        /// Last place of the page before; places count from 0.
        start_after: Option<u32>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
}

/// Nothing to say: a migration keeps everything.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}

/// What readers see of a model. Limits are in bytes. No text holds characters that are not shown, is blank, or begins or
/// ends with a space; see `text` of this crate.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// What the model is called in lists: 1 to 128 bytes.
    pub title: String,
    /// What it is good for: at most 2 048 bytes. Line feeds and tabs are allowed.
    pub description: String,
    /// What it does, such as `time-series-forecasting`: at most 64 bytes.
    pub task: String,
    /// The licence as an SPDX expression: 1 to 64 bytes.
    pub license: String,
    /// Up to 8 different tags of 1 to 32 bytes each.
    pub tags: Vec<String>,
    /// An `https://` or `http://` address of at most 256 bytes.
    pub homepage: Option<String>,
}

/// Price and payees, as a message states them.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct UncheckedTerms {
    /// What a call costs; zero is allowed.
    pub price: UncheckedPrice,
    /// Share of the operator that serves the call, in basis points; the author's to give.
    pub operator_bps: u16,
    /// 1 to 4 different accounts; their shares and the operator's make 10 000.
    pub payees: Vec<UncheckedPayee>,
}

/// An account and its share, as a message states them.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct UncheckedPayee {
    /// Address of the account.
    pub address: String,
    /// Its share in basis points, at least 1.
    pub bps: u16,
}

/// What is published.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    /// Label, ascending with minor within a model.
    pub major: u32,
    /// The label's second number.
    pub minor: u32,
    /// Text form of the billable blob's id.
    pub blob_id: String,
    /// Text form of the id of a blob that lists the files.
    pub manifest: Option<String>,
    /// Reveals an earlier commitment, which then dates the claim. 32 bytes.
    pub salt: Option<HexBinary>,
}

/// A storage node of a Walrus committee.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct CommitteeMember {
    /// BLS12-381 public key in G1, compressed: 48 bytes.
    pub key: Binary,
    /// Number of its shards, at least 1.
    pub weight: u16,
}

/// A storage certificate of Walrus: what the nodes signed, who, and the sum of their signatures.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct StorageCertificate {
    /// Walrus epoch of the committee that signed.
    pub epoch: u32,
    /// Sui object of a deletable blob, 32 bytes; none if the blob is permanent.
    pub object_id: Option<HexBinary>,
    /// Member i of the committee signed if bit i mod 8 of byte i / 8 is set, from the least significant.
    pub signers: Binary,
    /// BLS12-381 signature in G2, compressed: 96 bytes.
    pub signature: Binary,
}

/// Ties a symbol of a blob's encoding to the blob id. Source of the trees: MystenLabs/walrus,
/// crates/walrus-core/src/merkle.rs.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct SymbolProof {
    /// Row of the symbol, 0 to 999. Rows up to 333 hold the blob.
    pub row: u16,
    /// Column of the symbol, 0 to 999. Columns up to 666 hold the blob.
    pub column: u16,
    /// Hashes beside the way from the symbol to the root of its row, from the leaves up: 10 of 32 bytes.
    pub row_path: Vec<HexBinary>,
    /// Root of the column that is paired with the row, which is column 999 - `row`: 32 bytes.
    pub paired_column_root: HexBinary,
    /// Hashes beside the way from the pair to the root hash of the blob: 10 of 32 bytes.
    pub pair_path: Vec<HexBinary>,
}

/// Names of the statuses.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum StatusName {
    /// Lists show it, and it can be called.
    Active,
    /// Hidden from discovery, still callable.
    Delisted,
    /// No receipts issued from a cutoff on.
    Retired,
}

/// Data of [`ExecuteMsg::RegisterModel`].
#[cw_serde]
pub struct ModelCreated {
    /// Id of the model.
    pub model: ModelId,
}

/// Data of [`ExecuteMsg::PublishRelease`].
#[cw_serde]
pub struct ReleaseCreated {
    /// Number of the release within its model.
    pub release: ReleaseNumber,
}

/// Data of [`ExecuteMsg::SetTerms`] and [`ExecuteMsg::AcceptTransfer`].
#[cw_serde]
pub struct TermsCreated {
    /// Number of the terms within their model.
    pub terms: TermsNumber,
    /// The time from which the terms are in force, in unix seconds.
    pub effective_from: u64,
}

/// The constants of a registry.
#[cw_serde]
pub struct ConfigResponse {
    /// Layout of its packed records, see [`crate::packed::LAYOUT`].
    pub layout: u8,
    /// Age from which receipts are refused.
    pub receipt_max_age_seconds: u64,
    /// How long a price rise waits.
    pub price_notice_seconds: u64,
}

/// A model, as its author describes it, with its latest release and its terms in force.
#[cw_serde]
pub struct ModelResponse {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Account that is the model's author now.
    pub author: Addr,
    /// The name under which its author has it now.
    pub name: String,
    /// Title, description and what else readers see.
    pub metadata: Metadata,
    /// Whether it can be called.
    pub status: Status,
    /// Receipts issued before this time are refused as retired.
    pub active_from: u64,
    /// Number of its latest release; 0 if none.
    pub latest_release: ReleaseNumber,
    /// Number of its latest terms, pending ones included.
    pub latest_terms: TermsNumber,
    /// Whom it is offered to.
    pub offered_to: Option<Addr>,
    /// Block time of the registration.
    pub registered_at: u64,
}

/// Status of a model.
#[cw_serde]
pub enum Status {
    /// Lists show it, and it can be called.
    Active {},
    /// Hidden from discovery, still callable.
    Delisted {},
    /// No receipts issued from `cutoff` on.
    Retired {
        /// The time from which it holds, in unix seconds.
        cutoff: u64,
    },
}

/// A page of ids of models.
#[cw_serde]
pub struct ModelIdsResponse {
    /// Ids of the models, ascending.
    pub models: Vec<ModelId>,
}

/// Numbers of models registered.
#[cw_serde]
pub struct ModelCountsResponse {
    /// One for each day asked for, in that order.
    pub models: Vec<u64>,
}

/// What a list shows of a model. The description, the licence and the homepage are in [`ModelResponse`] alone.
#[cw_serde]
pub struct ModelSummary {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Account that is the model's author now.
    pub author: Addr,
    /// The name under which its author has it now.
    pub name: String,
    /// What it is called in lists.
    pub title: String,
    /// What it does; empty if its author did not say.
    pub task: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whether it can be called.
    pub status: Status,
    /// Number of its latest release; 0 if none.
    pub latest_release: ReleaseNumber,
    /// Number of the terms in force; those that begin within 60 seconds count as in force.
    pub terms: TermsNumber,
    /// What a call costs by these terms.
    pub price: Price,
    /// Share of the operator that serves the call, in basis points.
    pub operator_bps: u16,
    /// Block time of the registration.
    pub registered_at: u64,
}

/// A page of models.
#[cw_serde]
pub struct ModelsResponse {
    /// In the order of the query.
    pub models: Vec<ModelSummary>,
}

/// A tag or a task.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(Eq)]
pub struct Topic {
    /// The tag or task.
    pub name: String,
    /// Number of active models that carry it.
    pub models: u64,
}

/// A page of tags or tasks.
#[cw_serde]
pub struct TopicsResponse {
    /// In the order of the query.
    pub topics: Vec<Topic>,
}

/// A release with its blobs and what was proven about them.
#[cw_serde]
pub struct ReleaseResponse {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Its number within the model, from 1.
    pub release: ReleaseNumber,
    /// The label's first number.
    pub major: u32,
    /// The label's second number.
    pub minor: u32,
    /// Text form of the billable blob's id.
    pub blob_id: String,
    /// Text form of the manifest blob's id.
    pub manifest: Option<String>,
    /// Account that was the author when the release was published.
    pub publisher: Addr,
    /// Block time of the publication.
    pub published_at: u64,
    /// Time of the commitment that it revealed, else of the publication.
    pub claimed_at: u64,
    /// Length of the blob in bytes, if it was proven.
    pub size: Option<Uint64>,
    /// The latest certificate that Walrus stores the blob so that nobody can delete it before it expires.
    pub permanent: Option<PermanentCertificate>,
    /// The latest certificate that Walrus stores the blob where an owner may delete it.
    pub deletable: Option<DeletableCertificate>,
}

/// A committee stored a permanent blob. Until when it is stored, a certificate does not say.
#[cw_serde]
#[derive(Copy, Eq)]
pub struct PermanentCertificate {
    /// Walrus epoch of the committee.
    pub epoch: u32,
    /// Block time at which it was shown to the registry.
    pub certified_at: u64,
    /// Whether the model's author showed it.
    pub by_author: bool,
}

/// A committee stored a deletable blob. Until when it is stored, and whether it was deleted, a certificate does not say.
#[cw_serde]
#[derive(Eq)]
pub struct DeletableCertificate {
    /// Walrus epoch of the committee.
    pub epoch: u32,
    /// Block time at which it was shown to the registry.
    pub certified_at: u64,
    /// Whether the model's author showed it.
    pub by_author: bool,
    /// The Sui object that stands for the blob: 32 bytes.
    pub object_id: HexBinary,
}

/// A page of releases.
#[cw_serde]
pub struct ReleasesResponse {
    /// The releases, the newest first.
    pub releases: Vec<ReleaseResponse>,
}

/// Names a release.
#[cw_serde]
#[derive(Copy, Eq)]
pub struct ReleaseRef {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Number of the release within its model, from 1.
    pub release: ReleaseNumber,
}

/// Somebody's publication of a blob id.
#[cw_serde]
pub struct ClaimResponse {
    /// Time of the commitment that it revealed, else of the publication.
    pub claimed_at: u64,
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Number of the release within its model, from 1.
    pub release: ReleaseNumber,
    /// Account that was the author when the release was published.
    pub publisher: Addr,
    /// Account that is the model's author now.
    pub author: Addr,
}

/// A page of claims.
#[cw_serde]
pub struct ClaimsResponse {
    /// By (claimed_at, model, release).
    pub claims: Vec<ClaimResponse>,
}

/// Where a page of claims ended.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(Copy, Eq)]
pub struct ClaimCursor {
    /// Of the last claim.
    pub claimed_at: u64,
    /// Of the last claim.
    pub model: ModelId,
    /// Of the last claim.
    pub release: ReleaseNumber,
}

/// A set of terms.
#[cw_serde]
pub struct TermsResponse {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// Their number within the model, from 1.
    pub terms: TermsNumber,
    /// What a call costs.
    pub price: Price,
    /// Share of the operator that serves the call.
    pub operator_bps: u16,
    /// Who shares the rest, in order.
    pub payees: Vec<Payee>,
    /// When they can be charged.
    pub validity: Validity,
}

/// An account and its share.
#[cw_serde]
#[derive(Eq)]
pub struct Payee {
    /// Address of the account.
    pub address: Addr,
    /// Its share in basis points.
    pub bps: u16,
}

/// When terms can be charged.
#[cw_serde]
pub enum Validity {
    /// Never: replaced while pending.
    Dropped {},
    /// For receipts issued in [effective_from, superseded_at).
    Interval {
        /// The time from which the terms are in force, in unix seconds.
        effective_from: u64,
        /// Unix seconds; none while no successor is set.
        superseded_at: Option<u64>,
    },
}

/// A list of terms.
#[cw_serde]
pub struct TermsListResponse {
    /// In the order of the query.
    pub terms: Vec<TermsResponse>,
}

/// When a hash was committed.
#[cw_serde]
pub struct CommitmentResponse {
    /// Unix seconds; none if it never was.
    pub committed_at: Option<u64>,
}

/// Where a symbol that was proven lies.
#[cw_serde]
pub struct SymbolResponse {
    /// The blob of the release, in its text form.
    pub blob_id: String,
    /// Which bytes of the blob the symbol is; none for a symbol that encoding added.
    pub bytes: Option<ByteRange>,
}

/// Bytes of a blob.
#[cw_serde]
pub struct ByteRange {
    /// Place of the first one, from 0.
    pub offset: Uint64,
    /// How many: fewer than the symbol has at the end of the blob, where the rest of the symbol is zeros.
    pub length: Uint64,
}

/// Who stores Walrus committees.
#[cw_serde]
pub struct WalrusKeeperResponse {
    /// None if the registry was born without one.
    pub keeper: Option<Addr>,
    /// Whom the role is offered to.
    pub offered_to: Option<Addr>,
}

/// The Walrus committees that are kept.
#[cw_serde]
pub struct CommitteesResponse {
    /// The committees, the latest first.
    pub committees: Vec<CommitteeResponse>,
}

/// A Walrus committee.
#[cw_serde]
pub struct CommitteeResponse {
    /// The epoch of Walrus that the committee served in.
    pub epoch: u32,
    /// Sum of the weights.
    pub n_shards: u16,
    /// Weight of signers that makes a certificate.
    pub quorum: u32,
    /// How many members the committee has.
    pub members: u32,
    /// Block time at which it was stored.
    pub set_at: u64,
}

/// A page of members of a committee.
#[cw_serde]
pub struct CommitteeMembersResponse {
    /// The members, by their place in the bitmap of signers.
    pub members: Vec<CommitteeMember>,
}

impl fmt::Display for StatusName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Delisted => "delisted",
            Self::Retired => "retired",
        })
    }
}

impl From<records::ModelStatus> for StatusName {
    fn from(status: records::ModelStatus) -> Self {
        match status {
            records::ModelStatus::Active => Self::Active,
            records::ModelStatus::Delisted => Self::Delisted,
            records::ModelStatus::Retired { .. } => Self::Retired,
        }
    }
}

impl From<records::ModelStatus> for Status {
    fn from(status: records::ModelStatus) -> Self {
        match status {
            records::ModelStatus::Active => Self::Active {},
            records::ModelStatus::Delisted => Self::Delisted {},
            records::ModelStatus::Retired { cutoff } => Self::Retired { cutoff },
        }
    }
}

impl From<records::Validity> for Validity {
    fn from(validity: records::Validity) -> Self {
        match validity {
            records::Validity::Dropped => Self::Dropped {},
            records::Validity::Interval { from, until } => Self::Interval {
                effective_from: from,
                superseded_at: until,
            },
        }
    }
}
