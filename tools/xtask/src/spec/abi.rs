//! What an integrator pins and looks up: versions of every interface, packages by name, and each contract in one table.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{ensure, Context, Result};
use serde_json::Value;
use syn::{Item, Lit};

use super::events;
use super::messages;
use super::source::{cell, code, Source};

const CONTRACTS: [&str; 4] = ["registry", "escrow", "billing", "nitro-verifier"];

/// Packages by the registry in which they are published, with the manifest that says what each is for.
const PACKAGES: [(&str, &[&str]); 3] = [
    (
        "crates.io",
        &[
            "packages/hub-types",
            "packages/hub-wire",
            "packages/hub-walrus",
            "packages/hub-nitro",
            "packages/hub-testing",
        ],
    ),
    (
        "npm",
        &["clients/ts", "clients/x402", "clients/walrus-encode"],
    ),
    ("PyPI", &["clients/python"]),
];

/// Every number by which two programs of different releases recognise each other.
pub fn versions(source: &Source) -> Result<String> {
    let mut text = "| interface | version | where it stands |\n|---|---|---|\n".to_owned();
    for contract in CONTRACTS {
        let schema = messages::schema(source, contract)?;
        let word = |name: &str| schema[name].as_str().context("the schema has no version");
        writeln!(
            text,
            "| messages, queries, answers and events of `{0}` | {1} | `cw2` storage and the query `config`: `crates.io:{2}`; [schema/{0}.json](../../schema/{0}.json) |",
            contract,
            word("contract_version")?,
            word("contract_name")?,
        )?;
    }
    let layout = constant(source, "packages/hub-types/src/packed.rs", "LAYOUT")?;
    let oldest = constant(source, "packages/hub-types/src/packed.rs", "OLDEST_LAYOUT")?;
    let wire = |name| constant(source, "packages/hub-wire/src/lib.rs", name);
    writeln!(
        text,
        "| records that are read raw | layout {layout}; layouts from {oldest} on are read | first byte of a value; `config` of each contract |"
    )?;
    writeln!(
        text,
        "| receipts, vouchers, possessions | {} | first byte |",
        wire("VERSION")?
    )?;
    writeln!(
        text,
        "| batches | {} | first byte |",
        wire("BATCH_VERSION")?
    )?;
    let tags: Vec<_> = tags(source)?
        .iter()
        .map(|name| format!("`hub/{name}/v1`"))
        .collect();
    writeln!(
        text,
        "| what is signed or hashed | {}, `hub/measurement/v1` | inside every digest, see [wire.md](wire.md) |",
        tags.join(", ")
    )?;
    Ok(text)
}

/// What a chain has to offer, by contract.
pub fn capabilities(source: &Source) -> Result<String> {
    let mut text = "| contract | capabilities |\n|---|---|\n".to_owned();
    for contract in CONTRACTS {
        let manifest = source.text(&format!("contracts/{contract}/Cargo.toml"))?;
        let line = manifest
            .lines()
            .find(|line| line.starts_with("cosmwasm-std = "));
        let newest = line
            .and_then(|line| line.split("\"cosmwasm_").nth(1)?.split('"').next())
            .with_context(|| format!("{contract} does not say what it needs of cosmwasm-std"))?;
        writeln!(
            text,
            "| `{contract}` | `cosmwasm_1_1` to `cosmwasm_{newest}`, `iterator` |"
        )?;
    }
    Ok(text)
}

