//! Checks that no function takes two bare integers of one type side by side, since a caller that swaps them compiles. They get types,
//! a struct with named fields, or a range. Tests may, and so may implementations of a trait, whose declaration is checked.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{ensure, Context, Result};
use syn::{Attribute, FnArg, ImplItem, Item, Meta, Signature, TraitItem, Type};
use walkdir::WalkDir;

use crate::root;

/// Folders with code that ships.
const FOLDERS: [&str; 3] = ["packages", "contracts", "apps"];

/// What is no shipped code there: measurements, and helpers of tests.
const EXCEPT: [&str; 4] = [
    "apps/hub-load",
    "apps/hub-bench",
    "packages/hub-testing",
    "packages/hub-nitro-testing",
];

/// Functions that may, with the reason.
const ALLOWED: [(&str, &str); 10] = [
    // The constructor of the type with the names; the wire has them in this order.
    ("packages/hub-wire/src/units.rs", "new"),
    // A constant table's own helper.
    ("packages/hub-wire/src/key.rs", "little_endian"),
    // As RFC 9162, section 2.1.3.2, states them.
    ("packages/hub-wire/src/merkle.rs", "verify"),
    // Rules of one batch, called from its decoder and its encoder alone; named as the fields of the wire are.
    ("packages/hub-wire/src/rules.rs", "new"),
    ("packages/hub-wire/src/rules.rs", "interval"),
    ("packages/hub-wire/src/rules.rs", "count"),
    // A document says milliseconds, a block seconds: one caller each.
    ("packages/hub-nitro/src/document.rs", "check_fresh"),
    // Arithmetic of one file.
    ("contracts/billing/src/contract/query/served.rs", "part_bps"),
    ("contracts/registry/src/state/topics.rs", "count"),
    // Lanes of a vector.
    ("apps/hub-walrus-encode/src/blake2b/lanes.rs", "vector"),
];

/// Types of integers that say nothing of their meaning.
const BARE: [&str; 15] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "Uint64", "Uint128", "Uint256",
];

/// Fails with a list of every function that does.
pub fn run() -> Result<()> {
    let root = root();
    let (mut found, mut files) = (BTreeSet::new(), 0_usize);
    for folder in FOLDERS {
        let skipped = |path: &Path| path.ends_with("target") || path.ends_with("tests");
        let all = WalkDir::new(root.join(folder)).into_iter();
        for entry in all.filter_entry(|entry| !skipped(entry.path())) {
            let entry = entry?;
            let path = entry.path().strip_prefix(&root)?;
            let path = path.to_string_lossy().replace('\\', "/");
            let is_code =
                path.contains("/src/") && path.ends_with(".rs") && !path.ends_with("tests.rs");
            if !is_code || EXCEPT.iter().any(|except| path.starts_with(except)) {
                continue;
            }
            let text = fs::read_to_string(entry.path())?;
            let functions = functions(&text).with_context(|| path.clone())?;
            found.extend(functions.into_iter().map(|name| (path.clone(), name)));
            files = files.saturating_add(1);
        }
    }
    let sentences = compare(&found);
    ensure!(sentences.is_empty(), "{}", sentences.join("\n"));
    println!("no function of {files} files takes two bare integers of one type side by side, but for {} that may", ALLOWED.len());
    Ok(())
}

fn compare(found: &BTreeSet<(String, String)>) -> Vec<String> {
    let allowed = |path: &str, name: &str| ALLOWED.contains(&(path, name));
    let more = found.iter().filter(|(path, name)| !allowed(path, name)).map(|(path, name)| {
        format!("{path}: `{name}` takes two integers of one type side by side: give them types, a struct with named fields or a range")
    });
    let fewer = ALLOWED
        .iter()
        .filter(|(path, name)| !found.contains(&((*path).to_owned(), (*name).to_owned())))
        .map(|(path, name)| format!("{path}: `{name}` does not need its place in ALLOWED of this check any more: take it out"));
    more.chain(fewer).collect()
}

/// Names of the functions in a file that take such a pair.
fn functions(text: &str) -> Result<Vec<String>> {
    let mut found = vec![];
    walk(&syn::parse_file(text)?.items, &mut found);
    Ok(found)
}

fn walk(items: &[Item], found: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Fn(function) if !is_test(&function.attrs) => note(&function.sig, found),
            Item::Mod(module) if !is_test(&module.attrs) => {
                if let Some((_, items)) = &module.content {
                    walk(items, found);
                }
            }
            Item::Impl(block) if block.trait_.is_none() && !is_test(&block.attrs) => {
                for item in &block.items {
                    if let ImplItem::Fn(function) = item {
                        note(&function.sig, found);
                    }
                }
            }
            Item::Trait(block) => {
                for item in &block.items {
                    if let TraitItem::Fn(function) = item {
                        note(&function.sig, found);
                    }
                }
            }
            _ => (),
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::NameValue(_) => false,
    })
}

fn note(signature: &Signature, found: &mut Vec<String>) {
    let types: Vec<_> = signature.inputs.iter().map(bare).collect();
    let side_by_side = |pair: &[Option<String>]| pair[0].is_some() && pair[0] == pair[1];
    if types.windows(2).any(side_by_side) {
        found.push(signature.ident.to_string());
    }
}

/// The type of an argument, if it is a bare integer, or a reference to one.
fn bare(argument: &FnArg) -> Option<String> {
    let FnArg::Typed(argument) = argument else {
        return None;
    };
    let path = match &*argument.ty {
        Type::Path(path) => path,
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) => path,
            _ => return None,
        },
        _ => return None,
    };
    let name = path.path.get_ident()?.to_string();
    BARE.contains(&name.as_str()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_found_wherever_functions_are_declared() {
        let text = "
            fn free(first: u64, second: u64) {}
            fn three(name: &str, most: u128, each: u128) {}
            fn by_reference(one: &Uint128, other: &Uint128) {}
            mod inner { pub fn deep(row: usize, column: usize) {} }
            struct It;
            impl It { fn method(&self, done: u64, total: u64) {} }
            trait Watch { fn told(&self, done: u64, total: u64); }
        ";
        assert_eq!(
            functions(text).unwrap(),
            ["free", "three", "by_reference", "deep", "method", "told"]
        );
    }

    #[test]
    fn types_that_differ_tests_and_implementations_of_traits_are_left_alone() {
        let text = "
            fn apart(first: u64, name: &str, second: u64) {}
            fn other_widths(first: u64, second: u32) {}
            fn typed(session: SessionId, model: ModelId) {}
            fn named(of: Fraction, blocks: RangeInclusive<u64>) {}
            impl Watch for It { fn told(&self, done: u64, total: u64) {} }
            #[cfg(test)] mod tests { fn sums(calls: u64, aged: u64) {} }
            #[test] fn one(a: u8, b: u8) {}
        ";
        assert_eq!(functions(text).unwrap(), [""; 0]);
    }

    #[test]
    fn a_new_pair_and_an_exception_that_is_not_needed_are_both_sentences() {
        let mut found: BTreeSet<_> = ALLOWED
            .map(|(path, name)| (path.to_owned(), name.to_owned()))
            .into();
        assert_eq!(compare(&found), [""; 0]);
        found.pop_first();
        found.insert(("apps/hub/src/main.rs".to_owned(), "pay".to_owned()));
        assert_eq!(
            compare(&found),
            [
                "apps/hub/src/main.rs: `pay` takes two integers of one type side by side: give them types, a struct with named \
                 fields or a range",
                "apps/hub-walrus-encode/src/blake2b/lanes.rs: `vector` does not need its place in ALLOWED of this check any more: \
                 take it out",
            ]
        );
    }
}
