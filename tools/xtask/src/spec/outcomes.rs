//! What becomes of a group of receipts.

use anyhow::{ensure, Context, Result};
use syn::{Item, ItemEnum};

use super::source::{cell, documentation, snake, Source};

/// Between these the page states the exact conditions, in a numbered list.
const CONDITIONS: (&str, &str) = ("<!-- conditions -->\n", "<!-- end of conditions -->\n");

pub fn all(source: &Source) -> Result<String> {
    let mut text = "| outcome | |\n|---|---|\n".to_owned();
    for variant in &outcomes(source)?.variants {
        let (name, says) = (
            snake(&variant.ident.to_string()),
            documentation(&variant.attrs),
        );
        text.push_str(&format!("| `{name}` | {} |\n", cell(&says)));
    }
    Ok(text)
}

/// The conditions, which are written by hand, are those of every outcome, in the order of the code.
pub fn check_prose(source: &Source, page: &str) -> Result<()> {
    let (begin, end) = CONDITIONS;
    let conditions = page
        .split_once(begin)
        .and_then(|(_, rest)| rest.split_once(end));
    let (conditions, _) = conditions.with_context(|| format!("there are no {begin}"))?;
    let named: Vec<String> = conditions
        .lines()
        .filter_map(|line| {
            let (number, rest) = line.split_once(". `")?;
            number.parse::<u8>().ok()?;
            Some(rest.split_once('`')?.0.to_owned())
        })
        .collect();
    // The first two, which bill, stand last in the list.
    let mut expected: Vec<String> = outcomes(source)?
        .variants
        .iter()
        .map(|variant| snake(&variant.ident.to_string()))
        .collect();
    let billing = ["paid", "partial"];
    ensure!(
        expected.iter().take(2).eq(billing.iter()),
        "Outcome no longer begins with {billing:?}"
    );
    expected.rotate_left(2);
    expected.sort_by_key(|name| billing.iter().rev().position(|it| it == name));
    ensure!(
        named == expected,
        "the conditions are of {named:?}, the outcomes {expected:?}"
    );
    Ok(())
}

fn outcomes(source: &Source) -> Result<ItemEnum> {
    let file = source.rust("packages/hub-types/src/billing.rs")?;
    let found = file.items.into_iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == "Outcome" => Some(item),
        _ => None,
    });
    found.context("there is no Outcome")
}
