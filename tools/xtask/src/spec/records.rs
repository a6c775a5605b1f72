//! Records and their bytes: what each contract keeps, as the code packs it, with the published bytes of examples.

use std::collections::BTreeSet;

use anyhow::{ensure, Context, Result};
use syn::{Expr, Item, ItemConst, ItemStruct, Lit};

use super::layout::{self, key_and_value};
use super::source::{cell, code, documentation, literal, Source};

const FOLDER: &str = "packages/hub-types/src/records";
/// The records of each contract, by file.
const FILES: [(&str, &[&str]); 3] = [
    ("registry", &["registry", "walrus"]),
    ("escrow", &["escrow"]),
    ("billing", &["billing", "usage"]),
];
/// Published bytes; a name begins with the contract.
const PUBLISHED: [&str; 2] = [
    "the_bytes_of_every_hot_record_are_as_published",
    "the_bytes_of_every_record_about_walrus_are_as_published",
];

struct Example {
    contract: String,
    name: String,
    key: String,
    value: String,
}

pub fn of_contract(source: &Source, contract: &str) -> Result<String> {
    let files = FILES.iter().find(|(name, _)| *name == contract);
    let (_, files) = files.context("it keeps no records")?;
    let examples = examples(source)?;
    let mut text = String::new();
    let mut letters = BTreeSet::new();
    let mut described = BTreeSet::new();
    for name in *files {
        let file = source.rust(&format!("{FOLDER}/{name}.rs"))?;
        let layouts = layout::of_file(&file)?;
        for item in &file.items {
            let Some((map, letter, key, value)) = map(item) else {
                continue;
            };
            ensure!(letters.insert(letter), "two maps stand under {letter:?}");
            let layout = layouts.get(&value);
            let layout = layout.with_context(|| format!("{value} does not pack itself"))?;
            text.push_str(&format!(
                "### `{letter}`: {}\n\n",
                documentation(&map.attrs).trim_end_matches('.')
            ));
            let fields = match layout.text.as_str() {
                "" => "(nothing)",
                text => text,
            };
            text.push_str(&format!(
                "```text\nkey   = '{letter}' ‖ {}\nvalue = 0x{:02x} ‖ {fields}\n```\n\n",
                key_text(&key),
                number(source, layout)?,
            ));
            if let Some(older) = &layout.older {
                text.push_str(&format!("Older: {older}\n\n"));
            }
            if described.insert(value.clone()) {
                text.push_str(&fields_of(&file, &value)?);
            }
            let mut of_this = examples
                .iter()
                .filter(|it| {
                    it.contract == contract && it.key.starts_with(&hex::encode([letter as u8]))
                })
                .peekable();
            ensure!(of_this.peek().is_some(), "{value} has no published bytes");
            text.push_str("| example | key | value |\n|---|---|---|\n");
            for Example {
                name, key, value, ..
            } in of_this
            {
                text.push_str(&format!("| {name} | `{key}` | `{value}` |\n"));
            }
            text.push('\n');
        }
    }
    Ok(text)
}

/// The layout byte of a kind.
fn number(source: &Source, layout: &layout::Layout) -> Result<u8> {
    if let Some(number) = &layout.number {
        return Ok(number.parse()?);
    }
    let file = source.rust("packages/hub-types/src/packed.rs")?;
    let oldest = file.items.iter().find_map(|item| match item {
        Item::Const(item) if item.ident == "OLDEST_LAYOUT" => Some(code(&item.expr)),
        _ => None,
    });
    Ok(oldest.context("OLDEST_LAYOUT is gone")?.parse()?)
}

/// Packed types that stand inside records.
pub fn parts(source: &Source) -> Result<String> {
    let mut text = String::new();
    for (_, names) in FILES {
        for name in names {
            let file = source.rust(&format!("{FOLDER}/{name}.rs"))?;
            let layouts = layout::of_file(&file)?;
            for (name, layout) in &layouts {
                let inside = format!(": {name}");
                if !layouts.values().any(|other| other.text.contains(&inside)) {
                    continue;
                }
                text.push_str(&format!("```text\n{name} = {}\n```\n\n", layout.text));
            }
        }
    }
    Ok(text)
}

pub fn books(source: &Source) -> Result<String> {
    let file = source.rust("packages/hub-types/src/escrow/books.rs")?;
    let mut layouts = layout::of_file(&file)?;
    let mut text = String::new();
    for name in ["Books", "SessionSettlement", "Credit"] {
        let layout = layouts
            .remove(name)
            .with_context(|| format!("{name} is gone"))?;
        let first = match name {
            "Books" => format!("0x{:02x} ‖ ", number(source, &layout)?),
            _ => String::new(),
        };
        text.push_str(&format!(
            "```text\n{name} = {first}{}\n```\n\n",
            layout.text
        ));
        text.push_str(&fields_of(&file, name)?);
    }
    Ok(text)
}

