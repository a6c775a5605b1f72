//! The registry's decision: a registry of its own for every certificate, with a release of the blob in question and
//! the committee of the epoch in question.

use cosmwasm_std::testing::{message_info, mock_dependencies, mock_env, MockApi, MockQuerier};
use cosmwasm_std::{from_json, Addr, Binary, HexBinary, MemoryStorage, OwnedDeps, Uint128};
use hub_registry::contract::{execute, instantiate, query};
use hub_types::denom::UncheckedDenom;
use hub_types::ids::{ModelId, ReleaseNumber};
use hub_types::price::UncheckedPrice;
use hub_types::registry::{
    CommitteeMember, DeletableCertificate, ExecuteMsg, InstantiateMsg, Metadata, NewRelease,
    PermanentCertificate, QueryMsg, ReleaseResponse, StorageCertificate, UncheckedPayee,
    UncheckedTerms,
};
use hub_types::walrus::{BlobId, Member, Persistence};

use super::super::json::same;
use super::{Case, Listed};

/// A registry with one release.
struct Registry {
    deps: OwnedDeps<MemoryStorage, MockApi, MockQuerier>,
    account: Addr,
}

impl Registry {
    fn new(blob_id: BlobId) -> Result<Self, String> {
        let deps = mock_dependencies();
        let account = deps.api.addr_make("author and keeper");
        let mut registry = Self { deps, account };
        let msg = InstantiateMsg {
            receipt_max_age_seconds: None,
            price_notice_seconds: None,
            walrus_keeper: Some(registry.account.to_string()),
        };
        let info = message_info(&registry.account, &[]);
        instantiate(registry.deps.as_mut(), mock_env(), info, msg)
            .map_err(|error| error.to_string())?;
        let model = model(&registry.account, blob_id);
        registry.execute(model)?;
        Ok(registry)
    }

    fn execute(&mut self, msg: ExecuteMsg) -> Result<(), String> {
        let info = message_info(&self.account, &[]);
        execute(self.deps.as_mut(), mock_env(), info, msg)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    fn release(&self) -> Result<ReleaseResponse, String> {
        let question = QueryMsg::Release {
            model: ModelId(1),
            release: ReleaseNumber(1),
        };
        let answer = query(self.deps.as_ref(), mock_env(), question);
        answer
            .map_err(|error| error.to_string())
            .and_then(|bytes| from_json(bytes).map_err(|error| error.to_string()))
    }
}

/// Whether the registry takes the certificate, or why not. An outer error says nothing about the certificate: the
/// registry could not be set up, or does not show what it took.
pub(super) fn decide(listed: &Listed, case: &Case) -> Result<Result<(), String>, String> {
    let mut registry = Registry::new(case.expected.blob_id)?;
    let member = |member: &Member| CommitteeMember {
        key: Binary::from(member.key.as_bytes()),
        weight: member.weight,
    };
    let committee = ExecuteMsg::SetCommittee {
        epoch: case.expected.epoch,
        n_shards: listed.n_shards,
        members: listed.members.iter().map(member).collect(),
    };
    let stored = registry.execute(committee);
    // What makes no committee certifies nothing.
    same(
        "refusal of the committee",
        stored.clone().err(),
        listed.checked().err(),
    )?;
    if stored.is_err() {
        return Ok(stored);
    }
    let object_id = match case.expected.persistence {
        Persistence::Permanent => None,
        Persistence::Deletable { object_id } => Some(HexBinary::from(&object_id)),
    };
    let taken = registry.execute(ExecuteMsg::Certify {
        model: ModelId(1),
        release: ReleaseNumber(1),
        certificate: StorageCertificate {
            epoch: case.expected.epoch,
            object_id: object_id.clone(),
            signers: Binary::from(case.signers.as_slice()),
            signature: Binary::from(case.signature.as_slice()),
        },
    });
    if taken.is_err() {
        return Ok(taken);
    }

    let epoch = case.expected.epoch;
    let certified_at = mock_env().block.time.seconds();
    let shown = registry.release()?;
    let permanent = object_id.is_none().then_some(PermanentCertificate {
        epoch,
        certified_at,
        by_author: true,
    });
    let deletable = object_id.map(|object_id| DeletableCertificate {
        epoch,
        certified_at,
        by_author: true,
        object_id,
    });
    same(
        "what is shown",
        (shown.permanent, shown.deletable),
        (permanent, deletable),
    )?;
    Ok(taken)
}

fn model(author: &Addr, blob_id: BlobId) -> ExecuteMsg {
    ExecuteMsg::RegisterModel {
        name: "certified".to_owned(),
        metadata: Metadata {
            title: "Certified".to_owned(),
            description: String::new(),
            task: String::new(),
            license: "Apache-2.0".to_owned(),
            tags: vec![],
            homepage: None,
        },
        terms: UncheckedTerms {
            price: UncheckedPrice {
                denom: UncheckedDenom::Native("uusdc".to_owned()),
                per_call: Uint128::zero(),
                per_million_in: Uint128::zero(),
                per_million_out: Uint128::zero(),
            },
            operator_bps: 0,
            payees: vec![UncheckedPayee {
                address: author.to_string(),
                bps: 10_000,
            }],
        },
        release: Some(NewRelease {
            major: 1,
            minor: 0,
            blob_id: blob_id.to_string(),
            manifest: None,
            salt: None,
        }),
    }
}
