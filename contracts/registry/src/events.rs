//! Events: what happened, for readers off chain. Values are plain text, keys do not change.

use cosmwasm_std::{Addr, HexBinary, Uint64};
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::registry::{Payee, StatusName, TermsResponse, Validity};
use hub_types::walrus::{BlobId, Confirmation, Persistence};

use crate::domain::label::Label;

/// Events of the registry. Each becomes one event of the transaction.
pub enum Event<'a> {
    /// A model was registered.
    ModelRegistered {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: &'a Addr,
        /// The name under which its author has it.
        name: &'a str,
    },
    /// The metadata of a model were replaced.
    MetadataUpdated {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: &'a Addr,
        /// Its title.
        title: &'a str,
    },
    /// A release was published.
    ReleasePublished {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release.
        release: ReleaseNumber,
        /// Its label, `major.minor`.
        label: Label,
        /// Blob id on Walrus of what a call is billed for.
        blob_id: BlobId,
        /// The blob that lists the files.
        manifest: Option<BlobId>,
        /// Account that was the author when the release was published.
        publisher: &'a Addr,
        /// When the blob counts as claimed.
        claimed_at: u64,
    },
    /// Terms were set.
    TermsSet {
        /// The new set.
        terms: &'a TermsResponse,
        /// The set before it and its end; none for the first.
        superseded: Option<(TermsNumber, u64)>,
        /// The set that was waiting.
        dropped: Option<TermsNumber>,
    },
    /// The status of a model changed.
    StatusSet {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: &'a Addr,
        /// The status that the model has from now on.
        status: StatusName,
        /// From when on no receipts are issued, if it was retired.
        cutoff: Option<u64>,
        /// From when on receipts are issued again, if it was retired before.
        active_from: Option<u64>,
    },
    /// A model was offered to another account.
    TransferOffered {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: &'a Addr,
        /// The one account that may accept the offer.
        to: &'a Addr,
    },
    /// An offer was taken back.
    TransferCancelled {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Account that is the model's author now.
        author: &'a Addr,
        /// Who could have accepted.
        to: &'a Addr,
    },
    /// A model has a new author.
    TransferAccepted {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// The account that was the author until now.
        from: &'a Addr,
        /// The account that is the author from now on.
        author: &'a Addr,
        /// The name under which its new author has it.
        name: &'a str,
    },
    /// A hash was committed.
    Committed {
        /// The hash, in hex.
        hash: &'a str,
        /// Account that sent the message.
        sender: &'a Addr,
        /// Time of the block that took the commitment, in unix seconds.
        committed_at: u64,
    },
    /// The length of a blob was proven.
    SizeProven {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// Blob id on Walrus of the release.
        blob_id: BlobId,
        /// Its length in bytes.
        size: Uint64,
    },
    /// A Walrus committee certified the blob of a release.
    ReleaseCertified {
        /// Id of the model, as the registry gave it.
        model: ModelId,
        /// Number of the release within its model, from 1.
        release: ReleaseNumber,
        /// What was certified.
        confirmation: Confirmation,
        /// Shards of those who signed.
        weight: u32,
        /// How many shards Walrus has.
        n_shards: u16,
        /// Account that sent the certificate.
        sender: &'a Addr,
    },
    /// A Walrus committee was stored.
    CommitteeSet {
        /// The epoch of Walrus that it belongs to.
        epoch: u32,
        /// Sum of the weights.
        n_shards: u16,
        /// How many members the committee has.
        members: usize,
        /// Who answers for it.
        keeper: &'a Addr,
    },
    /// The keeper's role was offered.
    KeeperOffered {
        /// The account that is the keeper.
        keeper: &'a Addr,
        /// The one account that may accept the offer.
        to: &'a Addr,
    },
    /// An offer of the keeper's role was taken back.
    KeeperOfferCancelled {
        /// The account that is the keeper.
        keeper: &'a Addr,
        /// Who could have accepted.
        to: &'a Addr,
    },
    /// There is a new keeper.
    KeeperChanged {
        /// The account that was the keeper until now.
        from: &'a Addr,
        /// The account that is the keeper from now on.
        keeper: &'a Addr,
    },
}

