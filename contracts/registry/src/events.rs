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
        /// Its id.
        model: ModelId,
        /// Its author.
        author: &'a Addr,
        /// Its name.
        name: &'a str,
    },
    /// The metadata of a model were replaced.
    MetadataUpdated {
        /// The model.
        model: ModelId,
        /// Its author.
        author: &'a Addr,
        /// Its title.
        title: &'a str,
    },
    /// A release was published.
    ReleasePublished {
        /// The model.
        model: ModelId,
        /// Number of the release.
        release: ReleaseNumber,
        /// Its label.
        label: Label,
        /// The billable blob.
        blob_id: BlobId,
        /// The blob that lists the files.
        manifest: Option<BlobId>,
        /// The author.
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
        /// The model.
        model: ModelId,
        /// Its author.
        author: &'a Addr,
        /// The new status.
        status: StatusName,
        /// From when on no receipts are issued, if it was retired.
        cutoff: Option<u64>,
        /// From when on receipts are issued again, if it was retired before.
        active_from: Option<u64>,
    },
    /// A model was offered to another account.
    TransferOffered {
        /// The model.
        model: ModelId,
        /// Its author.
        author: &'a Addr,
        /// Who may accept.
        to: &'a Addr,
    },
    /// An offer was taken back.
    TransferCancelled {
        /// The model.
        model: ModelId,
        /// Its author.
        author: &'a Addr,
        /// Who could have accepted.
        to: &'a Addr,
    },
    /// A model has a new author.
    TransferAccepted {
        /// The model.
        model: ModelId,
        /// The author before.
        from: &'a Addr,
        /// The author now.
        author: &'a Addr,
        /// Its name now.
        name: &'a str,
    },
    /// A hash was committed.
    Committed {
        /// The hash, in hex.
        hash: &'a str,
        /// Who sent it.
        sender: &'a Addr,
        /// Block time.
        committed_at: u64,
    },
    /// The length of a blob was proven.
    SizeProven {
        /// The model.
        model: ModelId,
        /// The release.
        release: ReleaseNumber,
        /// Its blob.
        blob_id: BlobId,
        /// Its length in bytes.
        size: Uint64,
    },
    /// A Walrus committee certified the blob of a release.
    ReleaseCertified {
        /// The model.
        model: ModelId,
        /// The release.
        release: ReleaseNumber,
        /// What was certified.
        confirmation: Confirmation,
        /// Shards of those who signed.
        weight: u32,
        /// Shards of all.
        n_shards: u16,
        /// Who showed it.
        sender: &'a Addr,
    },
    /// A Walrus committee was stored.
    CommitteeSet {
        /// Its epoch.
        epoch: u32,
        /// Sum of the weights.
        n_shards: u16,
        /// Number of members.
        members: usize,
        /// Who answers for it.
        keeper: &'a Addr,
    },
    /// The keeper's role was offered.
    KeeperOffered {
        /// The keeper.
        keeper: &'a Addr,
        /// Who may accept.
        to: &'a Addr,
    },
    /// An offer of the keeper's role was taken back.
    KeeperOfferCancelled {
        /// The keeper.
        keeper: &'a Addr,
        /// Who could have accepted.
        to: &'a Addr,
    },
    /// There is a new keeper.
    KeeperChanged {
        /// The keeper before.
        from: &'a Addr,
        /// The keeper now.
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
