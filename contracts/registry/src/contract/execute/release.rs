//! Publication, commitments, proofs.

use cosmwasm_std::{to_json_binary, Addr, Deps, DepsMut, Env, HexBinary, Response, Uint64};
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::records::registry::ModelRecord;
use hub_types::registry::{ClaimCursor, ReleaseCreated};
use hub_types::walrus::{BlobId, Certificate, Committee, Confirmation, Persistence};
use hub_types::wire::{commit_hash, domain_tag, Hash, Purpose};

use super::authored;
use crate::contract::curve::Curve;
use crate::domain::label::Label;
use crate::domain::next;
use crate::error::ContractError;
use crate::events::Event;
use crate::state::certificates::{self, Shown};
use crate::state::claims::{self, Claim};
use crate::state::committees::{self, Keys};
use crate::state::releases::{self, Release, ReleaseDetails};
use crate::state::{commitments, models};

/// A release to be published, in checked form.
pub struct Publication {
    /// Its label, `major.minor`.
    pub label: Label,
    /// Blob id on Walrus of what a call is billed for.
    pub blob_id: BlobId,
    /// The blob that lists the files.
    pub manifest: Option<BlobId>,
    /// Salt of the commitment that the publication reveals, if any.
    pub salt: Option<Hash>,
}

/// Length and Merkle root that are said to be a blob's.
pub struct SizeProof {
    pub size: u64,
    pub root_hash: Hash,
}

/// A storage certificate and what it is said to confirm of a release.
pub struct Certification {
    pub epoch: u32,
    pub persistence: Persistence,
    pub certificate: Certificate,
}

pub fn publish(
    mut deps: DepsMut,
    env: &Env,
    sender: Addr,
    model: ModelId,
    publication: Publication,
) -> Result<Response, ContractError> {
    let mut record = authored(deps.as_ref(), model, &sender)?;

    let published = append(deps.branch(), env, &sender, model, &mut record, publication)?;
    models::save(deps.storage, model, &record);

    Ok(Response::new()
        .set_data(to_json_binary(&ReleaseCreated {
            release: ReleaseNumber(record.latest_release.0),
        })?)
        .add_event(published))
}

/// Adds a release to a model whose author is `publisher`; the caller stores `record`.
pub fn append<'a>(
    deps: DepsMut,
    env: &Env,
    publisher: &'a Addr,
    model: ModelId,
    record: &mut ModelRecord,
    publication: Publication,
) -> Result<Event<'a>, ContractError> {
    let Publication {
        label,
        blob_id,
        manifest,
        salt,
    } = publication;
    releases::check_label(deps.storage, model, label, record.latest_release)?;
    let now = env.block.time.seconds();
    let claimed_at = match salt {
        Some(salt) => revealed_at(deps.as_ref(), env, publisher, &blob_id, &salt)?,
        None => now,
    };
    record.latest_release = next(record.latest_release)?;

    claims::enter(
        deps.storage,
        &blob_id,
        &Claim {
            place: ClaimCursor {
                claimed_at,
                model,
                release: ReleaseNumber(record.latest_release.0),
            },
            publisher: publisher.clone(),
        },
    )?;
    releases::add(
        deps.storage,
        model,
        ReleaseNumber(record.latest_release.0),
        &Release {
            blob_id,
            details: ReleaseDetails {
                label,
                manifest: manifest.map(|manifest| manifest.to_string()),
                publisher: publisher.clone(),
                published_at: now,
                claimed_at,
                size: None,
            },
        },
    )?;

    Ok(Event::ReleasePublished {
        model,
        release: ReleaseNumber(record.latest_release.0),
        label,
        blob_id,
        manifest,
        publisher,
        claimed_at,
    })
}

/// When the commitment was made that `salt` reveals. The hash names its sender, so a commitment seen in a block
/// cannot be revealed by anybody else.
fn revealed_at(
    deps: Deps,
    env: &Env,
    sender: &Addr,
    blob_id: &BlobId,
    salt: &Hash,
) -> Result<u64, ContractError> {
    let registry = deps.api.addr_canonicalize(env.contract.address.as_str())?;
    let sender = deps.api.addr_canonicalize(sender.as_str())?;
    let tag = domain_tag(Purpose::Commit, &env.block.chain_id, &registry);
    let hash = commit_hash(&tag, &sender, blob_id, salt);
    commitments::committed_at(deps.storage, &hash)?.ok_or_else(|| {
        ContractError::UnknownCommitment {
            hash: HexBinary::from(&hash).to_hex(),
        }
    })
}

pub fn commit(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    hash: Hash,
) -> Result<Response, ContractError> {
    let committed_at = env.block.time.seconds();

    // Whoever sends it again, the first time stands. An error would let a stranger who copies the message undo what its
    // owner sent along with it.
    if !commitments::commit(deps.storage, &hash, committed_at)? {
        return Ok(Response::new());
    }

    Ok(Response::new().add_event(Event::Committed {
        hash: &HexBinary::from(&hash).to_hex(),
        sender: &sender,
        committed_at,
    }))
}

pub fn prove_size(
    deps: DepsMut,
    sender: Addr,
    model: ModelId,
    number: ReleaseNumber,
    proof: SizeProof,
) -> Result<Response, ContractError> {
    let record = authored(deps.as_ref(), model, &sender)?;
    let mut release = releases::load(deps.storage, model, number, record.latest_release)?;
    if let Some(size) = release.details.size {
        return Err(ContractError::SizeProven {
            model,
            release: number,
            size,
        });
    }
    let derived = BlobId::derive(proof.size, &proof.root_hash);
    if derived != release.blob_id {
        return Err(ContractError::SizeMismatch {
            blob_id: release.blob_id,
            derived,
        });
    }

    release.details.size = Some(proof.size);
    releases::save_details(deps.storage, model, number, &release.details)?;

    Ok(Response::new().add_event(Event::SizeProven {
        model,
        release: number,
        blob_id: release.blob_id,
        size: Uint64::new(proof.size),
    }))
}

pub fn certify(
    deps: DepsMut,
    env: &Env,
    sender: Addr,
    model: ModelId,
    release: ReleaseNumber,
    certification: Certification,
) -> Result<Response, ContractError> {
    let Certification {
        epoch,
        persistence,
        certificate,
    } = certification;
    let blob_id = releases::blob_id(deps.storage, model, release)?;
    let confirmation = Confirmation {
        epoch,
        blob_id,
        persistence,
    };
    let author = models::load(deps.storage, model)?.author;
    let by_author = deps.api.addr_canonicalize(sender.as_str())? == author;
    certificates::check_news(deps.storage, model, release, &confirmation, by_author)?;
    let record = committees::load(deps.storage, epoch)?;
    let committee = Committee::from_parts(record.n_shards, record.weights, record.total);
    let mut keys = Keys::new(deps.storage, epoch);
    let weight = certificate.verify(&Curve(deps.api), &committee, &confirmation, |place| {
        keys.get(place).map_err(ContractError::from)
    })?;

    let now = env.block.time.seconds();
    let shown = Shown {
        epoch,
        certified_at: now,
        by_author,
    };
    certificates::show(deps.storage, model, release, persistence, shown);

    Ok(Response::new().add_event(Event::ReleaseCertified {
        model,
        release,
        confirmation,
        weight,
        n_shards: committee.n_shards(),
        sender: &sender,
    }))
}
