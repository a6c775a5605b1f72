//! The edge: from what messages carry to what handlers take.

use std::str::FromStr;

use cosmwasm_std::{Addr, Api, Deps, HexBinary};
use hub_types::hash;
use hub_types::registry::{
    CommitteeMember, Metadata, NewRelease, Payee, StorageCertificate, SymbolProof, UncheckedPayee,
    UncheckedTerms,
};
use hub_types::text::{self, MAX_DESCRIPTION, MAX_HOMEPAGE, MAX_TAG, MAX_TASK, MAX_TITLE};
use hub_types::walrus::{self, BlobId, Certificate, Member, Persistence, PublicKey, Signature};

use super::execute::release::{Certification, Publication};
use crate::domain::label::Label;
use crate::domain::shares::Shares;
use crate::domain::terms::Draft;
use crate::error::ContractError;

pub fn address(api: &dyn Api, field: &'static str, text: &str) -> Result<Addr, ContractError> {
    api.addr_validate(text)
        .map_err(|error| ContractError::NotAnAddress {
            field,
            address: text.to_owned(),
            reason: error.to_string(),
        })
}

pub fn blob_id(field: &'static str, text: &str) -> Result<BlobId, ContractError> {
    BlobId::from_str(text).map_err(|source| ContractError::BlobId { field, source })
}

pub fn name(name: String) -> Result<String, ContractError> {
    text::check_name(&name)?;
    Ok(name)
}

pub fn tag(tag: String) -> Result<String, ContractError> {
    text::check_required("tag", &tag, MAX_TAG)?;
    Ok(tag)
}

pub fn task(task: String) -> Result<String, ContractError> {
    text::check_required("task", &task, MAX_TASK)?;
    Ok(task)
}

pub fn metadata(metadata: Metadata) -> Result<Metadata, ContractError> {
    text::check_required("title", &metadata.title, MAX_TITLE)?;
    text::check_lines("description", &metadata.description, MAX_DESCRIPTION)?;
    text::check("task", &metadata.task, MAX_TASK)?;
    text::check_license(&metadata.license)?;
    text::check_tags(&metadata.tags)?;
    if let Some(homepage) = &metadata.homepage {
        text::check_url("homepage", homepage, MAX_HOMEPAGE)?;
    }
    Ok(metadata)
}

pub fn payees(api: &dyn Api, payees: Vec<UncheckedPayee>) -> Result<Vec<Payee>, ContractError> {
    payees
        .into_iter()
        .map(|payee| {
            Ok(Payee {
                address: address(api, "payee", &payee.address)?,
                bps: payee.bps,
            })
        })
        .collect()
}

pub fn terms(deps: Deps, terms: UncheckedTerms) -> Result<Draft, ContractError> {
    let rates = terms.price.rates();
    let denom = terms.price.denom.check(deps)?;
    let shares = Shares::new(terms.operator_bps, payees(deps.api, terms.payees)?)?;
    Ok(Draft::new(deps.api, denom, rates, &shares)?)
}

pub fn release(release: NewRelease) -> Result<Publication, ContractError> {
    Ok(Publication {
        label: Label {
            major: release.major,
            minor: release.minor,
        },
        blob_id: blob_id("blob_id", &release.blob_id)?,
        manifest: release
            .manifest
            .map(|manifest| blob_id("manifest", &manifest))
            .transpose()?,
        salt: release
            .salt
            .map(|salt| hash::parse("salt", &salt))
            .transpose()?,
    })
}

pub fn certification(certificate: StorageCertificate) -> Result<Certification, ContractError> {
    Ok(Certification {
        epoch: certificate.epoch,
        persistence: match certificate.object_id {
            None => Persistence::Permanent,
            Some(object_id) => Persistence::Deletable {
                object_id: hash::parse("object_id", &object_id)?,
            },
        },
        certificate: Certificate {
            signers: certificate.signers.into(),
            signature: Signature::new(&certificate.signature)
                .map_err(|source| ContractError::Signature { source })?,
        },
    })
}

pub fn symbol_proof(proof: SymbolProof) -> Result<walrus::SymbolProof, ContractError> {
    let path = |field: &'static str, hashes: Vec<HexBinary>| {
        let hashes = hashes.iter().map(|hash| hash::parse(field, hash));
        hashes.collect::<Result<_, _>>()
    };
    Ok(walrus::SymbolProof {
        row: proof.row,
        column: proof.column,
        row_path: path("row_path", proof.row_path)?,
        paired_column_root: hash::parse("paired_column_root", &proof.paired_column_root)?,
        pair_path: path("pair_path", proof.pair_path)?,
    })
}

pub fn members(members: Vec<CommitteeMember>) -> Result<Vec<Member>, ContractError> {
    members
        .into_iter()
        .enumerate()
        .map(|(place, member)| {
            Ok(Member {
                key: PublicKey::new(&member.key).map_err(|source| ContractError::MemberKey {
                    member: place,
                    source,
                })?,
                weight: member.weight,
            })
        })
        .collect()
}
