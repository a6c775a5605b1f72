//! Writes `schema/<contract>.json`: the messages, queries and answers of each contract.

use anyhow::{bail, ensure, Context, Result};
use cosmwasm_schema::generate_api;
use hub_types::{billing, escrow, registry};
use std::fs;
use std::path::PathBuf;

const RENEW: &str = "cargo schema";

/// Writes the files, or with `check` compares them with what stands there.
pub fn run(check: bool) -> Result<()> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schema");
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
        ),
    ];
    apis.into_iter()
        .map(|(name, api)| match api.render().to_string() {
            Ok(text) => Ok((name, text + "\n")),
            Err(error) => bail!("the schema of {name} cannot be written: {error}"),
        })
        .collect()
}
