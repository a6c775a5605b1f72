//! Messages of the billing contract: who may attest, what a receipt is, what it costs, and what was used.
//!
//! It holds no money. Batches, receipts and vouchers are bytes in the format of [`crate::wire`]. Times are unix
//! seconds. List queries return `limit` entries (10 if not given, at most 100) from the one after `start_after` on.
//!
//! Usage is counted per denomination, which the reader names; sums over denominations would mean nothing. A model,
//! account or denomination that nothing was charged for answers zeros or an empty page. Days are whole days since
//! 1970-01-01 by block time, weeks are whole spans of seven such days. "Reads" in the queries are storage reads beside
//! the three that find the denomination's number; a range counts as one, and one for each entry that it gives.

use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Binary, Decimal, HexBinary, Uint128};
use hub_wire::ids::{AttesterId, ModelId, ReleaseNumber};

use crate::denom::{Denom, UncheckedDenom};
use crate::records::served::{Earned, Served};
use crate::records::usage::{AttesterTotals, HubTotals, Sums, WeekCounts};
use crate::time::Week;
use crate::verifier::Evidence;

/// Binds a new billing contract to a registry and lets it instantiate an escrow of its own.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Address of a registry; it must answer as one.
    pub registry: String,
    /// Code of the escrow.
    pub escrow_code_id: u64,
    /// Chain admin of the escrow: could move funds by new code, so none is the default.
    pub escrow_admin: Option<String>,
}

/// What can be done. Sending coins along with any of these is an error.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Registers a signing key of the sender, who becomes its operator. Anyone; a key registers once, ever. Evidence is
    /// given to the verifier that the sender names ([`crate::verifier::ExecuteMsg::Attest`]); what that finds is the
    /// attester's measurement, and its refusal fails the message. Emits `hub_attester_registered`. Returns
    /// [`AttesterCreated`] as data.
    RegisterAttester {
        /// Compressed SEC1 (33 bytes) or raw ed25519 (32 bytes).
        key: Binary,
        /// The signature scheme of the key.
        key_type: KeyType,
        /// The key's signature over [`crate::wire::digest::possession_digest`], 64 bytes.
        possession: Binary,
        /// Where the key lives, and which verifier is to judge that; without it the attester has no measurement.
        evidence: Option<Evidence>,
        /// Where callers reach it, at most 256 bytes.
        endpoint: Option<String>,
    },
    /// Receipts that the attester issues after the grace are refused; earlier ones stay billable. Its operator, once.
    /// Emits `hub_attester_retired`.
    Retire {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
    },
    /// Nothing of the attester is accepted any more, whenever it was issued. Its operator, once. Emits
    /// `hub_attester_revoked`.
    Revoke {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
    },
    /// Changes where callers reach an attester. Its operator. Emits `hub_endpoint_set`.
    SetEndpoint {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// At most 256 bytes; none to withdraw it.
        endpoint: Option<String>,
    },
    /// Settles many receipts under one signature. Anyone. Format, signature, attester and `issued_to` decide about
    /// the whole; the rest is decided per group and never fails the others. Emits `hub_settle`. Returns
    /// [`BatchResponse`] as data. A batch that changes nothing is an error that names the reasons, unless some group of it
    /// was settled before: then it succeeds, records nothing and emits nothing.
    SettleBatch {
        /// [`crate::wire::Batch`] in canonical bytes.
        batch: Binary,
        /// Over [`crate::wire::digest::batch_digest`], 64 bytes.
        signature: Binary,
        /// Ceilings that callers signed, each as `0x01 ‖ session ‖ ceiling ‖ signature`, the bytes of
        /// [`crate::wire::SignedVoucher`]; bad ones are ignored.
        #[serde(default)]
        vouchers: Vec<Binary>,
    },
    /// Settles one receipt, and checks its blob id. Anyone. Emits `hub_receipt`. Returns [`ReceiptResponse`] as data.
    Settle {
        /// [`crate::wire::Receipt`] in canonical bytes.
        receipt: Binary,
        /// Its number in the attester's lane of the session.
        sequence: u64,
        /// Over [`crate::wire::digest::receipt_digest`], 64 bytes.
        signature: Binary,
        /// A ceiling that the caller signed, as `0x01 ‖ session ‖ ceiling ‖ signature`, the bytes of
        /// [`crate::wire::SignedVoucher`]; a bad one is ignored.
        voucher: Option<Binary>,
    },
}

/// Kinds of signing keys.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum KeyType {
    /// ECDSA over secp256k1: keys are compressed SEC1, signatures compact with low s.
    Secp256k1,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

impl From<KeyType> for crate::wire::KeyType {
    fn from(key_type: KeyType) -> Self {
        match key_type {
            KeyType::Secp256k1 => Self::Secp256k1,
            KeyType::Ed25519 => Self::Ed25519,
        }
    }
}

impl From<crate::wire::KeyType> for KeyType {
    fn from(key_type: crate::wire::KeyType) -> Self {
        match key_type {
            crate::wire::KeyType::Secp256k1 => Self::Secp256k1,
            crate::wire::KeyType::Ed25519 => Self::Ed25519,
        }
    }
}

