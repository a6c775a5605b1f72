//! Errors: when they occur, and the sentence that says what to do.

use anyhow::{bail, ensure, Context, Result};
use proc_macro2::TokenTree;
use syn::{Attribute, Fields, Item, ItemEnum, Lit, Variant};

use super::source::{cell, code, documentation, Source};

pub fn of_contract(source: &Source, contract: &str) -> Result<String> {
    let file = format!("contracts/{contract}/src/error.rs");
    tables(source, &[(&file, &["ContractError"])])
}

pub fn of_wire(source: &Source) -> Result<String> {
    let parts: [(&str, &[&str]); 3] = [
        ("packages/hub-wire/src/error.rs", &["DecodeError"]),
        ("packages/hub-wire/src/rules.rs", &["BatchRule"]),
        ("packages/hub-wire/src/key.rs", &["KeyError"]),
    ];
    tables(source, &parts)
}

pub fn of_shared_types(source: &Source) -> Result<String> {
    let parts: [(&str, &[&str]); 4] = [
        ("packages/hub-types/src/text.rs", &["TextError"]),
        ("packages/hub-types/src/denom.rs", &["DenomError"]),
        ("packages/hub-types/src/hash.rs", &["HashError"]),
        ("packages/hub-types/src/packed.rs", &["PackedError"]),
    ];
    tables(source, &parts)
}

pub fn of_walrus(source: &Source) -> Result<String> {
    let parts: [(&str, &[&str]); 5] = [
        ("packages/hub-walrus/src/error.rs", &["BlobIdError"]),
        ("packages/hub-walrus/src/bls.rs", &["PointError"]),
        ("packages/hub-walrus/src/committee.rs", &["CommitteeError"]),
        ("packages/hub-walrus/src/signers.rs", &["SignersError"]),
        (
            "packages/hub-walrus/src/certificate.rs",
            &["CertificateError"],
        ),
    ];
    tables(source, &parts)
}

pub fn of_nitro(source: &Source) -> Result<String> {
    let file = "packages/hub-nitro/src/error.rs";
    tables(source, &[(file, &["Error", "CborError"])])
}

fn tables(source: &Source, parts: &[(&str, &[&str])]) -> Result<String> {
    let mut text = String::new();
    for (path, names) in parts {
        let file = source.rust(path)?;
        for name in *names {
            let head = format!("`{name}`:\n\n| error | when | sentence |\n|---|---|---|\n");
            let rows = file.items.iter().find_map(|item| match item {
                Item::Enum(item) if item.ident == name => Some(of_enum(item)),
                Item::Struct(item) if item.ident == name => {
                    Some(row(name, &documentation(&item.attrs), &item.attrs, None))
                }
                _ => None,
            });
            let rows = rows.with_context(|| format!("{path} has no {name}"))??;
            text.push_str(&format!("{head}{rows}\n"));
        }
    }
    Ok(text)
}

fn of_enum(item: &ItemEnum) -> Result<String> {
    let rows = item.variants.iter().map(of_variant);
    rows.collect()
}

fn of_variant(variant: &Variant) -> Result<String> {
    let inner = match &variant.fields {
        Fields::Unnamed(fields) => fields.unnamed.first().map(|field| code(&field.ty)),
        _ => None,
    };
    let name = variant.ident.to_string();
    row(
        &name,
        &documentation(&variant.attrs),
        &variant.attrs,
        inner.as_deref(),
    )
}

fn row(name: &str, when: &str, attrs: &[Attribute], inner: Option<&str>) -> Result<String> {
    ensure!(!when.is_empty(), "{name} has no documentation");
    let attr = attrs.iter().find(|attr| attr.path().is_ident("error"));
    let attr = attr.with_context(|| format!("{name} has no sentence"))?;
    let first = attr.meta.require_list()?.tokens.clone().into_iter().next();
    let sentence = match first {
        Some(TokenTree::Literal(literal)) => match Lit::new(literal) {
            Lit::Str(text) => text.value(),
            _ => bail!("the sentence of {name} is no text"),
        },
        _ => bail!("the sentence of {name} is no text"),
    };
    let sentence = match (sentence.as_str(), inner) {
        ("{0}", Some(inner)) => format!("that of `{inner}`"),
        // What is put there, the documentation says.
        _ => sentence.replace("{}", "{…}"),
    };
    Ok(format!(
        "| `{name}` | {} | {} |\n",
        cell(when),
        cell(&sentence)
    ))
}
