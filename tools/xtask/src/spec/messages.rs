//! Messages, queries and types, from the schemas.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::source::{cell, plain, Source};

const CONTRACTS: [&str; 4] = ["registry", "escrow", "billing", "nitro-verifier"];

/// Types that the page describes in a sentence of its own, or another standard does.
const KNOWN: [&str; 7] = [
    "Addr",
    "Binary",
    "Cw20ReceiveMsg",
    "Decimal",
    "HexBinary",
    "Uint128",
    "Uint64",
];

type Types = BTreeMap<String, Value>;

pub fn instantiation(source: &Source, contract: &str) -> Result<String> {
    let schema = schema(source, contract)?;
    let body = &schema["instantiate"];
    Ok(format!("{}\n\n{}", says(body), fields(body)?))
}

pub fn messages(source: &Source, contract: &str) -> Result<String> {
    let schema = schema(source, contract)?;
    let mut text = String::new();
    for message in variants(&schema["execute"])? {
        let (name, body) = variant(message)?;
        text.push_str(&format!("### `{name}`\n\n{}\n\n", says(message)));
        if let Some(reference) = body.get("$ref").and_then(Value::as_str) {
            text.push_str(&format!("Its body is `{}`.\n\n", last(reference)));
        } else {
            text.push_str(&fields(body)?);
        }
    }
    Ok(text)
}

pub fn queries(source: &Source, contract: &str) -> Result<String> {
    let schema = schema(source, contract)?;
    let mut text = "| query | takes | answers | |\n|---|---|---|---|\n".to_owned();
    for query in variants(&schema["query"])? {
        let (name, body) = variant(query)?;
        let takes = properties(body).map(|(field, of)| {
            let optional = if is_required(body, field) { "" } else { "?" };
            format!("`{field}{optional}`: {}", of_type(of).trim_end_matches('?'))
        });
        let takes: Vec<_> = takes.collect();
        let answer = &schema["responses"][name];
        let title = answer["title"].as_str().unwrap_or_default();
        let answers = match title.strip_prefix("Nullable_") {
            Some(title) => format!("`{title}`?"),
            None => format!("`{title}`"),
        };
        text.push_str(&format!(
            "| `{name}` | {} | {answers} | {} |\n",
            takes.join("<br>"),
            cell(&says(query))
        ));
    }
    Ok(text)
}

/// Types of one contract alone.
pub fn types(source: &Source, contract: &str) -> Result<String> {
    let shared = shared(source)?;
    let types = types_of(&schema(source, contract)?)?;
    tables(types.iter().filter(|(name, _)| !shared.contains(*name)))
}

/// Types that several contracts use alike.
pub fn shared_types(source: &Source) -> Result<String> {
    let shared = shared(source)?;
    let mut all = Types::new();
    for contract in CONTRACTS {
        all.extend(types_of(&schema(source, contract)?)?);
    }
    tables(all.iter().filter(|(name, _)| shared.contains(*name)))
}

fn shared(source: &Source) -> Result<BTreeSet<String>> {
    let mut seen: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for contract in CONTRACTS {
        for (name, body) in types_of(&schema(source, contract)?)? {
            seen.entry(name).or_default().push(body);
        }
    }
    let alike = |bodies: &Vec<Value>| bodies.len() > 1 && bodies.iter().all(|it| it == &bodies[0]);
    let shared = seen.into_iter().filter(|(_, bodies)| alike(bodies));
    Ok(shared.map(|(name, _)| name).collect())
}

pub fn schema(source: &Source, contract: &str) -> Result<Value> {
    source.json(&format!("schema/{contract}.json"))
}

/// Every type that messages, queries, answers, data and hooks are made of, but for the messages themselves.
fn types_of(schema: &Value) -> Result<Types> {
    let mut types = Types::new();
    let mut roots: Vec<&Value> = vec![&schema["instantiate"], &schema["execute"], &schema["query"]];
    for section in ["responses", "data", "hooks"] {
        let section = schema[section]
            .as_object()
            .context("a section is missing")?;
        roots.extend(section.values());
        for root in section.values() {
            let title = root["title"].as_str().unwrap_or_default();
            if !title.starts_with("Nullable_") {
                let mut body = root.clone();
                if let Some(body) = body.as_object_mut() {
                    for meta in ["$schema", "title", "definitions"] {
                        body.remove(meta);
                    }
                }
                types.insert(title.to_owned(), body);
            }
        }
    }
    for root in roots {
        if let Some(definitions) = root["definitions"].as_object() {
            types.extend(
                definitions
                    .iter()
                    .map(|(name, body)| (name.clone(), body.clone())),
            );
        }
    }
    types.retain(|name, _| !KNOWN.contains(&name.as_str()));
    Ok(types)
}