/// What the contract answers to a smart query.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The contracts it works with, and the constants it was born with.
    #[returns(ConfigResponse)]
    Config {},
    /// An attester by id.
    #[returns(AttesterResponse)]
    Attester {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
    },
    /// An attester by key.
    #[returns(Option<AttesterResponse>)]
    AttesterByKey {
        /// The public key that was registered.
        key: Binary,
    },
    /// All attesters, by id.
    #[returns(AttestersResponse)]
    Attesters {
        /// Last id of the page before.
        start_after: Option<AttesterId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Attesters of an operator, by id.
    #[returns(AttestersResponse)]
    AttestersByOperator {
        /// Account that runs the attesters.
        operator: String,
        /// Last id of the page before.
        start_after: Option<AttesterId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Attesters with this measurement, by id.
    #[returns(AttestersResponse)]
    AttestersByMeasurement {
        /// A verifier and what it found, 32 bytes: see [`crate::verifier::Measurement`].
        measurement: HexBinary,
        /// Last id of the page before.
        start_after: Option<AttesterId>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// What `SettleBatch` would answer now. Without a signature none is checked.
    #[returns(BatchResponse)]
    PreviewBatch {
        /// As in the message.
        batch: Binary,
        /// As in the message.
        signature: Option<Binary>,
        /// As in the message.
        #[serde(default)]
        vouchers: Vec<Binary>,
    },
    /// A recorded batch.
    #[returns(RecordedBatch)]
    Batch {
        /// Id of the attester that signed it.
        attester: AttesterId,
        /// Its number among the attester's recorded batches, from 1.
        batch: u64,
    },
    /// Recorded batches of an attester, by number.
    #[returns(BatchesResponse)]
    Batches {
        /// Id of the attester that signed them.
        attester: AttesterId,
        /// Last number of the page before.
        start_after: Option<u64>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Proves that an attester vouched for a receipt in a recorded batch. An error if the proof does not hold. It does
    /// not prove that the receipt was paid.
    #[returns(InclusionResponse)]
    VerifyInclusion {
        /// Who signed the batch.
        attester: AttesterId,
        /// Its number among the attester's recorded batches, from 1.
        batch: u64,
        /// [`crate::wire::Receipt`] in canonical bytes.
        receipt: Binary,
        /// Where the receipt stands in the tree.
        proof: InclusionProof,
    },
    /// Lifetime usage of a model. 1 read.
    #[returns(UsageResponse)]
    Usage {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
    /// Lifetime usage of several models, in the order in which they are named. As many reads as models. An error if more than
    /// 100 are named.
    #[returns(UsagesResponse)]
    Usages {
        /// Models, at most 100.
        models: Vec<ModelId>,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
    /// Usage of a model on each day on which any of its receipts were billed, by day. `limit` + 4 reads.
    #[returns(UsageByDayResponse)]
    UsageByDay {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last day of the page before; any day will do.
        start_after: Option<u64>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Usage of a model over the days from `from` to `until`, both included. 5 reads, however long the span. An error
    /// if `until` is before `from`.
    #[returns(UsageOfDaysResponse)]
    UsageOfDays {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// First day of the span, as ⌊unix seconds / 86 400⌋.
        from: u64,
        /// Last day of the span, included.
        until: u64,
    },
    /// Usage of several models over the days from `from` to `until`, both included, in the order in which they are named.
    /// 5 reads a model, however long the span. An error if `until` is before `from` or more than 100 are named.
    #[returns(UsagesOfDaysResponse)]
    UsagesOfDays {
        /// Models, at most 100.
        models: Vec<ModelId>,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// First day.
        from: u64,
        /// Last day.
        until: u64,
    },
    /// Usage of several models on each day from `from` to `until`, both included, on which any of their receipts were
    /// billed: what small charts are drawn from. Models in the order in which they are named, days ascending. 4 reads a
    /// model and one for each day that is answered. An error if `until` is before `from`, if more than 100 models are
    /// named, or if models × days is more than 1 000.
    #[returns(UsagesByDayResponse)]
    UsagesByDay {
        /// Models, at most 100.
        models: Vec<ModelId>,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// First day.
        from: u64,
        /// Last day.
        until: u64,
    },
    /// What the income of a model is worth to a reader who believes these operators: what they served of it, what they
    /// kept, and what that backs. 3 reads an operator and 1. An error if more than 16 are named, one is named twice, or
    /// the factor is not 1 to 20. Operators who never registered an attester have zeros.
    #[returns(BackingResponse)]
    Backing {
        /// The model.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Whom the reader believes, at most 16.
        operators: Vec<String>,
        /// How many times what they kept they may speak for, 1 to 20; 5 if not given.
        factor: Option<u32>,
    },
    /// The same for several models, in the order in which they are named. 2 reads an operator, 1 a model, and at most 1 for
    /// each of both together. An error as of `Backing`, if more than 100 models are named, or if models × operators is more
    /// than 800.
    #[returns(BackingsResponse)]
    Backings {
        /// Models, at most 100.
        models: Vec<ModelId>,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Whom the reader believes, at most 16.
        operators: Vec<String>,
        /// How many times what they kept they may speak for, 1 to 20; 5 if not given.
        factor: Option<u32>,
    },
    /// All operators that ever served a model for money, in the order in which they registered their first attesters. Also how
    /// a caller finds who serves it. 2 × `limit` + 4 reads.
    #[returns(ServedByResponse)]
    ServedBy {
        /// The model.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last operator of the page before.
        start_after: Option<String>,
        /// Entries wanted.
        limit: Option<u32>,
    },
    /// Lifetime usage of each release of a model that was ever billed, by number. `limit` + 2 reads.
    #[returns(UsageByReleaseResponse)]
    UsageByRelease {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last release of the page before.
        start_after: Option<ReleaseNumber>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Payers of a model: funders whose aged money paid it, by canonical address. 2 × `limit` + 1 reads.
    #[returns(PayersResponse)]
    Payers {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last payer of the page before.
        start_after: Option<String>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Usage of an author's present models, summed over up to `limit` of them, by id. What they earned under an earlier
    /// author is included, since it is the models that are asked for; [`crate::escrow::QueryMsg::Balance`] knows what an
    /// account itself earned. 2 × `limit` + 2 reads.
    #[returns(AuthorUsageResponse)]
    AuthorUsage {
        /// Account whose models are asked about.
        author: String,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last model summed by the page before: its `next`.
        start_after: Option<ModelId>,
        /// Most models that are summed: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// What an attester signed and was paid. 2 reads. An error if there is no such attester.
    #[returns(AttesterUsageResponse)]
    AttesterUsage {
        /// Id of the attester, as billing gave it.
        attester: AttesterId,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
    },
    /// What an operator's attesters signed and was paid, summed over up to `limit` of them, by id. 2 × `limit` + 1
    /// reads.
    #[returns(AttestersUsageResponse)]
    OperatorUsage {
        /// Account that runs the attesters.
        operator: String,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last attester summed by the page before: its `next`.
        start_after: Option<AttesterId>,
        /// Most attesters of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// What the attesters of one measurement signed and was paid, summed over up to `limit` of them, by id. 2 ×
    /// `limit` + 1 reads.
    #[returns(AttestersUsageResponse)]
    MeasurementUsage {
        /// A verifier and what it found, 32 bytes.
        measurement: HexBinary,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last attester summed by the page before: its `next`.
        start_after: Option<AttesterId>,
        /// Most attesters of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Models by recent aged income, of which each payment counts half after four weeks, the most first. The order is right
    /// where two differ by more than a sixteenth of a doubling; of those that round to the same, the older model comes
    /// first. A model that nobody pays any more stands where it belongs, until others pass it. 2 × `limit` + 1 reads.
    #[returns(RankingResponse)]
    Ranking {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Place of the last model of the page before.
        start_after: Option<RankingPlace>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Models by the aged income of their lives, the most first. The order is exact where two differ by more than one part in
    /// sixteen; of those that round to the same, the older model comes first. 2 × `limit` + 1 reads.
    #[returns(RankingResponse)]
    LifetimeRanking {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Place of the last model of the page before.
        start_after: Option<RankingPlace>,
        /// Entries wanted.
        limit: Option<u32>,
    },
    /// Models by what an operator recently kept of their income, the most first: the ranking of a reader who believes it.
    /// A reader who believes several puts their pages together and asks `Backings` about the models. Order as in `Ranking`.
    /// 3 × `limit` + 3 reads.
    #[returns(RankingAtResponse)]
    RankingAt {
        /// The operator.
        operator: String,
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Place of the last model of the page before.
        start_after: Option<RankingPlace>,
        /// Entries wanted.
        limit: Option<u32>,
    },
    /// The Hub at a glance: the last `days` whole days against as many before them. 81 reads, whatever `days` is. An
    /// error unless `days` is 1 to 90.
    #[returns(HubResponse)]
    Hub {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Length of both spans, 1 to 90.
        days: u32,
    },
    /// Sums of the Hub for each day on which any receipts were billed, by day. `limit` + 4 reads.
    #[returns(HubByDayResponse)]
    HubByDay {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last day of the page before; any day will do.
        start_after: Option<u64>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
    /// Counts of the Hub for each week in which any receipts were billed, by week. `limit` + 2 reads.
    #[returns(HubWeeksResponse)]
    HubWeeks {
        /// The denomination that is asked about.
        denom: UncheckedDenom,
        /// Last week of the page before; any week will do.
        start_after: Option<u64>,
        /// Most entries of the page: 1 to 100, 10 where none is stated.
        limit: Option<u32>,
    },
}

/// Most days that [`QueryMsg::Hub`] compares.
pub const MAX_GLANCE_DAYS: u32 = 90;

/// Most models × days of [`QueryMsg::UsagesByDay`].
pub const MAX_MODEL_DAYS: u64 = 1_000;

/// Nothing to say: a migration keeps everything.
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}

/// Data of [`ExecuteMsg::RegisterAttester`].
#[cw_serde]
pub struct AttesterCreated {
    /// Id of the attester.
    pub attester: AttesterId,
}

/// What became of a group of receipts. The first that holds wins.
#[cw_serde]
#[derive(Copy, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything from the lane's position on was billed.
    Paid,
    /// Only the first `receipts` from the lane's position on were billed; send the same bytes again after a top-up or
    /// a higher ceiling.
    Partial {
        /// Billed by this message.
        receipts: u64,
    },
    /// Writes nothing: no such session, or it was released.
    UnknownSession,
    /// Writes nothing: the session trusts another operator or insists on another measurement.
    AttesterNotAllowed,
    /// Writes nothing: all of it was settled before.
    Stale,
    /// Writes nothing: all lanes of the session are in use.
    LanesFull,
    /// Writes nothing: receipts before it are missing; send those first.
    Gap,
    /// Writes nothing: a part of a netted group was settled before. Send the rest as a group of its own that starts at
    /// the lane's position.
    Overlaps,
    /// Consumed: all of it is older than the registry's `receipt_max_age_seconds`.
    Expired,
    /// Consumed: all of it was issued after the attester's retirement.
    AttesterRetired,
    /// Consumed: all of it was issued outside the session's time.
    Closed,
    /// Consumed: the session lists other models.
    ModelNotAllowed,
    /// Consumed: no such model.
    UnknownModel,
    /// Consumed: no such release, or a single receipt names another blob id.
    UnknownRelease,
    /// Consumed: no such terms.
    UnknownTerms,
    /// Consumed: the terms were not in force when any of it was issued.
    TermsNotInForce,
    /// Consumed: all of it was issued while the model was retired.
    Retired,
    /// Consumed: the terms are in another denomination than the session.
    WrongDenom,
    /// Consumed: the price is above the session's limit.
    PriceAboveLimit,
    /// Writes nothing: one of the limits of time that lead to `expired`, `attester_retired`, `closed`,
    /// `terms_not_in_force` and `retired` refuses a part of it. Send the same receipts under the same numbers, cut into
    /// groups that lie on one side of the limit each.
    Straddles,
    /// Consumed: an amount, or the model's lifetime gross with what would be billed, is beyond 128 bits.
    Overflow,
    /// Writes nothing: the budget does not cover the first receipt still to be billed.
    Exhausted,
    /// Writes nothing: the budget covers it, the ceiling does not.
    VoucherMissing,
}

impl Outcome {
    /// Its name, as JSON and events spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Partial { .. } => "partial",
            Self::UnknownSession => "unknown_session",
            Self::AttesterNotAllowed => "attester_not_allowed",
            Self::Stale => "stale",
            Self::LanesFull => "lanes_full",
            Self::Gap => "gap",
            Self::Overlaps => "overlaps",
            Self::Expired => "expired",
            Self::AttesterRetired => "attester_retired",
            Self::Closed => "closed",
            Self::ModelNotAllowed => "model_not_allowed",
            Self::UnknownModel => "unknown_model",
            Self::UnknownRelease => "unknown_release",
            Self::UnknownTerms => "unknown_terms",
            Self::TermsNotInForce => "terms_not_in_force",
            Self::Retired => "retired",
            Self::WrongDenom => "wrong_denom",
            Self::PriceAboveLimit => "price_above_limit",
            Self::Straddles => "straddles",
            Self::Overflow => "overflow",
            Self::Exhausted => "exhausted",
            Self::VoucherMissing => "voucher_missing",
        }
    }
}

/// Data of [`ExecuteMsg::SettleBatch`].
#[cw_serde]
pub struct BatchResponse {
    /// Id of the attester that signed.
    pub attester: AttesterId,
    /// Number of the record among the attester's; none if nothing was recorded.
    pub batch: Option<u64>,
    /// Receipts in the batch.
    pub offered: u64,
    /// Receipts billed by this message.
    pub paid: u64,
    /// What was charged, per denomination.
    pub gross: Vec<Gross>,
    /// What became of the groups, in the order of the batch: those that stand together and share an outcome are one
    /// entry.
    pub outcomes: Vec<OutcomeRun>,
}

impl BatchResponse {
    /// What became of each group, in the order of the batch.
    pub fn outcomes_of_groups(&self) -> impl Iterator<Item = Outcome> + '_ {
        self.outcomes.iter().flat_map(|run| {
            // A platform's width of numbers does not matter: no batch holds so many groups.
            let groups = usize::try_from(run.groups).unwrap_or(usize::MAX);
            std::iter::repeat_n(run.outcome, groups)
        })
    }

    /// What became of the group at `place`, from 0; none if the batch has no such group.
    pub fn outcome_of_group(&self, place: u64) -> Option<Outcome> {
        let mut behind: u64 = 0;
        self.outcomes.iter().find_map(|run| {
            behind = behind.saturating_add(run.groups);
            (place < behind).then_some(run.outcome)
        })
    }
}

/// Groups that stand together and share an outcome.
#[cw_serde]
#[derive(Copy, Eq)]
pub struct OutcomeRun {
    /// The outcome.
    pub outcome: Outcome,
    /// How many groups, at least one.
    pub groups: u64,
}

impl OutcomeRun {
    /// Outcomes in order, neighbours that are equal put together.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Vec<Self> {
        let mut runs: Vec<Self> = vec![];
        for outcome in outcomes {
            match runs.last_mut() {
                Some(run) if run.outcome == outcome => run.groups = run.groups.saturating_add(1),
                _ => runs.push(Self { outcome, groups: 1 }),
            }
        }
        runs
    }
}

/// What was charged in one denomination.
#[cw_serde]
pub struct Gross {
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// The sum, in the smallest unit of the denomination.
    pub amount: Uint128,
}

/// Data of [`ExecuteMsg::Settle`].
#[cw_serde]
pub struct ReceiptResponse {
    /// What became of the receipt.
    pub outcome: Outcome,
    /// What was charged for it.
    pub amount: Uint128,
}

/// The contracts that billing works with, and the constants it was born with.
#[cw_serde]
pub struct ConfigResponse {
    /// Layout of its packed records, see [`crate::packed::LAYOUT`].
    pub layout: u8,
    /// Where models and terms are read.
    pub registry: Addr,
    /// Where money is moved.
    pub escrow: Addr,
    /// The age in seconds from which the registry lets a receipt expire.
    pub receipt_max_age_seconds: u64,
}

/// An attester: its key, who runs it, and whether it may vouch.
#[cw_serde]
pub struct AttesterResponse {
    /// Id of the attester, as billing gave it.
    pub attester: AttesterId,
    /// Account that runs the attester.
    pub operator: Addr,
    /// The public key: 33 bytes of compressed SEC1, or 32 of ed25519.
    pub key: Binary,
    /// Kind of the key.
    pub key_type: KeyType,
    /// Which verifier vouched for the key at registration, and what it found; none where none was asked.
    pub measurement: Option<HexBinary>,
    /// Whether its receipts are accepted.
    pub status: AttesterStatus,
    /// Where callers reach it.
    pub endpoint: Option<String>,
    /// How many of the attester's batches are recorded.
    pub batches: u64,
}

/// Whether receipts of an attester are accepted.
#[cw_serde]
pub enum AttesterStatus {
    /// The attester may vouch for new work.
    Active {},
    /// Those issued before `cutoff`.
    Retired {
        /// The time from which it holds, in unix seconds.
        cutoff: u64,
    },
    /// Nothing more of the attester is accepted, whenever it was issued.
    Revoked {},
}

/// A page of attesters.
#[cw_serde]
pub struct AttestersResponse {
    /// The attesters, by ascending id.
    pub attesters: Vec<AttesterResponse>,
}

/// A recorded batch.
#[cw_serde]
pub struct RecordedBatch {
    /// Id of the attester that signed it.
    pub attester: AttesterId,
    /// Its number among the attester's, from 1.
    pub batch: u64,
    /// RFC 6962 root over its receipts.
    pub receipts_root: HexBinary,
    /// How many receipts it has.
    pub offered: u64,
    /// Receipts billed by the message that recorded it.
    pub paid: u64,
    /// Block time of that message.
    pub settled_at: u64,
    /// Measurement of the attester.
    pub measurement: Option<HexBinary>,
}

/// A page of recorded batches.
#[cw_serde]
pub struct BatchesResponse {
    /// The batches, by ascending number.
    pub batches: Vec<RecordedBatch>,
}

/// Where a receipt stands in the Merkle tree of its batch (RFC 9162, section 2.1.3).
#[cw_serde]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// Its place in the batch, from 0.
    pub index: u64,
    /// Hashes beside the path from leaf to root, lowest first, 32 bytes each.
    pub siblings: Vec<HexBinary>,
}

/// What an inclusion proof shows.
#[cw_serde]
pub struct InclusionResponse {
    /// Who vouched for the receipt.
    pub attester: AttesterId,
    /// Measurement of the attester.
    pub measurement: Option<HexBinary>,
    /// Block time of the message that recorded the batch.
    pub settled_at: u64,
    /// Receipts in the batch.
    pub offered: u64,
    /// Receipts billed by the message that recorded it.
    pub paid: u64,
}

/// What was used. Sums saturate, but for a model's lifetime gross, which is exact.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct UsageSums {
    /// All that callers were charged.
    pub gross: Uint128,
    /// Of it, charged where funder or caller is the author, a payee or the operator.
    pub related: Uint128,
    /// Of the rest, paid with money that lay in its session for a day or more.
    pub aged: Uint128,
    /// Receipts paid with an amount of at least 1.
    pub calls: u64,
    /// Receipts billed at nothing.
    pub free_calls: u64,
    /// Input units of both.
    pub units_in: Uint128,
    /// Output units of both.
    pub units_out: Uint128,
}

impl From<Sums> for UsageSums {
    fn from(sums: Sums) -> Self {
        Self {
            gross: sums.gross.into(),
            related: sums.related.into(),
            aged: sums.aged.into(),
            calls: sums.calls,
            free_calls: sums.free_calls,
            units_in: sums.units_in.into(),
            units_out: sums.units_out.into(),
        }
    }
}

/// Lifetime usage of a model in one denomination.
#[cw_serde]
pub struct UsageResponse {
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// Sums over its whole life.
    pub sums: UsageSums,
    /// Day of the first paid call.
    pub first_day: Option<u64>,
    /// Day of the last paid call.
    pub last_day: Option<u64>,
    /// Funders whose aged money paid it.
    pub payers: u64,
    /// Of them, those whose aged money paid it in the present week.
    pub payers_this_week: u64,
    /// Payers in two weeks that are at least two apart, so that seven days or more lie between the payments.
    pub returning: u64,
    /// Payers counted once for each week in which their aged money paid.
    pub payer_weeks: u64,
    /// Aged income, each payment of which counts half after four weeks, as it is in the present week.
    pub recent_aged: Uint128,
    /// On the last day on which receipts were billed: the shortest time from a group's newest receipt to the block that
    /// settled it, seconds.
    pub settle_lag_seconds: Option<u64>,
}

/// Lifetime usage of several models.
#[cw_serde]
pub struct UsagesResponse {
    /// In the order in which the models were named.
    pub usages: Vec<UsageResponse>,
}

/// Usage of several models over a span of days.
#[cw_serde]
pub struct UsagesOfDaysResponse {
    /// In the order in which the models were named.
    pub models: Vec<UsageOfModelDays>,
}

/// Usage of a model over a span of days.
#[cw_serde]
pub struct UsageOfModelDays {
    /// The model.
    pub model: ModelId,
    /// Of the span.
    pub sums: UsageSums,
}

/// Usage of several models by day.
#[cw_serde]
pub struct UsagesByDayResponse {
    /// In the order in which the models were named.
    pub models: Vec<UsageOfModelByDay>,
}

/// Usage of a model by day.
#[cw_serde]
pub struct UsageOfModelByDay {
    /// The model.
    pub model: ModelId,
    /// By day; days on which nothing was billed are left out.
    pub days: Vec<UsageOfDay>,
}

/// What an operator served of a model, or several operators together. Every sum saturates.
///
/// A payment is strange if neither its funder nor its caller is the author, a payee or the operator.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct ServedSums {
    /// Strange payments.
    pub strange: Uint128,
    /// Of them, the operator's share, where the operator is neither author nor payee: what left those who paid for good,
    /// unless the operator gives it back.
    pub kept: Uint128,
    /// Receipts paid with an amount of at least 1, strange or not.
    pub calls: u64,
    /// As `strange`, but each payment counts half after four weeks, as it is in the present week.
    pub recent_strange: Uint128,
    /// As `kept`, but each payment counts half after four weeks, as it is in the present week.
    pub recent_kept: Uint128,
}

impl ServedSums {
    /// What was served, as it is in `week`.
    pub fn at(served: &Served, week: Week) -> Self {
        let recent = served.recent_at(week);
        Self {
            strange: served.strange.into(),
            kept: served.kept.into(),
            calls: served.calls,
            recent_strange: recent.strange.into(),
            recent_kept: recent.kept.into(),
        }
    }

    /// What was earned over the life of the model, for [`crate::helpers::backing`].
    pub fn lifetime(&self) -> Earned {
        Earned {
            strange: self.strange.u128(),
            kept: self.kept.u128(),
        }
    }

    /// What was earned recently: each payment counts half after four weeks.
    pub fn recent(&self) -> Earned {
        Earned {
            strange: self.recent_strange.u128(),
            kept: self.recent_kept.u128(),
        }
    }

    /// Both together; saturates.
    pub fn and(&self, other: &Self) -> Self {
        Self {
            strange: self.strange.saturating_add(other.strange),
            kept: self.kept.saturating_add(other.kept),
            calls: self.calls.saturating_add(other.calls),
            recent_strange: self.recent_strange.saturating_add(other.recent_strange),
            recent_kept: self.recent_kept.saturating_add(other.recent_kept),
        }
    }
}

/// What an operator served of a model.
#[cw_serde]
pub struct OperatorServed {
    /// The operator.
    pub operator: Addr,
    /// What it served.
    pub sums: ServedSums,
}

/// The operators of a model.
#[cw_serde]
pub struct ServedByResponse {
    /// In the order in which they registered their first attesters.
    pub operators: Vec<OperatorServed>,
}

/// What the operators that a reader believes say about a model.
///
/// Whoever made `backed` up has left them at least `backed` / `factor` for good, whatever accounts, loans, models and
/// operators of its own it has, unless one of them gives it back.
#[cw_serde]
pub struct BackingResponse {
    /// The model.
    pub model: ModelId,
    /// The denomination.
    pub denom: Denom,
    /// Times what they kept, for which it speaks.
    pub factor: u32,
    /// Sum over the operators of the smaller of what each served for strangers and `factor` times what it kept.
    pub backed: Uint128,
    /// The same of what is recent.
    pub recent_backed: Uint128,
    /// Part of the unrelated gross of the model that they served, in basis points, rounded down; 0 where there is none.
    pub coverage_bps: u64,
    /// What each served, in the order in which they were named.
    pub operators: Vec<OperatorServed>,
}

/// Backing of several models.
#[cw_serde]
pub struct BackingsResponse {
    /// In the order in which the models were named.
    pub backings: Vec<BackingResponse>,
}

/// A page of the ranking of an operator.
#[cw_serde]
pub struct RankingAtResponse {
    /// The most first.
    pub models: Vec<ModelAt>,
}

/// A model in the ranking of an operator.
#[cw_serde]
pub struct ModelAt {
    /// Where it stands, to go on from.
    pub place: RankingPlace,
    /// What the operator served of it.
    pub sums: ServedSums,
    /// Everything charged for the model, at all operators.
    pub gross: Uint128,
    /// Of it, charged where funder or caller is the author, a payee or the operator.
    pub related: Uint128,
    /// Funders whose aged money paid the model, at all operators.
    pub payers: u64,
    /// Of them, those who returned.
    pub returning: u64,
}

/// A page of days of a model.
#[cw_serde]
pub struct UsageByDayResponse {
    /// By day; days on which nothing was billed are left out.
    pub days: Vec<UsageOfDay>,
}

/// Usage of one day.
#[cw_serde]
pub struct UsageOfDay {
    /// The day, as ⌊unix seconds / 86 400⌋.
    pub day: u64,
    /// Sums of that day.
    pub sums: UsageSums,
}

/// Usage over a span of days.
#[cw_serde]
pub struct UsageOfDaysResponse {
    /// Sums over the days of the span.
    pub sums: UsageSums,
}

/// A page of releases of a model.
#[cw_serde]
pub struct UsageByReleaseResponse {
    /// By number; releases of which nothing was billed are left out.
    pub releases: Vec<UsageOfRelease>,
}

/// Usage of one release.
#[cw_serde]
pub struct UsageOfRelease {
    /// Number of the release within its model, from 1.
    pub release: ReleaseNumber,
    /// Sums over its whole life.
    pub sums: UsageSums,
}

/// A page of payers.
#[cw_serde]
pub struct PayersResponse {
    /// The payers, by canonical address.
    pub payers: Vec<PayerResponse>,
}

/// A funder whose aged money paid a model.
#[cw_serde]
pub struct PayerResponse {
    /// The funder whose aged money paid.
    pub payer: Addr,
    /// Week in which it first did.
    pub first_week: u64,
    /// Week in which it last did; two weeks or more after the first make it a returning one.
    pub last_week: u64,
}

/// Usage of an author's present models.
#[cw_serde]
pub struct AuthorUsageResponse {
    /// Models summed, whether used or not.
    pub models: u64,
    /// Sums over their whole lives.
    pub sums: UsageSums,
    /// Where to go on: the `start_after` of the next page. None where the page was not full, so nothing follows.
    pub next: Option<ModelId>,
}

/// What an attester signed and was paid.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct AttesterSums {
    /// All that callers were charged.
    pub gross: Uint128,
    /// Of it, unrelated and paid with money that lay in its session for a day or more.
    pub aged: Uint128,
    /// Receipts paid with an amount of at least 1.
    pub calls: u64,
    /// What the operator kept of strange payments, see [`ServedSums::kept`].
    pub kept: Uint128,
}

impl From<AttesterTotals> for AttesterSums {
    fn from(sums: AttesterTotals) -> Self {
        Self {
            gross: sums.gross.into(),
            aged: sums.aged.into(),
            calls: sums.calls,
            kept: sums.kept.into(),
        }
    }
}

/// Lifetime usage of an attester in one denomination.
#[cw_serde]
pub struct AttesterUsageResponse {
    /// Id of the attester, as billing gave it.
    pub attester: AttesterId,
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// Sums over its whole life.
    pub sums: AttesterSums,
}

/// Lifetime usage of several attesters.
#[cw_serde]
pub struct AttestersUsageResponse {
    /// Attesters summed, whether used or not.
    pub attesters: u64,
    /// Sums over their whole lives.
    pub sums: AttesterSums,
    /// Where to go on: the `start_after` of the next page. None where the page was not full, so nothing follows.
    pub next: Option<AttesterId>,
}

/// A model's place in the ranking.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[derive(Copy, Eq)]
pub struct RankingPlace {
    /// What the ranking is by, rounded to a small number that grows with it: see [`crate::records::recent::score`], and
    /// [`crate::records::usage::score`] for the ranking of all time. It means something in its own ranking alone.
    pub score: u16,
    /// Id of the model, as the registry gave it.
    pub model: ModelId,
}

/// A page of the ranking.
#[cw_serde]
pub struct RankingResponse {
    /// The most first.
    pub models: Vec<RankedModel>,
}

/// A model in the ranking.
#[cw_serde]
pub struct RankedModel {
    /// Where it stands, to go on from.
    pub place: RankingPlace,
    /// Its aged income, each payment of which counts half after four weeks, as it is in the present week.
    pub recent_aged: Uint128,
    /// Its lifetime aged income.
    pub aged: Uint128,
    /// Everything ever charged for it.
    pub gross: Uint128,
    /// Of it, charged where funder or caller is the author, a payee or the operator.
    pub related: Uint128,
    /// Funders whose aged money paid it.
    pub payers: u64,
    /// Of them, those who returned.
    pub returning: u64,
}

/// Sums of the Hub in one denomination.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct HubSums {
    /// All that callers were charged.
    pub gross: Uint128,
    /// Of it, charged where funder or caller is the author, a payee or the operator.
    pub related: Uint128,
    /// Of the rest, paid with money that lay in its session for a day or more.
    pub aged: Uint128,
    /// Receipts paid with an amount of at least 1.
    pub calls: u64,
    /// Receipts billed at nothing.
    pub free_calls: u64,
    /// Models with their first paid call.
    pub models_called: u64,
    /// Models with their first aged income.
    pub models_earning: u64,
    /// Authors of whom a model had its first aged income, each once.
    pub authors_earning: u64,
    /// Funders whose aged money first paid for a call.
    pub payers: u64,
}

impl From<HubTotals> for HubSums {
    fn from(sums: HubTotals) -> Self {
        Self {
            gross: sums.gross.into(),
            related: sums.related.into(),
            aged: sums.aged.into(),
            calls: sums.calls,
            free_calls: sums.free_calls,
            models_called: sums.models_called,
            models_earning: sums.models_earning,
            authors_earning: sums.authors_earning,
            payers: sums.payers,
        }
    }
}

/// What happened in a span of days.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct HubSpan {
    /// Models registered, in whatever denomination their price is.
    pub models_registered: u64,
    /// In the denomination asked for.
    pub sums: HubSums,
}

/// Who took part in a week, in one denomination.
#[cw_serde]
#[derive(Copy, Default, Eq)]
pub struct HubWeek {
    /// Funders whose aged money paid for calls.
    pub payers: u64,
    /// Of them, those who had first done so two weeks before or earlier.
    pub returning: u64,
    /// Models with a paid call.
    pub models_called: u64,
    /// Models with aged income.
    pub models_earning: u64,
}

impl From<WeekCounts> for HubWeek {
    fn from(sums: WeekCounts) -> Self {
        Self {
            payers: sums.payers,
            returning: sums.returning,
            models_called: sums.models_called,
            models_earning: sums.models_earning,
        }
    }
}

/// The Hub at a glance.
#[cw_serde]
pub struct HubResponse {
    /// The denomination that the amounts are in.
    pub denom: Denom,
    /// The day of the block, as ⌊unix seconds / 86 400⌋.
    pub today: u64,
    /// Sums since the Hub began.
    pub lifetime: HubSpan,
    /// Of the present day so far.
    pub so_far_today: HubSpan,
    /// The `days` days before today.
    pub last: HubSpan,
    /// The `days` days before those.
    pub before: HubSpan,
    /// Of the present week so far.
    pub this_week: HubWeek,
    /// Lifetime aged income of the ten models that have most of it, among the first 32 of the ranking of all time. Exact, unless so
    /// many models round to the same as the tenth that some stand behind these 32: then short by less than 1/16.
    pub ten_largest: Uint128,
    /// Their part of the lifetime aged income of all, rounded down; 0 where there is none.
    pub ten_largest_share: Decimal,
}

/// A page of days of the Hub.
#[cw_serde]
pub struct HubByDayResponse {
    /// By day; days on which nothing was billed are left out.
    pub days: Vec<HubOfDay>,
}

/// Sums of one day.
#[cw_serde]
pub struct HubOfDay {
    /// The day, as ⌊unix seconds / 86 400⌋.
    pub day: u64,
    /// Sums of that day.
    pub sums: HubSums,
}

/// A page of weeks of the Hub.
#[cw_serde]
pub struct HubWeeksResponse {
    /// By week; weeks in which nothing was billed are left out.
    pub weeks: Vec<HubOfWeek>,
}

/// Counts of one week.
#[cw_serde]
pub struct HubOfWeek {
    /// The week, as ⌊day / 7⌋.
    pub week: u64,
    /// What was counted in that week.
    pub counts: HubWeek,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(outcomes: Vec<OutcomeRun>) -> BatchResponse {
        BatchResponse {
            attester: AttesterId(1),
            batch: None,
            offered: 0,
            paid: 0,
            gross: vec![],
            outcomes,
        }
    }

    #[test]
    fn an_outcome_has_the_name_that_its_json_has() {
        let plain = [
            Outcome::Paid,
            Outcome::UnknownSession,
            Outcome::AttesterNotAllowed,
            Outcome::Stale,
            Outcome::LanesFull,
            Outcome::Gap,
            Outcome::Overlaps,
            Outcome::Expired,
            Outcome::AttesterRetired,
            Outcome::Closed,
            Outcome::ModelNotAllowed,
            Outcome::UnknownModel,
            Outcome::UnknownRelease,
            Outcome::UnknownTerms,
            Outcome::TermsNotInForce,
            Outcome::Retired,
            Outcome::WrongDenom,
            Outcome::PriceAboveLimit,
            Outcome::Straddles,
            Outcome::Overflow,
            Outcome::Exhausted,
            Outcome::VoucherMissing,
        ];
        for outcome in plain {
            let json = cosmwasm_std::to_json_string(&outcome).unwrap();
            assert_eq!(json, format!("{:?}", outcome.name()));
        }
        let partial = Outcome::Partial { receipts: 3 };
        let json = cosmwasm_std::to_json_string(&partial).unwrap();
        assert_eq!(json, r#"{"partial":{"receipts":3}}"#);
        assert_eq!(partial.name(), "partial");
    }

    #[test]
    fn the_outcome_of_every_group_can_be_read_from_the_runs() {
        let partial = |receipts| Outcome::Partial { receipts };
        let outcomes = [
            Outcome::Paid,
            Outcome::Paid,
            partial(3),
            partial(4),
            Outcome::Gap,
            Outcome::Paid,
        ];
        let response = response(OutcomeRun::of(outcomes));
        let groups: Vec<u64> = response.outcomes.iter().map(|run| run.groups).collect();
        assert_eq!(groups, [2, 1, 1, 1, 1]);
        assert_eq!(response.outcomes_of_groups().collect::<Vec<_>>(), outcomes);
        for (place, outcome) in (0..).zip(outcomes) {
            assert_eq!(response.outcome_of_group(place), Some(outcome));
        }
        assert_eq!(response.outcome_of_group(6), None);
    }

    #[test]
    fn a_response_that_no_batch_leads_to_is_read_without_harm() {
        let run = |groups| OutcomeRun {
            outcome: Outcome::Gap,
            groups,
        };
        let many = response(vec![run(0), run(u64::MAX), run(u64::MAX)]);
        assert_eq!(many.outcome_of_group(u64::MAX - 1), Some(Outcome::Gap));
        assert_eq!(many.outcomes_of_groups().take(3).count(), 3);
        assert_eq!(response(vec![]).outcome_of_group(0), None);
    }
}
