//! Writes the parts of `docs/SPEC.md` that the code states already: messages, errors, events, records, constants, outcomes,
//! and worked examples of the wire format. What stands between them is written by hand.
//!
//! A part stands between two lines:
//!
//! ```text
//! <!-- spec: errors of the escrow, written by `cargo spec` from here -->
//! <!-- spec: to here -->
//! ```

mod constants;
mod errors;
mod events;
mod examples;
mod layout;
mod messages;
mod outcomes;
mod records;
mod source;

use anyhow::{bail, ensure, Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use source::Source;

const RENEW: &str = "cargo spec";
const PAGE: &str = "docs/SPEC.md";
const BEGIN: &str = "<!-- spec: ";
const BEGIN_END: &str = ", written by `cargo spec` from here -->\n";
const END: &str = "<!-- spec: to here -->\n";

/// Everything that the page must hold, each once.
const PARTS: [&str; 39] = [
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
];

/// Writes the page, or with `check` compares it with what stands there.
pub fn run(check: bool) -> Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = Source::new(&root);
    let path = root.join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let renewed = renew(&page, |part| write(&source, part))?;
    outcomes::check_prose(&source, &page)?;
    if !check {
        fs::write(&path, renewed).with_context(|| format!("cannot write {PAGE}"))?;
    } else if renewed != page {
        bail!("{PAGE} differs from what the code says: `{RENEW}` renews it");
    }
    Ok(())
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
                _ => bail!("nobody writes it"),
            };
        }
    }
    match part {
        "constants" => constants::all(source),
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

/// The page with every part written anew.
fn renew(page: &str, write: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut renewed = String::new();
    let mut rest = page;
    let mut seen = BTreeSet::new();
    while let Some((head, tail)) = rest.split_once(BEGIN) {
        let parts = tail
            .split_once(BEGIN_END)
            .and_then(|(name, tail)| Some((name, tail.split_once(END)?.1)));
        let (name, tail) = parts.with_context(|| {
            let line = tail.lines().next().unwrap_or_default();
            format!("{PAGE}: `{BEGIN}{line}` does not begin a part that ends")
        })?;
        ensure!(PARTS.contains(&name), "{PAGE}: `{name}` is no part");
        ensure!(seen.insert(name), "{PAGE}: `{name}` stands twice");
        let text = write(name).with_context(|| format!("{PAGE}: {name}"))?;
        let text = text.trim_end();
        renewed.push_str(&format!("{head}{BEGIN}{name}{BEGIN_END}\n{text}\n\n{END}"));
        rest = tail;
    }
    let missing: Vec<_> = PARTS.iter().filter(|name| !seen.contains(**name)).collect();
    ensure!(missing.is_empty(), "{PAGE} has no place for {missing:?}");
    renewed.push_str(rest);
    Ok(renewed)
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
            assert!(renew(&page, upper).is_err(), "{page}");
        }
    }

    #[test]
    fn prose_is_kept_and_what_was_renewed_stays() {
        let once = renew(&page(), upper).unwrap();
        assert!(once.starts_with("# constants\n\n"));
        assert!(once.contains("\n\nCONSTANTS\n\n"));
        assert!(!once.contains("old"));
        assert_eq!(renew(&once, upper).unwrap(), once);
    }

    #[test]
    fn every_part_is_written_by_somebody() {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let source = Source::new(&root);
        for part in PARTS {
            let text = write(&source, part).unwrap_or_else(|error| panic!("{part}: {error:#}"));
            assert!(text.contains("| ") || text.contains("```"), "{part}");
        }
    }
}
