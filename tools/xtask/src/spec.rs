//! Writes the parts of `docs/spec` that the code states already: messages, errors, events, records, constants, outcomes,
//! and worked examples of the wire format. What stands between them is written by hand.
//!
//! A part stands between two lines:
//!
//! ```text
//! <!-- spec: errors of the escrow, written by `cargo xtask spec` from here -->
//! <!-- spec: to here -->
//! ```

mod abi;
mod constants;
mod errors;
mod events;
mod examples;
mod layout;
mod messages;
mod outcomes;
mod records;
pub mod source;

use anyhow::{bail, ensure, Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use source::Source;

use crate::root;

const RENEW: &str = "cargo xtask spec";
const PAGES: &str = "docs/spec";
/// The page that states the conditions of every outcome.
const SETTLEMENT: &str = "docs/spec/settlement.md";
const BEGIN: &str = "<!-- spec: ";
const BEGIN_END: &str = ", written by `cargo xtask spec` from here -->\n";
const END: &str = "<!-- spec: to here -->\n";

/// Everything that the pages must hold, each once.
const PARTS: [&str; 46] = [
    "constants",
    "instantiation of the registry",
    "messages of the registry",
    "queries of the registry",
    "types of the registry",
    "errors of the registry",
    "events of the registry",
    "records of the registry",
    "instantiation of the escrow",
    "messages of the escrow",
    "queries of the escrow",
    "types of the escrow",
    "errors of the escrow",
    "events of the escrow",
    "records of the escrow",
    "instantiation of billing",
    "messages of billing",
    "queries of billing",
    "types of billing",
    "errors of billing",
    "events of billing",
    "records of billing",
    "instantiation of the Nitro verifier",
    "messages of the Nitro verifier",
    "queries of the Nitro verifier",
    "types of the Nitro verifier",
    "errors of the Nitro verifier",
    "events of the Nitro verifier",
    "types of several contracts",
    "packed parts",
    "books of a settlement",
    "outcomes",
    "forms on the wire",
    "errors of the wire format",
    "examples of the wire format",
    "errors of shared types",
    "errors of Walrus",
    "errors of Nitro",
    "other storage",
    "versions of interfaces",
    "capabilities",
    "packages",
    "index of the registry",
    "index of the escrow",
    "index of billing",
    "index of the Nitro verifier",
];

/// Writes the pages, or with `check` compares them with what stands there.
pub fn run(check: bool) -> Result<()> {
    let root = root();
    let source = Source::new(&root);
    let pages = pages(&root)?;
    let mut seen = BTreeSet::new();
    let mut renewed = vec![];
    for (name, page) in &pages {
        let text =
            renew(page, &mut seen, |part| write(&source, part)).with_context(|| name.clone())?;
        if name == SETTLEMENT {
            outcomes::check_prose(&source, page).with_context(|| name.clone())?;
        }
        if text != *page {
            renewed.push((name, text));
        }
    }
    complete(&seen)?;
    if check {
        let names: Vec<_> = renewed.iter().map(|(name, _)| name.as_str()).collect();
        ensure!(
            names.is_empty(),
            "{} differ from what the code says: `{RENEW}` renews them",
            names.join(", ")
        );
        return Ok(());
    }
    for (name, text) in renewed {
        fs::write(root.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// Every page by its path from the root of the project, in the order of their names.
fn pages(root: &Path) -> Result<Vec<(String, String)>> {
    let mut pages = vec![];
    for entry in fs::read_dir(root.join(PAGES)).with_context(|| format!("cannot read {PAGES}"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "md") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            pages.push((format!("{PAGES}/{name}"), text));
        }
    }
    pages.sort();
    Ok(pages)
}

/// The text of one part.
fn write(source: &Source, part: &str) -> Result<String> {
    if let Some((kind, contract)) = part.split_once(" of ") {
        let folder = match contract.trim_start_matches("the ") {
            contract @ ("registry" | "escrow" | "billing") => Some(contract),
            "Nitro verifier" => Some("nitro-verifier"),
            _ => None,
        };
        if let Some(contract) = folder {
            return match kind {
                "instantiation" => messages::instantiation(source, contract),
                "messages" => messages::messages(source, contract),
                "queries" => messages::queries(source, contract),
                "types" => messages::types(source, contract),
                "errors" => errors::of_contract(source, contract),
                "events" => events::of_contract(source, contract),
                "records" => records::of_contract(source, contract),
                "index" if contract == "nitro-verifier" => {
                    abi::index(source, contract, "attestation.md")
                }
                "index" => abi::index(source, contract, &format!("{contract}.md")),
                _ => bail!("nobody writes it"),
            };
        }
    }
    match part {
        "constants" => constants::all(source),
        "versions of interfaces" => abi::versions(source),
        "capabilities" => abi::capabilities(source),
        "packages" => abi::packages(source),
        "types of several contracts" => messages::shared_types(source),
        "packed parts" => records::parts(source),
        "books of a settlement" => records::books(source),
        "other storage" => records::other_storage(source),
        "outcomes" => outcomes::all(source),
        "forms on the wire" => examples::forms(source),
        "examples of the wire format" => examples::all(source),
        "errors of the wire format" => errors::of_wire(source),
        "errors of shared types" => errors::of_shared_types(source),
        "errors of Walrus" => errors::of_walrus(source),
        "errors of Nitro" => errors::of_nitro(source),
        _ => bail!("nobody writes it"),
    }
}

/// A page with every part written anew. `seen` has the parts of all pages so far.
fn renew(
    page: &str,
    seen: &mut BTreeSet<String>,
    write: impl Fn(&str) -> Result<String>,
) -> Result<String> {
    let mut renewed = String::new();
    let mut rest = page;
    while let Some((head, tail)) = rest.split_once(BEGIN) {
        let parts = tail
            .split_once(BEGIN_END)
            .and_then(|(name, tail)| Some((name, tail.split_once(END)?.1)));
        let (name, tail) = parts.with_context(|| {
            let line = tail.lines().next().unwrap_or_default();
            format!("`{BEGIN}{line}` does not begin a part that ends")
        })?;
        ensure!(PARTS.contains(&name), "`{name}` is no part");
        ensure!(seen.insert(name.to_owned()), "`{name}` stands twice");
        let text = write(name).with_context(|| name.to_owned())?;
        let text = text.trim_end();
        renewed.push_str(&format!("{head}{BEGIN}{name}{BEGIN_END}\n{text}\n\n{END}"));
        rest = tail;
    }
    renewed.push_str(rest);
    Ok(renewed)
}

/// No part is missing.
fn complete(seen: &BTreeSet<String>) -> Result<()> {
    let missing: Vec<_> = PARTS.iter().filter(|name| !seen.contains(**name)).collect();
    ensure!(
        missing.is_empty(),
        "no page of {PAGES} has a place for {missing:?}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        let part = |name: &&str| format!("# {name}\n\n{BEGIN}{name}{BEGIN_END}old\n{END}\n");
        PARTS.iter().map(part).collect()
    }

    fn upper(name: &str) -> Result<String> {
        Ok(name.to_uppercase())
    }

    /// The pages of a whole specification, written anew.
    fn whole(pages: &[&str]) -> Result<Vec<String>> {
        let mut seen = BTreeSet::new();
        let renewed = pages.iter().map(|page| renew(page, &mut seen, upper));
        let renewed = renewed.collect::<Result<_>>()?;
        complete(&seen)?;
        Ok(renewed)
    }

    #[test]
    fn a_part_that_is_missing_doubled_unknown_or_open_is_an_error() {
        let page = page();
        let refused = [
            page.replacen(&format!("{BEGIN}constants{BEGIN_END}"), "", 1),
            page.replace("messages of billing", "messages of nobody"),
            page.replace(&format!("{BEGIN}outcomes"), &format!("{BEGIN}constants")),
            page.rsplit_once(END).unwrap().0.to_owned(),
            page.replace(BEGIN_END, " -->\n"),
        ];
        for page in refused {
            assert!(whole(&[&page]).is_err(), "{page}");
        }
        assert!(
            whole(&[&page, &page]).is_err(),
            "each part stands on two pages"
        );
    }

    #[test]
    fn prose_is_kept_and_what_was_renewed_stays() {
        let page = page();
        let (one, other) = page.split_at(page.find("# outcomes").unwrap());
        let once = whole(&[one, other]).unwrap();
        assert!(once[0].starts_with("# constants\n\n"));
        assert!(once[0].contains("\n\nCONSTANTS\n\n"));
        assert!(once[1].contains("\n\nOUTCOMES\n\n"));
        assert!(!once.concat().contains("old"));
        assert_eq!(whole(&[&once[0], &once[1]]).unwrap(), once);
    }

    #[test]
    fn every_part_is_written_by_somebody() {
        let root = root();
        let source = Source::new(&root);
        for part in PARTS {
            let text = write(&source, part).unwrap_or_else(|error| panic!("{part}: {error:#}"));
            assert!(text.contains("| ") || text.contains("```"), "{part}");
        }
    }
}