impl From<Event<'_>> for cosmwasm_std::Event {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::ModelRegistered {
                model,
                author,
                name,
            } => Self::new("hub_model_registered")
                .add_attribute("model", model.to_string())
                .add_attribute("author", author)
                .add_attribute("name", name),
            Event::MetadataUpdated {
                model,
                author,
                title,
            } => Self::new("hub_metadata_updated")
                .add_attribute("model", model.to_string())
                .add_attribute("author", author)
                .add_attribute("title", title),
            Event::ReleasePublished {
                model,
                release,
                label,
                blob_id,
                manifest,
                publisher,
                claimed_at,
            } => {
                let event = Self::new("hub_release_published")
                    .add_attribute("model", model.to_string())
                    .add_attribute("release", release.to_string())
                    .add_attribute("label", label.to_string())
                    .add_attribute("blob_id", blob_id.to_string());
                with(event, "manifest", manifest)
                    .add_attribute("publisher", publisher)
                    .add_attribute("claimed_at", claimed_at.to_string())
            }
            Event::TermsSet {
                terms,
                superseded,
                dropped,
            } => terms_set(terms, superseded, dropped),
            Event::StatusSet {
                model,
                author,
                status,
                cutoff,
                active_from,
            } => {
                let event = Self::new("hub_status_set")
                    .add_attribute("model", model.to_string())
                    .add_attribute("author", author)
                    .add_attribute("status", status.to_string());
                with(with(event, "cutoff", cutoff), "active_from", active_from)
            }
            Event::TransferOffered { model, author, to } => Self::new("hub_transfer_offered")
                .add_attribute("model", model.to_string())
                .add_attribute("author", author)
                .add_attribute("to", to),
            Event::TransferCancelled { model, author, to } => Self::new("hub_transfer_cancelled")
                .add_attribute("model", model.to_string())
                .add_attribute("author", author)
                .add_attribute("to", to),
            Event::TransferAccepted {
                model,
                from,
                author,
                name,
            } => Self::new("hub_transfer_accepted")
                .add_attribute("model", model.to_string())
                .add_attribute("from", from)
                .add_attribute("author", author)
                .add_attribute("name", name),
            Event::Committed {
                hash,
                sender,
                committed_at,
            } => Self::new("hub_committed")
                .add_attribute("hash", hash)
                .add_attribute("sender", sender)
                .add_attribute("committed_at", committed_at.to_string()),
            Event::SizeProven {
                model,
                release,
                blob_id,
                size,
            } => Self::new("hub_size_proven")
                .add_attribute("model", model.to_string())
                .add_attribute("release", release.to_string())
                .add_attribute("blob_id", blob_id.to_string())
                .add_attribute("size", size.to_string()),
            Event::ReleaseCertified {
                model,
                release,
                confirmation,
                weight,
                n_shards,
                sender,
            } => {
                let event = Self::new("hub_release_certified")
                    .add_attribute("model", model.to_string())
                    .add_attribute("release", release.to_string())
                    .add_attribute("blob_id", confirmation.blob_id.to_string())
                    .add_attribute("epoch", confirmation.epoch.to_string());
                let object_id = match confirmation.persistence {
                    Persistence::Permanent => None,
                    Persistence::Deletable { object_id } => Some(HexBinary::from(&object_id)),
                };
                with(event, "object_id", object_id)
                    .add_attribute("weight", weight.to_string())
                    .add_attribute("n_shards", n_shards.to_string())
                    .add_attribute("sender", sender)
            }
            Event::CommitteeSet {
                epoch,
                n_shards,
                members,
                keeper,
            } => Self::new("hub_committee_set")
                .add_attribute("epoch", epoch.to_string())
                .add_attribute("n_shards", n_shards.to_string())
                .add_attribute("members", members.to_string())
                .add_attribute("keeper", keeper),
            Event::KeeperOffered { keeper, to } => Self::new("hub_keeper_offered")
                .add_attribute("keeper", keeper)
                .add_attribute("to", to),
            Event::KeeperOfferCancelled { keeper, to } => Self::new("hub_keeper_offer_cancelled")
                .add_attribute("keeper", keeper)
                .add_attribute("to", to),
            Event::KeeperChanged { from, keeper } => Self::new("hub_keeper_changed")
                .add_attribute("from", from)
                .add_attribute("keeper", keeper),
        }
    }
}

fn terms_set(
    terms: &TermsResponse,
    superseded: Option<(TermsNumber, u64)>,
    dropped: Option<TermsNumber>,
) -> cosmwasm_std::Event {
    let (before, superseded_at) = superseded.unzip();
    let event = cosmwasm_std::Event::new("hub_terms_set")
        .add_attribute("model", terms.model.to_string())
        .add_attribute("terms", terms.terms.to_string())
        .add_attribute("denom", terms.price.denom.to_string())
        .add_attribute("per_call", terms.price.per_call)
        .add_attribute("per_million_in", terms.price.per_million_in)
        .add_attribute("per_million_out", terms.price.per_million_out)
        .add_attribute("operator_bps", terms.operator_bps.to_string())
        .add_attribute("payees", payees_text(&terms.payees));
    let effective_from = match terms.validity {
        Validity::Interval { effective_from, .. } => Some(effective_from),
        Validity::Dropped {} => None,
    };
    let event = with(event, "effective_from", effective_from);
    let event = with(event, "supersedes", before);
    let event = with(event, "superseded_at", superseded_at);
    with(event, "dropped", dropped)
}

/// `address:bps` of each payee, with commas between.
fn payees_text(payees: &[Payee]) -> String {
    let payees: Vec<String> = payees
        .iter()
        .map(|payee| format!("{}:{}", payee.address, payee.bps))
        .collect();
    payees.join(",")
}

fn with(
    event: cosmwasm_std::Event,
    key: &str,
    value: Option<impl ToString>,
) -> cosmwasm_std::Event {
    match value {
        Some(value) => event.add_attribute(key, value.to_string()),
        None => event,
    }
}
