//! Writes the catalogue of attacks in `docs/THREATS.md` from the tests that run them.
//!
//! A test that is an attack says so in its documentation:
//!
//! ```text
//! /// Attack (replay and ordering): a settled receipt is sent again, to be paid twice.
//! /// Defence: the attester's lane stands behind it; nothing is written and nothing emitted.
//! ```
//!
//! The catalogue has no other source, so it holds no attack without a test. What marks a function that is no test, names
//! an unknown class, or leaves out the defence is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use syn::{Attribute, Expr, ExprLit, Item, ItemFn, Lit, Meta};
use walkdir::WalkDir;

use crate::root;

const RENEW: &str = "cargo xtask attacks";
const PAGE: &str = "docs/THREATS.md";
const BEGIN: &str = "<!-- attacks: written by `cargo xtask attacks` from here -->\n";
const END: &str = "<!-- attacks: to here -->\n";
/// Where tests are.
const FOLDERS: [&str; 4] = ["contracts", "packages", "examples", "tests/integration"];
/// Fewer would mean that annotations got lost.
const LEAST: usize = 40;

/// Classes in the order of the page. Each must have an attack.
const CLASSES: [&str; 17] = [
    "replay and ordering",
    "front running and stripping",
    "griefing and wedging",
    "overdraft and double spending",
    "rounding",
    "overflow",
    "hostile tokens and payees",
    "forged hooks",
    "confused deputy",
    "time and grace edges",
    "storage spam and unbounded work",
    "key theft",
    "migration",
    "upgrade of one contract alone",
    "cross-chain and cross-contract replay",
    "market-number fakes",
    "misleading text",
];

struct Attack {
    class: &'static str,
    attack: String,
    defence: String,
    /// Path from the root of the project.
    file: String,
    test: String,
}

/// Writes the page, or with `check` compares it with what stands there.
pub fn run(check: bool) -> Result<()> {
    let root = root();
    let attacks = collect(&root)?;
    ensure!(
        attacks.len() >= LEAST,
        "{} attacks are marked in the tests, {LEAST} are promised",
        attacks.len()
    );
    let path = root.join(PAGE);
    let page = fs::read_to_string(&path).with_context(|| format!("cannot read {PAGE}"))?;
    let renewed = replace(&page, &render(&attacks)?)?;
    if !check {
        fs::write(&path, renewed).with_context(|| format!("cannot write {PAGE}"))?;
    } else if renewed != page {
        bail!("{PAGE} differs from what the tests say: `{RENEW}` renews it");
    }
    Ok(())
}

fn collect(root: &Path) -> Result<Vec<Attack>> {
    let mut attacks = vec![];
    for folder in FOLDERS {
        let top = root.join(folder);
        if !top.is_dir() {
            continue;
        }
        for entry in WalkDir::new(top).sort_by_file_name() {
            let entry = entry?;
            if entry.path().extension().is_none_or(|kind| kind != "rs") {
                continue;
            }
            let file = entry.path().strip_prefix(root)?.display().to_string();
            let text = fs::read_to_string(entry.path())?;
            let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {file}"))?;
            visit(&parsed.items, &file, &mut attacks)?;
        }
    }
    Ok(attacks)
}

