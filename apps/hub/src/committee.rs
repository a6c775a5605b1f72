use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use hub_types::registry::{
    CommitteeMember, CommitteeMembersResponse, CommitteesResponse, ExecuteMsg, QueryMsg,
};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::chain::{transaction, Market, OnChain, Signer};
use crate::failure::{Failure, FAILED, USAGE};
use crate::output::Output;
use crate::Outcome;

/// Members that a page of the registry holds at most.
const PAGE: u32 = 100;

#[derive(Debug, Args)]
pub struct StoreCommittee {
    /// File or URL of the committee as JSON: epoch, n_shards, and members, each with key (BLS12-381, 48 bytes, base64) and weight.
    #[arg(value_name = "FILE|URL")]
    source: String,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// A committee, as the registry's message has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Committee {
    epoch: u32,
    n_shards: u16,
    members: Vec<CommitteeMember>,
}

impl StoreCommittee {
    pub fn run(self, output: &Output) -> Outcome {
        let text = read(&self.source)?;
        let committee: Committee = serde_json::from_str(&text).map_err(|error| {
            Failure::new(
                USAGE,
                format!("{} is no committee: {error}", self.source),
                "give epoch, n_shards and members as JSON; a local Walrus answers so at /local/committee",
            )
        })?;
        let (epoch, members) = (committee.epoch, committee.members.len());
        let market = self.chain.market()?;
        let done = match kept(&market, &committee)? {
            true => None,
            false => {
                let wallet = self.signer.wallet(&market.profile)?;
                let digest = hex::encode(Sha256::digest(&text));
                let intent = format!("store the committee {digest} of Walrus epoch {epoch}");
                let message = ExecuteMsg::SetCommittee {
                    epoch,
                    n_shards: committee.n_shards,
                    members: committee.members,
                };
                Some(market.tell(&wallet, &intent, &[market.hub.tell_registry(&message)?])?)
            }
        };
        let state = match &done {
            Some(done) => format!("stored in block {}", done.height),
            None => "is kept already".to_owned(),
        };
        output.result(
            &format!("committee of Walrus epoch {epoch}, {members} members: {state}"),
            &json!({ "epoch": epoch, "members": members, "transaction": done.as_ref().map(transaction) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn read(source: &str) -> Result<String, Failure> {
    let hint = "name a file, or the URL of a Walrus on this machine with /local/committee";
    let text = match source.starts_with("http://") || source.starts_with("https://") {
        true => ureq::get(source)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .map_err(|error| error.to_string()),
        false => std::fs::read_to_string(Path::new(source)).map_err(|error| error.to_string()),
    };
    text.map_err(|error| Failure::new(FAILED, format!("{source} cannot be read: {error}"), hint))
}

/// Whether the registry keeps just this committee.
fn kept(market: &Market, committee: &Committee) -> Result<bool, Failure> {
    let known: CommitteesResponse = market.registry(&QueryMsg::Committees {})?;
    let alike = |n_shards: u16, members: u32| {
        n_shards == committee.n_shards && members as usize == committee.members.len()
    };
    let mut of_epoch = known.committees.iter();
    if !of_epoch.any(|one| one.epoch == committee.epoch && alike(one.n_shards, one.members)) {
        return Ok(false);
    }
    let mut members: Vec<CommitteeMember> = vec![];
    while members.len() < committee.members.len() {
        let page: CommitteeMembersResponse = market.registry(&QueryMsg::CommitteeMembers {
            epoch: committee.epoch,
            start_after: members.len().checked_sub(1).map(|place| place as u32),
            limit: Some(PAGE),
        })?;
        if page.members.is_empty() {
            return Ok(false);
        }
        members.extend(page.members);
    }
    Ok(members == committee.members)
}