fn tables<'a>(types: impl Iterator<Item = (&'a String, &'a Value)>) -> Result<String> {
    let mut text = String::new();
    for (name, body) in types {
        text.push_str(&format!("`{name}`: {}\n\n", says(body)));
        if let Ok(variants) = variants(body) {
            text.push_str("| one of | |\n|---|---|\n");
            for choice in variants {
                text.push_str(&of_variant(choice)?);
            }
            text.push('\n');
        } else if let Some(names) = body["enum"].as_array() {
            let names: Vec<String> = names.iter().map(Value::to_string).collect();
            text.push_str(&format!("One of `{}`.\n\n", names.join("`, `")));
        } else {
            text.push_str(&fields(body)?);
        }
    }
    Ok(text)
}

fn of_variant(choice: &Value) -> Result<String> {
    let says = cell(&says(choice));
    if let Some(names) = choice["enum"].as_array() {
        let rows = names.iter().map(|name| format!("| `{name}` | {says} |\n"));
        return Ok(rows.collect());
    }
    let (name, body) = variant(choice)?;
    let inner: Vec<String> = properties(body)
        .map(|(field, of)| format!("`\"{field}\"`: {} ({})", of_type(of), self::says(of)))
        .collect();
    let shown = match (inner.is_empty(), body["type"].as_str()) {
        (false, _) => format!("`{{\"{name}\": {{…}}}}` with {}", inner.join(", ")),
        (true, Some("object")) => format!("`{{\"{name}\": {{}}}}`"),
        (true, _) => format!("`{{\"{name}\": …}}` with {}", of_type(body)),
    };
    Ok(format!("| {} | {says} |\n", cell(&shown)))
}

fn fields(body: &Value) -> Result<String> {
    let mut rows = String::new();
    for (field, of) in properties(body) {
        let of_type = of_type(of);
        let optional = if is_required(body, field) || of_type.ends_with('?') {
            ""
        } else {
            ", may be left out"
        };
        let says = cell(&says(of));
        rows.push_str(&format!("| `{field}` | {of_type}{optional} | {says} |\n"));
    }
    if rows.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("| field | type | |\n|---|---|---|\n{rows}\n"))
}

pub fn variants(body: &Value) -> Result<&Vec<Value>> {
    body["oneOf"].as_array().context("it has no variants")
}

/// Name and body of a variant with fields.
pub fn variant(choice: &Value) -> Result<(&str, &Value)> {
    let name = choice["required"][0]
        .as_str()
        .context("a variant has no name")?;
    Ok((name, &choice["properties"][name]))
}

fn properties(body: &Value) -> impl Iterator<Item = (&String, &Value)> {
    body["properties"]
        .as_object()
        .into_iter()
        .flat_map(Map::iter)
}

fn is_required(body: &Value, field: &str) -> bool {
    let required = body["required"].as_array();
    required.is_some_and(|names| names.iter().any(|name| name == field))
}

fn says(body: &Value) -> String {
    plain(body["description"].as_str().unwrap_or_default())
}

/// How a table names a type; a question mark where null stands for none.
fn of_type(body: &Value) -> String {
    if let Some(reference) = body["$ref"].as_str() {
        return format!("`{}`", last(reference));
    }
    if let Some([one]) = body["allOf"].as_array().map(Vec::as_slice) {
        return of_type(one);
    }
    if let Some(choices) = body["anyOf"].as_array() {
        let some = choices.iter().filter(|choice| choice["type"] != "null");
        return some.map(of_type).collect::<Vec<_>>().join(" or ") + "?";
    }
    let (name, optional) = match &body["type"] {
        Value::Array(names) => (names[0].as_str().unwrap_or_default(), "?"),
        name => (name.as_str().unwrap_or_default(), ""),
    };
    let shown = match name {
        "integer" => body["format"].as_str().unwrap_or(name).replace("uint", "u"),
        "array" => format!("list of {}", of_type(&body["items"])),
        name => name.to_owned(),
    };
    shown + optional
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}