fn visit(items: &[Item], file: &str, attacks: &mut Vec<Attack>) -> Result<()> {
    for item in items {
        match item {
            Item::Fn(function) => read(function, file, attacks)
                .with_context(|| format!("{file}: {}", function.sig.ident))?,
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    visit(items, file, attacks)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn read(function: &ItemFn, file: &str, attacks: &mut Vec<Attack>) -> Result<()> {
    for (class, attack, defence) in statements(&documentation(&function.attrs))? {
        ensure!(
            function
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("test")),
            "only a test can run an attack"
        );
        ensure!(
            !function
                .attrs
                .iter()
                .any(|attr| attr.path().is_ident("ignore")),
            "an attack that is not run proves nothing"
        );
        attacks.push(Attack {
            class,
            attack,
            defence,
            file: file.to_owned(),
            test: function.sig.ident.to_string(),
        });
    }
    Ok(())
}

/// The lines of the documentation, without the space that follows the slashes.
fn documentation(attrs: &[Attribute]) -> Vec<String> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| match &attr.meta {
            Meta::NameValue(pair) => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// Attack and defence, each over as many lines as it takes, up to an empty line or the next of them.
fn statements(lines: &[String]) -> Result<Vec<(&'static str, String, String)>> {
    let mut blocks: Vec<String> = vec![];
    let mut open = false;
    for line in lines {
        let begins = line.starts_with("Attack") || line.starts_with("Defence:");
        if begins {
            blocks.push(line.clone());
        } else if open && !line.is_empty() {
            if let Some(block) = blocks.last_mut() {
                block.push(' ');
                block.push_str(line);
            }
        }
        open = begins || (open && !line.is_empty());
    }
    let mut found = vec![];
    let mut blocks = blocks.into_iter();
    while let Some(block) = blocks.next() {
        let (class, attack) = block
            .strip_prefix("Attack (")
            .and_then(|rest| rest.split_once("): "))
            .with_context(|| format!("expected `Attack (class): what is tried`, not `{block}`"))?;
        let class = CLASSES
            .into_iter()
            .find(|known| *known == class)
            .with_context(|| format!("`{class}` is no class; known are {}", CLASSES.join(", ")))?;
        let next = blocks.next().unwrap_or_default();
        let defence = next
            .strip_prefix("Defence: ")
            .with_context(|| format!("`{attack}` is not followed by `Defence: …`"))?;
        found.push((class, sentence(attack), sentence(defence)));
    }
    Ok(found)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn render(attacks: &[Attack]) -> Result<String> {
    let mut by_class: BTreeMap<&str, Vec<&Attack>> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for attack in attacks {
        if let Some(other) = seen.insert(&attack.attack, &attack.test) {
            bail!(
                "`{}` stands at {other} and at {}",
                attack.attack,
                attack.test
            );
        }
        by_class.entry(attack.class).or_default().push(attack);
    }
    let mut text = format!(
        "{} attacks, each run by the test beside it in `make test`.\n",
        attacks.len()
    );
    for class in CLASSES {
        let attacks = by_class
            .get(class)
            .with_context(|| format!("no test runs an attack of the class `{class}`"))?;
        text.push_str(&format!("\n### {}\n\n", sentence(class)));
        text.push_str("| attack | defence | test |\n|---|---|---|\n");
        for attack in attacks {
            text.push_str(&format!(
                "| {} | {} | [`{}`](../{}) |\n",
                attack.attack, attack.defence, attack.test, attack.file
            ));
        }
    }
    Ok(text)
}

fn replace(page: &str, table: &str) -> Result<String> {
    let parts = page
        .split_once(BEGIN)
        .and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
    let Some((head, tail)) = parts else {
        bail!("{PAGE} has lost the lines between which the attacks stand: {BEGIN}{END}");
    };
    Ok(format!("{head}{BEGIN}\n{table}\n{END}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(code: &str) -> Result<Vec<Attack>> {
        let mut attacks = vec![];
        visit(&syn::parse_file(code)?.items, "a.rs", &mut attacks)?;
        Ok(attacks)
    }

    #[test]
    fn a_mark_without_defence_class_or_test_is_an_error() {
        let refused = [
            "/// Attack (rounding): a\n#[test] fn f() {}",
            "/// Attack (rounding): a\n///\n/// Attack (rounding): b\n/// Defence: c\n#[test] fn f() {}",
            "/// Attack (magic): a\n/// Defence: b\n#[test] fn f() {}",
            "/// Attack: a\n/// Defence: b\n#[test] fn f() {}",
            "/// Defence: b\n#[test] fn f() {}",
            "/// Attack (rounding): a\n/// Defence: b\nfn f() {}",
            "/// Attack (rounding): a\n/// Defence: b\n#[test] #[ignore] fn f() {}",
        ];
        for code in refused {
            assert!(parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn attacks_are_read_over_several_lines_and_from_inner_modules() {
        let code = "mod inner {\n/// What it shows.\n/// Attack (rounding): one\n/// goes on\n/// Defence: two\n/// goes on\n///\n/// Else.\n#[test] fn f() {} }";
        let attacks = parse(code).unwrap();
        let [attack] = attacks.as_slice() else {
            panic!("{}", attacks.len())
        };
        assert_eq!(attack.class, "rounding");
        assert_eq!(attack.attack, "One goes on");
        assert_eq!(attack.defence, "Two goes on");
        assert_eq!(attack.test, "f");
    }
}