/// Packages by name.
pub fn packages(source: &Source) -> Result<String> {
    let mut text = "| registry | package | |\n|---|---|---|\n".to_owned();
    for (registry, folders) in PACKAGES {
        for folder in folders {
            let (name, description) = match registry {
                "npm" => {
                    let manifest = source.json(&format!("{folder}/package.json"))?;
                    let word = |name: &str| manifest[name].as_str().map(str::to_owned);
                    (word("name"), word("description"))
                }
                _ => {
                    let manifest = match registry {
                        "PyPI" => "pyproject.toml",
                        _ => "Cargo.toml",
                    };
                    let manifest = source.text(&format!("{folder}/{manifest}"))?;
                    let word = |name: &str| {
                        let begin = format!("{name} = \"");
                        let line = manifest.lines().find_map(|line| line.strip_prefix(&begin));
                        line.map(|line| line.trim_end_matches('"').to_owned())
                    };
                    (word("name"), word("description"))
                }
            };
            writeln!(
                text,
                "| {registry} | [`{}`](../../{folder}/README.md) | {} |",
                name.with_context(|| format!("{folder} has no name"))?,
                cell(&description.with_context(|| format!("{folder} says not what it is for"))?)
            )?;
        }
    }
    Ok(text)
}

/// Messages with what they answer and emit, and queries with what they answer.
pub fn index(source: &Source, contract: &str, page: &str) -> Result<String> {
    let schema = messages::schema(source, contract)?;
    let known: BTreeSet<String> = events::names(source, contract)?.into_iter().collect();
    let mut unnamed = known.clone();
    let mut text = "| message | data | events |\n|---|---|---|\n".to_owned();
    for message in messages::variants(&schema["execute"])? {
        let (name, _) = messages::variant(message)?;
        let says = message["description"].as_str().unwrap_or_default();
        let emitted: Vec<String> = says
            .split('`')
            .filter(|word| word.starts_with("hub_"))
            .map(|word| format!("`{word}`"))
            .collect();
        for event in &emitted {
            let event = event.trim_matches('`');
            ensure!(
                known.contains(event),
                "{name} says that it emits {event}, which is no event"
            );
            unnamed.remove(event);
        }
        let data = title(&schema["data"][name]);
        writeln!(
            text,
            "| [`{name}`]({page}#{name}) | {data} | {} |",
            emitted.join(", ")
        )?;
    }
    if !unnamed.is_empty() {
        let unnamed: Vec<String> = unnamed.iter().map(|event| format!("`{event}`")).collect();
        writeln!(text, "| as a consequence |  | {} |", unnamed.join(", "))?;
    }
    text.push_str("\n| query | answer |\n|---|---|\n");
    for query in messages::variants(&schema["query"])? {
        let (name, _) = messages::variant(query)?;
        writeln!(text, "| `{name}` | {} |", title(&schema["responses"][name]))?;
    }
    Ok(text)
}

/// The name of what is answered; a question mark where that may be nothing.
fn title(schema: &Value) -> String {
    match schema["title"].as_str() {
        None => String::new(),
        Some(title) => match title.strip_prefix("Nullable_") {
            Some(title) => format!("`{title}`?"),
            None => format!("`{title}`"),
        },
    }
}

fn constant(source: &Source, file: &str, name: &str) -> Result<u64> {
    let items = source.rust(file)?.items;
    let found = items.iter().find_map(|item| match item {
        Item::Const(item) if item.ident == name => Some(&item.expr),
        _ => None,
    });
    let found = found.with_context(|| format!("{file} has no {name}"))?;
    match syn::parse_str::<Lit>(&code(found)) {
        Ok(Lit::Int(number)) => Ok(number.base10_parse()?),
        // `OLDEST_LAYOUT` and the like may be another constant of the file.
        _ => constant(source, file, &code(found)),
    }
}

/// The purposes that signatures and hashes have, by name.
fn tags(source: &Source) -> Result<Vec<String>> {
    let text = source.text("packages/hub-wire/src/digest.rs")?;
    let (_, names) = text
        .split_once("pub const fn name(self)")
        .context("purposes have no names")?;
    let (names, _) = names
        .split_once("\n    }\n")
        .context("the names do not end")?;
    let names: Vec<String> = names
        .lines()
        .filter_map(|line| line.split('"').nth(1).map(str::to_owned))
        .collect();
    ensure!(!names.is_empty(), "purposes have no names");
    Ok(names)
}
