//! Why a message or query was refused. Each error says what was wrong and what was expected; nothing was changed.

use cosmwasm_std::{Addr, StdError};
use cw_utils::PaymentError;
use hub_types::denom::DenomError;
use hub_types::hash::HashError;
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::page::PageError;
use hub_types::registry::StatusName;
use hub_types::split::{MAX_PAYEES, WHOLE_BPS};
use hub_types::text::TextError;
use hub_types::time::MAX_TIME_CONSTANT_SECONDS;
use hub_types::walrus::{
    BlobId, BlobIdError, CertificateError, CommitteeError, PointError, SymbolProofError,
};
use thiserror::Error;

use crate::domain::label::Label;

/// Why a message or query was refused. Nothing was changed.
#[derive(Error, Debug, PartialEq)]
pub enum ContractError {
    /// Of the chain or the storage.
    #[error("{0}")]
    Std(#[from] StdError),

    /// Coins came along with a message.
    #[error("the registry takes no coins, send none: {0}")]
    Payment(#[from] PaymentError),

    /// A text beyond its limits.
    #[error("{0}")]
    Text(#[from] TextError),

    /// A price in something that is no denomination.
    #[error("{0}")]
    Denom(#[from] DenomError),

    /// A hash that has not 32 bytes.
    #[error("{0}")]
    Hash(#[from] HashError),

    /// A text that is no blob id.
    #[error("{field}: {source}")]
    BlobId {
        /// Name of the message field.
        field: &'static str,
        /// What is wrong with it.
        source: BlobIdError,
    },

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

    /// An age of receipts that no registry can have.
    #[error("receipt_max_age_seconds is {seconds}: give 1 to {MAX_TIME_CONSTANT_SECONDS}")]
    ReceiptMaxAge {
        /// How many seconds were given.
        seconds: u64,
    },

    /// A notice shorter than the age of receipts, or longer than allowed.
    #[error(
        "price_notice_seconds is {seconds}: give {receipt_max_age_seconds} (receipt_max_age_seconds) \
         to {MAX_TIME_CONSTANT_SECONDS}"
    )]
    PriceNotice {
        /// How many seconds were given.
        seconds: u64,
        /// The shortest allowed.
        receipt_max_age_seconds: u64,
    },

    /// No model has the id.
    #[error("there is no model {model}")]
    UnknownModel {
        /// The model's id that was given.
        model: ModelId,
    },

    /// The author never gave a model that name.
    #[error("{author} never had a model named {name:?}")]
    UnknownName {
        /// The account that was given as author.
        author: Addr,
        /// The name that was given.
        name: String,
    },

    /// The model has no release of the number.
    #[error("model {model} has no release {release}: it has {latest}, numbered from 1")]
    UnknownRelease {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The release's number that was given.
        release: ReleaseNumber,
        /// Number of its latest release, 0 if it has none.
        latest: ReleaseNumber,
    },

    /// The model has no terms of the number.
    #[error("model {model} has no terms {terms}: it has {latest}, numbered from 1")]
    UnknownTerms {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The number of terms that was given.
        terms: TermsNumber,
        /// Number of its latest terms.
        latest: TermsNumber,
    },

    /// Somebody else's model.
    #[error("{sender} is not the author of model {model}: only {author} may do this")]
    NotAuthor {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: Addr,
        /// Account that sent the message.
        sender: Addr,
    },

    /// The name belongs to another model, for ever.
    #[error(
        "{author} gave the name {name:?} to model {model}, where it stays: choose another name"
    )]
    NameTaken {
        /// Whose names.
        author: Addr,
        /// The name that was given.
        name: String,
        /// The model that has it.
        model: ModelId,
    },

    /// A label not above the one before.
    #[error("release {label} of model {model} does not ascend: give a label above {latest}")]
    LabelNotAscending {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The label that was given, `major.minor`.
        label: Label,
        /// Label of its latest release.
        latest: Label,
    },

    /// The same publisher published the blob before.
    #[error("{publisher} published blob {blob_id} before, as release {release} of model {model}: publish each blob once")]
    BlobPublished {
        /// Account that was the author when the release was published.
        publisher: Addr,
        /// Blob id on Walrus.
        blob_id: BlobId,
        /// The model it belongs to.
        model: ModelId,
        /// The release it is.
        release: ReleaseNumber,
    },

    /// A salt that reveals nothing.
    #[error(
        "sender, blob_id and salt make the hash {hash}, which was never committed: give the salt, the blob id and \
         the sender of the commitment, or leave the salt out"
    )]
    UnknownCommitment {
        /// What the three make, in hex.
        hash: String,
    },

    /// No payees, or too many.
    #[error("{count} payees were given: give 1 to {MAX_PAYEES}")]
    PayeeCount {
        /// How many were given.
        count: usize,
    },

    /// An account named twice.
    #[error("payee {payee} stands twice: give each account once")]
    DuplicatePayee {
        /// Address of the account that is paid.
        payee: Addr,
    },

    /// A payee without a share.
    #[error("payee {payee} has no share: give at least 1 basis point")]
    EmptyShare {
        /// Address of the account that is paid.
        payee: Addr,
    },

    /// Shares that make no whole.
    #[error("operator_bps {operator_bps} and the payees' {payees_bps} make no whole: together they must be {WHOLE_BPS}")]
    SharesNotWhole {
        /// Share of the operator.
        operator_bps: u16,
        /// Sum of the payees' shares.
        payees_bps: u32,
    },

    /// The model has that status.
    #[error("model {model} is {status}: give another status")]
    StatusUnchanged {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The status that the model has.
        status: StatusName,
    },

    /// The retirement has not lasted long enough.
    #[error("model {model} is retired and can be made active or delisted from {reactivation_from} on; it is {now}")]
    StillRetired {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The time from which the author may reactivate it, in unix seconds.
        reactivation_from: u64,
        /// Time of the block, in unix seconds.
        now: u64,
    },

    /// An offer to oneself.
    #[error("{author} is the author of model {model}: offer it to another account")]
    OfferToAuthor {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: Addr,
    },

    /// There is no offer.
    #[error("model {model} is offered to nobody: its author has to offer it first")]
    NotOffered {
        /// Id of the model, as the registry gave it.
        model: ModelId,
    },

    /// The offer is for somebody else.
    #[error("model {model} is offered to {offered_to}, not to {sender}")]
    NotOfferedToSender {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The one account that may accept the offer.
        offered_to: Addr,
        /// Account that sent the message.
        sender: Addr,
    },

    /// The model is retired, so nothing would be earned by it.
    #[error("model {model} is retired from {cutoff} on: its author has to make it active before it is taken over")]
    ModelRetired {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// From when on no receipts are issued, in Unix seconds.
        cutoff: u64,
    },

    /// Other terms are in force than the sender read.
    #[error("terms {in_force} of model {model} are in force, not terms {expected}: read them, and give their number if they suit")]
    OtherTermsInForce {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The number of terms that the sender expected.
        expected: TermsNumber,
        /// Number of the terms in force.
        in_force: TermsNumber,
    },

    /// The size was proven before.
    #[error("release {release} of model {model} was proven to have {size} bytes: nothing needs to be repeated")]
    SizeProven {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// Its length in bytes.
        size: u64,
    },

    /// What was to be a symbol of a release's blob is none.
    #[error("{source}")]
    Symbol {
        /// What does not hold.
        source: SymbolProofError,
    },

    /// Size and root hash belong to another blob.
    #[error("size and root_hash make blob id {derived}, the release has {blob_id}: give those of its blob")]
    SizeMismatch {
        /// The blob of the release.
        blob_id: BlobId,
        /// The blob that they belong to.
        derived: BlobId,
    },

    /// Bytes that are no signature.
    #[error("signature: {source}")]
    Signature {
        /// What is wrong with them.
        source: PointError,
    },

    /// Bytes that are no key.
    #[error("the key of member {member}: {source}")]
    MemberKey {
        /// Its place, from 0.
        member: usize,
        /// What is wrong with it.
        source: PointError,
    },

    /// A certificate that does not hold.
    #[error("{0}")]
    Certificate(#[from] CertificateError),

    /// One of that epoch or a later one is shown, and does not give way.
    #[error(
        "release {release} of model {model} shows a certificate of epoch {shown}, this one is of epoch {epoch}: give a \
         later one. Within an epoch the author's takes the place of a stranger's alone"
    )]
    CertificateNotNewer {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// Epoch of the certificate given.
        epoch: u32,
        /// Epoch of the certificate of the same kind that is shown.
        shown: u32,
    },

    /// A committee that is not kept.
    #[error(
        "the committee of epoch {epoch} is not kept, only those of {}: collect confirmations of one of these epochs, \
         or ask the keeper to store the present committee",
        kept(*latest, *before)
    )]
    UnknownCommittee {
        /// The epoch of Walrus that was given.
        epoch: u32,
        /// The latest that is kept.
        latest: Option<u32>,
        /// The one before.
        before: Option<u32>,
    },

    /// Members that make no committee.
    #[error("{0}")]
    Committee(#[from] CommitteeError),

    /// The committee before the latest stands.
    #[error("a committee of epoch {epoch} comes too late, that of {before} has a successor: give an epoch above it")]
    EpochNotAscending {
        /// The epoch of Walrus that was given.
        epoch: u32,
        /// Epoch of the committee before the latest.
        before: u32,
    },

    /// The registry was born without a keeper.
    #[error("this registry has no keeper of Walrus committees, and can never have one: use another registry")]
    NoKeeper {},

    /// Somebody else's role.
    #[error("{sender} is not the keeper of Walrus committees: only {keeper} may do this")]
    NotKeeper {
        /// The account that is the keeper.
        keeper: Addr,
        /// Account that sent the message.
        sender: Addr,
    },

    /// An offer to oneself.
    #[error("{keeper} is the keeper of Walrus committees: offer the role to another account")]
    OfferToKeeper {
        /// The account that is the keeper.
        keeper: Addr,
    },

    /// There is no offer.
    #[error("the keeper's role is offered to nobody: the keeper has to offer it first")]
    KeeperNotOffered {},

    /// The offer is for somebody else.
    #[error("the keeper's role is offered to {offered_to}, not to {sender}")]
    KeeperNotOfferedToSender {
        /// The one account that may accept the offer.
        offered_to: Addr,
        /// Account that sent the message.
        sender: Addr,
    },

    /// More ids than a page has entries.
    #[error("{given} models were asked for: give at most {most} ids at a time")]
    TooManyIds {
        /// How many ids were given.
        given: usize,
        /// Most that are answered.
        most: usize,
    },

    /// A page without entries.
    #[error("{0}")]
    Page(#[from] PageError),

    /// More days than a page has entries.
    #[error("counts for {given} days were asked for: give at most {most} at a time")]
    TooManyDays {
        /// How many days were given.
        given: usize,
        /// Most that are answered.
        most: usize,
    },
}

/// Epochs as a sentence names them.
fn kept(latest: Option<u32>, before: Option<u32>) -> String {
    match (latest, before) {
        (Some(latest), Some(before)) => format!("epochs {before} and {latest}"),
        (Some(epoch), None) | (None, Some(epoch)) => format!("epoch {epoch}"),
        (None, None) => "no epoch".to_owned(),
    }
}