/// What the contracts keep besides: items and maps of `cw-storage-plus`, values in JSON.
pub fn other_storage(source: &Source) -> Result<String> {
    let mut text = "| contract | name | | key | value | |\n|---|---|---|---|---|---|\n".to_owned();
    let mut structs = String::new();
    // The verifier keeps nothing packed.
    let contracts = FILES.iter().map(|(contract, _)| *contract);
    for contract in contracts.chain(["nitro-verifier"]) {
        let files = source.rust_below(&format!("contracts/{contract}/src"))?;
        for file in source.rust_below(&format!("contracts/{contract}/src/state"))? {
            for item in &file.items {
                let Item::Const(item) = item else { continue };
                let of = code(&item.ty);
                let (kind, inner) = match (of.strip_prefix("Item<"), of.strip_prefix("Map<")) {
                    (Some(inner), _) => ("item", inner),
                    (_, Some(inner)) => ("map", inner),
                    _ => continue,
                };
                let Expr::Call(call) = &*item.expr else {
                    continue;
                };
                let name = call.args.first().and_then(literal);
                let name = name.with_context(|| format!("{} has no name", item.ident))?;
                let inner = inner.trim_end().strip_suffix('>').unwrap_or(inner).trim();
                let (key, value) = match kind {
                    "item" => (String::new(), inner.to_owned()),
                    _ => {
                        let (key, value) =
                            inner.rsplit_once(", ").context("a map without a key")?;
                        // A value of several parts holds commas of its own.
                        match inner.split_once(">, ").filter(|_| value.ends_with(')')) {
                            Some(parts) => (parts.0.to_owned(), parts.1.to_owned()),
                            None => {
                                tuple_value(inner).unwrap_or((key.to_owned(), value.to_owned()))
                            }
                        }
                    }
                };
                let (key, value) = (code_cell(&key), code_cell(&value));
                let says = cell(&documentation(&item.attrs));
                text.push_str(&format!(
                    "| {contract} | `{name}` | {kind} | {key} | {value} | {says} |\n"
                ));
                structs.push_str(&value_fields(&files, contract, value.trim_matches('`')));
            }
        }
    }
    Ok(format!("{text}\n{structs}"))
}

/// The fields of a value that is a struct, and of structs inside it.
fn value_fields(files: &[syn::File], contract: &str, name: &str) -> String {
    let Some(item) = files.iter().find_map(|file| structure(file, name)) else {
        return String::new();
    };
    let mut text = format!("`{name}` of the {contract}:\n\n| field | type | |\n|---|---|---|\n");
    let mut inside = String::new();
    for field in &item.fields {
        let Some(ident) = &field.ident else { continue };
        let (of, says) = (code(&field.ty), cell(&documentation(&field.attrs)));
        text.push_str(&format!("| `{ident}` | `{of}` | {says} |\n"));
        inside.push_str(&value_fields(files, contract, &of));
    }
    format!("{text}\n{inside}")
}

/// Key and value of a map whose value is a tuple.
fn tuple_value(inner: &str) -> Option<(String, String)> {
    let body = inner.strip_suffix(')')?;
    let open = body.rfind('(')?;
    let key = inner.get(..open)?.trim_end().strip_suffix(',')?;
    Some((key.to_owned(), inner.get(open..)?.to_owned()))
}

fn code_cell(text: &str) -> String {
    match text {
        "" => String::new(),
        text => format!("`{}`", cell(text)),
    }
}

/// A constant that is a map of records: with its letter, and the types of key and value.
fn map(item: &Item) -> Option<(&ItemConst, char, String, String)> {
    let Item::Const(item) = item else { return None };
    let (key, value) = key_and_value(&item.ty)?;
    let Expr::Call(call) = &*item.expr else {
        return None;
    };
    let Some(Expr::Lit(letter)) = call.args.first() else {
        return None;
    };
    let Lit::Byte(letter) = &letter.lit else {
        return None;
    };
    Some((item, char::from(letter.value()), key, value))
}

fn key_text(key: &str) -> String {
    let parts = key.trim_matches(['(', ')']).split(',');
    let parts = parts.map(|part| match part.trim() {
        "u16" => "2 bytes".to_owned(),
        "u32" | "DenomNumber" | "Day" | "Week" => "4 bytes".to_owned(),
        "u64" | "SessionId" | "ModelId" | "AttesterId" | "ReleaseNumber" | "TermsNumber" => {
            "8 bytes".to_owned()
        }
        "&CanonicalAddr" => "canonical address".to_owned(),
        other => other.to_owned(),
    });
    parts.collect::<Vec<_>>().join(" ‖ ")
}

/// What the fields of a struct mean, and those of structs inside that the same file declares and that do not pack themselves.
fn fields_of(file: &syn::File, name: &str) -> Result<String> {
    let packed: BTreeSet<String> = layout::of_file(file)?.into_keys().collect();
    let rows = rows(file, &packed, name, "");
    Ok(match rows.is_empty() {
        true => String::new(),
        false => format!("| field | |\n|---|---|\n{rows}\n"),
    })
}

fn rows(file: &syn::File, packed: &BTreeSet<String>, name: &str, prefix: &str) -> String {
    let Some(item) = structure(file, name) else {
        return String::new();
    };
    let mut text = String::new();
    for field in &item.fields {
        let Some(ident) = &field.ident else { continue };
        let says = cell(&documentation(&field.attrs));
        text.push_str(&format!("| `{prefix}{ident}` | {says} |\n"));
        let of = code(&field.ty);
        for word in of.split(|letter: char| !letter.is_alphanumeric()) {
            if !word.is_empty() && !packed.contains(word) {
                text.push_str(&rows(file, packed, word, &format!("{prefix}{ident}.")));
            }
        }
    }
    text
}

fn structure<'a>(file: &'a syn::File, name: &str) -> Option<&'a ItemStruct> {
    file.items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    })
}

fn examples(source: &Source) -> Result<Vec<Example>> {
    let mut examples = vec![];
    for file in PUBLISHED {
        let text = source.text(&format!("{FOLDER}/testdata/{file}.golden"))?;
        let lines: Vec<&str> = text.lines().collect();
        for lines in lines.chunks(3) {
            let [name, key, value] = lines else {
                anyhow::bail!("{file}: {lines:?} is no record");
            };
            let record = name.split_once(' ');
            let (contract, name) = record.context("a record without an owner")?;
            examples.push(Example {
                contract: contract.to_owned(),
                name: name.to_owned(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
            });
        }
    }
    Ok(examples)
}
