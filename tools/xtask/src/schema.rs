//! Writes `schema/<contract>.json`: the messages, queries and answers of each contract, as `cosmwasm-schema` writes
//! them, with two sections more that it knows nothing of: `data`, in the form of `responses`, and `hooks`.

mod beside;

use anyhow::{ensure, Context, Result};
use beside::Beside;
use cosmwasm_schema::generate_api;
use hub_types::{billing, escrow, nitro_verifier, registry};
use std::fs;

use crate::root;

const RENEW: &str = "cargo xtask schema";

/// Writes the files, or with `check` compares them with what stands there.
pub fn run(check: bool) -> Result<()> {
    let folder = root().join("schema");
    let mut drifted = Vec::new();
    for (name, schema) in apis()? {
        let path = folder.join(format!("{name}.json"));
        if !check {
            fs::create_dir_all(&folder)?;
            fs::write(&path, schema).with_context(|| format!("cannot write {}", path.display()))?;
        } else if fs::read_to_string(&path).ok().as_deref() != Some(schema.as_str()) {
            drifted.push(format!("schema/{name}.json"));
        }
    }
    ensure!(
        drifted.is_empty(),
        "{} differ from what the code produces: `{RENEW}` renews them",
        drifted.join(", ")
    );
    Ok(())
}

/// The schema of every contract as the text of its file. The version is that of the workspace.
fn apis() -> Result<Vec<(&'static str, String)>> {
    let apis = [
        (
            "registry",
            generate_api! {
                name: "hub-registry",
                instantiate: registry::InstantiateMsg,
                execute: registry::ExecuteMsg,
                query: registry::QueryMsg,
                migrate: registry::MigrateMsg,
            },
            Beside::new()
                .data::<registry::ModelCreated>("register_model")
                .data::<registry::ReleaseCreated>("publish_release")
                .data::<registry::TermsCreated>("set_terms")
                .data::<registry::TermsCreated>("accept_transfer"),
        ),
        (
            "escrow",
            generate_api! {
                name: "hub-escrow",
                instantiate: escrow::InstantiateMsg,
                execute: escrow::ExecuteMsg,
                query: escrow::QueryMsg,
                migrate: escrow::MigrateMsg,
            },
            Beside::new()
                .data::<Option<escrow::SessionCreated>>("deposit")
                .data::<escrow::SessionCreated>("open_session")
                .data::<escrow::PayoutResponse>("payout")
                .hook::<escrow::Cw20HookMsg>("receive"),
        ),
        (
            "billing",
            generate_api! {
                name: "hub-billing",
                instantiate: billing::InstantiateMsg,
                execute: billing::ExecuteMsg,
                query: billing::QueryMsg,
                migrate: billing::MigrateMsg,
            },
            Beside::new()
                .data::<billing::AttesterCreated>("register_attester")
                .data::<billing::BatchResponse>("settle_batch")
                .data::<billing::ReceiptResponse>("settle"),
        ),
        (
            "nitro-verifier",
            generate_api! {
                name: "hub-nitro-verifier",
                instantiate: nitro_verifier::InstantiateMsg,
                execute: nitro_verifier::ExecuteMsg,
                query: nitro_verifier::QueryMsg,
                migrate: nitro_verifier::MigrateMsg,
            },
            Beside::new(),
        ),
    ];
    apis.into_iter()
        .map(|(name, api, beside)| {
            let text = beside
                .behind(api.render())
                .with_context(|| format!("the schema of {name} cannot be written"))?;
            Ok((name, text + "\n"))
        })
        .collect()
}
